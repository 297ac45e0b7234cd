"""What becomes of a row of the person's or with him in it: a part goes whole, or he is struck from it."""

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Final, Self
from uuid import UUID

from django.db import models

from eventlog.integrity import reading
from eventlog.integrity.canonical import written
from eventlog.models import Event
from eventlog.models.event import ACTOR_COLUMNS, SUBJECT_COLUMNS
from eventlog.models.proof import ACTOR, SUBJECT
from eventlog.record import searchable
from eventlog.subjects.person import Person
from eventlog.subjects.sealed import Sealed
from eventlog.subjects.striking import Striker

PARTS: Final = {ACTOR: ACTOR_COLUMNS, SUBJECT: SUBJECT_COLUMNS}
FIELDS: Final = {str(each.column): each for each in Event._meta.concrete_fields}
NAMING: Final = ("username", "entity_name")
JSON: Final = frozenset(name for name, each in FIELDS.items() if isinstance(each, models.JSONField))
PERSONAL: Final = (*ACTOR_COLUMNS, *SUBJECT_COLUMNS, "search_text")


@dataclass(frozen=True, slots=True)
class Found:
    """A row as it is: of JSON columns the text, and of what is in envelopes what is in them, where they can be opened.
    `salts` are None where a part has none (any more)."""

    columns: Mapping[str, Any]
    salts: Mapping[str, bytes | None]
    sealed: Mapping[str, Sealed] = field(default_factory=dict)

    @classmethod
    def opened(
        cls, columns: Mapping[str, Any], salts: Mapping[str, bytes | None], values: Mapping[str, Sealed]
    ) -> Self:
        texts = {name: text for name, each in values.items() if (text := each.text) is not None}
        return cls({**columns, **texts}, salts, values)

    def stored(self, name: str, value: Any) -> Any:
        """As it is to be in the table: what was in an envelope is in one again."""
        sealed = self.sealed.get(name)
        if sealed is None or sealed.key is None or value in (None, text_of_default(name)):
            return value
        if value == self.columns[name]:
            return sealed.stored
        return sealed.closed(value, event=str(self.id), column=name)

    @property
    def data(self) -> Mapping[str, Any]:
        """What is in `event_data`, if that is an object."""
        found = json.loads(self.columns["event_data"] or "{}")
        return found if isinstance(found, dict) else {}

    @property
    def id(self) -> UUID:
        return UUID(str(self.columns["id"]))

    @property
    def timestamp(self) -> datetime:
        moment: datetime = self.columns["timestamp"]
        return moment


@dataclass(slots=True)
class Change:
    """What becomes of a row: the new values, and of the parts that are touched whether they go whole."""

    row: Found
    values: dict[str, Any] = field(default_factory=dict)
    parts: dict[str, bool] = field(default_factory=dict)

    @property
    def left(self) -> dict[str, Any]:
        """What is personal, as it is to be stored."""
        values = {**self.row.columns, **self.values}
        return {name: self.row.stored(name, values[name]) for name in PERSONAL}


def change_of(row: Found, person: Person) -> Change | None:
    """None where there is nothing of the person in it (any more)."""
    change, columns = Change(row), row.columns
    acts, concerned = is_actor(columns, person), is_subject(columns, person)
    goes = {ACTOR: acts, SUBJECT: concerned or (acts and not columns["entity_type"])}
    for part, names in PARTS.items():
        if row.salts[part] is None and all(columns[name] == text_of_default(name) for name in names):
            continue
        values = {name: text_of_default(name) for name in names} if goes[part] else struck(columns, names, person)
        if any(values[name] != columns[name] for name in values):
            change.values |= values
            change.parts[part] = goes[part]
    words = search_text(change, person)
    if words != columns["search_text"]:
        change.values["search_text"] = words
    return change if change.values else None


def is_actor(columns: Mapping[str, Any], person: Person) -> bool:
    user_id, username = columns["user_id"], columns["username"]
    if user_id is not None:
        return person.user_id is not None and str(user_id) == str(person.user_id)
    if username:
        return username.lower() in person.usernames
    return columns["request_id"] in person.own_requests or plain_address(columns["ip_address"]) in person.addresses


def plain_address(address: Any) -> str:
    return str(address or "").partition("/")[0]


def is_subject(columns: Mapping[str, Any], person: Person) -> bool:
    kind = columns["entity_type"]
    if not kind:
        return columns["request_id"] in person.requests
    return columns["entity_id"] in person.records.get(kind, ())


def text_of_default(name: str) -> Any:
    default = FIELDS[name].get_default() if FIELDS[name].has_default() else None
    return json.dumps(default) if name in JSON and default is not None else default


def struck(columns: Mapping[str, Any], names: Iterable[str], person: Person) -> dict[str, Any]:
    """Without him. What is a namesake's stays; so does the name of another account, which may have been his before."""
    if is_of_namesake(columns, person):
        return {}
    kept = ("user_id", "username") if columns["user_id"] is not None else ("user_id",)
    there = [name for name in names if columns[name] not in (None, "") and name not in kept]
    return {name: without(person.striker, name, columns[name], columns["entity_type"]) for name in there}


def is_of_namesake(columns: Mapping[str, Any], person: Person) -> bool:
    """Another record of a kind of his that is called as he is; of people also one that is called more than that."""
    kind, key, name = columns["entity_type"], columns["entity_id"], str(columns["entity_name"])
    if not key or kind not in person.records or key in person.records[kind]:
        return False
    striker = person.striker
    has_more = bool(striker.compiled.search(name)) and (kind in person.kinds or not striker.sure.search(name))
    return has_more or bool(striker.compiled.fullmatch(name))


def without(striker: Striker, name: str, value: Any, kind: str) -> Any:
    if name == "ip_address":
        return None if plain_address(value) in striker.words else value
    if name not in JSON:
        made = striker.named(value) if name in NAMING else striker.text(value)
        return made[: getattr(FIELDS[name], "max_length", None)]
    if not (striker.compiled.search(value) or any(key in value for key in striker.keys.get(kind, ()))):
        return value
    left = striker.value(reading.exact(value), kind if name != "request_body" else "")
    return written(left.value) if left.is_changed else value


def search_text(change: Change, person: Person) -> str:
    """Made anew of what is left, where something was taken; else only what was given by itself can name him."""
    before: str = change.row.columns["search_text"]
    left = {name: value for name, value in {**change.row.columns, **change.values}.items() if value}
    made = searchable(str(left["event_type"]), left)
    if SUBJECT in change.parts:
        return "" if change.parts[SUBJECT] else made
    is_others = before == made or is_of_namesake(change.row.columns, person)
    return before if is_others else person.striker.text(before)

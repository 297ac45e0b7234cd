"""Erasing a person from rows of events, in `events` or in a table that is like it.

What is his own goes whole, a part of an event at a time (`models/event.py`): the actor's where he acted, the subject's
where it is about him, or was sent by him and is about no record. From what is others' only his names and keys are
struck. Either way the part's salt is gone, so that nobody finds out by guessing what was there; what is left of a part
gets a new salt, and the ledger says to which commitment it goes. Facts stay: types, times, results, counts.
"""

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from hashlib import sha256
from typing import Any, Final
from uuid import UUID

from django.db import models
from django.db.backends.utils import CursorWrapper
from django.utils import timezone

from eventlog.integrity import reading, removals
from eventlog.integrity.canonical import SALT_BYTES, commitment, written
from eventlog.integrity.removals import Removed
from eventlog.models import Event
from eventlog.models.event import ACTOR_COLUMNS, SUBJECT_COLUMNS
from eventlog.models.proof import ACTOR, SUBJECT
from eventlog.record import searchable
from eventlog.retention.keeping import ABOUT, IN_FORCE
from eventlog.subjects.person import Person
from eventlog.subjects.striking import Striker

ROWS_AT_ONCE: Final = 500  # looked at in one go, and erased in one transaction
PARTS: Final = {ACTOR: ACTOR_COLUMNS, SUBJECT: SUBJECT_COLUMNS}
FIELDS: Final = {str(each.column): each for each in Event._meta.concrete_fields}
JSON: Final = frozenset(name for name, each in FIELDS.items() if isinstance(each, models.JSONField))
PERSONAL: Final = (*ACTOR_COLUMNS, *SUBJECT_COLUMNS, "search_text")
FOUND_BY: Final = ("id", "timestamp", "event_type", "entity_type", "request_id")
SALTS: Final = {part: f"{part}_salt" for part in PARTS}
ALL_TEXT: Final = "concat_ws(' ', {})".format(", ".join(f"e.{name}" for name in PERSONAL if name != "user_id"))

IS_ACTOR: Final = """(e.user_id = %(user_id)s
    OR (lower(e.username) = ANY(%(usernames)s) AND (e.user_id IS NULL OR e.user_id = %(user_id)s))
    OR (e.user_id IS NULL AND e.username = ''
        AND (e.request_id = ANY(%(own_requests)s) OR host(e.ip_address) = ANY(%(addresses)s))))"""
IS_SUBJECT: Final = """(e.entity_type || E'\\n' || e.entity_id = ANY(%(pairs)s)
    OR (e.request_id = ANY(%(requests)s) AND e.entity_type = ''))"""
IS_AMONG: Final = """(e.entity_type = ANY(%(kinds)s) AND e.event_data -> 'keys' ?| %(keys)s)"""
NAMES: Final = f"({ALL_TEXT} ~* %(pattern)s)"
CONCERNS: Final = f"({IS_ACTOR} OR {IS_SUBJECT} OR {IS_AMONG} OR {NAMES})"
CHOSEN: Final = ", ".join(
    [f"e.{name}{'::text' if name in JSON else ''}" for name in (*FOUND_BY, *PERSONAL)]
    + [f"encode(e.{salt}, 'hex')" for salt in SALTS.values()]
)
SOME: Final = f"""
SELECT {CHOSEN} FROM {{table}} e
WHERE e.timestamp >= %(timestamp)s AND (e.timestamp, e.id) > (%(timestamp)s, %(id)s) AND {CONCERNS}
ORDER BY e.timestamp, e.id LIMIT %(limit)s"""
THESE: Final = (
    f"SELECT {CHOSEN} FROM {{table}} e WHERE e.id = ANY(%(ids)s::uuid[]) AND e.timestamp BETWEEN %(begin)s AND %(end)s"
)
HOLDS: Final = f"""
SELECT DISTINCT h.id FROM event_holds h, {{table}} e
WHERE {IN_FORCE} AND {ABOUT} AND e.id = ANY(%(ids)s::uuid[]) AND e.timestamp BETWEEN %(begin)s AND %(end)s"""
SET: Final = ", ".join(
    [*(f"{name} = r.{name}" for name in (*PERSONAL, *SALTS.values())), "erased_at = coalesce(r.erased_at, e.erased_at)"]
)
UPDATE: Final = f"""
UPDATE {{table}} e SET {SET} FROM json_populate_recordset(NULL::events, %s) r
WHERE e.id = r.id AND e.timestamp = r.timestamp"""
OF_IDS: Final = "id = ANY(%s::uuid[]) AND timestamp BETWEEN %s AND %s"


class Held(OSError):
    """A hold keeps what was to be erased."""

    def __init__(self, holds: Sequence[int]) -> None:
        self.holds = tuple(holds)
        named = ", ".join(map(str, self.holds))
        super().__init__(f"nothing that a legal hold keeps is erased: hold {named} is in force")


@dataclass(frozen=True, slots=True)
class Found:
    """A row as it is: of JSON columns the text. `salts` are None where a part has none (any more)."""

    columns: Mapping[str, Any]
    salts: Mapping[str, bytes | None]

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


def values_of(person: Person) -> dict[str, Any]:
    """What the questions ask for."""
    keys = [key for found in person.records.values() for key in found]
    return {
        "user_id": person.user_id,
        "usernames": list(person.usernames),
        "own_requests": list(person.own_requests),
        "addresses": list(person.addresses),
        "pairs": person.pairs,
        "requests": list(person.requests),
        "kinds": list(person.records),
        "keys": keys,
        "pattern": person.striker.pattern,
    }


# --- what there is ---
def some(cursor: CursorWrapper, table: str, person: Person, after: tuple[datetime, UUID], limit: int) -> list[Found]:
    """The next ones that may concern the person, in the order of time."""
    values = {**values_of(person), "timestamp": after[0], "id": str(after[1]), "limit": limit}
    cursor.execute(SOME.format(table=table), values)
    return list(map(read, cursor.fetchall()))


def read(row: Sequence[Any]) -> Found:
    names = (*FOUND_BY, *PERSONAL)
    salts = dict(zip(SALTS, (None if each is None else bytes.fromhex(each) for each in row[len(names) :]), strict=True))
    return Found(dict(zip(names, row, strict=False)), salts)


def reread(cursor: CursorWrapper, table: str, found: Sequence[Found]) -> list[Found]:
    cursor.execute(THESE.format(table=table), span(found))
    return list(map(read, cursor.fetchall()))


def span(found: Sequence[Found]) -> dict[str, Any]:
    """By their ids, in the partitions of their times."""
    times = [each.timestamp for each in found]
    return {"ids": [str(each.id) for each in found], "begin": min(times), "end": max(times)}


# --- what becomes of it ---
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
    """Without him. Another record of his kind that has his name is a namesake's, and stays; so does the name of
    another account, which may have been his before."""
    if is_of_namesake(columns, person):
        return {}
    striker, kind = person.striker, columns["entity_type"]
    kept = ("user_id", "username") if columns["user_id"] is not None else ("user_id",)
    there = [name for name in names if columns[name] not in (None, "") and name not in kept]
    return {name: without(striker, name, columns[name], kind) for name in there}


def is_of_namesake(columns: Mapping[str, Any], person: Person) -> bool:
    kind, key = columns["entity_type"], columns["entity_id"]
    is_another = bool(key) and kind in person.records and key not in person.records[kind]
    return is_another and str(columns["entity_name"]).lower() in {word.lower() for word in person.words}


def without(striker: Striker, name: str, value: Any, kind: str) -> Any:
    if name == "ip_address":
        return None if plain_address(value) in striker.words else value
    if name not in JSON:
        return striker.text(value)[: getattr(FIELDS[name], "max_length", None)]
    if not (striker.compiled.search(value) or any(key in value for key in striker.keys.get(kind, ()))):
        return value
    made = striker.value(reading.exact(value), kind if name != "request_body" else "")
    return written(made.value) if made.is_changed else value


def search_text(change: Change, person: Person) -> str:
    """Made anew of what is left, where something was taken."""
    before: str = change.row.columns["search_text"]
    if change.parts.get(SUBJECT) is None:
        return person.striker.text(before) if before else before
    left = {name: value for name, value in {**change.row.columns, **change.values}.items() if value}
    made = searchable(str(left["event_type"]), left)
    return "" if change.parts[SUBJECT] else person.striker.text(made)


# --- doing it ---
def erase(cursor: CursorWrapper, table: str, found: Sequence[Found], person: Person, request: UUID) -> list[Removed]:
    """What the ledger is to say of it, which is written by the caller, in this transaction. Raises Held."""
    changes = [change for row in found if (change := change_of(row, person)) is not None]
    if not changes:
        return []
    where = span([change.row for change in changes])
    cursor.execute(HOLDS.format(table=table), {**where, "now": timezone.now()})
    if holds := [row[0] for row in cursor.fetchall()]:
        raise Held(sorted(holds))
    now = timezone.now().isoformat()
    records = ",".join(as_json(change, request, now) for change in changes)
    cursor.execute(UPDATE.format(table=table), [f"[{records}]"])
    left = left_of(cursor, table, [change for change in changes if not all(change.parts.values())])
    return [*wholly(changes, request), *partly(left, request)]


def as_json(change: Change, request: UUID, now: str) -> str:
    row = change.row
    values = {**{name: row.columns[name] for name in PERSONAL}, **change.values}
    salts = {SALTS[part]: salt_of(change, part, request) for part in PARTS}
    parts = [f'"{name}":{in_json(name, value)}' for name, value in {**values, **salts}.items()]
    erased_at = json.dumps(now if change.parts else None)
    times = f'"id":"{row.id}","timestamp":"{row.timestamp.isoformat()}","erased_at":{erased_at}'
    return f"{{{times},{','.join(parts)}}}"


def in_json(name: str, value: Any) -> str:
    if value is None:
        return "null"
    return str(value) if name in JSON else json.dumps(value if isinstance(value, int) else str(value))


def salt_of(change: Change, part: str, request: UUID) -> str | None:
    """A new one follows from the old one, and the old one not from it: all copies of an event get the same."""
    before = change.row.salts[part]
    if before is None or change.parts.get(part):
        return None
    after = sha256(before + request.bytes).digest()[:SALT_BYTES] if part in change.parts else before
    return f"\\x{after.hex()}"


def left_of(cursor: CursorWrapper, table: str, changes: Sequence[Change]) -> dict[UUID, dict[str, str]]:
    """The commitments to what is left, of the rows as the verification will read them."""
    if not changes:
        return {}
    where = span([change.row for change in changes])
    rows = {
        row.id: row for row in reading.rows(cursor, OF_IDS, [where["ids"], where["begin"], where["end"]], table=table)
    }
    return {change.row.id: commitments(rows[change.row.id], change.parts) for change in changes if change.parts}


def commitments(row: reading.Row, parts: Mapping[str, bool]) -> dict[str, str]:
    _facts, actor, subject = row.groups
    known = {ACTOR: (row.actor_salt, actor), SUBJECT: (row.subject_salt, subject)}
    return {part: commitment(*known[part]).hex() for part, is_whole in parts.items() if not is_whole and known[part][0]}


def wholly(changes: Sequence[Change], request: UUID) -> list[Removed]:
    found = {part: [change.row.id for change in changes if change.parts.get(part)] for part in PARTS}
    return [removals.of_erasure(ids, request=str(request), part=part) for part, ids in found.items() if ids]


def partly(left: Mapping[UUID, Mapping[str, str]], request: UUID) -> list[Removed]:
    told = {str(key): dict(parts) for key, parts in sorted(left.items()) if parts}
    return [removals.of_erasure([UUID(key) for key in told], request=str(request), left=told)] if told else []

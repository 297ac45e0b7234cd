"""Showing events whose values are encrypted: to who may read them as they were, to others that there is something.

Only who asks for one event, or takes events away, has them opened: lists and streams leave them closed for everybody.
"""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any, Final
from uuid import UUID

import orjson
from django.utils.translation import gettext_lazy as _

from eventlog.catalog import StrOrPromise
from eventlog.models import Event, SubjectKey
from eventlog.privacy import keyring
from eventlog.privacy.encryption import unwrapped
from eventlog.privacy.envelopes import COLUMNS, MARK, DataKey, Subject, is_envelope, key_of, opened, readable
from eventlog.privacy.keyring import Damaged, Keyring, Wrapped

READ: Final = "eventlog.view_sensitive"
OPENED: Final = "_eventlog_opened"  # in an event's `__dict__`
HIDDEN, ERASED, MISSING, DAMAGED = "hidden", "erased", "key missing", "damaged"
WORDS: Final[Mapping[str, StrOrPromise]] = {
    HIDDEN: _("Encrypted: only who may read sensitive values sees it here."),
    ERASED: _("Erased: the key that it was encrypted with was destroyed."),
    MISSING: _("Encrypted with a key that is not in ENCRYPTION_KEYS."),
    DAMAGED: _("Encrypted, and cannot be decrypted: it was altered, or its key was."),
}


class Covered(dict[str, Any]):
    """What is shown instead of a value, `{"encrypted": "hidden"}`, with what stays readable. A class of its own: what
    outsiders send may look the same."""

    @classmethod
    def of(cls, envelope: Mapping[str, Any], why: str) -> "Covered":
        return cls({MARK: why, **readable(envelope)})

    @property
    def words(self) -> StrOrPromise:
        return WORDS[self[MARK]]


def uncovered(found: Sequence[Mapping[str, Any]], *, may_read: bool, using: str) -> list[dict[str, Any]]:
    """Of each of these events, by column, what takes the place of its envelopes."""
    closed = [envelopes_of(columns) for columns in found]
    if not may_read:
        return [{name: Covered.of(each, HIDDEN) for name, each in envelopes.items()} for envelopes in closed]
    keys = keys_for((each for envelopes in closed for each in envelopes.values()), using)
    return [
        {name: value_of(each, keys, event=str(columns["id"]), column=name) for name, each in envelopes.items()}
        for columns, envelopes in zip(found, closed, strict=True)
    ]


def envelopes_of(columns: Mapping[str, Any]) -> dict[str, Mapping[str, Any]]:
    """An event that is not sensitive has none, whatever it looks like."""
    if not columns["is_sensitive"]:
        return {}
    return {name: columns[name] for name in COLUMNS if is_envelope(columns.get(name))}


def value_of(envelope: Mapping[str, Any], keys: Mapping[UUID | None, DataKey | str], *, event: str, column: str) -> Any:
    key = keys.get(key_of(envelope), DAMAGED)
    if isinstance(key, str):
        return Covered.of(envelope, key)
    try:
        return opened(envelope, key, event=event, column=column)
    except Damaged:
        return Covered.of(envelope, DAMAGED)


def keys_for(envelopes: Iterable[Mapping[str, Any]], using: str) -> dict[UUID | None, DataKey | str]:
    """In one query; of a key that cannot be had, why."""
    wanted = {key for each in envelopes if (key := key_of(each)) is not None}
    if not wanted:
        return {}
    ring = keyring.at_hand()
    return {key: had(row, ring) for key, row in SubjectKey.objects.using(using).by_id(wanted).items()}


def had(row: SubjectKey, ring: Keyring | None) -> DataKey | str:
    if row.wrapped is None:
        return ERASED if row.destroyed_at is not None else DAMAGED
    if ring is None or row.master_key not in ring.secrets:
        return MISSING
    subject, wrapped = Subject(row.entity_type, row.entity_id), Wrapped(row.master_key, bytes(row.wrapped))
    try:
        return unwrapped(ring, str(row.pk), subject, wrapped)
    except Damaged:
        return DAMAGED


# --- in the shapes that events are read in ---
def open_event(event: Event, *, may_read: bool) -> None:
    """Put values in the place of its envelopes."""
    columns = {name: getattr(event, name) for name in ("id", "is_sensitive", *COLUMNS)}
    (values,) = uncovered([columns], may_read=may_read, using=event._state.db or "default")
    for name, value in values.items():
        setattr(event, name, value)
    event.__dict__[OPENED] = are_opened(values)


def was_opened(event: Event) -> bool:
    return bool(event.__dict__.get(OPENED))


def are_opened(values: Mapping[str, Any]) -> bool:
    """Whether one of them is as it was before it was encrypted."""
    return any(not isinstance(value, Covered) for value in values.values())


def open_texts(rows: Sequence[dict[str, Any]], *, may_read: bool, using: str) -> int:
    """The same of rows that hold JSON as text; of how many something was opened."""
    sensitive, number = [row for row in rows if row["is_sensitive"]], 0
    parsed = [{"id": row["id"], "is_sensitive": True, **envelopes_in(row)} for row in sensitive]
    for row, values in zip(sensitive, uncovered(parsed, may_read=may_read, using=using), strict=True):
        row.update({name: orjson.dumps(value).decode() for name, value in values.items()})
        number += are_opened(values)
    return number


def cover_texts(row: dict[str, Any]) -> None:
    """What is still in envelopes, of a row that holds JSON as text."""
    if row["is_sensitive"]:
        found = envelopes_of({"is_sensitive": True, **envelopes_in(row)})
        row.update({name: orjson.dumps(Covered.of(each, HIDDEN)).decode() for name, each in found.items()})


def envelopes_in(row: Mapping[str, Any]) -> dict[str, Any]:
    return {name: orjson.loads(row[name]) for name in COLUMNS if row[name] is not None and f'"{MARK}"' in row[name]}

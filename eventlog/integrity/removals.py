"""What was removed, or erased, written down by the transaction that does it, so that the proof knows why it is gone."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from hashlib import sha256
from typing import Any, Final
from uuid import UUID

import orjson
import uuid_utils
from django.db.backends.utils import CursorWrapper
from django.utils import timezone

from eventlog.integrity import keys
from eventlog.integrity.canonical import canonical
from eventlog.integrity.seals import spelled
from eventlog.models.proof import ARCHIVE, ERASURE, OF_EVENTS, OF_RANGE

TITLE: Final = b"eventlog removal 1\n"
HASHED: Final = ("id", "kind", "made_at", "facts", "first_timestamp", "end_timestamp", "ids")
INSERT: Final = """
INSERT INTO event_removals (id, kind, made_at, facts, first_timestamp, end_timestamp, ids, hash, signature)
VALUES (%(id)s, %(kind)s, %(made_at)s, %(text)s, %(first_timestamp)s, %(end_timestamp)s, %(ids)s, %(hash)s,
    %(signature)s)"""


@dataclass(frozen=True, slots=True, kw_only=True)
class Removed:
    """Either all events of a range of time, or those with these ids; or nothing, where it is about an archive file."""

    kind: str
    first: datetime | None = None
    end: datetime | None = None
    ids: Sequence[UUID] | None = None
    facts: Mapping[str, Any] = field(default_factory=dict)


def of_range(first: datetime, end: datetime, **facts: Any) -> Removed:
    return Removed(kind=OF_RANGE, first=first, end=end, facts=facts)


def of_events(ids: Sequence[UUID], **facts: Any) -> Removed:
    return Removed(kind=OF_EVENTS, ids=ids, facts=facts)


def of_archive(**facts: Any) -> Removed:
    return Removed(kind=ARCHIVE, facts=facts)


def of_erasure(ids: Sequence[UUID], **facts: Any) -> Removed:
    """`part` says which part of all these was taken away whole; else `left` says, by event and part, to which
    commitment what is left of it goes. It names nobody."""
    return Removed(kind=ERASURE, ids=sorted(ids), facts=facts)


def write(cursor: CursorWrapper, removed: Removed) -> None:
    row: dict[str, Any] = {
        "id": UUID(str(uuid_utils.uuid7())),
        "kind": removed.kind,
        "made_at": timezone.now(),
        "facts": dict(removed.facts),
        "first_timestamp": removed.first,
        "end_timestamp": removed.end,
        "ids": None if removed.ids is None else b"".join(each.bytes for each in removed.ids),
    }
    digest, signer = hashed(row), keys.signer()
    signature = None if signer is None else signer.sign(digest)
    more = {"id": str(row["id"]), "text": orjson.dumps(row["facts"]).decode(), "hash": digest, "signature": signature}
    cursor.execute(INSERT, {**row, **more})


def hashed(row: Mapping[str, Any]) -> bytes:
    """Of the columns that are HASHED, as they are in the table."""
    return sha256(TITLE + canonical({name: spelled(row[name]) for name in HASHED})).digest()

"""Why events are gone: the removals, as the verification asks them."""

from collections.abc import Iterator, Mapping, Set
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from functools import lru_cache
from typing import Any, Final
from uuid import UUID

import orjson
from django.db.backends.utils import CursorWrapper

from eventlog.integrity import removals
from eventlog.integrity.canonical import microseconds
from eventlog.integrity.reading import exact
from eventlog.models.proof import ERASURE

ID_BYTES: Final = 16
SKEW: Final = timedelta(minutes=1)  # between the clocks of who removes and of the database
EXTENTS: Final = """
SELECT id, kind, made_at, stored_xid::text, first_timestamp, end_timestamp,
    substr(ids, 1, 16), substr(ids, length(ids) - 15, 16), facts ->> 'part' FROM event_removals"""
LEFT: Final = "SELECT facts -> 'left' FROM event_removals WHERE id = %s"
IDS: Final = "SELECT ids FROM event_removals WHERE id = %s"
ROWS: Final = """
SELECT r.id, r.kind, r.made_at, r.facts::text, r.first_timestamp, r.end_timestamp, r.ids, r.hash, r.signature,
    e.place, e.leaf
FROM event_removals r LEFT JOIN event_log_entries e ON e.ref = r.id ORDER BY r.id"""


@dataclass(frozen=True, slots=True)
class Extent:
    """What a removal may be about."""

    id: UUID
    is_erasure: bool
    made_at: datetime
    stored_xid: int
    range: tuple[int, int] | None  # milliseconds
    ids: tuple[bytes, bytes] | None  # the first and the last
    part: str  # of an erasure: what was taken away whole


@dataclass(frozen=True, slots=True)
class Erased:
    """What erasures say of an event: the parts that may be gone, and the commitments to what may be left of them."""

    parts: Set[str] = frozenset()
    left: Mapping[str, Set[bytes]] = field(default_factory=dict)


NOTHING: Final = Erased()


class Ledger:
    """`cursor` must be in one snapshot with what is asked about."""

    def __init__(self, cursor: CursorWrapper, refused: frozenset[UUID]) -> None:
        cursor.execute(EXTENTS)
        self.extents = [extent(*row) for row in cursor.fetchall() if row[0] not in refused]
        self.cursor = cursor
        self.ids_of = lru_cache(maxsize=64)(self.ids)
        self.left_of = lru_cache(maxsize=64)(self.left)

    def ids(self, removal: UUID) -> frozenset[bytes]:
        self.cursor.execute(IDS, [str(removal)])
        packed = bytes(self.cursor.fetchone()[0])
        return frozenset(packed[place : place + ID_BYTES] for place in range(0, len(packed), ID_BYTES))

    def left(self, removal: UUID) -> Mapping[str, Mapping[str, str]]:
        """{id of the event: {part: commitment, hexadecimal}}"""
        self.cursor.execute(LEFT, [str(removal)])
        found = self.cursor.fetchone()[0]
        return (orjson.loads(found) if isinstance(found, str) else found) or {}

    def is_removed(self, event: UUID, stored_xid: int, stored_at: datetime) -> bool:
        """Where it was stored is sealed, where the removal was is not, but when: both are asked."""
        before = [each for each in self.extents if not each.is_erasure and stored_at <= each.made_at + SKEW]
        return any(self.covers(each, event, stored_xid) for each in before)

    def erased(self, event: UUID) -> Erased:
        """A part of which something was taken may also be gone whole: what comes from an old copy cannot be told apart
        any more."""
        parts, left = set[str](), dict[str, set[bytes]]()
        for each in self.extents:
            if not each.is_erasure or not self.covers(each, event, 0):
                continue
            if each.part:
                parts.add(each.part)
            for part, commitment in self.left_of(each.id).get(str(event), {}).items():
                parts.add(part)
                left.setdefault(part, set()).add(bytes.fromhex(commitment))
        return Erased(parts, left) if parts else NOTHING

    def covers(self, each: Extent, event: UUID, stored_xid: int) -> bool:
        if each.range is not None:
            # What is stored after a month was dropped was not dropped with it.
            return each.range[0] <= milliseconds(event) < each.range[1] and stored_xid < each.stored_xid
        if each.ids is None or not each.ids[0] <= event.bytes <= each.ids[1]:
            return False
        return event.bytes in self.ids_of(each.id)


def extent(
    key: UUID,
    kind: str,
    made_at: datetime,
    xid: str,
    first: datetime | None,
    end: datetime | None,
    low: Any,
    high: Any,
    part: str | None,
) -> Extent:
    span = None if first is None or end is None else (microseconds(first) // 1000, microseconds(end) // 1000)
    ends = None if not low else (bytes(low), bytes(high))
    return Extent(key, kind == ERASURE, made_at, int(xid), span, ends, part or "")


def milliseconds(event: UUID) -> int:
    """When it happened: an id of version 7 begins with its time."""
    return event.int >> 80


def removal_rows(cursor: CursorWrapper) -> Iterator[tuple[dict[str, Any], dict[str, Any]]]:
    """(the columns that are hashed, what else there is to know) of each."""
    cursor.execute(ROWS)
    for key, kind, made_at, facts, first, end, ids, digest, signature, place, leaf in cursor:
        hashed = dict(zip(removals.HASHED, (key, kind, made_at, exact(facts), first, end, ids), strict=True))
        yield hashed, {"hash": digest, "signature": signature, "place": place, "leaf": leaf}

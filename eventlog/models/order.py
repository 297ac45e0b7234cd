"""Store order: the order in which events were stored, for whoever reads on from where he stopped.

Ids and times are made when something happens, and it may be stored much later: who remembers the last id that he saw
misses what comes late. Batches have an order that nothing can slip into: by their transactions, and only below the
oldest one that is still at work. It goes on where a dump is restored (`models/epoch.py`).
"""

import base64
import struct
from dataclasses import dataclass
from operator import itemgetter
from typing import TYPE_CHECKING, Final
from uuid import UUID

from django.db import connections

from eventlog.models.epoch import HORIZON

if TYPE_CHECKING:
    from eventlog.models.event import Event, EventQuerySet

LAST: Final = UUID(int=2**128 - 1)  # behind any event's id
PACKED: Final = struct.Struct(">Q16s16s")
MAX_BATCHES: Final = 100  # a stretch looks each of them up
FINISHED = f"b.stored_xid < {HORIZON}"
NEXT = f"""
SELECT b.stored_xid::text, b.id::text, b.event_count FROM event_batches AS b
WHERE (b.stored_xid, b.id) >= (%s::xid8, %s::uuid) AND {FINISHED}
ORDER BY b.stored_xid, b.id LIMIT %s"""
NEWEST = f"""
SELECT b.stored_xid::text, b.id::text FROM event_batches AS b WHERE {FINISHED}
ORDER BY b.stored_xid DESC, b.id DESC LIMIT 1"""


@dataclass(frozen=True, slots=True, order=True)
class Place:
    """Behind one event, or behind a whole batch."""

    stored_xid: int
    batch: UUID
    event: UUID = LAST

    def written(self) -> str:
        """54 characters that fit into a URL."""
        packed = PACKED.pack(self.stored_xid, self.batch.bytes, self.event.bytes)
        return base64.urlsafe_b64encode(packed).decode().rstrip("=")

    @classmethod
    def read(cls, text: str) -> "Place":
        """Raises ValueError. Nothing is granted by a place, so it is not signed."""
        try:
            packed = base64.b64decode(text + "=" * (-len(text) % 4), altchars=b"-_", validate=True)
            stored_xid, batch, event = PACKED.unpack(packed)
        except (ValueError, struct.error):
            raise ValueError("not a place in the store order") from None
        place = cls(stored_xid, UUID(bytes=batch), UUID(bytes=event))
        if place.written() != text:
            raise ValueError("not a place in the store order as it is written")
        return place


START: Final = Place(0, UUID(int=0))


@dataclass(frozen=True, slots=True)
class Stretch:
    """Some events in store order, each with its place; `end` is where to go on, further than the last of them where
    those that follow were not asked for."""

    events: "tuple[tuple[Place, Event], ...]"
    end: Place


@dataclass(frozen=True, slots=True)
class StoredBatch:
    stored_xid: int
    id: UUID
    event_count: int

    def place(self, event: UUID = LAST) -> Place:
        return Place(self.stored_xid, self.id, event)


def batches_after(place: Place, *, limit: int, using: str) -> list[StoredBatch]:
    """The next ones with at most `limit` events together, but at least one; the one that `place` is in is the first,
    unless it has been read."""
    with connections[using].cursor() as cursor:
        cursor.execute(NEXT, [str(place.stored_xid), str(place.batch), MAX_BATCHES])
        found = [StoredBatch(int(xid), UUID(key), count) for xid, key, count in cursor]
    chosen: list[StoredBatch] = []
    for batch in found:
        if batch.place() <= place:
            continue
        limit -= batch.event_count
        if chosen and limit < 0:
            break
        chosen.append(batch)
    return chosen


def next_stretch(events: "EventQuerySet", begin: Place, *, limit: int) -> Stretch:
    batches = batches_after(begin, limit=limit, using=events.db)
    if not batches:
        return Stretch((), begin)
    by_id: dict[UUID | None, StoredBatch] = {batch.id: batch for batch in batches}
    # Sorted here: asked for the first by id, PostgreSQL may look for them through all of the table.
    found = events.order_by().filter(batch_id__in=by_id).exclude(batch_id=begin.batch, id__lte=begin.event)
    placed = sorted(((by_id[row.batch_id].place(row.id), row) for row in found), key=itemgetter(0))
    end = batches[-1].place() if len(placed) <= limit else placed[limit - 1][0]  # one batch alone may have more
    return Stretch(tuple(placed[:limit]), end)


def newest_place(using: str) -> Place:
    """Behind all that is finished."""
    with connections[using].cursor() as cursor:
        cursor.execute(NEWEST)
        found = cursor.fetchone()
    return START if found is None else Place(int(found[0]), UUID(found[1]))

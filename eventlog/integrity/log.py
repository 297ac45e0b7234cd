"""The log: all batches and removals in store order, an RFC 6962 tree that only grows. A checkpoint says how it is."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final
from uuid import UUID

from django.db.backends.utils import CursorWrapper
from psycopg2.extras import execute_values

from eventlog.integrity import merkle
from eventlog.models.epoch import HORIZON
from eventlog.models.proof import BATCH, REMOVAL

AT_ONCE: Final = 50_000  # so that a checkpoint takes seconds and not minutes, where many wait
TITLE: Final = b"eventlog entry 1\n"
IS_OF_THIS_EPOCH: Final = "SELECT %s::xid8 >= eventlog_shift()::text::xid8"
# In store order behind a place. Each is looked up in the log by itself (LIMIT 1): the planner would rather read all of
# the log each minute, to find a few in it. And as an expression: of a join it expects next to nothing that waits, so it
# reckons with all rows for the first one, and for that much work compiles the query, which takes longest of all.
NEW: Final = f"""
SELECT n.kind, n.id, n.seal, n.stored_xid::text FROM (
    SELECT '{BATCH}' AS kind, id, seal, stored_xid FROM event_batches
    UNION ALL
    SELECT '{REMOVAL}', id, hash, stored_xid FROM event_removals
) n WHERE (n.stored_xid, n.id) > ({{xid}}, {{id}}) AND n.seal IS NOT NULL AND n.stored_xid < {HORIZON}
    AND (SELECT e.place FROM event_log_entries e WHERE e.ref = n.id LIMIT 1) IS NULL
ORDER BY n.stored_xid, n.id LIMIT {{limit}}"""
# Of the newest checkpoint, when it was made, and the first behind its place. Each look at the log's state asks this, so
# what `waiting` finds by reading all is left to the next checkpoint.
WAITING: Final = f"""
WITH newest AS (SELECT made_at, settled_xid, settled_id FROM event_checkpoints ORDER BY id DESC LIMIT 1), since AS (
    SELECT settled_xid::text::xid8 AS xid, settled_id AS id FROM newest
    UNION ALL SELECT '0', '{UUID(int=0)}' ORDER BY 1 DESC LIMIT 1
)
SELECT (SELECT made_at FROM newest), (SELECT id FROM (
    {NEW.format(xid="(SELECT xid FROM since)", id="(SELECT id FROM since)", limit=1)}) next)"""
INSERT: Final = "INSERT INTO event_log_entries (place, kind, ref, leaf, nodes) VALUES %s"
ENTRIES: Final = "SELECT place, leaf, nodes FROM event_log_entries WHERE place = ANY(%s)"


@dataclass(frozen=True, slots=True)
class Settled:
    """Up to here in the store order everything is in the log."""

    xid: int = 0
    id: UUID = UUID(int=0)


@dataclass(frozen=True, slots=True)
class Entry:
    kind: str
    ref: UUID
    seal: bytes  # or a removal's hash

    @property
    def leaf(self) -> bytes:
        return merkle.leaf_hash(TITLE + self.kind.encode() + b"\n" + self.ref.bytes + self.seal)


def take_up(
    cursor: CursorWrapper, frontier: merkle.Frontier, settled: Settled, *, limit: int = AT_ONCE
) -> tuple[merkle.Frontier, Settled]:
    """Add what has settled since; the tree and the place afterwards."""
    found = waiting(cursor, settled, limit)
    if not found:
        return frontier, settled
    frontier = add(cursor, [Entry(kind, key, bytes(seal)) for kind, key, seal, _xid in found], frontier)
    return frontier, Settled(int(found[-1][3]), found[-1][1])


def oldest_waiting(cursor: CursorWrapper) -> tuple[datetime | None, UUID | None]:
    """When the newest checkpoint was made, and the id, which is of the time of its storing, of what is taken up next;
    None where all is."""
    cursor.execute(WAITING)
    made_at, key = cursor.fetchone()
    return made_at, key


def waiting(cursor: CursorWrapper, settled: Settled, limit: int) -> list[tuple[str, UUID, memoryview, str]]:
    """Behind that place. Once in each epoch from the start, without those that are in the log: while a dump was being
    restored something may have been stored with a place before what came in afterwards."""
    cursor.execute(IS_OF_THIS_EPOCH, [str(settled.xid)])
    since = settled if cursor.fetchone()[0] else Settled()
    cursor.execute(NEW.format(xid="%s::xid8", id="%s::uuid", limit="%s"), [str(since.xid), str(since.id), limit])
    found: list[tuple[str, UUID, memoryview, str]] = cursor.fetchall()
    return found


def add(cursor: CursorWrapper, entries: Sequence[Entry], frontier: merkle.Frontier) -> merkle.Frontier:
    """The tree afterwards. With each leaf are written the roots of the subtrees that end with it: so a proof is made of
    a few rows, however long the log is."""
    rows = []
    for entry in entries:
        leaf, *nodes = completed = frontier.completed(entry.leaf)
        rows.append((frontier.size, entry.kind, str(entry.ref), leaf, b"".join(nodes)))
        frontier = frontier.with_completed(completed)
    execute_values(cursor.cursor, INSERT, rows, page_size=1000)
    return frontier


def inclusion_proof(cursor: CursorWrapper, place: int, size: int) -> list[bytes]:
    """That the entry at `place` is in the log as it was with `size` entries. Raises KeyError where one is not there."""
    path = merkle.inclusion_path(place, size)
    cursor.execute(ENTRIES, [[subtree.end - 1 for subtrees in path for subtree in subtrees]])
    known = {found: (bytes(leaf), bytes(nodes)) for found, leaf, nodes in cursor.fetchall()}
    return [merkle.folded([root(known, each) for each in subtrees]) for subtrees in path]


def root(known: Mapping[int, tuple[bytes, bytes]], subtree: merkle.Subtree) -> bytes:
    """Of a subtree, as it stands with its last entry."""
    leaf, nodes = known[subtree.end - 1]
    above = (subtree.end - subtree.begin).bit_length() - 1
    return leaf if above == 0 else nodes[merkle.HASH_BYTES * (above - 1) : merkle.HASH_BYTES * above]

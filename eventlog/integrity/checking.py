"""A stretch of batches and their events, compared with what was sealed."""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime
from itertools import pairwise
from typing import Any, Final
from uuid import UUID

from django.db import connections, transaction
from django.db.backends.utils import CursorWrapper

from eventlog.integrity import merkle, reading, seals
from eventlog.integrity.canonical import commitment, digest, microseconds
from eventlog.integrity.ledger import NOTHING, Erased, Ledger, milliseconds
from eventlog.integrity.log import Entry
from eventlog.integrity.reading import Row
from eventlog.integrity.seals import SEALED, Leaf
from eventlog.integrity.verdicts import ADDED, MISSING, MODIFIED, REORDERED, Finding, Verified
from eventlog.models.proof import ACTOR, BATCH, SUBJECT

READ_COLUMNS: Final = ", ".join("b.stored_xid::text" if name == "stored_xid" else f"b.{name}" for name in SEALED)
BATCHES_WHERE: Final = f"""
SELECT {READ_COLUMNS}, b.seal, b.leaves, e.leaf, e.place FROM event_batches b
LEFT JOIN event_log_entries e ON e.ref = b.id WHERE """
BATCHES: Final = f"{BATCHES_WHERE} b.id > %s AND b.id <= %s"
IN_TIME: Final = " AND b.first_timestamp < %s AND b.last_timestamp >= %s"
# A batch's id is of the time it was stored at, so its events lie together: the BRIN index finds them.
EVENTS: Final = "batch_id > %s AND batch_id <= %s"
EVENTS_IN_TIME: Final = " AND timestamp >= %s AND timestamp < %s"
NOWHERE: Final = "batch_id IS NULL"


@dataclass(frozen=True, slots=True)
class Stretch:
    """The batches with ids in (after, until]; of their events those from `begin` to before `end`."""

    after: UUID
    until: UUID
    begin: datetime | None = None
    end: datetime | None = None
    is_first: bool = False  # looks for events without a batch, too

    @property
    def times(self) -> tuple[datetime, datetime] | None:
        return None if self.begin is None or self.end is None else (self.begin, self.end)

    def holds(self, event: UUID) -> bool:
        if self.times is None:
            return True
        return microseconds(self.times[0]) // 1000 <= milliseconds(event) < -(-microseconds(self.times[1]) // 1000)


@dataclass(frozen=True, slots=True)
class Signed:
    """(stored_xid, id) up to which everything is in the log: by the first checkpoint, and by the newest. And the
    removals that explain nothing, since they are not what they were."""

    first: tuple[int, UUID] | None = None
    newest: tuple[int, UUID] | None = None
    refused: frozenset[UUID] = frozenset()


@dataclass(slots=True)
class Batch:
    columns: Mapping[str, Any]
    seal: bytes
    leaves: dict[bytes, Leaf]  # by their keys
    packed: bytes
    logged: bytes | None
    missing: set[bytes] = field(init=False)  # of its leaves those whose events were not found, so far
    stored_at: int = field(init=False)  # microseconds since 1970

    def __post_init__(self) -> None:
        self.missing = set(self.leaves)
        self.stored_at = microseconds(self.columns["stored_at"])

    @property
    def id(self) -> UUID:
        return UUID(str(self.columns["id"]))

    @property
    def order(self) -> tuple[int, UUID]:
        return int(self.columns["stored_xid"]), self.id

    @classmethod
    def read(cls, row: tuple[Any, ...]) -> "Batch":
        columns = dict(zip(SEALED, row, strict=False))
        seal, packed, logged, _place = row[len(SEALED) :]
        whole = bytes(packed or b"")
        parts = seals.leaves_of(whole[: len(whole) // seals.LEAF_BYTES * seals.LEAF_BYTES])
        leaves = {leaf.key: leaf for leaf in parts}
        return cls(columns, bytes(seal or b""), leaves, whole, None if logged is None else bytes(logged))


@dataclass(slots=True)
class Checking:
    """One stretch, in one snapshot."""

    stretch: Stretch
    signed: Signed
    ledger: Ledger
    findings: list[Finding] = field(default_factory=list)
    events: int = 0
    unproven: int = 0
    removed: int = 0
    erased: int = 0
    waiting: int = 0
    batches: dict[UUID, Batch] = field(default_factory=dict)

    def verified(self) -> Verified:
        return Verified(
            events=self.events,
            batches=len(self.batches),
            unproven=self.unproven,
            removed=self.removed,
            erased=self.erased,
            waiting=self.waiting,
            findings=tuple(self.findings),
        )

    def say(self, verdict: str, what: str, why: str) -> None:
        self.findings.append(Finding(verdict, what, why))

    # --- batches ---
    def look_at_batch(self, batch: Batch) -> None:
        self.batches[batch.id] = batch
        what, signed = f"batch {batch.id}", self.signed
        if not batch.seal:
            if batch.logged is not None:
                self.say(MODIFIED, what, "its seal is gone")
            elif signed.first is not None and batch.order > signed.first:
                self.say(ADDED, what, "it has no seal, and was stored when all were sealed")
            return
        if wrong := wrong_in_batch(batch):
            self.say(*wrong)
        elif batch.logged is None:
            self.waiting += 1
            if signed.newest is not None and batch.order <= signed.newest:
                self.say(ADDED, what, "it is in no checkpoint, and those stored after it are")

    # --- events ---
    def look_at_events(self, found: Iterator[Row]) -> None:
        strangers = dict[bytes, str]()
        for row in found:
            self.events += 1
            batch = self.batches.get(row.batch_id) if row.batch_id is not None else None
            leaf = None if batch is None else batch.leaves.get(row.key)
            if batch is None or leaf is None:
                if batch is not None and not batch.seal and not row.digest and self.is_of_before(batch):
                    self.unproven += 1
                else:
                    strangers[row.key] = "no batch holds it" if batch is None else f"batch {batch.id} does not hold it"
                continue
            batch.missing.discard(row.key)
            self.look_at_event(row, batch, leaf)
        self.look_for_the_rest(strangers)

    def is_of_before(self, batch: Batch) -> bool:
        return self.signed.first is None or batch.order <= self.signed.first

    def look_at_event(self, row: Row, batch: Batch, leaf: Leaf) -> None:
        erased = self.ledger.erased(row.id) if row.is_erased else NOTHING
        self.erased += bool(erased.parts)
        if wrong := wrong_in_row(row, batch, leaf, erased):
            others = {each.digest for each in batch.leaves.values() if each.key != row.key}
            self.say(REORDERED if row.digest in others else MODIFIED, f"event {row.id}", wrong)

    def look_for_the_rest(self, strangers: dict[bytes, str]) -> None:
        for batch_id, batch in self.batches.items():
            for key in sorted(batch.missing):
                event = UUID(bytes=key)
                if not self.stretch.holds(event):
                    continue
                if key in strangers:
                    del strangers[key]
                    self.say(REORDERED, f"event {event}", f"it belongs to batch {batch_id}")
                elif self.ledger.is_removed(event, batch.order[0], batch.columns["stored_at"]):
                    self.removed += 1
                else:
                    self.say(MISSING, f"event {event}", f"batch {batch_id} held it, and no removal says why it is gone")
        for key, why in strangers.items():
            self.say(ADDED, f"event {UUID(bytes=key)}", why)


def wrong_in_batch(batch: Batch) -> tuple[str, str, str] | None:
    what = f"batch {batch.id}"
    leaves = list(batch.leaves.values())
    if len(batch.packed) != len(leaves) * seals.LEAF_BYTES or len(leaves) != batch.columns["event_count"]:
        return MODIFIED, what, "its leaves are not as many as its events"
    if any(one.key >= other.key for one, other in pairwise(leaves)):
        return REORDERED, what, "its leaves are not in the order of their ids"
    if merkle.root(merkle.leaf_hash(leaf.entry) for leaf in leaves) != bytes(batch.columns["root"] or b""):
        return MODIFIED, what, "its leaves do not have its root"
    if seals.seal(batch.columns) != batch.seal:
        return MODIFIED, what, "its columns do not have its seal"
    if batch.logged is not None and Entry(BATCH, batch.id, batch.seal).leaf != batch.logged:
        return MODIFIED, what, "it has another seal than in the log"
    return None


def wrong_in_row(row: Row, batch: Batch, leaf: Leaf, erased: Erased) -> str:
    """Why the row is not what was sealed; empty where it is."""
    if row.recorded_at != batch.stored_at:
        return "recorded_at is not its batch's"
    return wrong_in_event(row, leaf, erased)


def wrong_in_event(row: Row, leaf: Leaf, erased: Erased) -> str:
    try:
        return wrong_in_parts(row, leaf, erased)
    except RecursionError:
        return "it is nested deeper than anything that is stored"


def wrong_in_parts(row: Row, leaf: Leaf, erased: Erased) -> str:
    facts, actor, subject = row.groups
    if row.is_erased and not erased.parts:
        return "it says that it was erased, and no erasure does"
    for name, salt, group, kept in (
        (ACTOR, row.actor_salt, actor, row.actor_commitment),
        (SUBJECT, row.subject_salt, subject, row.subject_commitment),
    ):
        if wrong := wrong_in_part(name, salt, group, kept, erased):
            return wrong
    if digest(facts, row.actor_commitment, row.subject_commitment) != leaf.digest:
        return "it is not what was sealed"
    return "" if row.digest == leaf.digest else "its digest is not what was sealed"


def wrong_in_part(name: str, salt: bytes, group: Mapping[str, Any], kept: bytes, erased: Erased) -> str:
    if not salt:
        if name not in erased.parts:
            return "a part of it is gone, and no erasure says why"
        return f"the {name}'s part was erased, and is there" if group else ""
    made = commitment(salt, group)
    return "" if made == kept or made in erased.left.get(name, ()) else f"the {name}'s part is not what was sealed"


def check(stretch: Stretch, signed: Signed, *, using: str) -> Verified:
    with snapshot(using) as cursor:
        checking = Checking(stretch, signed, Ledger(cursor, signed.refused))
        times = stretch.times
        span = [str(stretch.after), str(stretch.until)]
        cursor.execute(BATCHES + (IN_TIME if times else ""), [*span, *((times[1], times[0]) if times else ())])
        for row in cursor.fetchall():
            checking.look_at_batch(Batch.read(row))
        where = f"({EVENTS} OR {NOWHERE})" if stretch.is_first else EVENTS
        found = reading.rows(cursor, where + (EVENTS_IN_TIME if times else ""), [*span, *(times or ())])
        checking.look_at_events(found)
        return checking.verified()


@contextmanager
def snapshot(using: str) -> Iterator[CursorWrapper]:
    """A transaction that sees the database as it is at its beginning."""
    with transaction.atomic(using=using), connections[using].cursor() as cursor:
        cursor.execute("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ, READ ONLY")
        yield cursor

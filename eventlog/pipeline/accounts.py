"""The accounts: every event that was ever recorded is stored, waits, was refused, was dropped, or is missing.

They rest on sequence numbers and rows: each process numbers its events from 1 without gaps, each batch says which
numbers it took and what became of them. The disk is read first and the rows after it, in one statement: what is
stored in between is found in both, and counts as stored.
"""

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from django.db import connections

from eventlog.pipeline import outbox, segments, writer
from eventlog.pipeline.writer import Writer

# Numbers that lie in no batch and in no segment are in neither sum, so that `recorded` exceeds the other terms by them.
ACCOUNTS = """
WITH segments AS (
    SELECT * FROM unnest(%s::text[], %s::bigint[], %s::bigint[], %s::bigint[]) AS s (writer, first, last, records)
    WHERE NOT EXISTS (SELECT FROM event_batches b WHERE b.writer = s.writer AND b.first_sequence = s.first)
), waiting AS (
    SELECT writer, max(last) AS last, sum(records) AS records, sum(last - first + 1 - records) AS dropped
    FROM segments GROUP BY writer
), batches AS (
    SELECT writer, max(last_sequence) AS last, sum(last_sequence - first_sequence + 1) AS numbers
    FROM event_batches WHERE first_sequence IS NOT NULL GROUP BY writer
), own AS (
    SELECT o.writer, greatest(o.last, b.last) AS last, greatest(o.last, b.last) - coalesce(b.numbers, 0) AS records
    FROM (VALUES (%s, %s::bigint)) AS o (writer, last) LEFT JOIN batches b USING (writer)
), writers AS (
    SELECT greatest(b.last, w.last, o.last) AS recorded,
        coalesce(w.records, 0) + coalesce(o.records, 0) AS waiting, coalesce(w.dropped, 0) AS dropped
    FROM batches b FULL JOIN waiting w USING (writer) FULL JOIN own o USING (writer)
), journals AS (
    SELECT coalesce(sum(recorded), 0) AS recorded, coalesce(sum(waiting), 0) AS waiting,
        coalesce(sum(dropped), 0) AS dropped
    FROM writers
), stored AS (
    SELECT coalesce(sum(event_count), 0) AS events, coalesce(sum(dead_count), 0) AS dead,
        coalesce(sum(duplicate_count), 0) AS duplicates, coalesce(sum(dropped_count), 0) AS dropped,
        coalesce(sum(CASE WHEN first_sequence IS NOT NULL OR outbox_count > 0 THEN outbox_count
            ELSE event_count + dead_count + duplicate_count END), 0) AS unnumbered
    FROM event_batches
), outbox AS (
    SELECT count(*) AS waiting FROM event_outbox
)
SELECT j.recorded + s.unnumbered + o.waiting, s.events, j.waiting, o.waiting, s.dead, s.dropped + j.dropped,
    s.duplicates
FROM journals j, stored s, outbox o"""


@dataclass(frozen=True, slots=True)
class Accounts:
    """Numbers of events. `duplicates` are numbers spent on events that were there already (a batch told twice)."""

    recorded: int
    stored: int
    waiting_journal: int
    waiting_outbox: int
    dead: int
    dropped: int
    duplicates: int

    @property
    def lost(self) -> int:
        """What the equation lacks: 0 when it holds. Numbers that are in no batch and on no disk of this machine."""
        waiting = self.waiting_journal + self.waiting_outbox
        return self.recorded - (self.stored + waiting + self.dead + self.dropped + self.duplicates)


@dataclass(frozen=True, slots=True)
class Waiting:
    """What a segment on disk holds: `records` whole ones of the numbers `first` to `last`."""

    writer: str
    first: int
    last: int
    records: int


def accounts() -> Accounts:
    """As things are now. Raises `django.db.Error` where the database does not answer."""
    own = writer.current()
    told = own.journal.sequence
    waiting = list(waiting_on_disk(own))
    columns = [[getattr(segment, name) for segment in waiting] for name in Waiting.__slots__]
    with connections[outbox.events_alias()].cursor() as cursor:
        cursor.execute(ACCOUNTS, [*columns, own.journal.writer, told])
        return Accounts(*(int(number) for number in cursor.fetchone()))


def waiting_on_disk(own: Writer) -> Iterator[Waiting]:
    """The segments of other processes for the same database, dead or alive; one with no whole record is passed over.

    Own ones are left out, because opening and closing them would let go of their locks: of the own journal every
    number that is in no batch yet is waiting.
    """
    for file in segments.files(own.journal.directory):
        if file.database not in own.database.identities or file.writer == own.journal.writer:
            continue
        records, _ = segments.parsed(content(file.path), file.writer)
        if records:
            last = max(sequence for sequence, _ in records)
            kept = sum(record != segments.SKIPPED for _, record in records)
            yield Waiting(file.writer, file.first, last, kept)


def of_other_databases() -> dict[str, int]:
    """{digits of a database: number of its segments in the folder} of those that nobody stores in this one."""
    own = writer.current()
    found = Counter(file.database for file in segments.files(own.journal.directory))
    return {database: number for database, number in found.items() if database not in own.database.identities}


def content(path: Path) -> bytes:
    """Nothing where it has been stored since it was listed; its owner may also have just left it, renamed."""
    for name in (path, path.with_suffix(".closed")):
        try:
            return name.read_bytes()
        except FileNotFoundError:
            continue
    return b""

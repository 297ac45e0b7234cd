"""store.write: one transaction that turns a batch into rows.

Inside it, in this order: the batch's own row, the claimed outbox rows deleted, the events in id order from their JSON
as it lies in the journal, the values of sensitive ones encrypted, together with their proofs and counts
(`counting.py`), and what became of the batch with its seal.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import cache
from typing import Any

import orjson
import uuid_utils
from django.conf import settings
from django.db import Error, connections, models, transaction
from django.db.backends.utils import CursorWrapper

from eventlog.conf import conf
from eventlog.integrity import sealer, seals
from eventlog.integrity.seals import Contents, Proven
from eventlog.models import Event
from eventlog.pipeline import outbox, roles, rows, watches
from eventlog.pipeline.counting import INSERT_ANONYMOUS, INSERT_EVENTS
from eventlog.privacy import encryption

# With the place and the seal of the sealer's batch before. Its `stored_at` is the `recorded_at` of its events.
BEGIN_BATCH = """
INSERT INTO event_batches (id, writer, first_sequence, last_sequence, outbox_count, event_count, dead_count,
    duplicate_count, dropped_count, stored_at, sealer, sealer_place, previous_seal)
SELECT b.id, b.writer, b.first, b.last, 0, 0, 0, 0, 0, now(), b.sealer,
    coalesce(before.sealer_place, 0) + 1, before.seal
FROM (SELECT %s::uuid AS id, %s AS writer, %s::bigint AS first, %s::bigint AS last, %s AS sealer) b
LEFT JOIN LATERAL (
    SELECT sealer_place, seal FROM event_batches e WHERE e.sealer = b.sealer
    ORDER BY sealer_place DESC LIMIT 1
) before ON TRUE
ON CONFLICT (writer, first_sequence) WHERE first_sequence IS NOT NULL DO NOTHING
RETURNING sealer_place, previous_seal, stored_xid::text, stored_at"""
FINISH_BATCH = """
UPDATE event_batches
SET outbox_count = %(outbox_count)s, event_count = %(event_count)s, dead_count = %(dead_count)s,
    duplicate_count = %(duplicate_count)s, dropped_count = %(dropped_count)s, leaves = %(leaves)s, root = %(root)s,
    first_timestamp = %(first_timestamp)s, last_timestamp = %(last_timestamp)s, seal = %(seal)s
WHERE id = %(id)s"""
STORED_OF_BATCH = "SELECT id FROM events WHERE batch_id = %s"
INSERT_DEAD_LETTER = "INSERT INTO event_dead_letters (batch_id, sqlstate, reason, record) VALUES (%s, %s, %s, %s)"
STATEMENTS = (
    *(BEGIN_BATCH, FINISH_BATCH, INSERT_EVENTS, INSERT_ANONYMOUS, INSERT_DEAD_LETTER, STORED_OF_BATCH),
    *encryption.STATEMENTS,
)
OUTBOX_LIMIT = 500
UNDEFINED_TABLE, CHECK_VIOLATION = "42P01", "23514"
REFUSALS = ("22", "23")  # SQLSTATE classes of bad data (PostgreSQL, appendix A); anything else may pass when retried


@dataclass(frozen=True, slots=True)
class Batch:
    """What is to be stored at once: records as JSON, and the sequence numbers of the segment they come from."""

    records: Sequence[bytes] = ()
    writer: str = ""
    first_sequence: int | None = None
    last_sequence: int | None = None
    claim_outbox: bool = False
    refused_before: int = 0  # of the records were; the accounts have them as dead

    @property
    def dropped(self) -> int:
        if self.first_sequence is None or self.last_sequence is None:
            return 0
        return self.last_sequence - self.first_sequence + 1 - len(self.records)


@dataclass(frozen=True, slots=True)
class Stored:
    """What became of a batch. `known` says that an earlier try had stored it already."""

    events: int = 0
    dead: int = 0
    duplicates: int = 0
    from_outbox: int = 0
    known: bool = False
    batch_id: str = ""

    def __add__(self, other: "Stored") -> "Stored":
        return Stored(
            self.events + other.events,
            self.dead + other.dead,
            self.duplicates + other.duplicates,
            self.from_outbox + other.from_outbox,
        )


def write(batch: Batch, *, using: str | None = None) -> Stored:
    """Store `batch` in one transaction (a savepoint, where one is open). Twice is once.

    Raises `django.db.Error` where nothing was stored and a later try may succeed, and so `keyring.Unusable`.
    """
    alias = using or outbox.events_alias()
    with transaction.atomic(using=alias), connections[alias].cursor() as cursor:
        batch_id = str(uuid_utils.uuid7())
        span = batch.first_sequence, batch.last_sequence
        cursor.execute(BEGIN_BATCH, [batch_id, batch.writer, *span, sealer.here()])
        begun = cursor.fetchone()
        if begun is None:
            return Stored(known=True)
        waiting = outbox.claim(cursor, OUTBOX_LIMIT) if batch.claim_outbox else []
        changes = rows.records(waiting)
        records = roles.filled(sorted([*batch.records, *changes]))  # id comes first in each: id order
        if waiting:
            outbox.release(cursor, [row.id for row in waiting])
        proven = seals.proven(encryption.encrypted(records, cursor))
        stored, refused = insert(cursor, batch_id, [each.record for each in proven])
        result = Stored(stored, refused, len(records) - stored - refused, len(waiting), batch_id=batch_id)
        kept = proven if stored == len(proven) else still_there(cursor, batch_id, proven)
        finish(cursor, result, kept, batch, batch_id, outbox_count=len(changes), begun=begun)
    if not connections[alias].in_atomic_block:
        watches.show(records)
    return result


def still_there(cursor: CursorWrapper, batch_id: str, proven: list[Proven]) -> list[Proven]:
    """Without those that were there already, or were refused."""
    cursor.execute(STORED_OF_BATCH, [batch_id])
    stored = {row[0] for row in cursor.fetchall()}
    return [each for each in proven if each.id in stored]


def finish(
    cursor: CursorWrapper,
    result: Stored,
    kept: list[Proven],
    batch: Batch,
    batch_id: str,
    *,
    outbox_count: int,
    begun: tuple[int, memoryview | None, str, datetime],
) -> None:
    contents = Contents.of(kept)
    place, previous, stored_xid, stored_at = begun
    facts: dict[str, Any] = {
        "id": batch_id,
        "writer": batch.writer,
        "first_sequence": batch.first_sequence,
        "last_sequence": batch.last_sequence,
        "outbox_count": outbox_count,
        "event_count": result.events,
        "dead_count": result.dead - batch.refused_before,
        "duplicate_count": result.duplicates,
        "dropped_count": batch.dropped,
        "sealer": sealer.here(),
        "sealer_place": place,
        "previous_seal": previous,
        "root": contents.root,
        "first_timestamp": contents.first_timestamp,
        "last_timestamp": contents.last_timestamp,
        "stored_xid": stored_xid,
        "stored_at": stored_at,
    }
    cursor.execute(FINISH_BATCH, {**facts, "leaves": contents.leaves, "seal": seals.seal(facts)})


def insert(cursor: CursorWrapper, batch_id: str, records: list[bytes]) -> tuple[int, int]:
    """(rows inserted, records refused): one statement for all, and halves of halves only where one is refused."""
    if not records:
        return 0, 0
    try:
        with transaction.atomic(using=cursor.db.alias):
            values = (b"[" + b",".join(records) + b"]").decode()
            if conf.ANONYMOUS_ANALYTICS:
                cursor.execute(INSERT_ANONYMOUS, [defaults(batch_id), values])
            else:
                cursor.execute(INSERT_EVENTS, [defaults(batch_id), values, settings.TIME_ZONE])
            return int(cursor.fetchone()[0]), 0
    except Error as error:
        if is_misplaced(error):
            return insert(cursor, batch_id, records)
        if not is_refusal(error):
            raise
        if len(records) == 1:
            bury(cursor, batch_id, records[0], error)
            return 0, 1
    middle = len(records) // 2
    stored, refused = insert(cursor, batch_id, records[:middle])
    more_stored, more_refused = insert(cursor, batch_id, records[middle:])
    return stored + more_stored, refused + more_refused


def sqlstate(error: Exception) -> str:
    return getattr(error.__cause__, "pgcode", None) or ""


def is_refusal(error: Error) -> bool:
    return sqlstate(error).startswith(REFUSALS)


def is_misplaced(error: Error) -> bool:
    """Whether PostgreSQL had chosen the default partition, and another one was made while it waited to write there."""
    if sqlstate(error) != CHECK_VIOLATION:
        return False
    diagnosis = getattr(error.__cause__, "diag", None)
    return diagnosis is not None and not diagnosis.constraint_name and diagnosis.table_name != Event._meta.db_table


def bury(cursor: CursorWrapper, batch_id: str, record: bytes, error: Error) -> None:
    """Keep a refused record with the first line of the reason; the rest of the message may quote the whole row."""
    reason = str(error).partition("\n")[0][:1000]
    cursor.execute(INSERT_DEAD_LETTER, [batch_id, sqlstate(error), reason, record.decode()])


def defaults(batch_id: str) -> str:
    return f'{{"batch_id":"{batch_id}","recorded_at":"now",{column_defaults()}}}'


@cache
def column_defaults() -> str:
    """The defaults of the columns that may not be NULL, as the inside of a JSON object."""
    values = {field.column: field.get_default() for field in not_null_columns() if field.has_default()}
    return orjson.dumps(values).decode()[1:-1]


def not_null_columns() -> Iterator["models.Field[Any, Any]"]:
    return (field for field in Event._meta.local_concrete_fields if not field.null)

"""store.write: one transaction that turns a batch into rows.

Inside it, in this order: the batch's own row, the claimed outbox rows deleted, the events in id order from their JSON
as it lies in the journal together with their counts (`counting.py`), and what became of the batch.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cache
from typing import Any

import orjson
import uuid_utils
from django.conf import settings
from django.db import Error, connections, models, transaction
from django.db.backends.utils import CursorWrapper

from eventlog.models import Event
from eventlog.pipeline import outbox, roles, rows
from eventlog.pipeline.counting import INSERT_EVENTS

BEGIN_BATCH = """
INSERT INTO event_batches
    (id, writer, first_sequence, last_sequence, outbox_count, event_count, dead_count, duplicate_count, dropped_count)
VALUES (%s, %s, %s, %s, 0, 0, 0, 0, 0)
ON CONFLICT (writer, first_sequence) WHERE first_sequence IS NOT NULL DO NOTHING
RETURNING id"""
FINISH_BATCH = """
UPDATE event_batches
SET outbox_count = %s, event_count = %s, dead_count = %s, duplicate_count = %s, dropped_count = %s WHERE id = %s"""
INSERT_DEAD_LETTER = "INSERT INTO event_dead_letters (batch_id, sqlstate, reason, record) VALUES (%s, %s, %s, %s)"
STATEMENTS = (BEGIN_BATCH, FINISH_BATCH, INSERT_EVENTS, INSERT_DEAD_LETTER)
OUTBOX_LIMIT = 500
UNDEFINED_TABLE = "42P01"
REFUSALS = ("22", "23")  # SQLSTATE classes of bad data (PostgreSQL, appendix A); anything else may pass when retried


@dataclass(frozen=True, slots=True)
class Batch:
    """What is to be stored at once: records as JSON, and the sequence numbers of the segment they come from."""

    records: Sequence[bytes] = ()
    writer: str = ""
    first_sequence: int | None = None
    last_sequence: int | None = None
    claim_outbox: bool = False

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

    def __add__(self, other: "Stored") -> "Stored":
        return Stored(
            self.events + other.events,
            self.dead + other.dead,
            self.duplicates + other.duplicates,
            self.from_outbox + other.from_outbox,
        )


def write(batch: Batch, *, using: str | None = None) -> Stored:
    """Store `batch` in one transaction (a savepoint, where one is open). Twice is once.

    Raises `django.db.Error` where nothing was stored and a later try may succeed.
    """
    alias = using or outbox.events_alias()
    with transaction.atomic(using=alias), connections[alias].cursor() as cursor:
        batch_id = str(uuid_utils.uuid7())
        cursor.execute(BEGIN_BATCH, [batch_id, batch.writer, batch.first_sequence, batch.last_sequence])
        if cursor.fetchone() is None:
            return Stored(known=True)
        waiting = outbox.claim(cursor, OUTBOX_LIMIT) if batch.claim_outbox else []
        changes = rows.records(waiting)
        records = roles.filled(sorted([*batch.records, *changes]))  # id comes first in each: id order
        if waiting:
            outbox.release(cursor, [row.id for row in waiting])
        stored, refused = insert(cursor, batch_id, records)
        result = Stored(stored, refused, len(records) - stored - refused, len(waiting))
        counts = [len(changes), result.events, result.dead, result.duplicates, batch.dropped]
        cursor.execute(FINISH_BATCH, [*counts, batch_id])
        return result


def insert(cursor: CursorWrapper, batch_id: str, records: list[bytes]) -> tuple[int, int]:
    """(rows inserted, records refused): one statement for all, and halves of halves only where one is refused."""
    if not records:
        return 0, 0
    try:
        with transaction.atomic(using=cursor.db.alias):
            values = (b"[" + b",".join(records) + b"]").decode()
            cursor.execute(INSERT_EVENTS, [defaults(batch_id), values, settings.TIME_ZONE])
            return int(cursor.fetchone()[0]), 0
    except Error as error:
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

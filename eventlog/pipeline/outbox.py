"""The outbox: events of changes, written by the transaction that makes the change.

They are there if and only if the change is. The writer of any process, or the beat task, moves them into the table.
"""

import os
from dataclasses import dataclass
from functools import cache

from django.db import connections, router
from django.db.backends.base.base import BaseDatabaseWrapper
from django.db.backends.utils import CursorWrapper

from eventlog.models import Event
from eventlog.record import EventRecord

ABORTED = 3  # PQTRANS_INERROR, libpq
INSERT = "INSERT INTO event_outbox (id, record) VALUES (%s, %s)"
CLAIM = "SELECT id::text, record, change FROM event_outbox ORDER BY id LIMIT %s FOR UPDATE SKIP LOCKED"
RELEASE = "DELETE FROM event_outbox WHERE id = ANY(%s::uuid[])"


def events_alias() -> str:
    return router.db_for_write(Event)


def open_transaction(using: str | None) -> BaseDatabaseWrapper | None:
    """The caller's connection, if it has a transaction open on the database of the events."""
    alias = events_alias()
    if using is not None and using != alias:
        return None
    connection = connections[alias]
    return connection if connection.in_atomic_block and not connection.needs_rollback else None


def is_doomed(using: str | None) -> bool:
    """Whether the caller's transaction can only be rolled back: Django knows it, or PostgreSQL has aborted it."""
    connection = connections[using or events_alias()]
    if not connection.in_atomic_block:
        return False
    raw = connection.connection
    return connection.needs_rollback or (raw is not None and raw.info.transaction_status == ABORTED)


@cache
def exists(alias: str, pid: int) -> bool:
    """Whether the table is there yet. Asked once a process: a failed INSERT would break the caller's transaction."""
    with connections[alias].cursor() as cursor:
        cursor.execute("SELECT to_regclass('event_outbox')")
        return cursor.fetchone()[0] is not None


def put(record: EventRecord, connection: BaseDatabaseWrapper) -> bool:
    """Write `record` into the caller's transaction; False where there is no outbox yet."""
    if not exists(connection.alias, os.getpid()):
        exists.cache_clear()
        return False
    with connection.cursor() as cursor:
        cursor.execute(INSERT, [str(record.id), record.to_json().decode()])
    return True


@dataclass(frozen=True, slots=True)
class Row:
    """A row of the outbox: `record` is an event's JSON, `change` that of what a trigger saw; the other is empty."""

    id: str
    record: str
    change: str | None


def claim(cursor: CursorWrapper, limit: int) -> list[Row]:
    """Up to `limit` waiting rows, locked until the transaction ends; those that others hold are skipped."""
    cursor.execute(CLAIM, [limit])
    return [Row(*columns) for columns in cursor]


def release(cursor: CursorWrapper, keys: list[str]) -> None:
    cursor.execute(RELEASE, [keys])

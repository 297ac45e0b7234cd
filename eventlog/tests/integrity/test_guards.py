"""Guards: what is stored is neither changed nor removed, but by a step of the lifecycle that says so."""

from typing import Any
from uuid import uuid4

import pytest
from django.core.management import call_command
from django.db import DEFAULT_DB_ALIAS, ProgrammingError, connection, transaction
from django.db.backends.postgresql.operations import DatabaseOperations
from django.utils import timezone
from time_machine import travel

from eventlog.integrity import guards
from eventlog.models import Event, EventBatch
from eventlog.pipeline import store
from eventlog.retention import partitions
from eventlog.retention.periods import Month
from eventlog.tests.integrity.conftest import event, write

pytestmark = pytest.mark.django_db

THIS = Month.of(timezone.now())
TABLES = ["events", THIS.table, partitions.DEFAULT, "event_batches", "event_epochs", *guards.ONLY_ADDED]
COLUMN = {"event_checkpoints": "size", "event_log_entries": "place"}


def run(sql: str, *values: Any) -> None:
    """Leaves the transaction whole where it is refused."""
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(sql, list(values) or None)


def refuses(sql: str, *values: Any) -> bool:
    try:
        run(sql, *values)
    except ProgrammingError as error:
        return "the event log refuses" in str(error)
    return False


@pytest.mark.parametrize("table", TABLES)
def test_the_owner_neither_changes_nor_removes_anything(table: str) -> None:
    write(event())
    column = COLUMN.get(table, "id")
    statements = [f"UPDATE {table} SET {column} = {column}", f"DELETE FROM {table}", f"TRUNCATE {table}"]
    assert [refuses(sql) for sql in statements] == [True] * 3


def test_a_month_that_is_made_later_has_its_guard() -> None:
    with travel(THIS.plus(9).start, tick=False):
        (name, *_others) = partitions.make_ahead(using=DEFAULT_DB_ALIAS)
    assert refuses(f"DELETE FROM {name}") and refuses(f"TRUNCATE {name}")


def test_what_was_stored_already_is_no_change() -> None:
    record = event()
    assert [store.write(store.Batch([record])).duplicates for _ in range(2)] == [0, 1]


def test_an_insert_that_would_change_is_refused() -> None:
    write(event())
    assert refuses("INSERT INTO events SELECT * FROM events ON CONFLICT (id, timestamp) DO UPDATE SET reason = 'x'")


def test_only_what_was_said_is_allowed() -> None:
    write(event())
    with guards.allowing("UPDATE events", using=DEFAULT_DB_ALIAS):
        run("UPDATE events SET reason = 'another'")
        assert refuses("DELETE FROM events") and refuses(f"UPDATE {THIS.table} SET reason = ''")
    assert Event.objects.get().reason == "another"


def test_the_allowance_ends_with_its_block() -> None:
    with guards.allowing("DELETE events", using=DEFAULT_DB_ALIAS):
        pass
    assert refuses("DELETE FROM events")


def test_the_allowance_ends_with_a_failure() -> None:
    with pytest.raises(ZeroDivisionError), guards.allowing("DELETE events", using=DEFAULT_DB_ALIAS):
        raise ZeroDivisionError
    assert refuses("DELETE FROM events")


# --- batches ---
@pytest.mark.django_db(transaction=True)
def test_a_batch_is_finished_by_its_own_transaction_alone() -> None:
    batch = str(uuid4())
    with transaction.atomic():
        run(store.BEGIN_BATCH, batch, "", None, None, uuid4().hex)
        run("UPDATE event_batches SET event_count = 1 WHERE id = %s", batch)
    assert refuses("UPDATE event_batches SET event_count = 2 WHERE id = %s", batch)
    assert EventBatch.objects.get().event_count == 1


def test_a_sealed_batch_is_not_sealed_again() -> None:
    batch = write(event())
    assert refuses("UPDATE event_batches SET seal = 'x' WHERE id = %s", str(batch.pk))


# --- what empties all of it ---
@pytest.mark.django_db(transaction=True)
def test_djangos_flush_empties_the_log_too(monkeypatch: pytest.MonkeyPatch) -> None:
    def sql_flush(self: DatabaseOperations, style: Any, tables: list[str], **options: Any) -> list[str]:
        return ["TRUNCATE events, event_batches"]  # as Django's own, but for what takes time

    write(event())
    monkeypatch.setattr(DatabaseOperations, "sql_flush", sql_flush)
    call_command("flush", verbosity=0, interactive=False)
    assert not Event.objects.exists()
    assert refuses("TRUNCATE events")


def test_a_guard_that_is_switched_off_is_missing() -> None:
    run(f"ALTER TABLE {THIS.table} DISABLE TRIGGER eventlog_guard")
    run("DROP TRIGGER eventlog_guard ON event_removals")
    assert guards.missing(using=DEFAULT_DB_ALIAS) == ["event_removals", THIS.table]

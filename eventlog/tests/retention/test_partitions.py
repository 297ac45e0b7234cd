"""Partitions: made ahead, filled from the default one, dropped whole."""

from concurrent.futures import ThreadPoolExecutor
from datetime import datetime, timedelta
from typing import Any

import pytest
from django.db import DEFAULT_DB_ALIAS, OperationalError, connection, transaction
from django.utils import timezone
from time_machine import travel

from eventlog.models import DeadLetter, Event
from eventlog.pipeline import store
from eventlog.record import make_record
from eventlog.retention import partitions
from eventlog.retention.partitions import partitioned
from eventlog.retention.periods import KINDS, Day, Month, Part, Span
from eventlog.tests.conftest import Change
from eventlog.tests.faults.servers import eventually
from eventlog.tests.retention.conftest import beside

pytestmark = pytest.mark.django_db


def stored(moment: datetime) -> None:
    store.write(store.Batch([make_record("MAINTENANCE", {"timestamp": moment}).to_json()]))


def rows_in(table: str) -> int:
    with connection.cursor() as cursor:
        cursor.execute(f"SELECT count(*) FROM {table}")
        return int(cursor.fetchone()[0])


def existing() -> list[Part]:
    with connection.cursor() as cursor:
        return partitions.existing(cursor)


def part(period: Span) -> Part:
    return Part(period.start, period.end, period.table)


def test_this_month_and_the_next_three_are_there_from_the_start() -> None:
    this = Month.of(timezone.now())
    assert [part(this.plus(number)) for number in range(4)] == existing()


def test_making_ahead_twice_makes_nothing_new() -> None:
    assert partitions.make_ahead(using=DEFAULT_DB_ALIAS) == []


def test_next_months_partition_is_made_when_its_time_comes() -> None:
    last = Month.of(existing()[-1].start)
    with travel(last.start, tick=False):
        made = partitions.make_ahead(using=DEFAULT_DB_ALIAS)
    assert made == [last.plus(ahead).table for ahead in (1, 2, 3)]


def test_events_of_the_default_partition_move_into_their_month() -> None:
    last = Month.of(existing()[-1].end)
    stored(last.start)
    assert rows_in("events_default") == 1
    with travel(last.start, tick=False):
        partitions.make_ahead(using=DEFAULT_DB_ALIAS)
    assert (rows_in("events_default"), rows_in(last.table), Event.objects.count()) == (0, 1, 1)


def test_a_partition_answers_by_the_parents_indexes() -> None:
    with connection.cursor() as cursor:
        cursor.execute("SELECT count(*) FROM pg_indexes WHERE tablename = %s", [existing()[0].table])
        of_partition = cursor.fetchone()[0]
        cursor.execute("SELECT count(*) FROM pg_indexes WHERE tablename = 'events'")
        assert cursor.fetchone()[0] == of_partition >= 17


@pytest.mark.parametrize(
    ("month", "months", "expected"),
    [((2026, 11), 2, (2027, 1)), ((2026, 1), -1, (2025, 12)), ((2026, 6), 0, (2026, 6))],
)
def test_months_add_up(month: tuple[int, int], months: int, expected: tuple[int, int]) -> None:
    assert Month(*month).plus(months) == Month(*expected)


def test_a_month_is_a_month_in_utc() -> None:
    assert Month.of(datetime.fromisoformat("2026-12-01T03:00:00+07:00")) == Month(2026, 11)


def test_the_key_of_a_partitioned_table_holds_the_time() -> None:
    sql = partitioned('CREATE TABLE "events" ("id" uuid NOT NULL PRIMARY KEY, "timestamp" timestamptz)')
    assert sql.endswith('"timestamp" timestamptz, PRIMARY KEY ("id", "timestamp")) PARTITION BY RANGE ("timestamp")')


def test_a_table_without_one_key_is_refused() -> None:
    with pytest.raises(ValueError, match="exactly one primary key"):
        partitioned("CREATE TABLE events (id uuid)")


# --- by another period ---
def test_weeks_begin_where_the_last_month_ends(event_log: Change) -> None:
    event_log(PARTITION_BY="week")
    months = existing()
    with travel(months[-1].end - timedelta(days=1), tick=False):
        made = partitions.make_ahead(using=DEFAULT_DB_ALIAS)
        assert partitions.ahead(existing()) == KINDS["week"].ahead
    added = existing()[len(months) :]
    assert [part.table for part in added] == made
    assert [part.start for part in added] == [months[-1].end, *(part.end for part in added[:-1])]


def test_days_are_made_beside_a_month_that_is_there(event_log: Change) -> None:
    event_log(PARTITION_BY="day")
    end = existing()[-1].end
    with travel(end - timedelta(days=5), tick=False):
        made = partitions.make_ahead(using=DEFAULT_DB_ALIAS)
    assert made[0] == Day.of(end).table and len(made) == KINDS["day"].ahead - 4


# --- who waits ---
def test_no_partition_is_looked_through_to_be_attached() -> None:
    month = Month.of(existing()[-1].end)
    stored(month.start)
    with connection.cursor() as cursor:
        cursor.execute("SET LOCAL client_min_messages = debug1")
        connection.connection.notices.clear()
        partitions.attach(cursor, month)
        cursor.execute("SET LOCAL client_min_messages = warning")
    said = f'partition constraint for table "{month.table}" is implied by existing constraints'
    assert any(said in notice for notice in connection.connection.notices)


def test_only_the_last_step_locks_the_default_partition(monkeypatch: pytest.MonkeyPatch) -> None:
    def look(cursor: Any, span: Span) -> None:
        cursor.execute(
            "SELECT mode FROM pg_locks WHERE relation = 'events_default'::regclass AND pid = pg_backend_pid()"
        )
        modes.update(row[0] for row in cursor.fetchall())
        really(cursor, span)

    modes, really = set[str](), partitions.take_over
    monkeypatch.setattr(partitions, "take_over", look)
    assert partitions.with_short_locks(DEFAULT_DB_ALIAS, partitions.attach, Month(2001, 1))
    assert modes == {"RowExclusiveLock"}


def test_what_comes_in_while_the_rest_is_copied_is_moved_too(monkeypatch: pytest.MonkeyPatch) -> None:
    def come_late(cursor: Any, span: Span) -> None:
        stored(span.start)
        really(cursor, span)

    really, month = partitions.take_over, Month(2001, 1)
    stored(month.start)
    monkeypatch.setattr(partitions, "take_over", come_late)
    partitions.with_short_locks(DEFAULT_DB_ALIAS, partitions.attach, month)
    assert (rows_in("events_default"), rows_in(month.table)) == (0, 2)


@pytest.mark.django_db(transaction=True)
def test_who_is_in_the_way_is_not_waited_for_long(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(partitions, "TRIES", 1)
    monkeypatch.setattr(partitions, "TRIES_WITHIN", 1)
    with beside() as other:
        other.execute("BEGIN; LOCK TABLE events_default IN ROW EXCLUSIVE MODE")
        with pytest.raises(OperationalError, match="lock timeout"):
            partitions.with_short_locks(DEFAULT_DB_ALIAS, partitions.attach, Month(2001, 1))
        other.execute("ROLLBACK")
    assert Month(2001, 1).table not in {part.table for part in existing()}


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("number", [1, 2])
def test_who_waits_for_a_partition_stores_into_it(number: int) -> None:
    month = Month(1990, number)
    with ThreadPoolExecutor(1) as thread:
        with transaction.atomic(), connection.cursor() as cursor:
            partitions.attach(cursor, month)
            storing = thread.submit(stored_there, month.start, number)
            assert eventually(lambda: is_waited_for("events_default"), seconds=60)
        storing.result()
    assert (rows_in("events_default"), rows_in(month.table), DeadLetter.objects.count()) == (0, number, 0)
    partitions.with_short_locks(DEFAULT_DB_ALIAS, partitions.detach_and_drop, month)


def stored_there(moment: datetime, number: int) -> None:
    """From another thread."""
    try:
        store.write(store.Batch([make_record("MAINTENANCE", {"timestamp": moment}).to_json() for _ in range(number)]))
    finally:
        connection.close()


def is_waited_for(table: str) -> bool:
    with connection.cursor() as cursor:
        cursor.execute("SELECT EXISTS (SELECT FROM pg_locks WHERE relation = %s::regclass AND NOT granted)", [table])
        return bool(cursor.fetchone()[0])

"""Partitions: made ahead, filled from the default one, dropped whole."""

from datetime import UTC, datetime

import pytest
from django.db import DEFAULT_DB_ALIAS, connection
from django.utils import timezone
from time_machine import travel

from eventlog.models import Event
from eventlog.pipeline import store
from eventlog.record import make_record
from eventlog.retention import partitions
from eventlog.retention.partitions import Month, partitioned

pytestmark = pytest.mark.django_db


def stored(moment: datetime) -> None:
    store.write(store.Batch([make_record("MAINTENANCE", {"timestamp": moment}).to_json()]))


def rows_in(table: str) -> int:
    with connection.cursor() as cursor:
        cursor.execute(f"SELECT count(*) FROM {table}")
        return int(cursor.fetchone()[0])


def existing() -> list[Month]:
    with connection.cursor() as cursor:
        return partitions.existing(cursor)


def test_this_month_and_the_next_three_are_there_from_the_start() -> None:
    this = Month.of(timezone.now())
    assert [this.plus(ahead) for ahead in range(4)] == existing()[:4]


def test_making_ahead_twice_makes_nothing_new() -> None:
    assert partitions.make_ahead(using=DEFAULT_DB_ALIAS) == []


def test_next_months_partition_is_made_when_its_time_comes() -> None:
    last = existing()[-1]
    with travel(last.start, tick=False):
        made = partitions.make_ahead(using=DEFAULT_DB_ALIAS)
    assert made == [last.plus(ahead).table for ahead in (1, 2, 3)]


def test_events_of_the_default_partition_move_into_their_month() -> None:
    last = existing()[-1].plus(1)
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


def test_dropping_takes_only_whole_months() -> None:
    first = existing()[0]
    stored(first.start)
    half = datetime(first.year, first.month, 15, tzinfo=UTC)
    assert list(partitions.drop_before(half, using=DEFAULT_DB_ALIAS)) == []
    assert list(partitions.drop_before(first.plus(1).start, using=DEFAULT_DB_ALIAS)) == [(first.table, 1)]
    assert first not in existing()


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


def test_a_month_that_another_process_has_dropped_is_passed_over() -> None:
    gone = Month(2001, 1)
    assert partitions.with_short_locks(DEFAULT_DB_ALIAS, partitions.drop, gone) is None

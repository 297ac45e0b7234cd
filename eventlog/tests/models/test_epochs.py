"""The store order goes on behind what another cluster of PostgreSQL has given a place."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import psycopg2
import pytest
from django.db import connection, transaction
from django.utils import timezone
from psycopg2.errors import LockNotAvailable

from eventlog.models import Epoch, Event, EventBatch, Removal
from eventlog.models.order import START, Place, newest_place
from eventlog.retention import cleanup, partitions
from eventlog.retention.keeping import Keeping
from eventlog.retention.periods import Month
from eventlog.tests.elsewhere import comes_from_elsewhere, put_at
from eventlog.tests.finished import wait_for_others
from eventlog.tests.models.test_order import begin, put, read_now, read_on, write

__all__ = ["begin"]
Begin = Callable[[], "psycopg2.extensions.connection"]


@pytest.fixture
def moved(transactional_db: None) -> Place:
    """ "read" and "waits" were stored elsewhere; the place behind "read"."""
    write("read")
    write("waits")
    comes_from_elsewhere(*EventBatch.objects.order_by("id"))
    return Event.objects.in_store_order(None, 1).end


def horizon() -> int:
    with connection.cursor() as cursor:
        cursor.execute("SELECT eventlog_horizon()::text")
        return int(cursor.fetchone()[0])


# --- before anything is stored ---
def test_what_comes_from_elsewhere_is_finished(moved: Place) -> None:
    assert read_now(moved)[0] == ["waits"] and newest_place("default").stored_xid == horizon() - 1


def test_reading_begins_no_epoch(moved: Place) -> None:
    read_now(moved)
    assert not Epoch.objects.exists()


# --- from the first batch on ---
def test_the_order_goes_on_behind_it(moved: Place) -> None:
    write("new")
    write("newer")
    assert read_on(moved)[0] == ["waits", "new", "newer"]
    assert Epoch.objects.get().behind == int(newest_of("waits").stored_xid)


def newest_of(name: str) -> EventBatch:
    return EventBatch.objects.get(pk=Event.objects.get(event_name=name).batch_id)


def test_who_has_read_what_the_dump_has_lost_misses_nothing(moved: Place) -> None:
    lost = Place(newest_place("default").stored_xid + 2**31, moved.batch)
    write("new")
    assert read_on(lost)[0] == ["new"]


def test_a_transaction_that_is_at_work_there_is_waited_for(moved: Place, begin: Begin) -> None:
    earlier = begin()
    write("later")
    assert read_now(moved)[0] == ["waits"]
    put(earlier, "earlier")
    earlier.commit()
    assert read_on(moved)[0] == ["waits", "earlier", "later"]


def test_of_two_that_store_first_one_waits_and_there_is_one_epoch(moved: Place, begin: Begin) -> None:
    one, other = begin(), begin()
    put(one, "one")
    other.cursor().execute("SAVEPOINT here; SET LOCAL lock_timeout = '20ms'")
    with pytest.raises(LockNotAvailable):
        put(other, "other")
    other.cursor().execute("ROLLBACK TO here")
    one.commit()
    put(other, "other")
    other.commit()
    assert sorted(read_on(moved)[0]) == ["one", "other", "waits"] and Epoch.objects.count() == 1


def test_where_the_first_batch_fails_nothing_has_begun(moved: Place, begin: Begin) -> None:
    one = begin()
    put(one, "one")
    one.rollback()
    write("new")
    assert read_on(moved)[0] == ["waits", "new"] and Epoch.objects.count() == 1


def test_it_may_move_again(moved: Place) -> None:
    write("new")
    put_at(2**60, newest_of("new"))
    write("newer")
    assert read_on(moved)[0] == ["waits", "new", "newer"] and Epoch.objects.count() == 2


# --- where nothing came from elsewhere ---
def test_what_a_transaction_has_stored_itself_is_not_taken_for_it(transactional_db: None) -> None:
    with transaction.atomic():
        write("own")
        assert read_now() == ([], START)
        write("own, too")
    assert not Epoch.objects.exists() and read_on()[0] == ["own", "own, too"]


def test_what_later_transactions_have_stored_is_not_taken_for_it(begin: Begin) -> None:
    earlier, later = begin(), begin()
    put(later, "later")
    later.commit()
    put(earlier, "earlier")
    earlier.commit()
    assert not Epoch.objects.exists() and read_on()[0] == ["earlier", "later"]


# --- with removals ---
def test_what_is_stored_while_a_month_is_counted_keeps_it(
    moved: Place, begin: Begin, monkeypatch: pytest.MonkeyPatch
) -> None:
    past = Month.of(timezone.now() - timedelta(days=200))
    write("new")
    partitions.with_short_locks("default", partitions.attach, past)
    wait_for_others()
    counted = Keeping.all_may_go

    def meanwhile(self: Keeping, *asked: Any) -> Any:
        counts = counted(self, *asked)
        if monkeypatch.undo() is None:
            other = begin()
            put(other, "late", past.start)
            other.commit()
        return counts

    monkeypatch.setattr(Keeping, "all_may_go", meanwhile)
    drop = cleanup.Dropping(Keeping())
    assert partitions.with_short_locks("default", drop, past) is None and not Removal.objects.exists()
    assert partitions.with_short_locks("default", drop, past) == {"SYSTEM": 1}
    assert newest_place("default") and Removal.objects.get()

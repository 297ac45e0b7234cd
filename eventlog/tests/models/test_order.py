"""Reading in store order: nothing is missed and nothing comes twice, whoever commits when."""

from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID, uuid4

import psycopg2
import pytest
from django.db import connection
from hypothesis import given
from hypothesis import strategies as st

from eventlog.models import Event, EventBatch
from eventlog.models.order import LAST, START, Place, newest_place
from eventlog.pipeline import store
from eventlog.record import make_record
from eventlog.tests.altering import forget
from eventlog.tests.finished import wait_for_others

NOW = datetime(2026, 11, 25, 5, tzinfo=UTC)
Begin = Callable[[], "psycopg2.extensions.connection"]


def write(*names: str) -> None:
    columns = [{"event_name": name, "timestamp": NOW + timedelta(seconds=at)} for at, name in enumerate(names)]
    made = [make_record("MAINTENANCE", each) for each in columns]
    store.write(store.Batch([record.to_json() for record in made]))


def read_on(after: Place | None = None, limit: int = 500) -> tuple[list[str], Place]:
    wait_for_others()
    return read_now(after, limit)


def read_now(after: Place | None = None, limit: int = 500) -> tuple[list[str], Place]:
    stretch = Event.objects.in_store_order(after, limit)
    return [event.event_name for _place, event in stretch.events], stretch.end


def read_all(after: Place | None = None, limit: int = 500) -> list[list[str]]:
    stretches = []
    while True:
        names, end = read_on(after, limit)
        if end == (after or START):
            return stretches
        stretches.append(names)
        after = end


@pytest.fixture
def begin(transactional_db: None) -> Iterator[Begin]:
    """Connections of other processes, each with a transaction open that has its id."""
    opened = []

    def another() -> "psycopg2.extensions.connection":
        opened.append(psycopg2.connect(**connection.get_connection_params() | {"cursor_factory": None}))
        opened[-1].cursor().execute("SELECT pg_current_xact_id()")
        return opened[-1]

    yield another
    for each in opened:
        each.close()


def put(other: "psycopg2.extensions.connection", name: str, at: datetime = NOW) -> None:
    """What `store.write` does there: a batch and its one event."""
    batch = str(uuid4())
    cursor = other.cursor()
    cursor.execute(
        "INSERT INTO event_batches (id, writer, outbox_count, event_count, dead_count, duplicate_count, dropped_count,"
        " first_timestamp, last_timestamp) VALUES (%s, '', 0, 1, 0, 0, 0, %s, %s)",
        [batch, at, at],
    )
    record = make_record("MAINTENANCE", {"event_name": name, "timestamp": at}).to_json().decode()
    cursor.execute(store.INSERT_EVENTS, [store.defaults(batch), f"[{record}]", "UTC"])


# --- nothing is missed ---
def test_what_an_earlier_transaction_commits_later_is_waited_for(begin: Begin) -> None:
    earlier, later = begin(), begin()
    put(later, "later")
    later.commit()
    names, place = read_now()
    assert names == []  # the earlier one may still bring something that belongs before it
    put(earlier, "earlier")
    earlier.commit()
    assert read_on(place)[0] == ["earlier", "later"]


def test_what_is_rolled_back_holds_up_nobody(begin: Begin) -> None:
    earlier, later = begin(), begin()
    put(later, "later")
    later.commit()
    earlier.rollback()
    assert read_on()[0] == ["later"]


def test_a_late_event_comes_after_those_that_were_read(transactional_db: None) -> None:
    late = make_record("MAINTENANCE", {"event_name": "late"}).to_json()
    write("new")
    _names, place = read_on()
    store.write(store.Batch([late]))
    assert read_on(place)[0] == ["late"]


@pytest.mark.parametrize("limit", [1, 2, 3, 5, 100])
def test_stretches_of_any_size_give_each_event_once(transactional_db: None, limit: int) -> None:
    for names in (["a"], ["b", "c", "d", "e", "f"], [], ["g", "h"]):
        write(*names)
    stretches = read_all(limit=limit)
    assert sum(stretches, []) == list("abcdefgh")
    assert max(map(len, stretches)) <= limit


def test_one_can_go_on_behind_any_event(transactional_db: None) -> None:
    write("a", "b")
    write("c")
    wait_for_others()
    for place, event in Event.objects.in_store_order(None, 10).events:
        behind = "abc"[ord(event.event_name) - ord("a") + 1 :]
        assert sum(read_all(place), []) == list(behind)


def test_what_is_not_asked_for_is_passed_over(transactional_db: None) -> None:
    write("a", "b")
    wait_for_others()
    stretch = Event.objects.filter(event_name="none").in_store_order(None, 10)
    assert (stretch.events, read_on(stretch.end)[0]) == ((), [])


def test_an_event_without_a_batch_is_not_there(transactional_db: None) -> None:
    write("a")
    forget(EventBatch)
    assert read_on() == ([], START)


def test_from_the_newest_place_comes_what_is_stored_from_now_on(transactional_db: None) -> None:
    assert newest_place("default") == START
    write("a")
    wait_for_others()
    place = newest_place("default")
    write("b")
    assert read_on(place)[0] == ["b"]


# --- it costs little ---
def test_batches_and_their_events_are_found_by_their_indexes(
    transactional_db: None, django_assert_num_queries: Callable[[int], Any]
) -> None:
    write("a")
    wait_for_others()
    with connection.cursor() as cursor:
        cursor.execute("SET enable_seqscan = off; SET enable_sort = off")  # as for a table that is not small
        with django_assert_num_queries(2) as asked:
            read_now()
        plans = []
        for query in asked.captured_queries:
            cursor.execute(f"EXPLAIN {query['sql']}")
            plans.append("\n".join(line for (line,) in cursor))
        cursor.execute("RESET enable_seqscan; RESET enable_sort")
    assert "event_batches_order" in plans[0] and "Sort" not in plans[0]
    assert "batch_id_idx" in plans[1] and "Seq Scan" not in plans[1]


# --- places as text ---
@given(st.integers(0, 2**64 - 1), st.uuids(), st.uuids() | st.just(LAST))
def test_a_place_is_read_as_it_was_written(xid: int, batch: UUID, event: UUID) -> None:
    place = Place(xid, batch, event)
    assert Place.read(place.written()) == place and len(place.written()) == 54


@pytest.mark.parametrize("text", ["", "x", "é", "A" * 53, "A" * 55, "A" * 53 + "+", "\0" * 54, "A" * 5000])
def test_what_is_no_place_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match="not a place"):
        Place.read(text)


def test_any_place_can_be_asked_for(transactional_db: None) -> None:
    write("a")
    assert read_on(Place(2**64 - 1, LAST, LAST)) == ([], Place(2**64 - 1, LAST, LAST))


def test_what_is_new_in_a_partition_is_summarised_for_its_index(db: None) -> None:
    with connection.cursor() as cursor:
        cursor.execute("SELECT reloptions FROM pg_class WHERE relname LIKE 'events%batch_id_idx' AND relkind = 'i'")
        options = [each for (each,) in cursor.fetchall()]
    assert options and all(each == ["autosummarize=on"] for each in options)

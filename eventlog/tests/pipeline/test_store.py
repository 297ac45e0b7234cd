"""store.write: one transaction, every event in exactly one batch, twice is once."""

import uuid
from threading import Barrier, Thread
from typing import Any

import orjson
import pytest
from django.db import connection, connections, transaction

from eventlog.models import DeadLetter, Event, EventBatch, OutboxEvent
from eventlog.pipeline import store
from eventlog.pipeline.store import Batch, write
from eventlog.record import make_record

pytestmark = pytest.mark.django_db

POISON = [
    ("NUL", {"username": "a\0"}, "22P05"),
    ("too long", {"username": "x" * 200}, "22001"),
    ("no such category", {"event_category": "FUN"}, "23514"),
    ("too big", {"response_status": 2**40}, "22003"),
    ("no number", {"response_status": "many"}, "22P02"),
    ("no address", {"ip_address": "here"}, "22P02"),
    ("negative", {"response_time_ms": -1}, "23514"),
]


def event(**columns: Any) -> bytes:
    return make_record("MAINTENANCE", columns).to_json()


def poisoned(**columns: Any) -> bytes:
    return orjson.dumps({**orjson.loads(event()), **columns})


def batch(count: int, **options: Any) -> Batch:
    return Batch([event(reason=str(number)) for number in range(count)], **options)


def test_events_are_stored_with_their_batch() -> None:
    write(batch(3))
    (row,) = EventBatch.objects.all()
    assert row.event_count == 3
    assert set(Event.objects.values_list("batch_id", flat=True)) == {row.id}


def test_a_missing_column_has_its_default_and_not_null() -> None:
    write(Batch([event()]))
    stored = Event.objects.get()
    assert (stored.event_data, stored.tags, stored.username, stored.is_sensitive) == ({}, [], "", False)
    assert stored.recorded_at >= stored.timestamp


def test_a_batch_that_comes_twice_is_stored_once() -> None:
    segment = batch(3, writer="w", first_sequence=1, last_sequence=3)
    assert write(segment).events == 3
    assert write(segment).known
    assert (Event.objects.count(), EventBatch.objects.count()) == (3, 1)


def test_an_event_that_comes_twice_is_stored_once() -> None:
    same = event()
    write(Batch([same]))
    again = write(Batch([same, event()]))
    assert (again.events, again.duplicates) == (1, 1)
    assert Event.objects.count() == 2


@pytest.mark.parametrize(
    ("columns", "state"), [(columns, state) for _, columns, state in POISON], ids=[p[0] for p in POISON]
)
def test_one_bad_event_does_not_take_the_others_along(columns: dict[str, Any], state: str) -> None:
    stored = write(Batch([*(event() for _ in range(99)), poisoned(**columns)]))
    assert (stored.events, stored.dead) == (99, 1)
    assert Event.objects.count() == 99
    (letter,) = DeadLetter.objects.all()
    assert letter.sqlstate == state
    assert orjson.loads(letter.record)["event_type"] == "MAINTENANCE"


def test_several_bad_events_are_all_found() -> None:
    records = [poisoned(username="x" * 200) if number % 7 == 0 else event() for number in range(50)]
    stored = write(Batch(records))
    assert (stored.events, stored.dead) == (42, 8)


def test_a_refusal_does_not_quote_the_row() -> None:
    write(Batch([poisoned(event_category="FUN", reason="kept only in the record")]))
    assert "kept only" not in DeadLetter.objects.get().reason


def test_dropped_sequence_numbers_are_counted() -> None:
    write(Batch([event(), event()], writer="w", first_sequence=1, last_sequence=5))
    assert EventBatch.objects.get().dropped_count == 3


def test_waiting_changes_are_moved_out_of_the_outbox() -> None:
    for _ in range(3):
        record = make_record("SISWA_CREATE", {})
        OutboxEvent.objects.create(id=record.id, record=record.to_json().decode())
    assert write(Batch(claim_outbox=True)).from_outbox == 3
    assert (Event.objects.count(), OutboxEvent.objects.count()) == (3, 0)


@pytest.mark.django_db(transaction=True)
def test_outbox_rows_that_another_writer_holds_are_skipped() -> None:
    record = make_record("SISWA_CREATE", {})
    OutboxEvent.objects.create(id=record.id, record=record.to_json().decode())
    with transaction.atomic():
        OutboxEvent.objects.select_for_update().get()
        in_threads(1, lambda _: write(Batch(claim_outbox=True)))
        assert OutboxEvent.objects.count() == 1


@pytest.mark.django_db(transaction=True)
def test_two_writers_with_the_same_segment_store_it_once() -> None:
    segment = batch(50, writer="w", first_sequence=1, last_sequence=50)
    results = in_threads(2, lambda _: write(segment))
    assert sorted(result.known for result in results) == [False, True]
    assert (Event.objects.count(), EventBatch.objects.count()) == (50, 1)


@pytest.mark.django_db(transaction=True)
def test_four_writers_at_once_do_not_deadlock() -> None:
    results = in_threads(4, lambda _: [write(batch(100)) for _ in range(5)])
    assert sum(stored.events for result in results for stored in result) == 2000


def in_threads(count: int, work: Any) -> list[Any]:
    barrier, results = Barrier(count), []

    def run(number: int) -> None:
        barrier.wait()
        try:
            results.append(work(number))
        finally:
            connections.close_all()

    threads = [Thread(target=run, args=(number,)) for number in range(count)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)
    return results


def test_events_lie_in_id_order() -> None:
    records = [event() for _ in range(20)]
    write(Batch(records[::-1]))
    with connection.cursor() as cursor:
        cursor.execute("SELECT id FROM events ORDER BY ctid")
        ids = [key for (key,) in cursor.fetchall()]
    assert ids == sorted(ids)


def test_the_transaction_that_stored_a_batch_is_known() -> None:
    write(batch(1))
    with connection.cursor() as cursor:
        cursor.execute("SELECT stored_xid = pg_current_xact_id() FROM event_batches")
        assert cursor.fetchone() == (True,)


def test_an_event_of_any_time_finds_a_partition() -> None:
    write(Batch([event(timestamp="1999-12-31T00:00:00+00:00"), event(timestamp="2150-01-01T00:00:00+00:00")]))
    with connection.cursor() as cursor:
        cursor.execute("SELECT count(*) FROM events_default")
        assert cursor.fetchone() == (2,)


def test_every_default_of_the_table_is_in_the_row_of_defaults() -> None:
    named = set(orjson.loads(store.defaults(str(uuid.uuid4()))))
    given = {"id", "timestamp", "event_type", "event_category", "severity", "event_status", "event_name"}
    needed = {field.column for field in Event._meta.concrete_fields if not field.null}
    assert needed - given <= named

"""The writer thread: stores by itself, survives the database's absence, ends in time."""

import os
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from multiprocessing import get_context
from pathlib import Path

import pytest
from django.db import OperationalError, connection, transaction

from eventlog import catalog
from eventlog.conf import conf
from eventlog.logger import log_event
from eventlog.models import Event, EventBatch, OutboxEvent
from eventlog.pipeline import journal as journals
from eventlog.pipeline import store, writer
from eventlog.pipeline.databases import Database
from eventlog.record import make_record
from eventlog.tests.conftest import Change

Settle = Callable[[], None]


def eventually(condition: Callable[[], bool], seconds: float = 5.0) -> bool:
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        if condition():
            return True
        time.sleep(0.02)
    return False


def test_an_urgent_event_is_stored_within_half_a_second(direct: Settle) -> None:
    log_event(catalog.LOGIN_FAILED)
    assert eventually(Event.objects.exists, seconds=1.0)


def test_an_ordinary_event_waits_for_its_interval(direct: Settle, event_log: Change) -> None:
    event_log(FLUSH_INTERVAL=60)
    log_event("MAINTENANCE")
    assert not eventually(Event.objects.exists, seconds=0.3)
    direct()
    assert Event.objects.count() == 1


def test_a_full_batch_does_not_wait(direct: Settle, event_log: Change) -> None:
    event_log(FLUSH_INTERVAL=60, BATCH_SIZE=3)
    for _ in range(3):
        log_event("MAINTENANCE")
    assert eventually(lambda: Event.objects.count() == 3)


def test_the_change_of_a_transaction_comes_by_the_outbox(direct: Settle) -> None:
    with transaction.atomic():
        log_event("SISWA_CREATE")
        assert OutboxEvent.objects.count() == 1
    assert eventually(lambda: Event.objects.filter(event_type="SISWA_CREATE").exists())


def test_a_change_rolled_back_leaves_nothing_and_everything_else_stays(direct: Settle) -> None:
    with pytest.raises(ZeroDivisionError), transaction.atomic():
        log_event("SISWA_CREATE")
        log_event(catalog.LOGIN_FAILED)
        raise ZeroDivisionError
    direct()
    assert list(Event.objects.values_list("event_type", flat=True)) == ["LOGIN_FAILED"]


def test_stored_segments_are_removed(direct: Settle) -> None:
    log_event("MAINTENANCE")
    direct()
    assert list(conf.SPOOL_DIR.iterdir()) == []


class Away:
    """A database that refuses until it is `back`."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.back = False
        self.tried = 0
        write = store.write

        def refuse(batch: store.Batch, **options: str) -> store.Stored:
            self.tried += 1
            if not self.back:
                raise OperationalError("away")
            return write(batch, **options)

        monkeypatch.setattr(store, "write", refuse)


def test_while_the_database_is_away_events_wait_on_disk(
    direct: Settle, event_log: Change, monkeypatch: pytest.MonkeyPatch
) -> None:
    event_log(BATCH_SIZE=5)
    away = Away(monkeypatch)
    for _ in range(20):
        log_event("MAINTENANCE")
    assert eventually(lambda: away.tried > 0)
    assert sum(count for count, _ in waiting_of_this_process()) == 20
    away.back = True
    assert eventually(lambda: Event.objects.count() == 20, seconds=10)


def waiting_of_this_process() -> list[tuple[int, int]]:
    own = writer.current()
    segments = [*own.journal.closed, *([own.journal.segment] if own.journal.segment else [])]
    return [(len(segment.read()), segment.last) for segment in segments]


def test_a_database_that_hangs_is_noticed(direct: Settle, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(writer, "HANGS_AFTER", 0.1)
    hang = threading.Event()
    monkeypatch.setattr(store, "write", lambda *_, **__: hang.wait(5) and store.Stored())
    log_event(catalog.LOGIN_FAILED)
    assert eventually(lambda: not writer.current().gets_through())
    hang.set()
    assert eventually(writer.current().gets_through)


def test_pauses_between_tries_grow_and_end(direct: Settle, monkeypatch: pytest.MonkeyPatch) -> None:
    away = Away(monkeypatch)
    log_event(catalog.LOGIN_FAILED)
    assert eventually(lambda: away.tried >= 2, seconds=4)
    assert writer.current().pause > writer.FIRST_PAUSE
    away.back = True
    assert eventually(lambda: not writer.current().pause, seconds=10)


def test_an_outage_does_not_eat_descriptors(direct: Settle, event_log: Change, monkeypatch: pytest.MonkeyPatch) -> None:
    event_log(BATCH_SIZE=2)
    away = Away(monkeypatch)
    monkeypatch.setattr(writer, "FIRST_PAUSE", 5.0)
    log_event(catalog.LOGIN_FAILED)
    assert eventually(lambda: away.tried > 0 and writer.current().pause > 0)
    for _ in range(100):
        log_event(catalog.LOGIN_FAILED)
        writer.current().wake.set()
    assert not eventually(lambda: len(writer.current().journal.closed) > 3, seconds=0.5)
    away.back = True


def test_memory_is_bounded_while_the_database_is_away(
    direct: Settle, event_log: Change, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(journals, "MAX_SEGMENT_RECORDS", 10)
    away = Away(monkeypatch)
    for _ in range(300):
        log_event("MAINTENANCE")
    own = writer.current()
    own.wake.set()
    assert eventually(lambda: len(own.journal.closed) >= 29)
    in_memory = [segment for segment in own.journal.closed if segment.records is not None]
    assert len(in_memory) <= journals.SEGMENTS_IN_MEMORY
    away.back = True
    assert eventually(lambda: Event.objects.count() == 300, seconds=10)


def test_the_limit_of_the_journal_holds_with_one_open_segment(
    direct: Settle, event_log: Change, monkeypatch: pytest.MonkeyPatch
) -> None:
    event_log(SPOOL_MAX_BYTES=1 << 20)
    conf.SPOOL_DIR.mkdir()
    others = conf.SPOOL_DIR / f"{'0' * 8}.{'0' * 32}.1.000000000001.closed"
    others.write_bytes(b"x" * (1 << 20))
    away = Away(monkeypatch)
    log_event(catalog.LOGIN_FAILED)
    assert eventually(lambda: away.tried > 0 and writer.current().journal.pressure == 4)
    log_event("MAINTENANCE")
    assert writer.current().dropped.total() == 1
    others.unlink()
    away.back = True


def test_what_a_stopped_process_could_not_store_is_left_in_order(
    direct: Settle, monkeypatch: pytest.MonkeyPatch
) -> None:
    away = Away(monkeypatch)
    log_event("MAINTENANCE")
    writer.stop()
    (left,) = conf.SPOOL_DIR.iterdir()
    assert left.suffix == ".closed"
    away.back = True


def test_a_killed_processes_events_are_stored_and_its_death_is_told(direct: Settle) -> None:
    die_with_events(conf.SPOOL_DIR, count=3)
    assert sum(stored.events for stored in writer.drain_orphans(writer.current())) == 3
    direct()
    assert Event.objects.filter(event_type="UNCLEAN_STOP").count() == 1


def test_a_segment_of_a_later_format_is_left_and_warned_of_once(
    direct: Settle, caplog: pytest.LogCaptureFixture
) -> None:
    own = writer.current()
    conf.SPOOL_DIR.mkdir()
    path = conf.SPOOL_DIR / f"{own.database.identity}.{'a' * 32}.1.000000000001.journal"
    path.write_bytes(b"2 whatever comes\n")
    for _ in range(2):
        assert list(writer.drain_orphans(own)) == []
    assert path.read_bytes() == b"2 whatever comes\n"
    assert caplog.text.count("is of a later version") == 1


def test_a_disk_that_refuses_is_warned_of_once(
    direct: Settle, event_log: Change, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    (tmp_path / "file").write_text("in the way")
    event_log(SPOOL_DIR=tmp_path / "file" / "spool")
    for event_type in (catalog.LOGIN_FAILED, catalog.TOKEN_REJECTED):
        log_event(event_type)
        assert eventually(Event.objects.filter(event_type=event_type).exists)
    assert caplog.text.count("The disk refuses the journal") == 1


def die_with_events(spool: Path, *, count: int) -> None:
    """A forked child that appends and is killed."""
    records = [make_record("MAINTENANCE", {}).to_json() for _ in range(count)]
    child = os.fork()
    if child == 0:
        journal = journals.Journal(spool, database=Database.now().identity)
        for record in records:
            journal.append(record)
        os.kill(os.getpid(), 9)
    os.waitpid(child, 0)


def test_a_forked_child_begins_anew(direct: Settle) -> None:
    log_event("MAINTENANCE")
    parents = writer.current()
    child = os.fork()
    if child == 0:
        own = writer.current()
        os._exit(0 if own is not parents and own.journal.writer != parents.journal.writer else 1)
    assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 0
    assert writer.current() is parents


@contextmanager
def renamed() -> Iterator[None]:
    """The database has another name meanwhile, as in Django's test runner; open connections stay as they are."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setitem(connection.settings_dict, "NAME", "elsewhere")
        yield
        writer.stop()


def test_a_database_of_another_name_gets_a_journal_of_its_own(direct: Settle) -> None:
    log_event("MAINTENANCE")
    first = writer.current()
    with renamed():
        log_event("MAINTENANCE")
        assert writer.current().journal.database != first.journal.database
        assert first.thread and eventually(lambda: not first.thread.is_alive())


def test_what_was_recorded_for_one_database_is_not_stored_in_another(direct: Settle, event_log: Change) -> None:
    event_log(FLUSH_INTERVAL=60)
    log_event("MAINTENANCE")
    own = writer.current()
    own.database = replace(own.database, is_configured=True)  # not a test's
    with renamed():
        own.turn(urgent=True)
        log_event("MAINTENANCE")
    assert len(list(conf.SPOOL_DIR.glob(f"{own.database.identity}.*.closed"))) == 1
    assert not Event.objects.exists()


def test_nothing_is_left_of_a_tests_database_once_it_has_its_old_name(direct: Settle, event_log: Change) -> None:
    event_log(FLUSH_INTERVAL=60)
    log_event("MAINTENANCE")
    with renamed():
        writer.stop()
        assert list(conf.SPOOL_DIR.iterdir()) == []


def test_no_connection_to_a_tests_database_outlives_a_turn(direct: Settle) -> None:
    log_event(catalog.LOGIN_FAILED)
    assert eventually(Event.objects.exists)
    assert eventually(lambda: others_connected() == 0, seconds=0.9)


def others_connected() -> int:
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT count(*) FROM pg_stat_activity WHERE pid <> pg_backend_pid() AND datname = current_database()"
        )
        return int(cursor.fetchone()[0])


@pytest.mark.parametrize("parents_events", [0, 1])
def test_a_child_of_multiprocessing_ends_in_order(direct: Settle, parents_events: int) -> None:
    for _ in range(parents_events):
        log_event("MAINTENANCE")
    child = get_context("fork").Process(target=log_event, args=("COMMAND",))
    child.start()
    child.join(10)
    assert Event.objects.filter(event_type="COMMAND").exists()
    direct()
    assert not list(conf.SPOOL_DIR.iterdir())


def test_a_thread_that_died_is_started_again(direct: Settle, monkeypatch: pytest.MonkeyPatch) -> None:
    log_event("MAINTENANCE")
    own = writer.current()
    own.stopping = True
    own.wake.set()
    assert own.thread
    own.thread.join(5)
    own.stopping = False
    log_event(catalog.LOGIN_FAILED)
    assert eventually(lambda: Event.objects.filter(event_type="LOGIN_FAILED").exists())


def test_when_the_room_runs_out_the_least_important_go_first(direct: Settle) -> None:
    own = writer.current()
    own.journal.pressure = 2
    log_event("HEALTH_CHECK")
    log_event("COMMAND", severity="low")
    log_event("ERROR_500")
    log_event("SISWA_UPDATE")
    log_event("LOGOUT")
    own.journal.pressure = 0
    direct()
    kept = set(Event.objects.values_list("event_type", flat=True))
    assert kept == {"ERROR_500", "SISWA_UPDATE", "LOGOUT", "EVENTS_DROPPED"}
    assert Event.objects.get(event_type="EVENTS_DROPPED").event_data["dropped"] == {"SYSTEM debug": 1, "SYSTEM low": 1}
    assert sum(EventBatch.objects.values_list("dropped_count", flat=True)) == 2


def test_a_backend_killed_between_two_batches_loses_nothing(direct: Settle, event_log: Change) -> None:
    event_log(BATCH_SIZE=1)
    log_event("MAINTENANCE")
    assert eventually(lambda: Event.objects.count() == 1)
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE pid <> pg_backend_pid()"
            " AND datname = current_database()"
        )
    log_event("MAINTENANCE")
    assert eventually(lambda: Event.objects.count() == 2, seconds=10)

"""A change and its event are one transaction: committed together or not at all."""

import json
import os
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from django.conf import settings
from django.db import DatabaseError, connection, transaction
from django.db.models.signals import post_save
from django.test import Client

from edupro.school.models import Siswa
from eventlog import EventLogger, logger
from eventlog.models import Event, OutboxEvent
from eventlog.pipeline import outbox

Find = Callable[..., Event]


def waiting() -> list[str]:
    """The types of the events in the outbox."""
    return [
        json.loads(record)["event_type"]
        for record in OutboxEvent.objects.order_by("id").values_list("record", flat=True)
    ]


def test_in_autocommit_the_event_is_committed_with_the_change(direct: Callable[[], None]) -> None:
    Siswa.objects.create(nis="7", nama="Citra", kelas="X-2")
    assert waiting() == ["SISWA_CREATE"]


def test_the_signals_of_a_save_are_inside_its_transaction(direct: Callable[[], None]) -> None:
    inside = []

    def look(sender: Any, **kwargs: Any) -> None:
        inside.append(connection.in_atomic_block)

    post_save.connect(look, sender=Siswa)
    try:
        Siswa.objects.create(nis="7", nama="Citra", kelas="X-2")
    finally:
        post_save.disconnect(look, sender=Siswa)
    assert inside == [True] and not connection.in_atomic_block


def test_a_receiver_that_fails_after_us_undoes_change_and_event(direct: Callable[[], None]) -> None:
    def fail(sender: Any, **kwargs: Any) -> None:
        raise ZeroDivisionError

    post_save.connect(fail, sender=Siswa)
    try:
        with pytest.raises(ZeroDivisionError):
            Siswa.objects.create(nis="7", nama="Citra", kelas="X-2")
    finally:
        post_save.disconnect(fail, sender=Siswa)
    assert not Siswa.objects.exists() and waiting() == []


def test_what_is_rolled_back_leaves_no_event(direct: Callable[[], None]) -> None:
    with pytest.raises(ZeroDivisionError), transaction.atomic():
        Siswa.objects.create(nis="7", nama="Citra", kelas="X-2")
        raise ZeroDivisionError
    assert waiting() == []


def test_what_is_rolled_back_to_a_savepoint_leaves_no_event(direct: Callable[[], None]) -> None:
    with transaction.atomic():
        Siswa.objects.create(nis="7", nama="Citra", kelas="X-2")
        with pytest.raises(ZeroDivisionError), transaction.atomic():
            Siswa.objects.create(nis="8", nama="Dewi", kelas="X-2")
            raise ZeroDivisionError
    assert waiting() == ["SISWA_CREATE"]


@pytest.mark.parametrize("raising", [True, False])
def test_where_the_event_cannot_be_written_the_change_fails_aloud(
    direct: Callable[[], None], event_log: Callable[..., None], monkeypatch: pytest.MonkeyPatch, raising: bool
) -> None:
    """PostgreSQL answers the COMMIT of a broken transaction with a silent rollback: a save must not seem to succeed."""
    event_log(RAISE_ERRORS=raising)
    monkeypatch.setattr(outbox, "INSERT", "INSERT INTO event_outbox (id, no_such_column) VALUES (%s, %s)")
    with pytest.raises(DatabaseError):
        Siswa.objects.create(nis="7", nama="Citra", kelas="X-2")
    assert not Siswa.objects.exists()


PROGRAM = """
import django, json, os, signal, sys
from django.conf import settings
settings.DATABASES["default"].update(json.loads(sys.argv[1]))
django.setup()
from edupro.school.models import Siswa
Siswa.objects.create(nis="7", nama="Citra", kelas="X-2")
siswa = Siswa.objects.get()
siswa.nama = "Baru"
siswa.save()
os.kill(os.getpid(), signal.SIGKILL)
"""


def test_a_process_killed_right_after_the_commit_leaves_its_events(direct: Callable[[], None], tmp_path: Path) -> None:
    database = {key: connection.settings_dict[key] for key in ("NAME", "USER", "PASSWORD", "HOST", "PORT")}
    environment = {
        **os.environ,
        "DJANGO_SETTINGS_MODULE": "edupro.settings",
        "EVENTLOG_SPOOL_DIR": str(tmp_path / "killed"),
    }
    command = [sys.executable, "-c", PROGRAM, json.dumps(database)]
    process = subprocess.run(command, env=environment, cwd=settings.BASE_DIR, timeout=60)
    direct()
    assert process.returncode == -9
    assert list(Event.objects.order_by("id").values_list("event_type", flat=True)) == ["SISWA_CREATE", "SISWA_UPDATE"]


def test_a_save_in_a_block_of_its_own_opens_no_second_one(
    direct: Callable[[], None], django_assert_num_queries: Any
) -> None:
    siswa = Siswa.objects.create(nis="7", nama="Citra", kelas="X-2")
    siswa.nama = "Baru"
    with transaction.atomic(), django_assert_num_queries(3):  # the old row, the update, the outbox
        siswa.save()


def test_the_old_row_is_locked_until_the_change_is_committed(
    direct: Callable[[], None], second: Callable[[str], str]
) -> None:
    siswa = Siswa.objects.create(nis="7", nama="Citra", kelas="X-2")
    take = f"SELECT 1 FROM school_siswa WHERE id = {siswa.pk} FOR UPDATE NOWAIT"
    with transaction.atomic():
        siswa.save()  # with nothing to change: only the look at the old row can have locked it
        assert "could not obtain lock" in second(take)
    assert second(take) == ""


def test_two_writers_each_tell_what_they_found(direct: Callable[[], None]) -> None:
    """The second waits for the first, and finds what that has left, not what it had loaded."""
    siswa = Siswa.objects.create(nis="7", nama="Citra", kelas="A")
    barrier = threading.Barrier(2)

    def write(kelas: str) -> None:
        mine = Siswa.objects.get(pk=siswa.pk)
        barrier.wait(10)
        mine.kelas = kelas
        mine.save()
        connection.close()

    threads = [threading.Thread(target=write, args=[kelas]) for kelas in "BC"]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(10)
    direct()
    first, second = Event.objects.filter(event_type="SISWA_UPDATE").order_by("timestamp")
    assert first.previous_values == {"kelas": "A"} and second.previous_values == first.new_values


def test_an_event_that_cannot_be_told_leaves_none_of_a_change_that_is_undone(
    direct: Callable[[], None], event_log: Callable[..., None], monkeypatch: pytest.MonkeyPatch
) -> None:
    event_log(RAISE_ERRORS=False)
    monkeypatch.setattr(outbox, "INSERT", "INSERT INTO event_outbox (id, no_such_column) VALUES (%s, %s)")
    with pytest.raises(DatabaseError):
        Siswa.objects.create(nis="7", nama="Citra", kelas="X-2")
    monkeypatch.undo()
    direct()
    assert not Event.objects.filter(event_category="CRUD").exists()


def test_an_event_that_cannot_be_made_leaves_that_it_happened(
    direct: Callable[[], None], event_log: Callable[..., None], monkeypatch: pytest.MonkeyPatch
) -> None:
    event_log(RAISE_ERRORS=False)
    monkeypatch.setattr(logger, "surrounding", lambda *args: 1 / 0)
    with transaction.atomic():
        Siswa.objects.create(nis="7", nama="Citra", kelas="X-2")
        assert waiting() == ["SISWA_CREATE"]
    direct()
    assert Event.objects.get(event_type="SISWA_CREATE").tags == ["incomplete"]


def test_by_hand_an_event_that_cannot_be_written_leaves_the_callers_transaction_alone(
    direct: Callable[[], None], event_log: Callable[..., None], monkeypatch: pytest.MonkeyPatch
) -> None:
    event_log(RAISE_ERRORS=False)
    monkeypatch.setattr(outbox, "INSERT", "INSERT INTO event_outbox (id, no_such_column) VALUES (%s, %s)")
    with transaction.atomic():
        EventLogger().log_crud_event(7, "siswa", "UPDATE", 1)
        assert not Siswa.objects.exists()  # still to be asked


def test_waiting_for_another_writer_is_the_requests_time(direct: Callable[[], None], client: Client) -> None:
    siswa = Siswa.objects.create(nis="7", nama="Citra", kelas="A")
    locked, done = threading.Event(), threading.Event()

    def hold() -> None:
        with transaction.atomic():
            Siswa.objects.select_for_update().get(pk=siswa.pk)
            locked.set()
            done.wait(0.7)
        connection.close()

    holder = threading.Thread(target=hold)
    holder.start()
    locked.wait(5)
    client.post(f"/try/rename/{siswa.pk}/")
    holder.join(5)
    direct()
    request = Event.objects.get(event_type="HTTP_REQUEST")
    assert (request.db_time_ms or 0) > 400 and Event.objects.filter(event_type="SLOW_QUERY").exists()


@pytest.fixture
def second() -> Iterator[Callable[[str], str]]:
    """A statement on a connection of its own; what PostgreSQL says against it."""
    other = connection.copy()

    def ask(sql: str) -> str:
        try:
            with other.cursor() as cursor:
                cursor.execute(sql)
        except DatabaseError as error:
            return str(error)
        return ""

    yield ask
    other.close()

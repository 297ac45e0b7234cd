"""A change and its event are one transaction: committed together or not at all."""

import json
import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from django.conf import settings
from django.db import DatabaseError, connection, transaction
from django.db.models.signals import post_save

from edupro.school.models import Siswa
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


def test_the_old_row_is_locked_until_the_change_is_committed(direct: Callable[[], None]) -> None:
    siswa = Siswa.objects.create(nis="7", nama="Citra", kelas="X-2")
    with transaction.atomic():
        siswa.save()
        with connection.cursor() as cursor:
            cursor.execute("SELECT count(*) FROM pg_locks WHERE relation = 'school_siswa'::regclass AND granted")
            assert cursor.fetchone()[0] > 0


def test_a_save_in_a_block_of_its_own_opens_no_second_one(
    direct: Callable[[], None], django_assert_num_queries: Any
) -> None:
    siswa = Siswa.objects.create(nis="7", nama="Citra", kelas="X-2")
    siswa.nama = "Baru"
    with transaction.atomic(), django_assert_num_queries(3):  # the old row, the update, the outbox
        siswa.save()

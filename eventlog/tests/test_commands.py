"""`eventlog_status`, `eventlog_drain`, `eventlog_partitions`, `eventlog_cleanup`."""

import json
import os
import subprocess
import sys
from datetime import UTC, datetime, timedelta
from io import StringIO
from pathlib import Path
from typing import Any
from uuid import uuid4

import pytest
from django.conf import settings
from django.core.checks import CheckMessage
from django.core.checks import Error as CheckError
from django.core.checks.registry import registry
from django.core.management import CommandError, call_command
from django.core.management.base import SystemCheckError
from django.db import OperationalError, connection
from django.utils import timezone

from eventlog.conf import conf
from eventlog.logger import log_event
from eventlog.management.commands import eventlog_cleanup
from eventlog.models import DeadLetter, Event
from eventlog.pipeline import drain, refused, segments
from eventlog.pipeline.databases import Database
from eventlog.record import make_record
from eventlog.retention import cleanup, partitions
from eventlog.retention.keeping import Keeping
from eventlog.retention.periods import KINDS, Month
from eventlog.tests.conftest import Change

pytestmark = pytest.mark.django_db
WRITER = "ab" * 16


def run(*arguments: str) -> str:
    out = StringIO()
    call_command(*arguments, stdout=out)
    return out.getvalue()


def facts(*arguments: str) -> Any:
    return json.loads(run(*arguments, "--json"))


def segment(first: int, ending: str, *, database: str = "") -> Path:
    return conf.SPOOL_DIR / f"{database or Database.now().identity}.{WRITER}.999999.{first:012d}.{ending}"


def left_behind(*event_types: str, database: str = "") -> None:
    """The journal of a process that ended in order while the database was away."""
    conf.SPOOL_DIR.mkdir(parents=True, exist_ok=True)
    lines = [
        segments.line(WRITER, number, make_record(name, {}).to_json())
        for number, name in enumerate(event_types, start=1)
    ]
    segment(1, "closed", database=database).write_bytes(b"".join(lines))


def old_event(**ago: int) -> None:
    log_event("MAINTENANCE", timestamp=timezone.now() - timedelta(**ago))


def old_partition() -> Month:
    """A month long past its time, with a partition of its own."""
    month = Month(2020, 3)
    with connection.cursor() as cursor:
        partitions.attach(cursor, month)
    log_event("MAINTENANCE", timestamp=datetime(2020, 3, 5, tzinfo=UTC))
    return month


# --- status ---
def test_status_shows_the_equation_with_its_numbers() -> None:
    log_event("LOGIN")
    left_behind("LOGOUT", "LOGOUT")
    text = " ".join(run("eventlog_status").split())
    assert "recorded 3 = stored 1 + in journals 2" in text and "Nothing is missing." in text


def test_status_tells_of_refused_events_that_wait_for_a_decision() -> None:
    record = make_record("LOGIN", {}).to_json().decode()
    letter = DeadLetter.objects.create(batch_id=uuid4(), reason="not in range", record=record)
    assert "1 wait for a decision" in run("eventlog_status")
    refused.discard(letter.pk, "a test of ours", by=None)
    assert facts("eventlog_status")["refused"] == {"waiting": 0, "retried": 0, "discarded": 1}


def test_status_in_json_adds_up() -> None:
    log_event("LOGIN")
    left_behind("LOGOUT")
    now = facts("eventlog_status")
    terms = ("stored", "waiting_journal", "waiting_outbox", "dead", "dropped", "duplicates", "lost")
    assert now["recorded"] == 2 == sum(now[term] for term in terms)


def test_status_says_what_is_missing_and_fails(capsys: pytest.CaptureFixture[str]) -> None:
    left_behind("LOGIN", "LOGOUT")
    later = segment(10, "journal")
    later.write_bytes(segments.line(WRITER, 10, make_record("LOGIN", {}).to_json()))
    with pytest.raises(SystemExit) as ended:
        call_command("eventlog_status")
    assert ended.value.code == 1
    assert "7 are missing" in capsys.readouterr().out


def test_status_tells_of_segments_of_other_databases_and_does_not_count_them() -> None:
    left_behind("LOGIN", database="ffffffff")
    assert (facts("eventlog_status")["recorded"], facts("eventlog_status")["other_databases"]) == (0, {"ffffffff": 1})
    assert "eventlog_drain --moved-from ffffffff" in run("eventlog_status")


# --- drain ---
def test_drain_stores_what_a_dead_process_left() -> None:
    left_behind("LOGIN", "LOGOUT")
    assert facts("eventlog_drain")["stored"] == 2
    assert Event.objects.filter(event_type__in=["LOGIN", "LOGOUT"]).count() == 2


def test_draining_twice_is_draining_once() -> None:
    left_behind("LOGIN")
    run("eventlog_drain")
    assert "Stored 0" in run("eventlog_drain") and Event.objects.filter(event_type="LOGIN").count() == 1


def test_what_was_left_for_another_database_is_stored_only_when_asked_for() -> None:
    left_behind("LOGIN", database="ffffffff")
    assert facts("eventlog_drain")["stored"] == 0
    assert facts("eventlog_drain", "--moved-from", "ffffffff")["stored"] == 1


def test_a_database_that_refuses_is_said_in_one_line(monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*moved_from: str) -> None:
        raise OperationalError("connection refused\nIs the server running?")

    monkeypatch.setattr(drain, "steps", refuse)
    with pytest.raises(CommandError, match=r"^OperationalError: connection refused\. More: docs/status\.md#accounts$"):
        run("eventlog_drain")


@pytest.mark.parametrize("name", ["eventlog_status", "eventlog_cleanup"])
def test_a_fault_of_another_app_stops_no_command(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    def broken(app_configs: Any, **kwargs: Any) -> list[CheckMessage]:
        return [CheckError("it is broken", id="school.E001")]

    monkeypatch.setattr(registry, "registered_checks", {*registry.registered_checks, broken})
    setattr(broken, "tags", ("models",))  # noqa: B010  (a function, to the type checker)
    call_command(name, skip_checks=False, stdout=StringIO())


def test_a_setting_that_is_not_understood_stops_what_would_remove_too_much(event_log: Change) -> None:
    event_log(LOG_RETENTION_DAYS="3650d")
    with pytest.raises(SystemCheckError, match=r"eventlog\.E"):
        call_command("eventlog_cleanup", skip_checks=False, stdout=StringIO())


def test_a_failed_command_exits_with_1(tmp_path: Path) -> None:
    nowhere = {
        **os.environ,
        "DATABASE_URL": "postgresql://postgres@127.0.0.1:1/none",
        "EVENTLOG_SPOOL_DIR": str(tmp_path),
    }
    command = [sys.executable, "manage.py", "eventlog_status", "--json"]
    ended = subprocess.run(command, cwd=settings.BASE_DIR, env=nowhere, capture_output=True, text=True, timeout=60)
    assert ended.returncode == 1 and ended.stdout == "" and "Traceback" not in ended.stderr


# --- partitions ---
def test_missing_partitions_are_made_and_recorded() -> None:
    ahead = Month.of(timezone.now()).plus(KINDS["month"].ahead)
    with connection.cursor() as cursor:
        cursor.execute(f"DROP TABLE {ahead.table}")
    made = facts("eventlog_partitions")
    assert made["made"] == [ahead.table] and ahead.table in made["partitions"]
    assert Event.objects.get(event_type="MAINTENANCE").event_data == {"partitions": [ahead.table]}


def test_partitions_that_are_there_are_left_alone() -> None:
    assert "none, all were there" in run("eventlog_partitions")
    assert not Event.objects.filter(event_type="MAINTENANCE").exists()


# --- cleanup ---
def test_cleanup_drops_whole_partitions_and_deletes_the_rest() -> None:
    month = old_partition()
    old_event(days=conf.LOG_RETENTION_DAYS + 1)
    old_event(days=conf.LOG_RETENTION_DAYS - 1)
    done = facts("eventlog_cleanup")
    assert (done["partitions"], done["rows"]) == ({month.table: 1}, 2)
    assert Event.objects.filter(event_type="MAINTENANCE").count() == 1


def test_a_dry_run_tells_the_same_and_removes_nothing() -> None:
    month = old_partition()
    old_event(days=conf.LOG_RETENTION_DAYS + 1)
    planned = facts("eventlog_cleanup", "--dry-run")
    assert (planned["partitions"], planned["rows"], planned["dry_run"]) == ({month.table: 1}, 2, True)
    assert Event.objects.filter(event_type="MAINTENANCE").count() == 2


def test_cleanup_is_recorded_once() -> None:
    old_event(days=conf.LOG_RETENTION_DAYS + 1)
    run("eventlog_cleanup")
    assert "Removed 0 events" in run("eventlog_cleanup")
    assert Event.objects.get(event_type="EVENTS_CLEANUP").event_data["rows"] == 1


def test_cleanup_shows_its_progress_on_a_terminal_only(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(
        cleanup, "clean_up", lambda keeping: iter([cleanup.Removal({"AUTH": 3}), cleanup.Removal({"CRUD": 4})])
    )
    assert eventlog_cleanup.Command().removed(Keeping()) and capsys.readouterr().err == ""
    monkeypatch.setattr(sys.stderr, "isatty", lambda: True, raising=False)
    eventlog_cleanup.Command().removed(Keeping())
    assert "7 events" in capsys.readouterr().err

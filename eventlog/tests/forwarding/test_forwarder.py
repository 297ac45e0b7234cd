"""Each sink gets each event: none is missed whoever commits when, and none comes twice unless a process was killed."""

import json
import threading
import time
from collections.abc import Callable
from contextlib import closing
from datetime import timedelta
from io import StringIO
from pathlib import Path
from typing import Any
from uuid import uuid4

import psycopg2
import pytest
from django.core.management import CommandError, call_command
from django.db import connection, connections
from django.utils import timezone

from eventlog import tasks
from eventlog.forwarding import forwarder
from eventlog.forwarding.files import FileSink
from eventlog.models import Event, EventForward
from eventlog.pipeline import store
from eventlog.record import make_record
from eventlog.tests.conftest import Change
from eventlog.tests.finished import wait_for_others
from eventlog.tests.forwarding.conftest import SECRET, names, state, stored, try_again
from eventlog.tests.forwarding.receivers import WebhookServer

Configure = Callable[..., None]


def put(other: Any, name: str) -> None:
    """What `store.write` does, on a connection of another process."""
    batch = str(uuid4())
    cursor = other.cursor()
    cursor.execute(store.BEGIN_BATCH, [batch, "", None, None, uuid4().hex])
    record = make_record("MAINTENANCE", {"event_name": name}).to_json().decode()
    cursor.execute(store.INSERT_EVENTS, [store.defaults(batch), f"[{record}]", "UTC"])
    cursor.execute("UPDATE event_batches SET event_count = 1 WHERE id = %s", [batch])


def another_writer() -> Any:
    """On a connection of its own, in a transaction that has its id."""
    other = psycopg2.connect(**connection.get_connection_params() | {"cursor_factory": None})
    other.cursor().execute("SELECT pg_current_xact_id()")
    return other


# --- none is missed, none comes twice ---
def test_what_commits_out_of_order_is_not_missed(log_file: Path) -> None:
    with closing(another_writer()) as earlier, closing(another_writer()) as later:
        put(later, "later")
        later.commit()
        forwarder.forward()
        assert names(log_file) == []  # the earlier one is still at work
        put(earlier, "earlier")
        earlier.commit()
    wait_for_others()
    forwarder.forward()
    forwarder.forward()
    assert names(log_file) == ["earlier", "later"]


def test_while_writers_write_each_event_comes_once(log_file: Path) -> None:
    def write(writer: int) -> None:
        for number in range(15):
            with closing(another_writer()) as other:
                time.sleep(0.002 * (writer % 3))
                put(other, f"{writer}.{number}")
                other.commit() if number % 5 else other.rollback()

    writers = [threading.Thread(target=write, args=[number]) for number in range(4)]
    for each in writers:
        each.start()
    while any(each.is_alive() for each in writers):
        forwarder.forward()
    for each in writers:
        each.join()
    wait_for_others()
    forwarder.forward()
    expected = [f"{writer}.{number}" for writer in range(4) for number in range(15) if number % 5]
    assert sorted(names(log_file)) == sorted(expected)


def test_two_at_once_send_each_event_once(log_file: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(forwarder, "AT_ONCE", 3)
    stored(*(str(number) for number in range(60)))

    def run() -> None:
        for _ in range(20):
            forwarder.forward()
        connections.close_all()

    threads = [threading.Thread(target=run) for _ in range(3)]
    for each in threads:
        each.start()
    for each in threads:
        each.join(30)
    assert sorted(names(log_file), key=int) == [str(number) for number in range(60)]


def test_what_a_killed_process_has_sent_comes_again_and_nothing_is_lost(
    log_file: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Here by a fault; `faults/test_forwarding.py` kills one."""
    stored("a", "b")
    with monkeypatch.context() as broken:
        broken.setattr(EventForward, "went_on", lambda self, end, **options: 1 / 0)
        with pytest.raises(ZeroDivisionError):
            forwarder.forward()
    stored("c")
    forwarder.forward()
    assert names(log_file) == ["a", "b", "a", "b", "c"]


def test_while_a_receiver_is_waited_for_others_read_on(
    receiver: WebhookServer, event_log: Change, tmp_path: Path
) -> None:
    """The transaction that waits has no id, so what is stored meanwhile is below the oldest one that is at work."""
    arrived, go_on = threading.Event(), threading.Event()
    receiver.answer = lambda post: (arrived.set(), go_on.wait(10), 200)[2]
    hook = {"kind": "webhook", "url": receiver.url, "secret": SECRET, "private": True, "from": "oldest"}
    event_log(FORWARD_TO={"hook": hook, "file": {"kind": "file", "path": str(tmp_path / "log"), "from": "oldest"}})
    stored("a")
    slow = threading.Thread(target=lambda: forwarder.forward(["hook"]))
    slow.start()
    assert arrived.wait(5)
    stored("b")
    forwarder.forward(["file"])
    assert names(tmp_path / "log") == ["a", "b"]
    assert [(run.sink, run.sent) for run in forwarder.forward()] == [("hook", 0), ("file", 0)]  # that one is locked
    go_on.set()
    slow.join(10)
    assert not slow.is_alive()


# --- where it begins, and what is asked for ---
def test_a_new_sink_begins_with_what_is_stored_from_now_on(sink: Configure, tmp_path: Path) -> None:
    sink(kind="file", path=str(tmp_path / "log"), **{"from": "now"})
    stored("before")
    forwarder.forward()
    stored("after")
    forwarder.forward()
    assert names(tmp_path / "log") == ["after"]


def test_only_what_is_asked_for_is_sent(sink: Configure, tmp_path: Path) -> None:
    sink(kind="file", path=str(tmp_path / "log"), query="severity:high")
    stored("a")
    stored("b", severity="high")
    stored("c")
    forwarder.forward()
    assert names(tmp_path / "log") == ["b"]
    assert (state().event_count, state().waiting()) == (1, 0)


def test_a_backlog_is_sent_in_steps(log_file: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(forwarder, "AT_ONCE", 4)
    stored(*"abcdefghij")
    (run,) = forwarder.forward()
    assert (run.sent, names(log_file)) == (10, list("abcdefghij"))


def test_when_the_time_is_up_the_next_run_goes_on(log_file: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(forwarder, "AT_ONCE", 1)
    monkeypatch.setattr(FileSink, "send", lambda self, parcels: time.sleep(0.2))
    stored("a", "b", "c")
    (run,) = forwarder.forward(seconds=0.1)
    assert run.sent == 1


# --- failures ---
def test_pauses_grow_between_failures(receiver: WebhookServer) -> None:
    receiver.answer = lambda post: 500
    stored("a")
    pauses = []
    for _ in range(12):
        try_again()
        pauses.append((state().retry_at - timezone.now()).total_seconds())
    assert 2 < pauses[0] <= 5 and 140 < pauses[-1] <= 300
    forwarder.forward()
    assert len(receiver.posts) == 12  # not before its time


def test_failures_that_last_are_told_once(receiver: WebhookServer) -> None:
    receiver.answer = lambda post: 500
    stored("a")
    try_again()
    assert not Event.objects.filter(event_type="FORWARD_FAILED").exists()
    EventForward.objects.update(failing_since=timezone.now() - timedelta(minutes=6))
    for _ in range(3):
        try_again()
    event = Event.objects.get(event_type="FORWARD_FAILED")
    assert (event.severity, event.event_category, event.error_message) == ("high", "SYSTEM", "It answered 500.")
    receiver.answer = lambda post: 200
    try_again()
    assert (state().failing_since, state().told_at) == (None, None)


def test_a_sink_that_fails_holds_up_no_other(receiver: WebhookServer, event_log: Change, tmp_path: Path) -> None:
    receiver.answer = lambda post: 500
    hook = {"kind": "webhook", "url": receiver.url, "secret": SECRET, "private": True, "from": "oldest"}
    file = {"kind": "file", "path": str(tmp_path / "log"), "from": "oldest"}
    event_log(FORWARD_TO={"hook": hook, "broken": {"kind": "fax"}, "file": file})
    stored("a")
    runs = forwarder.forward()
    assert [(run.sink, run.sent, run.failed) for run in runs] == [("hook", 0, True), ("file", 1, False)]


# --- task and command ---
def ran(*arguments: str) -> str:
    out = StringIO()
    call_command("eventlog_forward", *arguments, stdout=out)
    return out.getvalue()


def test_the_task_forwards(log_file: Path) -> None:
    stored("a", "b")
    assert tasks.forward.apply().get() == 2


def test_without_sinks_the_task_asks_nothing(db: None, django_assert_num_queries: Any) -> None:
    with django_assert_num_queries(0):
        assert tasks.forward.run() == 0


def test_the_command_sends_what_waits(log_file: Path) -> None:
    stored("a", "b")
    told = json.loads(ran("--once", "--json"))
    assert (told["sent_now"], told["sinks"][0]["sent"], told["failed"]) == ({"sink": 2}, 2, [])


def test_the_command_fails_where_a_sink_does(receiver: WebhookServer) -> None:
    receiver.answer = lambda post: 500
    stored("a")
    with pytest.raises(SystemExit):
        ran("--once")
    assert "sink: 0 sent, 1 stored since; failing since" in ran("--status")


def test_the_command_resumes_what_was_stopped(receiver: WebhookServer) -> None:
    receiver.answer = lambda post: 410
    stored("a")
    forwarder.forward()
    assert "stopped" in ran("--status")
    receiver.answer = lambda post: 200
    ran("--resume", "--once", "--sink", "sink")
    assert state().stopped_at is None and len(receiver.posts) > 1


def test_a_sink_that_there_is_not_is_refused(log_file: Path) -> None:
    with pytest.raises(CommandError, match="no sink fax"):
        ran("--status", "--sink", "fax")


def test_the_status_of_the_event_log_tells_of_sinks(log_file: Path) -> None:
    stored("a")
    forwarder.forward()
    out = StringIO()
    call_command("eventlog_status", stdout=out)
    assert "sink: 1 sent, 0 stored since" in out.getvalue()

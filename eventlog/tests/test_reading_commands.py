"""`eventlog_tail` and `eventlog_export`."""

import json
import stat
from io import StringIO
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from django.core.management import CommandError, call_command

from eventlog.logger import log_event
from eventlog.management.commands import eventlog_tail
from eventlog.models import Event
from eventlog.tests.finished import wait_for_others

pytestmark = pytest.mark.django_db


def run(*arguments: str, **options: Any) -> str:
    out = StringIO()
    call_command(*arguments, stdout=out, stderr=StringIO(), **options)
    return out.getvalue()


class Terminal(StringIO):
    def isatty(self) -> bool:
        return True


# --- eventlog_tail ---
def test_the_newest_come_last() -> None:
    for name in "abc":
        log_event("MAINTENANCE", event_name=name)
    printed = run("eventlog_tail", "-n", "2", "type:maintenance")
    assert [line.split()[-1] for line in printed.splitlines()] == ["b", "c"]


def test_json_is_a_line_for_each_event() -> None:
    event = log_event("LOGIN", username="ada", event_data={"a": 1})
    (found,) = [json.loads(line) for line in run("eventlog_tail", "--json", "actor:ada").splitlines()]
    assert (found["id"], found["event_data"]) == (str(event.id), {"a": 1})


def test_what_is_followed_comes_once_and_ctrl_c_ends_it(
    transactional_db: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    log_event("MAINTENANCE", event_name="before")
    pauses = iter([lambda: log_event("MAINTENANCE", event_name="later"), wait_for_others, interrupt])
    monkeypatch.setattr(eventlog_tail, "time", SimpleNamespace(sleep=lambda seconds: next(pauses)()))
    printed = run("eventlog_tail", "-f", "type:maintenance")
    assert [line.split()[-1] for line in printed.splitlines()] == ["before", "later"]


def interrupt() -> None:
    raise KeyboardInterrupt


def views() -> list[Any]:
    return [event.event_data for event in Event.objects.filter(event_type="EVENTS_VIEWED").order_by("timestamp")]


def test_security_events_that_are_printed_are_told_once(the_event: Any) -> None:
    for _ in range(3):
        log_event("XSS")
    run("eventlog_tail", "-n", "2", "category:SECURITY")
    assert views() == [{"filter": {"q": "category:SECURITY"}, "security_events": 2}]


def test_without_them_nothing_is_told() -> None:
    log_event("LOGIN")
    run("eventlog_tail")
    assert views() == []


def test_those_that_come_are_told_when_the_look_ends(transactional_db: None, monkeypatch: pytest.MonkeyPatch) -> None:
    def attack() -> None:
        for _ in range(2):
            log_event("XSS")

    pauses = iter([attack, wait_for_others, interrupt])
    monkeypatch.setattr(eventlog_tail, "time", SimpleNamespace(sleep=lambda seconds: next(pauses)()))
    run("eventlog_tail", "-f", "type:xss")
    assert views() == [{"filter": {"q": "type:xss"}, "security_events": 2}]


def test_security_events_that_are_exported_are_viewed() -> None:
    log_event("XSS")
    run("eventlog_export", "--format", "ndjson", "category:SECURITY")
    assert views() == [{"filter": {"q": "category:SECURITY"}, "security_events": 1}]


@pytest.mark.parametrize(
    ("out", "environment", "coloured"),
    [(Terminal(), "", True), (Terminal(), "1", False), (StringIO(), "", False)],
)
def test_colours_are_for_terminals(
    out: StringIO, environment: str, coloured: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("NO_COLOR", environment)
    log_event("LOGIN_FAILED")
    call_command("eventlog_tail", stdout=out)
    assert ("\x1b[" in out.getvalue()) == coloured


def test_what_a_terminal_would_obey_is_not_printed() -> None:
    event = Event(event_type="LOGIN", severity="info", username="a\x1b[2J\u202eb", timestamp=log_event("X").timestamp)
    assert "a\ufffd[2J\ufffdb" in eventlog_tail.line(event, coloured=False)


@pytest.mark.parametrize("command", ["eventlog_tail", "eventlog_export"])
def test_a_mistake_is_shown_where_it_is(command: str) -> None:
    with pytest.raises(CommandError, match=r"actor:\n      \^ At character 7"):
        run(command, "actor:")


# --- eventlog_export ---
def test_an_export_is_printed_and_told(the_event: Any) -> None:
    log_event("LOGIN", username="ada")
    printed = run("eventlog_export", "--format", "ndjson", "actor:ada")
    assert json.loads(printed)["username"] == "ada"
    told = the_event("EVENTS_EXPORTED").event_data
    assert (told["format"], told["filter"], told["count"], told["bytes"]) == (
        "ndjson",
        {"q": "actor:ada"},
        1,
        len(printed.encode()),
    )


def test_a_file_is_its_owner_s_alone(tmp_path: Path) -> None:
    log_event("LOGIN")
    path = tmp_path / "events.csv"
    run("eventlog_export", "--output", str(path))
    assert path.read_bytes().startswith(b"\xef\xbb\xbfid,") and list(tmp_path.iterdir()) == [path]
    assert stat.S_IMODE(path.stat().st_mode) == 0o600


def test_a_failed_export_leaves_what_was_there(tmp_path: Path, the_event: Any) -> None:
    with pytest.raises(CommandError, match="FileNotFoundError"):
        run("eventlog_export", "--output", str(tmp_path / "none" / "events.csv"))
    assert the_event("EVENTS_EXPORTED").error_code == "FileNotFoundError"

"""Management commands, as the command line runs them."""

import os
import pwd
from collections.abc import Callable
from contextlib import suppress
from typing import Any

import pytest
from django.core.management import CommandError, call_command
from django.core.management.base import BaseCommand
from django.db import connections

from eventlog import EventLogger, bound, context
from eventlog.capture import commands
from eventlog.context import EMPTY, current
from eventlog.models import Event
from eventlog.pipeline import writer
from eventlog.tests.capture.conftest import Find
from eventlog.tests.conftest import Change
from eventlog.tests.zoo.mechanisms import by_triggers, settle
from eventlog.tests.zoo.models import Tag

pytestmark = pytest.mark.django_db
ME = pwd.getpwuid(os.getuid()).pw_name
Run = Callable[..., Any]


class Command(BaseCommand):
    """Does what it is given."""

    requires_system_checks = []
    action: Callable[[], Any]

    def add_arguments(self, parser: Any) -> None:
        parser.add_argument("words", nargs="*")
        parser.add_argument("--password")
        parser.add_argument("--dry-run", action="store_true")

    def handle(self, *args: Any, **options: Any) -> None:
        type(self).action()


def command(name: str, action: Callable[[], Any]) -> BaseCommand:
    module = f"zoo.management.commands.{name}"
    made = type("Command", (Command,), {"__module__": module, "action": staticmethod(action)})
    return made()  # type: ignore[no-any-return]


@pytest.fixture
def run(monkeypatch: pytest.MonkeyPatch) -> Run:
    """Run a command that does `action`; the exit status of its process."""
    monkeypatch.setattr(connections, "close_all", lambda: None)  # the test goes on with them

    def run_from_command_line(action: Callable[[], Any], *arguments: str, name: str = "feed") -> Any:
        try:
            command(name, action).run_from_argv(["manage.py", name, *arguments])
        except SystemExit as end:
            return end.code
        return 0

    return run_from_command_line


def note() -> None:
    EventLogger().log_event("MAINTENANCE")


def raising(error: BaseException) -> Callable[[], None]:
    def fail() -> None:
        raise error

    return fail


# --- who ---
def test_a_command_is_run_by_the_systems_user(run: Run, the_event: Find) -> None:
    run(note)
    event = the_event("COMMAND")
    assert (event.username, event.auth_method, event.user_id) == (ME, "system", None)


def test_the_environment_does_not_say_who_runs_it(run: Run, the_event: Find, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("USER", "LOGNAME", "USERNAME", "SUDO_USER"):
        monkeypatch.setenv(name, "eve")
    run(note)
    assert the_event("COMMAND").username == ME
    assert the_event("COMMAND").event_data["sudo_user"] == "eve"  # worth knowing, and no proof


def test_a_user_without_a_name_is_known_by_number() -> None:
    assert context.user_of_system(4_000_000_000).username == "4000000000"


def test_what_a_command_does_is_done_by_its_user_in_one_timeline(run: Run, the_event: Find) -> None:
    run(lambda: (note(), Tag.objects.create(word="x")))
    told = [the_event(name) for name in ("COMMAND", "MAINTENANCE", "TAG_CREATE")]
    assert {event.username for event in told} == {ME}
    assert len({event.request_id for event in told}) == 1 and told[0].request_id


def test_a_command_can_name_another_actor(run: Run, the_event: Find) -> None:
    def nightly() -> None:
        with bound(actor="nightly-import"):
            note()

    run(nightly)
    assert the_event("MAINTENANCE").username == "nightly-import"


@pytest.mark.parametrize("end", [None, ValueError(), CommandError(), KeyboardInterrupt(), SystemExit(2)])
def test_no_context_is_left_behind(run: Run, end: BaseException | None) -> None:
    with suppress(ValueError, KeyboardInterrupt):
        run(raising(end) if end else note)
    assert current() is EMPTY


# --- what ---
def test_a_command_is_told_with_what_it_was_given(run: Run, the_event: Find) -> None:
    run(note, "grass", "water", "--dry-run")
    event = the_event("COMMAND")
    assert (event.event_name, event.event_status, event.event_category) == ("manage.py feed", "SUCCESS", "SYSTEM")
    assert event.event_data["command"] == "feed" and event.event_data["exit_status"] == 0
    assert event.event_data["arguments"] == {"words": ["grass", "water"], "dry_run": True}


def test_secrets_among_the_arguments_are_masked(run: Run, the_event: Find) -> None:
    run(note, "token=abcdef123456", "--password", "hunter2")
    assert "hunter2" not in str(the_event("COMMAND").event_data)
    assert "abcdef123456" not in str(the_event("COMMAND").event_data)


@pytest.mark.parametrize("name", ["eventlog_subject", "shell", "dbshell"])
def test_arguments_that_are_data_are_never_kept(run: Run, name: str) -> None:
    run(note, "Budi", name=name)
    run(raising(CommandError("nobody is called Budi")), "Budi", name=name)
    run(raising(SystemExit("nobody is called Budi")), "Budi", name=name)
    told = Event.objects.filter(event_type="COMMAND").values()
    assert [event["event_data"]["command"] for event in told] == [name] * 3
    assert "Budi" not in str(list(told))


def test_a_command_is_told_with_what_it_cost(run: Run, the_event: Find) -> None:
    run(lambda: [Tag.objects.exists() for _ in range(3)])
    event = the_event("COMMAND")
    assert event.db_query_count == 3
    assert event.response_time_ms > event.db_time_ms > 0 and event.cpu_time_ms > 0


def test_what_a_command_did_comes_after_it(run: Run) -> None:
    run(note)
    in_order = Event.objects.order_by("timestamp").values_list("event_type", flat=True)
    assert list(in_order) == ["COMMAND", "MAINTENANCE"]


@pytest.mark.parametrize(
    ("end", "code"),
    [
        (CommandError("no"), "CommandError"),
        (CommandError("no", returncode=3), "CommandError"),
        (SystemExit(4), ""),
        (SystemExit("no"), ""),
        (SystemExit(), ""),
        (SystemExit(0), ""),
    ],
)
def test_a_command_is_told_with_the_status_that_it_ends_with(
    run: Run, the_event: Find, end: BaseException, code: str
) -> None:
    status = run(raising(end))
    status = int(status is not None) if not isinstance(status, int) else status  # as Python has it
    event = the_event("COMMAND")
    assert (event.event_data["exit_status"], event.error_code) == (status, code)
    assert (event.event_status, event.severity) == (("FAILED", "medium") if status else ("SUCCESS", "info"))


@pytest.mark.parametrize(("end", "status"), [(ValueError("no"), 1), (KeyboardInterrupt(), 130)])
def test_a_command_that_breaks_is_told_with_the_fault(
    run: Run, the_event: Find, end: BaseException, status: int
) -> None:
    with pytest.raises(type(end)):
        run(raising(end))
    event = the_event("COMMAND")
    assert (event.event_data["exit_status"], event.error_code) == (status, type(end).__name__)
    assert "raise error" in event.stack_trace and event.error_fingerprint


# --- what is not told ---
def test_a_command_that_code_calls_is_part_of_what_that_code_does(the_event: Find) -> None:
    with bound(actor="nightly-import"):
        call_command(command("feed", note))
    assert the_event("MAINTENANCE").username == "nightly-import"
    assert not Event.objects.filter(event_type="COMMAND").exists()


def test_a_command_that_a_command_calls_is_part_of_it(run: Run, the_event: Find) -> None:
    run(lambda: call_command(command("inner", note)))
    assert the_event("MAINTENANCE").request_id == the_event("COMMAND").request_id
    assert the_event("COMMAND").event_data["command"] == "feed"


def test_a_command_line_that_somebody_acting_runs_changes_nothing(run: Run, the_event: Find) -> None:
    with bound(actor="ada"):
        run(note)
    assert the_event("MAINTENANCE").username == "ada" and Event.objects.count() == 1


@pytest.mark.parametrize("name", ["runserver", "test"])
def test_developments_servers_and_tests_are_not_told(run: Run, name: str) -> None:
    run(note, name=name)
    assert not Event.objects.filter(event_type="COMMAND").exists()


def test_nothing_is_told_while_the_log_is_off(run: Run, event_log: Change) -> None:
    event_log(ENABLED=False)
    run(note)
    assert not Event.objects.exists()


# --- outside of any command ---
def test_outside_of_any_context_the_systems_user_acts(the_event: Find) -> None:
    note()
    with bound(reason="by hand"):
        Tag.objects.create(word="x")
    assert the_event("MAINTENANCE").username == the_event("TAG_CREATE").username == ME
    assert the_event("MAINTENANCE").auth_method == "system"


def test_triggers_are_told_of_the_systems_user_too(event_log: Change, the_event: Find) -> None:
    with by_triggers(event_log, "zoo.Tag"):
        Tag.objects.create(word="x")
    settle()
    assert (the_event("TAG_CREATE").username, the_event("TAG_CREATE").auth_method) == (ME, "system")


def test_in_a_process_that_serves_nobody_acts_outside_of_any_context(
    the_event: Find, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(context, "_serves", False)
    context.this_process_serves()
    note()
    assert (the_event("MAINTENANCE").username, the_event("MAINTENANCE").auth_method) == ("", "")


@pytest.mark.parametrize("columns", [{"user_id": 7}, {"username": "ada"}, {"auth_method": "jwt"}])
def test_who_is_named_by_hand_is_not_mixed_with_the_systems_user(the_event: Find, columns: dict[str, Any]) -> None:
    EventLogger().log_event("MAINTENANCE", **columns)
    event = the_event("MAINTENANCE")
    assert event.username != ME and event.auth_method != "system"


def test_a_request_without_a_user_stays_anonymous(client: Any, request_event: Find) -> None:
    client.get("/try/status/200/")
    assert (request_event().username, request_event().auth_method) == ("", "anonymous")


# --- its end ---
def test_a_command_that_needed_no_database_does_not_wait_for_it_long(
    run: Run, direct: Callable[[], None], monkeypatch: pytest.MonkeyPatch
) -> None:
    waited: list[float] = []
    stop = writer.Writer.stop

    def stop_within(self: writer.Writer, deadline: float) -> None:
        waited.append(deadline)
        stop(self, deadline)

    monkeypatch.setattr(writer.Writer, "stop", stop_within)
    run(lambda: None)
    run(lambda: Tag.objects.exists())
    assert waited == [commands.PATIENCE]

"""Warnings and errors of the application's log are events: of whoever acts, once, and never without end."""

import logging
import os
import threading
from collections.abc import Callable
from typing import Any

import pytest
from django.db import connection
from django.test import Client

from eventlog import bound, catalog
from eventlog.capture import logs
from eventlog.capture.logs import EventLogHandler, tell_counts
from eventlog.logger import log_event
from eventlog.models import Event
from eventlog.pipeline import writer
from eventlog.tests.conftest import Change

pytestmark = pytest.mark.django_db
logger = logging.getLogger("school.reports")


@pytest.fixture(autouse=True)
def handler(monkeypatch: pytest.MonkeyPatch) -> EventLogHandler:
    """At the root, as a project's LOGGING has it, and alone."""
    handler = EventLogHandler()
    monkeypatch.setattr(logging.getLogger(), "handlers", [handler])
    logs._storms.forget()
    return handler


def told(**columns: Any) -> list[Event]:
    return list(Event.objects.filter(event_type__startswith="LOG_", **columns).order_by("timestamp"))


def names() -> list[str]:
    return [event.event_name for event in told()]


class Troublemaker:
    """Logs when it is asked what it is."""

    def __str__(self) -> str:
        logging.getLogger("school.models").warning("asked again")
        return "trouble"


# --- what is told ---
@pytest.mark.parametrize(
    ("level", "event_type", "severity"),
    [
        (logging.WARNING, "LOG_WARNING", "low"),
        (logging.ERROR, "LOG_ERROR", "high"),
        (logging.CRITICAL, "LOG_CRITICAL", "critical"),
    ],
)
def test_a_record_is_an_event_of_its_level(level: int, event_type: str, severity: str) -> None:
    logger.log(level, "no paper for %s", "class X")
    (event,) = told()
    assert (event.event_type, event.severity, event.event_category) == (event_type, severity, catalog.SYSTEM)
    assert event.event_name == event.event_data["message"] == "no paper for class X"
    assert (event.event_data["logger"], event.event_data["module"]) == ("school.reports", "test_logs")


def test_what_is_less_than_a_warning_is_no_event(handler: EventLogHandler) -> None:
    handler.setLevel(logging.DEBUG)
    logger.setLevel(logging.DEBUG)
    logger.info("printed")
    logger.setLevel(logging.NOTSET)
    assert told() == []


def test_an_exception_is_told_with_its_traceback_and_fingerprint() -> None:
    for _ in range(2):
        try:
            raise ZeroDivisionError("no students")
        except ZeroDivisionError:
            logger.exception("no average")
    first, second = told()
    assert (first.error_code, first.error_message) == ("ZeroDivisionError", "ZeroDivisionError: no students")
    assert "test_logs" in first.stack_trace
    assert first.error_fingerprint == second.error_fingerprint != ""


def test_it_is_told_of_whoever_acts_where_it_is_logged() -> None:
    with bound(actor="nightly-import", request_id="r-1"):
        logger.warning("a row is empty")
    (event,) = told()
    assert (event.username, event.request_id) == ("nightly-import", "r-1")


@pytest.mark.parametrize(
    "message", ["signed in with password=hunter2-again", 'sent {"api_key": "hunter2-again"}', "Bearer hunter2-again"]
)
def test_secrets_in_messages_are_masked(message: str) -> None:
    logger.error(message)
    logger.error("%s", message)
    events = told()
    assert len(events) == 2
    assert not [event for event in events if "hunter2-again" in str(vars(event))]


def test_arguments_that_do_not_fit_leave_the_message(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(logging, "raiseExceptions", False)
    logger.warning("%d pages", "many")
    assert names() == ["%d pages"]


# --- what has an event already ---
@pytest.mark.parametrize("name", ["eventlog", "eventlog.pipeline", "django.server", "gunicorn.access"])
def test_the_event_logs_own_lines_and_the_servers_are_left_out(name: str) -> None:
    logging.getLogger(name).error("something")
    assert told() == []


def test_a_request_that_fails_is_not_told_twice(client: Client) -> None:
    client.get("/no-such-page")
    client.get("/", headers={"host": "not a host"})
    assert [event.event_data["logger"] for event in told()] == ["django.security.DisallowedHost"]  # this says why
    assert Event.objects.filter(event_type="HTTP_REQUEST").count() == 2


def test_a_failed_request_that_no_middleware_saw_is_told() -> None:
    logging.getLogger("django.request").warning("Not Found: /old")
    assert names() == ["Not Found: /old"]


# --- without end ---
def test_a_storm_is_told_ten_times_and_then_counted_once() -> None:
    for number in range(500):
        logger.warning("page %d is torn", number)
    tell_counts(ending=True)
    tell_counts(ending=True)
    assert names() == [*(f"page {number} is torn" for number in range(10)), "490 more: page %d is torn"]
    assert told()[-1].event_data["repeated"] == 490


def test_messages_that_differ_are_bounded_by_their_place() -> None:
    for number in range(500):
        logger.warning(f"page {number} is torn")
    assert len(names()) == 100
    tell_counts(ending=True)
    assert names()[-1].startswith("400 more: ")
    assert len(logs._storms.counts) == 0


def test_after_a_minute_it_is_told_anew(monkeypatch: pytest.MonkeyPatch) -> None:
    now = logs.monotonic()
    monkeypatch.setattr(logs, "monotonic", lambda: now)
    say = [lambda: logger.warning("torn")] * 12
    for each in say:
        each()
    now += 60
    say[0]()
    assert sorted(names()) == ["2 more: torn"] + ["torn"] * 11


def test_the_count_is_of_nobody() -> None:
    with bound(actor="ada"):
        for _ in range(11):
            logger.warning("torn")
        tell_counts(ending=True)
    assert [event.username for event in told()][9:] != ["ada", "ada"]


def test_what_is_logged_while_it_is_recorded_is_left_out(
    handler: EventLogHandler, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(logging.getLogger("school"), "handlers", [handler])  # others ask for the words, too
    monkeypatch.setattr(logging.getLogger("school"), "propagate", False)
    logger.warning("%s", Troublemaker())
    log_event("MAINTENANCE", reason=Troublemaker())
    assert names() == ["trouble"]


def test_statements_that_are_logged_are_no_events(event_log: Change, settings: Any) -> None:
    backends = logging.getLogger("django.db.backends")
    backends.setLevel(logging.DEBUG)
    connection.force_debug_cursor = True
    try:
        logger.warning("slow")
    finally:
        connection.force_debug_cursor = False
        backends.setLevel(logging.INFO)
    assert names() == ["slow"]


def test_the_writers_thread_tells_nothing_of_its_own(
    direct: Callable[[], None], monkeypatch: pytest.MonkeyPatch
) -> None:
    """A library that warns whenever the database is used would keep it busy for ever."""
    store_segment = writer.store_segment

    def with_warning(segment: Any) -> Any:
        logging.getLogger("urllib3.connectionpool").warning("pool is full")
        return store_segment(segment)

    monkeypatch.setattr(writer, "store_segment", with_warning)
    logger.warning("torn")
    direct()
    assert names() == ["torn"]


def test_what_the_collector_logs_while_the_journal_is_locked_waits_for_nothing(
    direct: Callable[[], None], monkeypatch: pytest.MonkeyPatch
) -> None:
    append = writer.segments.Segment.append

    def collected(self: Any, row: bytes) -> None:
        logging.getLogger("asyncio").error("Task was destroyed but it is pending!")
        append(self, row)

    monkeypatch.setattr(writer.segments.Segment, "append", collected)
    thread = threading.Thread(target=log_event, args=["MAINTENANCE"], daemon=True)
    thread.start()
    thread.join(5)
    assert not thread.is_alive()
    direct()
    assert names() == []


def test_a_storm_is_counted_before_the_process_ends(direct: Callable[[], None]) -> None:
    for _ in range(30):
        logger.warning("torn")
    direct()
    assert names() == ["torn"] * 10 + ["20 more: torn"]


def test_a_forked_child_tells_what_it_has_counted_itself() -> None:
    for _ in range(11):
        logger.warning("torn")
    if not (child := os.fork()):
        os._exit(len(logs._storms.counts))
    assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 0
    assert len(logs._storms.counts) == 2


def test_many_threads_lose_no_count(direct: Callable[[], None]) -> None:
    def shout() -> None:
        for _ in range(200):
            logger.warning("torn")

    threads = [threading.Thread(target=shout) for _ in range(4)]
    for each in threads:
        each.start()
    for each in threads:
        each.join()
    direct()
    assert len(names()) == 11
    assert told()[-1].event_data["repeated"] == 790


# --- never in the way ---
def test_the_database_is_not_asked(direct: Callable[[], None], django_assert_num_queries: Any) -> None:
    logger.warning("first")
    with django_assert_num_queries(0):
        logger.warning("torn")


def test_nothing_is_raised_where_recording_fails(event_log: Change, monkeypatch: pytest.MonkeyPatch) -> None:
    event_log(RAISE_ERRORS=False)
    monkeypatch.setattr(logs, "place_of", lambda record: {}[record])
    monkeypatch.setattr(logs._storms, "lets_through", lambda record: True)
    logger.warning("torn")

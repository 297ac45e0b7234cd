"""Celery's tasks: published here, and run from their messages by Celery's own tracer as in another process."""

from collections.abc import Callable, Iterator
from contextlib import suppress
from contextvars import Context
from datetime import timedelta
from typing import Any

import pytest
from celery import Celery, Task, chain, group, signals
from celery.app.task import Context as TaskRequest
from celery.app.trace import trace_task_ret
from celery.beat import ScheduleEntry, Scheduler
from celery.exceptions import Ignore, Reject, TimeLimitExceeded, WorkerLostError
from celery.schedules import schedule
from django.contrib.auth.models import User
from django.http import HttpRequest, HttpResponse
from django.test import Client
from kombu import Queue
from pytest_django import Settings

from edupro.celery import app as projects
from eventlog import EventLogger, bound, context
from eventlog.capture import jobs
from eventlog.context import EMPTY, Actor, current
from eventlog.models import Event
from eventlog.tests.capture.conftest import Find
from eventlog.tests.conftest import Change
from eventlog.tests.zoo.models import Tag

pytestmark = pytest.mark.django_db
Work = Callable[[], None]
ADA = Actor(user_id=7, username="ada", user_role="guru", auth_method="jwt")
app = Celery("jobs", broker="memory://", set_as_current=False)
app.conf.update(task_ignore_result=True, task_default_queue="jobs")


@app.task
def note(word: str) -> str:
    EventLogger().log_event("MAINTENANCE", reason=word)
    return word


@app.task
def fail(word: str = "") -> None:
    raise LookupError(f"nobody is called {word}, password=hunter2")


@app.task(bind=True, max_retries=2)
def try_again(self: Task[Any, Any], word: str) -> None:
    note.run(word)
    if self.request.retries < 2:
        with bound(actor="somebody else"):
            self.retry(countdown=60, exc=LookupError("not yet"))


@app.task
def ask(number: int) -> None:
    for _ in range(number):
        Tag.objects.exists()


@app.task
def cause(word: str) -> None:
    note.delay(word)


@app.task
def sign_in(username: str, password: str, words: list[str]) -> None:
    pass


@app.task
def give_up(how: str) -> None:
    raise {"reject": Reject("no", requeue=False), "ignore": Ignore(), "exit": SystemExit(3)}[how]


@app.task
def hand_in(word: str) -> None:
    with bound(reason="outer"):
        note.apply(["inner"])
        note.run(word)


@pytest.fixture(autouse=True)
def faults_show(caplog: pytest.LogCaptureFixture) -> Iterator[None]:
    """Celery logs what a receiver raises, and goes on."""
    yield
    assert not [line for line in caplog.get_records("call") if line.name == "celery.utils.dispatch.signal"]


@pytest.fixture
def work() -> Iterator[Work]:
    """Does all that waits in the queue, and what that causes, in the context that a new process has."""

    def do_all() -> None:
        with app.connection_for_read() as broker, broker.channel() as channel:
            while (message := Queue("jobs")(channel).get(no_ack=True)) is not None:
                request = {**message.headers, "delivery_info": message.delivery_info}
                name, task_id = request["task"], request["id"]
                parts = (message.body, message.content_type, message.content_encoding)
                Context().run(trace_task_ret, name, task_id, request, *parts, app=app)

    with app.connection_for_write() as broker, broker.channel() as channel:
        Queue("jobs")(channel).declare()
        Queue("jobs")(channel).purge()
    app.set_current()  # which groups ask for
    yield do_all
    projects.set_current()


@pytest.fixture
def eager() -> Iterator[None]:
    app.conf.task_always_eager = True
    yield
    app.conf.task_always_eager = False


def of_type(event_type: str, *columns: str) -> list[Any]:
    return list(
        Event.objects.filter(event_type=event_type).order_by("id").values_list(*columns, flat=len(columns) == 1)
    )


def data(event_type: str) -> Any:
    return Event.objects.get(event_type=event_type).event_data


# --- who ---
def test_a_task_acts_for_who_has_caused_it(work: Work, the_event: Find) -> None:
    with bound(actor=ADA, request_id="r-1", trace_id="ab" * 16):
        note.delay("hello")
    work()
    event = the_event("MAINTENANCE")
    assert (event.user_id, event.username, event.user_role, event.auth_method) == (7, "ada", "guru", "jwt")
    assert (event.request_id, event.trace_id) == ("r-1", "ab" * 16)


def test_a_task_goes_on_with_the_reason(work: Work, the_event: Find) -> None:
    with bound(actor=ADA, reason="semester correction"):
        ask.delay(0)
    work()
    assert the_event("TASK_SUCCESS").reason == "semester correction"


def publishing(get_response: Callable[[HttpRequest], HttpResponse]) -> Callable[[HttpRequest], HttpResponse]:
    """A middleware, to stand for any view that hands work on."""

    def publish(request: HttpRequest) -> HttpResponse:
        note.delay("hello")
        return get_response(request)

    return publish


def test_a_task_of_a_request_acts_for_its_user(
    work: Work, ada: User, client: Client, settings: Settings, the_event: Find
) -> None:
    settings.MIDDLEWARE = [*settings.MIDDLEWARE, f"{__name__}.publishing"]
    client.force_login(ada)
    client.get("/try/status/200/", headers={"x-request-id": "r-1"})
    work()
    assert (the_event("MAINTENANCE").username, the_event("MAINTENANCE").request_id) == ("ada", "r-1")


def test_a_task_of_a_visitor_acts_for_a_visitor(work: Work, the_event: Find) -> None:
    with bound(actor=Actor()):
        note.delay("hello")
    work()
    assert (the_event("MAINTENANCE").username, the_event("MAINTENANCE").auth_method) == ("", "anonymous")


def test_a_task_of_a_script_acts_for_the_systems_user(work: Work, the_event: Find) -> None:
    note.delay("hello")
    work()
    assert the_event("MAINTENANCE").username == context.starter().username != ""


def test_a_task_that_a_task_causes_goes_on_for_the_same(work: Work, the_event: Find) -> None:
    with bound(actor=ADA, request_id="r-1"):
        cause.delay("hello")
    work()
    assert (the_event("MAINTENANCE").username, the_event("MAINTENANCE").request_id) == ("ada", "r-1")


def test_a_task_names_the_task_that_caused_it(work: Work) -> None:
    made = cause.delay("hello")
    work()
    parents = {task["task"].rpartition(".")[2]: task.get("parent_id") for task in of_type("TASK_SUCCESS", "event_data")}
    assert parents == {"cause": None, "note": made.id}


def test_chains_and_groups_act_for_who_has_caused_them(work: Work) -> None:
    with bound(actor=ADA):
        chain(note.s("1"), note.s(), group(note.s(), note.s())).delay()
    work()
    assert of_type("MAINTENANCE", "username", "reason") == [("ada", "1")] * 4


def test_each_try_acts_for_who_has_caused_the_first(work: Work) -> None:
    with bound(actor=ADA, request_id="r-1"):
        try_again.delay("hello")
    work()
    assert of_type("MAINTENANCE", "username", "request_id") == [("ada", "r-1")] * 3


def test_a_task_from_outside_is_named_celerys(work: Work, the_event: Find) -> None:
    signals.before_task_publish.disconnect(dispatch_uid="eventlog.job.about_to_publish")
    try:
        sent = note.delay("hello")
    finally:
        jobs.connect()
    work()
    event = the_event("MAINTENANCE")
    assert (event.username, event.auth_method, event.request_id) == ("celery", "system", sent.id)


def test_a_scheduled_task_and_what_it_causes_are_named_beats(work: Work) -> None:
    every_day = schedule(timedelta(days=1), app=app)
    entry = ScheduleEntry(name="daily", task=cause.name, args=["hello"], schedule=every_day, app=app)
    Scheduler(app, lazy=True).apply_async(entry, advance=False)
    work()
    assert of_type("MAINTENANCE", "username", "auth_method") == [("beat", "system")]


@pytest.mark.parametrize(
    "header",
    ["", "{", "[1]", '"x"', "7", 7, None, {}, '{"auth_method": "jwt", "user_id": [1], "username": {"a": 1}}',
     '{"username": "eve"}'],
)  # fmt: skip
def test_a_header_that_somebody_else_has_written_harms_nothing(work: Work, the_event: Find, header: Any) -> None:
    given = jobs.context_of({jobs.HEADER: header}, "root")
    assert given.actor is not None and given.request_id == "root"
    with context.entered(given):
        note.run("hello")
    assert the_event("MAINTENANCE").auth_method in ("jwt", "system")


def test_a_message_holds_no_secret_and_nothing_unclean() -> None:
    headers: dict[str, Any] = {}
    with bound(actor=ADA, reason="password=hunter2 \0", request_id="r-1", entity_name="Budi"):
        jobs.about_to_publish(headers)
    given = jobs.carried_in(headers)
    assert "hunter2" not in headers[jobs.HEADER] and "\\u0000" not in headers[jobs.HEADER]
    assert "Budi" not in headers[jobs.HEADER] and given["request_id"] == "r-1"


def test_nothing_is_carried_while_the_log_is_off(event_log: Change) -> None:
    headers: dict[str, Any] = {}
    event_log(ENABLED=False)
    jobs.about_to_publish(headers)
    assert headers == {}


# --- what is left behind ---
def test_a_worker_that_has_worked_forgets_for_whom(work: Work) -> None:
    seen: list[Any] = []

    def look(**kwargs: Any) -> None:
        seen.append(current())

    with bound(actor=ADA):
        note.delay("1")
        fail.delay("2")
    signals.task_postrun.connect(look)  # after ours
    work()
    signals.task_postrun.disconnect(look)
    assert seen == [EMPTY, EMPTY]


@pytest.mark.parametrize("task", [note, fail, try_again])
def test_an_eager_task_gives_its_caller_the_context_back(eager: None, task: Any) -> None:
    with bound(actor=ADA, reason="mine"):
        before = current()
        task.delay("hello")
        assert current() is before


@pytest.mark.parametrize("task", [note, fail])
def test_an_eager_task_that_raises_gives_it_back_too(task: Any) -> None:
    before = current()
    with suppress(LookupError):
        task.apply(["hello"], throw=True)
    assert current() is before and jobs._run.get() is None


def test_an_eager_task_acts_for_its_caller(eager: None) -> None:
    with bound(actor=ADA, request_id="r-1", reason="mine"):
        ask.delay(0)
    assert of_type("TASK_SUCCESS", "username", "request_id", "reason") == [("ada", "r-1", "mine")]


def test_eager_tries_act_for_the_caller(eager: None) -> None:
    with bound(actor=ADA):
        try_again.delay("hello")
    assert of_type("MAINTENANCE", "username")[0] == "ada"


def test_eager_tasks_and_blocks_nest(work: Work) -> None:
    with bound(actor=ADA, reason="whole"):
        hand_in.delay("middle")
    work()
    assert set(of_type("MAINTENANCE", "username", "reason")) == {("ada", "inner"), ("ada", "middle")}
    assert set(of_type("TASK_SUCCESS", "event_data__task", "reason")) == {(note.name, "outer"), (hand_in.name, "whole")}


# --- the event ---
def test_a_task_that_is_done_is_told_with_what_it_was(work: Work, the_event: Find) -> None:
    sent = note.apply_async(["hello"], countdown=1)
    work()
    event = the_event("TASK_SUCCESS")
    told = event.event_data
    assert (event.event_name, event.event_status) == (f"task {note.name}", "SUCCESS")
    assert (told["task"], told["task_id"], told["queue"], told["retries"]) == (note.name, sent.id, "jobs", 0)
    assert told["arguments"] == {"word": "hello"} and told["worker"] and told["eta"].startswith("20")


def test_a_task_is_told_with_what_it_cost(work: Work, the_event: Find) -> None:
    ask.delay(3)
    work()
    event = the_event("TASK_SUCCESS")
    assert event.db_query_count == 3
    assert event.response_time_ms > event.db_time_ms > 0 and event.cpu_time_ms > 0


def test_a_requests_queries_are_those_of_its_eager_tasks_too(eager: None) -> None:
    with context.entered(context.Context(meter=context.Meter())):
        ask.delay(2)
        ask.delay(3)
        meter = current().meter
    assert of_type("TASK_SUCCESS", "db_query_count") == [2, 3]
    assert meter is not None and meter.query_count >= 5


def test_what_a_task_did_comes_after_it(work: Work) -> None:
    note.delay("hello")
    work()
    in_order = Event.objects.order_by("timestamp").values_list("event_type", flat=True)
    assert list(in_order) == ["TASK_SUCCESS", "MAINTENANCE"]


def test_secrets_among_the_arguments_are_masked_by_the_names_of_the_parameters(work: Work) -> None:
    sign_in.delay("ada", "hunter2", words=["token=abcdef123456"])
    work()
    assert data("TASK_SUCCESS")["arguments"]["username"] == "ada"
    assert "hunter2" not in str(data("TASK_SUCCESS")) and "abcdef123456" not in str(data("TASK_SUCCESS"))


def test_long_arguments_are_cut(work: Work) -> None:
    sign_in.delay("ada", "", words=["word"] * 100_000)
    work()
    assert data("TASK_SUCCESS")["arguments_cut"] and len(str(data("TASK_SUCCESS"))) < 3 * jobs.MAX_ARGUMENTS


def test_a_task_that_fails_is_told_with_what_went_wrong(work: Work, the_event: Find) -> None:
    with bound(actor=ADA):
        fail.delay("Eva")
    work()
    event = the_event("TASK_FAILED")
    assert (event.username, event.event_status, event.severity) == ("ada", "ERROR", "medium")
    assert event.error_code == "LookupError" and "nobody is called Eva" in event.error_message
    assert "in fail" in event.stack_trace and "hunter2" not in event.error_message + event.stack_trace


def test_equal_failures_have_equal_fingerprints(work: Work) -> None:
    fail.delay("Eva")
    fail.delay("Fajar")
    work()
    assert len(set(of_type("TASK_FAILED", "error_fingerprint"))) == 1


def test_each_try_is_an_event(work: Work) -> None:
    try_again.delay("hello")
    work()
    assert of_type("TASK_RETRY", "event_data__retries", "error_code") == [(0, "LookupError"), (1, "LookupError")]
    assert of_type("TASK_SUCCESS", "event_data__retries") == [2]
    assert all(of_type("TASK_RETRY", "event_data__again_at"))


@pytest.mark.parametrize(("how", "told"), [("reject", ("TASK_FAILED", "Reject")), ("ignore", ("TASK_SUCCESS", ""))])
def test_a_task_that_gives_up_is_one_event(work: Work, how: str, told: tuple[str, str]) -> None:
    give_up.delay(how)
    work()
    assert list(Event.objects.values_list("event_type", "error_code")) == [told]


def test_a_task_that_ends_its_process_is_told(work: Work, the_event: Find) -> None:
    give_up.delay("exit")
    with pytest.raises(SystemExit):
        work()
    assert the_event("TASK_FAILED").error_code == "SystemExit"


class Request:
    """What a worker's parent holds while a task is under way."""

    id = "t-1"

    def __init__(self) -> None:
        headers: dict[str, Any] = {"id": self.id, "task": note.name, "root_id": "t-0"}
        with bound(actor=ADA):
            jobs.about_to_publish(headers)
        self._context = TaskRequest(headers)


@pytest.mark.parametrize("fault", [WorkerLostError("killed"), TimeLimitExceeded(5)])
def test_a_task_whose_process_was_killed_is_told_once_by_the_parent(fault: Exception, the_event: Find) -> None:
    request = Request()
    signals.task_received.send(sender=None, request=request)
    for _ in range(2):
        signals.task_failure.send(sender=note, task_id="t-1", exception=fault, args=["hello"], kwargs={})
    event = the_event("TASK_FAILED")
    assert (event.error_code, event.username) == (type(fault).__name__, "ada")
    assert (event.event_data["task"], event.event_data["arguments"]) == (note.name, {"word": "hello"})


def test_the_parent_holds_no_task_that_is_over() -> None:
    signals.task_received.send(sender=None, request=Request())
    assert "t-1" not in jobs._received


def test_a_failure_that_has_been_told_is_not_told_by_the_parent_again() -> None:
    signals.task_failure.send(sender=note, task_id="t-1", exception=Reject("no"), args=[], kwargs={})
    assert not Event.objects.exists()


@pytest.mark.parametrize(
    ("flags", "code"), [((False, False), "Revoked"), ((True, False), "Terminated"), ((False, True), "Expired")]
)
def test_a_revoked_task_is_told_for_who_has_caused_it(flags: tuple[bool, bool], code: str, the_event: Find) -> None:
    request = Request()._context
    signals.task_revoked.send(sender=note, request=request, terminated=flags[0], signum=None, expired=flags[1])
    event = the_event("TASK_FAILED")
    assert (event.error_code, event.username, event.event_data["task"]) == (code, "ada", note.name)


# --- what is not told ---
def test_a_task_that_is_left_out_is_told_only_where_it_fails(work: Work, event_log: Change) -> None:
    event_log(EXCLUDE_TASKS=[note.name, fail.name, try_again.name])
    note.delay("1")
    fail.delay("2")
    try_again.delay("3")
    work()
    assert of_type("TASK_FAILED", "event_data__task") == [fail.name]
    assert not Event.objects.filter(event_type__in=["TASK_SUCCESS", "TASK_RETRY"]).exists()


def test_a_task_that_is_left_out_has_its_context_all_the_same(work: Work, event_log: Change, the_event: Find) -> None:
    event_log(EXCLUDE_TASKS=[note.name])
    with bound(actor=ADA):
        note.delay("1")
    work()
    assert the_event("MAINTENANCE").username == "ada"


def test_the_event_logs_own_jobs_are_left_out() -> None:
    from eventlog import tasks

    tasks.drain.apply()
    assert not Event.objects.filter(event_type="TASK_SUCCESS").exists()


def test_nothing_is_told_while_the_log_is_off(work: Work, event_log: Change) -> None:
    event_log(ENABLED=False)
    note.delay("hello")
    work()
    assert not Event.objects.exists()


def test_a_log_that_is_switched_on_or_off_by_a_task_leaves_no_context(eager: None, event_log: Change) -> None:
    @app.task
    def switch(enabled: bool) -> None:
        event_log(ENABLED=enabled)

    switch.delay(False)
    switch.delay(True)
    assert current() is EMPTY and jobs._run.get() is None

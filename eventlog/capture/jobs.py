"""Celery's tasks: each runs in the context of who has caused it, and leaves one event a run.

The publisher puts who and which request into a header of the message; the worker enters that context for the length of
the run. An eager task stays in the context it is called in. Runs nest, and each ends by giving back what was before it.
"""

import inspect
import sys
from collections.abc import Mapping
from contextvars import ContextVar
from datetime import UTC, datetime, timedelta
from typing import Any
from weakref import WeakValueDictionary

import orjson
from billiard.process import current_process
from celery import Task, signals, states
from celery.exceptions import TimeLimitExceeded, WorkerLostError

from eventlog import catalog
from eventlog.capture.costs import Cost
from eventlog.capture.faults import failure_columns
from eventlog.capture.requests import current_visit
from eventlog.cleaning import Cleaning
from eventlog.columns import structure
from eventlog.conf import conf
from eventlog.context import Actor, Context, Meter, current, entered
from eventlog.logger import record_event, surrounding
from eventlog.privacy.redaction import redactor
from eventlog.record import clean_columns

HEADER = "eventlog"
BEAT = "celery_beat_task"  # a header by which Celery's beat marks what it sends
WHO = ("user_id", "username", "user_role", "auth_method")
CARRIED = (*WHO, "request_id", "trace_id", "reason")
MAX_ARGUMENTS = 4096  # characters kept of a task's arguments
LOST = (WorkerLostError, TimeLimitExceeded)  # which end a task's process before it can tell anything
DONE = (states.SUCCESS, states.IGNORED)
KILLED = (SystemExit, KeyboardInterrupt)  # pass through a task whose process is told to end
_received: WeakValueDictionary[str, Any] = WeakValueDictionary()  # the requests that the worker has at hand, by task id
_run: ContextVar["Run | None"] = ContextVar("eventlog_run", default=None)


def connect() -> None:
    for signal, receiver in (
        (signals.before_task_publish, about_to_publish),
        (signals.task_prerun, begins),
        (signals.task_postrun, ends),
        (signals.task_received, received),
        (signals.task_failure, lost),
        (signals.task_revoked, revoked),
        (signals.task_unknown, unknown),
    ):
        signal.connect(receiver, dispatch_uid=f"eventlog.job.{receiver.__name__}")


# --- the publisher ---
def about_to_publish(headers: dict[str, Any], **kwargs: Any) -> None:
    """A retry keeps what its first run was given, whoever is bound where it is asked for; beat is known by its mark."""
    run = _run.get()
    is_retry = run is not None and run.task_id == headers.get("id") and HEADER in headers
    if conf.ENABLED and not is_retry and BEAT not in headers:
        headers[HEADER] = orjson.dumps(carried(), default=str).decode()


def carried() -> dict[str, Any]:
    """Clean columns: what the log itself would keep."""
    context = current()
    if (visit := current_visit()) is not None:
        visit.find_actor()
    around = {**surrounding(context, context.columns), **clean_columns(context.columns)}
    return {name: around[name] for name in CARRIED if name in around}


# --- the worker ---
class Run:
    """One run of a task, from its begin to its end."""

    __slots__ = ("before", "cost", "outer", "task_id")

    def __init__(self, task_id: str, context: Context) -> None:
        self.task_id = task_id
        self.outer = _run.get()
        self.cost = Cost(context.meter or Meter())
        self.before = entered(context)

    def __enter__(self) -> None:
        self.before.__enter__()
        _run.set(self)

    def __exit__(self, *fault: object) -> None:
        _run.set(self.outer)
        self.before.__exit__()

    def tell(self, name: str, facts: Mapping[str, Any], event_type: str, columns: dict[str, Any]) -> None:
        if event_type == catalog.TASK_FAILED or not name.startswith(conf.EXCLUDE_TASKS):
            columns["timestamp"] = self.cost.timestamp  # when it began, so that what it did comes after it
            tell(event_type, {**facts, **columns.pop("event_data", {})}, columns, clean=self.cost.columns())


def begins(task_id: str, task: Task[Any, Any], **kwargs: Any) -> None:
    if conf.ENABLED:
        request = task.request
        root = request.root_id or task_id
        context = here(root) if request.is_eager else context_of(request.headers, root)
        Run(task_id, context).__enter__()


def ends(task_id: str, task: Task[Any, Any], retval: Any, state: str | None, **given: Any) -> None:
    run = _run.get()
    if run is None or run.task_id != task_id:  # `ENABLED` was off when it began
        return
    try:
        if not is_killed(state):
            facts = {**facts_of(task, task.request), **arguments(task, given["args"], given["kwargs"])}
            run.tell(task.name, facts, *outcome(retval, state))
    finally:
        run.__exit__()


def is_killed(state: str | None) -> bool:
    """Whether the process is told to end in the midst of a task: then its parent knows why, and tells."""
    in_pool = current_process().name != "MainProcess"
    return in_pool and state is None and isinstance(sys.exc_info()[1], KILLED)


def here(root: str) -> Context:
    """The context in which an eager task is called."""
    context = current()
    named = {} if context.request_id else {"request_id": root}
    return Context(
        columns=context.columns,
        clean={**context.clean, **named},
        actor=context.actor,
        request_id=context.request_id or root,
        meter=context.meter or Meter(),
    )


def context_of(headers: Mapping[str, Any] | None, root: str) -> Context:
    """What a message carries. The work of beat, and of who carries nothing, is one timeline with what it causes."""
    given = clean_columns(carried_in(headers or {}))
    who = {name: given.pop(name) for name in WHO if name in given}
    otherwise = "beat" if BEAT in (headers or {}) else "celery"
    actor = Actor(**who) if "auth_method" in who else Actor(username=otherwise, auth_method="system")
    clean = {"request_id": root, **given}
    return Context(clean=clean, actor=lambda: actor, request_id=clean["request_id"], meter=Meter())


def carried_in(headers: Mapping[str, Any]) -> dict[str, Any]:
    """Of our header, which anybody may have written who can write to the broker."""
    try:
        given = orjson.loads(headers.get(HEADER, "{}"))
    except ValueError:  # orjson's own error is one
        given = {}
    return {name: given.get(name) for name in CARRIED} if isinstance(given, dict) else {}


def outcome(retval: Any, state: str | None) -> tuple[str, dict[str, Any]]:
    """The type of the event, and its columns that tell what went wrong. Without a state an exception is passing by."""
    if state in DONE:
        return catalog.TASK_SUCCESS, {}
    if state == states.RETRY:
        again = {"event_data": {"again_at": moment(retval.when)}}
        return catalog.TASK_RETRY, {**failure_columns(retval.exc or retval), **again}
    fault = retval if isinstance(retval, BaseException) else sys.exc_info()[1]
    return catalog.TASK_FAILED, {} if fault is None else failure_columns(fault)


def moment(when: Any) -> Any:
    """A time, given as such or in seconds from now."""
    return datetime.now(UTC) + timedelta(seconds=when) if isinstance(when, int | float) else when


# --- what the worker's parent tells of, where no run came to its end ---
def received(request: Any, **kwargs: Any) -> None:
    _received[request.id] = request


def lost(sender: Task[Any, Any], task_id: str, exception: Any, **given: Any) -> None:
    """Its process has died, or was killed for taking too long, which Celery says twice; told once."""
    if isinstance(exception, LOST) and (request := _received.pop(task_id, None)) is not None:
        facts = {**facts_of(sender, request._context), **arguments(sender, given["args"], given["kwargs"])}
        never_ended(facts, request._context.headers, failure_columns(exception))


def revoked(sender: Task[Any, Any], request: Any, terminated: bool, expired: bool, **kwargs: Any) -> None:
    _received.pop(request.id, None)
    error_code = "Terminated" if terminated else "Expired" if expired else "Revoked"
    never_ended(facts_of(sender, request), request.headers, {"error_code": error_code})


def unknown(message: Any, name: str, id: str, **kwargs: Any) -> None:
    facts = {"task": name, "task_id": id, "root_id": message.headers.get("root_id")}
    never_ended(facts, message.headers, {"error_code": "NotRegistered"})


def never_ended(facts: Mapping[str, Any], headers: Mapping[str, Any] | None, columns: Mapping[str, Any]) -> None:
    if conf.ENABLED:
        with entered(context_of(headers, facts["root_id"] or facts["task_id"])):
            tell(catalog.TASK_FAILED, facts, columns)


# --- the event ---
def tell(
    event_type: str, facts: Mapping[str, Any], columns: Mapping[str, Any], *, clean: Mapping[str, Any] | None = None
) -> None:
    known = {name: value for name, value in facts.items() if value not in (None, "", {})}
    record_event(event_type, {**columns, "event_name": f"task {facts['task']}", "event_data": known}, clean=clean)


def facts_of(task: Task[Any, Any], request: Any) -> dict[str, Any]:
    return {
        "task": task.name,
        "task_id": request.id,
        "parent_id": request.parent_id,
        "root_id": request.root_id,
        "queue": (request.delivery_info or {}).get("routing_key"),
        "worker": request.hostname,
        "retries": request.retries,
        "eta": request.eta,
    }


def arguments(task: Task[Any, Any], args: Any, kwargs: Any) -> dict[str, Any]:
    """By the names of the task's parameters, by which secrets are known; without secrets, and cut after that."""
    try:
        named: Any = inspect.signature(task.run).bind(*args, **kwargs).arguments
    except (TypeError, ValueError):
        named = {"args": args, "kwargs": kwargs}
    cleaning = Cleaning(redactor(conf.SENSITIVE_FIELDS))
    whole = structure(cleaning, dict(named))
    cleaning.left = MAX_ARGUMENTS
    return {"arguments": cleaning.json(whole), "arguments_cut": "truncated" in cleaning.tags or None}

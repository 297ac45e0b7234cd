"""Who is acting and from where, for the length of a request, a job or a `with bound(...)` block.

The context is a `ContextVar`: threads and coroutines never see each other's, and asgiref carries it into the
threads that run sync views under ASGI. It is reset by token, so that nothing outlives its block on a reused thread.
"""

import logging
import os
import pwd
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass, field
from functools import lru_cache
from threading import local
from types import MappingProxyType
from typing import Any, NamedTuple


class Actor(NamedTuple):
    """Who did it, as it was at the time. `user_id` is the user model's key; None where no account is known."""

    user_id: Any = None
    username: str = ""
    user_role: str = ""
    auth_method: str = "anonymous"

    def columns(self) -> dict[str, Any]:
        return self._asdict()


ANONYMOUS = Actor()


@dataclass(slots=True)
class Meter:
    """What one request has cost the database so far, the categories of what was recorded in it, and whether something
    of that was sensitive; shared by the contexts nested in it."""

    query_count: int = 0
    query_seconds: float = 0.0
    categories: set[str] = field(default_factory=set)
    is_sensitive: bool = False


NOTHING: Mapping[str, Any] = MappingProxyType({})


class Context(NamedTuple):
    """`columns` go into every event recorded inside, and `clean` ones too, which need no cleaning; `actor` is asked
    anew for each, because DRF finds the user inside the view; `request_id` is beside them for the log lines."""

    columns: Mapping[str, Any] = NOTHING
    clean: Mapping[str, Any] = NOTHING
    actor: Callable[[], Actor | None] | None = None
    request_id: str = ""
    meter: Meter | None = None


EMPTY = Context()
_current: ContextVar[Context] = ContextVar("eventlog_context", default=EMPTY)
# Never reset: servers write the line about a request after its context has ended, in the same thread or task.
last_request_id: ContextVar[str] = ContextVar("eventlog_last_request_id", default="")


current: Callable[[], Context] = _current.get
enter = _current.set  # for whoever cannot use `entered`; what it returns goes to `leave`
leave = _current.reset


class Recording(local):
    """Whether this thread is at work for the event log. What it logs then is no event: that would go on for ever, or
    wait for a lock that the thread holds itself (the garbage collector may log anywhere)."""

    now = False


recording = Recording()


class entered:
    """Make `context` the current one until the block ends, however it ends. A class: a generator costs twice that."""

    __slots__ = ("context", "token")

    def __init__(self, context: Context) -> None:
        self.context = context

    def __enter__(self) -> Context:
        self.token = _current.set(self.context)
        return self.context

    def __exit__(self, *fault: object) -> None:
        _current.reset(self.token)


@contextmanager
def bound(*, actor: Any = None, **columns: Any) -> Iterator[None]:
    """Give every event recorded in the block these columns, and this actor: a user, or the name of a job.

    >>> with bound(reason="semester correction", actor="nightly-import"): ...

    Blocks nest; the inner one wins. Columns given to `log_event` itself win over both.
    """
    outer = _current.get()
    who = outer.actor
    if actor is not None:
        named = named_actor(actor)
        who = lambda: named  # noqa: E731
    inner = Context(
        columns={**outer.columns, **columns},
        clean=outer.clean,
        actor=who,
        request_id=str(columns.get("request_id") or outer.request_id),
        meter=outer.meter,
    )
    with entered(inner):
        yield


def named_actor(actor: Any) -> Actor:
    """An `Actor` as it is; a user by key and name; anything else as the name of a part of the system."""
    if isinstance(actor, Actor):
        return actor
    if hasattr(actor, "get_username") and hasattr(actor, "pk"):
        return Actor(user_id=actor.pk, username=actor.get_username(), auth_method="system")
    return Actor(username=str(actor), auth_method="system")


# --- outside of any context ---
_serves = False


def this_process_serves() -> None:
    """What this process and its forks do outside of any context is nobody's: it is a web server or a worker."""
    global _serves
    _serves = True


def process_actor() -> Actor | None:
    """Who acts outside of any context in a process that serves nobody: a shell, a script."""
    return None if _serves else starter()


def starter() -> Actor:
    """The operating system's user that this process runs as."""
    return user_of_system(os.getuid())


@lru_cache(maxsize=8)
def user_of_system(uid: int) -> Actor:
    """By the system's own list: anybody may set the environment. In a container an id need not have a name."""
    try:
        name = pwd.getpwuid(uid).pw_name
    except KeyError:
        name = str(uid)
    return Actor(username=name, auth_method="system")


ACCESS_LOGS = frozenset({"gunicorn.access", "uvicorn.access", "django.server"})


class RequestIdFilter(logging.Filter):
    """Gives every log record `request_id`, so that a format may show it; `-` outside of a request."""

    def filter(self, record: logging.LogRecord) -> bool:
        if not hasattr(record, "request_id"):
            record.request_id = _current.get().request_id or request_id_in(record) or "-"
        return True


def request_id_in(record: logging.LogRecord) -> str:
    """Of a line that is written after the request: Django names the request in the record then, gunicorn the headers
    of its answer; other servers nothing."""
    if record.name not in ACCESS_LOGS:
        return getattr(getattr(record, "request", None), "request_id", "")
    if isinstance(record.args, Mapping):
        return str(record.args.get("{x-request-id}o", ""))
    return last_request_id.get()

"""The start and end of the processes that serve: web workers and Celery workers.

The writer drains at exit by itself where Python runs its exit handlers (gunicorn, commands). Celery's children leave
without them and uvicorn dies by the signal it was sent, so these say by their own means that they end.
"""

import os
import sys
from collections.abc import Awaitable, Callable, Mapping
from functools import wraps
from typing import Any

from asgiref.sync import sync_to_async
from celery import signals
from django.core.handlers.asgi import ASGIHandler

from eventlog import catalog
from eventlog.capture import streams
from eventlog.conf import conf
from eventlog.context import this_process_serves
from eventlog.logger import log_event
from eventlog.pipeline import writer

Scope = dict[str, Any]
Receive = Callable[[], Awaitable[Mapping[str, Any]]]
Send = Callable[[Mapping[str, Any]], Awaitable[None]]


def connect() -> None:
    answer_lifespan()
    signals.worker_process_init.connect(celery_started, dispatch_uid="eventlog.process_init")
    signals.worker_init.connect(celery_started, dispatch_uid="eventlog.worker_init")
    signals.worker_process_shutdown.connect(stopped, dispatch_uid="eventlog.process_shutdown")
    signals.worker_shutdown.connect(stopped, dispatch_uid="eventlog.worker_shutdown")


_started: dict[int, object] = {}  # by process id


def started(kind: str) -> None:
    """Record the start of this process, once; called as often as one likes. Tests are no process of their own."""
    pid = os.getpid()
    if pid in _started or conf.PIPELINE == "sync":
        return
    mark = object()
    if _started.setdefault(pid, mark) is mark:  # of several threads, one
        this_process_serves()
        program = os.path.basename(sys.argv[0]) if sys.argv else ""
        data = {"kind": kind, "program": program}
        log_event(catalog.APP_START, event_name=f"{kind} process started", event_data=data)
        writer.before_end(app_shutdown)


def app_shutdown() -> None:
    streams.end_dropped()
    log_event(catalog.APP_SHUTDOWN)


def celery_started(**kwargs: Any) -> None:
    started("celery")


def stopped(**kwargs: Any) -> None:
    """Store what this process has; it ends in a moment."""
    writer.stop()


def answer_lifespan() -> None:
    """Have Django's ASGI application answer the server's lifespan messages, which it refuses by itself.

    Servers such as uvicorn end by the signal they were sent, without Python's exit handlers; this is how they say so.
    """
    plain = ASGIHandler.__call__
    if hasattr(plain, "__wrapped__"):
        return

    @wraps(plain)
    async def call(self: ASGIHandler, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "lifespan":
            await live(receive, send)
        else:
            await plain(self, scope, receive, send)

    ASGIHandler.__call__ = call  # type: ignore[method-assign]


async def live(receive: Receive, send: Send) -> None:
    """Through one server process's life: its start, and its end, at which what it has is stored."""
    while (await receive())["type"] != "lifespan.shutdown":
        started("web")
        await send({"type": "lifespan.startup.complete"})
    await sync_to_async(writer.stop, thread_sensitive=False)()
    await send({"type": "lifespan.shutdown.complete"})

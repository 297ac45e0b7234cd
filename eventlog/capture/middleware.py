"""EventLoggingMiddleware: remembers who is asking for the length of one request, then records the request.

First in MIDDLEWARE, so that it sees whatever any other middleware answers. It works in both of Django's worlds: under
WSGI every call is plain, under ASGI it awaits the rest; what it does itself is too short to leave the event loop for.
"""

import asyncio
import sys
from collections.abc import Awaitable, Callable
from contextvars import ContextVar
from typing import Any

from asgiref.sync import iscoroutinefunction, markcoroutinefunction, sync_to_async
from django.core.signals import got_request_exception
from django.http import HttpRequest, StreamingHttpResponse
from django.http.response import HttpResponseBase

from eventlog import catalog
from eventlog.capture import actors, processes, tokens
from eventlog.capture.requests import Visit, response_columns
from eventlog.capture.streams import CLIENT_GONE, AsyncCountedBody, CountedBody
from eventlog.conf import conf
from eventlog.context import entered
from eventlog.logger import log_event
from eventlog.pipeline import writer

_visit: ContextVar[Visit | None] = ContextVar("eventlog_visit", default=None)


class EventLoggingMiddleware:
    sync_capable = True
    async_capable = True

    def __init__(self, get_response: Callable[[HttpRequest], Any]) -> None:
        self.get_response = get_response
        self.is_async = iscoroutinefunction(get_response)
        if self.is_async:
            markcoroutinefunction(self)

    def __call__(self, request: HttpRequest) -> HttpResponseBase | Awaitable[HttpResponseBase]:
        if not conf.ENABLED:
            return self.get_response(request)  # type: ignore[no-any-return]
        if self.is_async:
            return self.in_async(request)
        return self.in_sync(request)

    def in_sync(self, request: HttpRequest) -> HttpResponseBase:
        visit = arrived(request)
        token = _visit.set(visit)
        try:
            with entered(visit.context):
                response: HttpResponseBase = self.get_response(request)
                if actors.needs_query(request) and database_answers():
                    visit.find_actor()
                return answered(visit, response)
        except BaseException as fault:
            broke_off(visit, fault)
            raise
        finally:
            _visit.reset(token)

    async def in_async(self, request: HttpRequest) -> HttpResponseBase:
        visit = arrived(request)
        token = _visit.set(visit)
        try:
            with entered(visit.context):
                response: HttpResponseBase = await self.get_response(request)
                if actors.needs_query(request) and database_answers():
                    await sync_to_async(visit.find_actor)()
                return answered(visit, response)
        except BaseException as fault:
            broke_off(visit, fault)
            raise
        finally:
            _visit.reset(token)


def arrived(request: HttpRequest) -> Visit:
    processes.started("web")
    visit = Visit(request)
    request.request_id = visit.request_id  # type: ignore[attr-defined]  # for the error pages
    return visit


def database_answers() -> bool:
    """Whether our own writer gets through; a page that needs no database must not wait for one because of us."""
    return not writer.current().pause


def answered(visit: Visit, response: HttpResponseBase) -> HttpResponseBase:
    """Record the request; one whose body is still to be made, when it has been sent."""
    if not response.has_header("X-Request-ID"):
        response.headers["X-Request-ID"] = visit.request_id
    if visit.request.path.startswith(conf.EXCLUDE_PATHS):
        return response
    if isinstance(response, StreamingHttpResponse):
        count(visit, response)
    else:
        record(visit, response, size=len(getattr(response, "content", b"")))
    return response


def count(visit: Visit, response: StreamingHttpResponse) -> None:
    """Record the request when its body has been sent."""

    def ended(size: int, problem: str, fault: BaseException | None) -> None:
        visit.fault = fault or visit.fault
        record(visit, response, size=size, problem="" if visit.request.method == "HEAD" else problem)

    if response.is_async:
        response.streaming_content = AsyncCountedBody(aiter(response.streaming_content), ended)  # type: ignore[arg-type]
    else:
        response.streaming_content = CountedBody(iter(response), ended)


def record(visit: Visit, response: HttpResponseBase, *, size: int, problem: str = "") -> None:
    """The request's own event, and with it what its answer means."""
    if not actors.needs_query(visit.request):
        visit.find_actor()
    visit.who = tokens.given(visit.request, response) or visit.who
    columns = {**visit.columns(), **response_columns(response, size)}
    columns["event_name"] = f"{visit.request.method} {columns['endpoint'] or visit.request.path}"
    if problem:
        columns.update(event_status=catalog.ERROR, error_code=problem, tags=[*columns["tags"], "incomplete"])
    log_event(catalog.HTTP_REQUEST, **columns)
    if response.status_code == 401:
        tokens.refused(visit.request, response)
    if response.status_code in (401, 403) and visit.request.resolver_match is not None:
        log_event(catalog.UNAUTHORIZED_ACCESS, **where(columns), event_data={"status": response.status_code})
    if visit.fault is not None:
        log_event(catalog.ERROR_500, **where(columns), **failure(columns))


def where(columns: dict[str, Any]) -> dict[str, Any]:
    return {name: columns[name] for name in ("endpoint", "request_path", "response_status")}


def failure(columns: dict[str, Any]) -> dict[str, Any]:
    return {
        name: columns[name]
        for name in ("error_code", "error_message", "error_fingerprint", "stack_trace", "event_name")
    }


def broke_off(visit: Visit, fault: BaseException) -> None:
    """No answer was made: the client went away, or the server is ending this process."""
    gone = isinstance(fault, asyncio.CancelledError)
    if not gone and isinstance(fault, Exception):
        visit.fault = fault
    columns = visit.columns()
    columns["event_name"] = f"{visit.request.method} {columns['endpoint'] or visit.request.path}"
    code = CLIENT_GONE if gone else type(fault).__qualname__
    log_event(catalog.HTTP_REQUEST, **{**columns, "error_code": code, "event_status": catalog.ERROR})


def remember_fault(sender: Any, request: HttpRequest | None = None, **kwargs: Any) -> None:
    """Django turns an exception into a 500 below us; this is where it says which."""
    visit = _visit.get()
    if visit is not None:
        visit.fault = sys.exc_info()[1]


got_request_exception.connect(remember_fault, dispatch_uid="eventlog.fault")

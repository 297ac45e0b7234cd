"""EventLoggingMiddleware: remembers who is asking for the length of one request, then records the request.

First in MIDDLEWARE, so that it sees whatever any other middleware answers. It works in both of Django's worlds: under
WSGI every call is plain, under ASGI it awaits the rest; what it does itself is too short to leave the event loop for.
"""

import asyncio
import logging
import sys
from collections.abc import Awaitable, Callable
from typing import Any

from asgiref.sync import iscoroutinefunction, markcoroutinefunction, sync_to_async
from django.core.signals import got_request_exception
from django.http import HttpRequest, StreamingHttpResponse
from django.http.response import HttpResponseBase

from eventlog import catalog
from eventlog.capture import files, processes, reads, streams, threats, tokens
from eventlog.capture.requests import Visit, current_visit, response_columns
from eventlog.capture.streams import CLIENT_GONE, AsyncCountedBody, CountedBody
from eventlog.conf import conf
from eventlog.logger import last_resort, record_event

logger = logging.getLogger("eventlog")


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
        visit = arrived(request, own_thread=not self.is_async)
        if visit is None:
            return self.get_response(request)  # type: ignore[no-any-return]
        with visit:
            try:
                response: HttpResponseBase = self.get_response(request)
            except BaseException as fault:
                broke_off(visit, fault)
                raise
            return answered(visit, response)

    async def in_async(self, request: HttpRequest) -> HttpResponseBase:
        visit = arrived(request, own_thread=not self.is_async)
        if visit is None:
            return await self.get_response(request)  # type: ignore[no-any-return]
        with visit:
            try:
                response: HttpResponseBase = await self.get_response(request)
                if may_ask(visit, response):
                    return await sync_to_async(answered)(visit, response)
            except BaseException as fault:
                broke_off(visit, fault)
                raise
            return answered(visit, response)


class kept_going:
    """`log_event` never raises; this is the same for what is found out about a request to give to it."""

    __slots__ = ("visit",)

    def __init__(self, visit: Visit | None = None) -> None:
        self.visit = visit

    def __enter__(self) -> None:
        return None

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: object) -> bool:
        if not isinstance(error, Exception) or conf.RAISE_ERRORS:
            return False
        logger.error("A request could not be recorded as it was.", exc_info=error)
        if self.visit is None or not self.visit.told:
            last_resort(catalog.HTTP_REQUEST, error)
        return True


ON_ARRIVAL = kept_going()


def arrived(request: HttpRequest, *, own_thread: bool) -> Visit | None:
    with ON_ARRIVAL:
        streams.end_dropped()
        processes.started("web")
        visit = Visit(request, own_thread=own_thread)
        request.request_id = visit.request_id  # type: ignore[attr-defined]  # for the error pages
        return visit
    return None


def may_ask(visit: Visit, response: HttpResponseBase) -> bool:
    """Whether recording may need the database, for which the event loop must not wait."""
    return conf.PIPELINE == "sync" or response.status_code == 401 or visit.needs_session()


def answered(visit: Visit, response: HttpResponseBase) -> HttpResponseBase:
    """Record the request; one whose body is still to be made, when it has been sent."""
    if not response.has_header("X-Request-ID"):
        response.headers["X-Request-ID"] = visit.request_id
    if response.status_code < 500 and is_excluded(visit.request):
        return response  # but what fails is worth a look wherever it was
    with kept_going(visit):
        visit.settle()
        if isinstance(response, StreamingHttpResponse):
            count(visit, response)
        else:
            sent = visit.request.method != "HEAD"
            record(visit, response, size=len(getattr(response, "content", b"")) if sent else 0)
    return response


def is_excluded(request: HttpRequest) -> bool:
    """Whether the path is one of `EXCLUDE_PATHS` or below it; a path that climbs out again is not."""
    path = request.path
    return path.startswith(conf.EXCLUDE_PATHS) and ".." not in path and any(map(path_is_in(path), conf.EXCLUDE_PATHS))


def path_is_in(path: str) -> Callable[[str], bool]:
    return lambda place: path == place or path.startswith(place if place.endswith("/") else f"{place}/")


def count(visit: Visit, response: StreamingHttpResponse) -> None:
    """Record the request when its body has been sent."""

    def ended(size: int, problem: str, fault: BaseException | None) -> None:
        visit.fault = fault or visit.fault
        with kept_going(visit):
            record(visit, response, size=size, problem="" if visit.request.method == "HEAD" else problem)

    if response.is_async:
        response.streaming_content = AsyncCountedBody(aiter(response.streaming_content), ended)  # type: ignore[arg-type]
    else:
        response.streaming_content = CountedBody(iter(response), ended)


def record(visit: Visit, response: HttpResponseBase, *, size: int, problem: str = "") -> None:
    """The request's own event, and with it what its answer means."""
    if visit.told:
        return
    if (owner := tokens.given(visit.request, response)) is not None:
        visit.who, visit.vouched = owner, True
    download = files.download_of(visit.request, response)
    if download is not None:
        visit.meter.categories.add(catalog.FILE)
    columns = columns_of(visit)
    clean = {**visit.clean_columns(), **response_columns(response, size)}
    columns["response_content_type"] = response.get("Content-Type", "")
    if problem:
        tags = (*columns.get("tags", ()), "incomplete")
        columns.update(event_status=catalog.ERROR, error_code=problem, tags=tags)
    visit.told = True
    found = threats_in(visit, columns, response.status_code)
    record_event(catalog.HTTP_REQUEST, columns, clean=clean)
    with kept_going(visit):
        threats.tell(found, columns, clean)
    with kept_going(visit):
        files.tell_uploads(visit, response, columns, clean)
    if download is not None:
        files.tell_download(visit, download, columns, clean)
    reads.tell(visit.request, response, columns, clean)
    if response.status_code == 401:
        tokens.refused(visit.request, response)
    if response.status_code in (401, 403) and visit.request.resolver_match is not None:
        data = {"status": response.status_code}
        refusal = {**part(columns, PLACE), "event_data": data}
        record_event(catalog.UNAUTHORIZED_ACCESS, refusal, clean=part(clean, PLACE))
    if visit.fault is not None:
        record_fault(columns, clean)


def columns_of(visit: Visit) -> dict[str, Any]:
    """Sensitive like what it was about, or like something that happened in it."""
    columns = visit.columns()
    if visit.meter.is_sensitive or reads.is_about_sensitive(visit.request):
        columns["is_sensitive"] = True
    return columns


def threats_in(visit: Visit, columns: dict[str, Any], status: int | None) -> list[threats.Threat]:
    """Attacks that it brought; none where looking for them has failed, since the request is recorded all the same."""
    with kept_going(visit):
        return threats.look(visit, columns, status)
    return []


PLACE = ("endpoint", "request_path", "response_status")
FAILURE = ("error_code", "error_message", "error_fingerprint", "stack_trace", "event_name")


def part(columns: dict[str, Any], names: tuple[str, ...]) -> dict[str, Any]:
    """What the events beside a request's own have in common with it."""
    return {name: columns[name] for name in names if name in columns}


def record_fault(columns: dict[str, Any], clean: dict[str, Any]) -> None:
    names = (*PLACE, *FAILURE)
    record_event(catalog.ERROR_500, part(columns, names), clean=part(clean, names))


def broke_off(visit: Visit, fault: BaseException) -> None:
    """No answer was made: the client went away, or the server is ending this process."""
    if visit.told:
        return
    gone = isinstance(fault, asyncio.CancelledError)
    visit.fault = visit.fault or (None if gone else fault)  # a 500 page that fails hides why it was wanted
    with kept_going(visit):
        visit.actor()
        columns, clean = columns_of(visit), visit.clean_columns()
        columns["error_code"] = CLIENT_GONE if gone else type(fault).__qualname__
        visit.told = True
        columns["event_status"] = catalog.ERROR
        found = threats_in(visit, columns, None)
        record_event(catalog.HTTP_REQUEST, columns, clean=clean)
        threats.tell(found, columns, clean)
        files.tell_unanswered(visit, columns, clean)
        if isinstance(visit.fault, Exception):
            record_fault(columns, clean)


def remember_fault(sender: Any, request: HttpRequest | None = None, **kwargs: Any) -> None:
    """Django turns an exception into a 500 below us; this is where it says which."""
    visit = current_visit()
    if visit is not None:
        visit.fault = sys.exc_info()[1]


got_request_exception.connect(remember_fault, dispatch_uid="eventlog.fault")

"""`/api/events/stream`: events as they are stored, as Server-Sent Events (WHATWG HTML, section 9.2).

An open stream holds no database connection: short queries in a small pool of threads ask what has come, one for all
streams of the process whether there is anything at all. A stream ends when its reader goes, loses his
rights, or the server stops, and after `LONGEST`: whoever comes again, by `Last-Event-ID`, is asked anew who he is.
"""

import asyncio
import signal
import time
from collections.abc import AsyncIterator, Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from threading import Lock
from typing import Any, Final, TypeVar
from weakref import WeakSet

import orjson
from asgiref.sync import sync_to_async
from django.contrib.auth import get_user_model
from django.core.handlers.asgi import ASGIRequest
from django.db import InterfaceError, OperationalError, connections
from django.http import StreamingHttpResponse
from django.utils.translation import gettext_lazy as _
from rest_framework.exceptions import APIException, Throttled
from rest_framework.renderers import JSONRenderer
from rest_framework.request import Request

from eventlog.api.filters import narrowed
from eventlog.api.live import place_named, read_on
from eventlog.api.rendering import for_answer
from eventlog.capture.streams import AsyncCountedBody
from eventlog.conf import conf
from eventlog.export.ndjson import OPTIONS
from eventlog.export.rows import Row, row_of
from eventlog.models import Event, EventQuerySet
from eventlog.models.order import Place, newest_place
from eventlog.viewed import security_among, tell_answered

Result = TypeVar("Result")
POLL: Final = 1.0  # seconds
HEARTBEAT: Final = 15.0  # seconds; proxies close what is silent for a minute or so
RECHECK: Final = 5.0  # seconds after which rights are looked up even if nothing comes
LONGEST: Final = 900.0  # seconds
AT_ONCE: Final = 200  # events
RETRY: Final = 2000  # milliseconds after which a browser comes again
LEFT, STOPPING, EXPIRED = "not_allowed", "server_stopping", "time_is_up"


class NeedsASGI(APIException):
    status_code = 501
    default_detail = _("This server cannot stream: each reader would take a worker. Ask /api/events/recent?after=")
    default_code = "not_implemented"


class TooManyStreams(APIException):
    status_code = 503
    default_detail = _("This process serves as many streams as it may. Try again later.")
    default_code = "too_many_streams"


class EventStreamRenderer(JSONRenderer):
    """For those who accept nothing else; what goes through `render` is what went wrong."""

    media_type = "text/event-stream"
    format = "sse"


@dataclass(eq=False, slots=True, weakref_slot=True)
class Stream:
    """One reader. `rights` is what he had when he came: if it changes, he has to come again."""

    request: Request
    place: Place
    rights: tuple[Any, ...]
    security_events: int = 0
    checked: float = field(default_factory=time.monotonic)

    @property
    def user_key(self) -> Any:
        return self.request.user.pk

    def read(self) -> list[tuple[Place, Row]] | None:
        """What has come, each event with its place; None for somebody who may no more. Runs in a thread."""
        if not newest.is_behind(self.place) and time.monotonic() - self.checked < RECHECK:
            return []
        if (user := self.reader()) is None:
            return None
        self.checked = time.monotonic()
        stretch = read_on(visible(self.request, user), self.place, limit=AT_ONCE)
        if stretch.events and self.reader() is None:  # what came after he lost his rights may be among them
            return None
        self.place = stretch.end
        self.security_events += security_among(event.event_category for _place, event in stretch.events)
        rows = for_answer((row_of(event) for _place, event in stretch.events), user)
        return [(place, row) for (place, _event), row in zip(stretch.events, rows, strict=True)]

    def reader(self) -> Any:
        """Who he is now, if his rights are what they were."""
        user = get_user_model()._default_manager.filter(pk=self.user_key).first()
        return user if rights_of(user) == self.rights else None


def visible(request: Request, user: Any) -> EventQuerySet:
    """As in the list. Raises ValidationError."""
    return narrowed(Event.objects.visible_to(user), request.query_params)


def rights_of(user: Any) -> tuple[Any, ...]:
    """What the stream rests on; a new password changes it, too."""
    if user is None or not user.is_active:
        return ()
    seen = (user.has_perm("eventlog.view_event"), user.has_perm("eventlog.view_security"))
    return (*seen, user.get_session_auth_hash())


class Newest:
    """The newest place of the store order, asked for once a second by whichever stream comes first."""

    def __init__(self) -> None:
        self.lock = Lock()
        self.place: Place | None = None
        self.asked = 0.0

    def is_behind(self, place: Place) -> bool:
        """Whether there is more than up to `place`."""
        with self.lock:
            if self.place is None or time.monotonic() - self.asked >= POLL * 0.9:
                self.place, self.asked = newest_place(Event.objects.db), time.monotonic()
            return place < self.place


newest = Newest()
pool = ThreadPoolExecutor(max_workers=2, thread_name_prefix="eventlog-stream")
open_streams: "WeakSet[Stream]" = WeakSet()  # weak: a stream that is never read from leaves no trace
opening = Lock()


def stream_response(request: Request) -> StreamingHttpResponse:
    """Raises APIException where it cannot be: bad filters, too many streams, a server that waits for each answer."""
    if not isinstance(request._request, ASGIRequest):
        raise NeedsASGI
    visible(request, request.user)
    given = request.headers.get("Last-Event-ID") or request.query_params.get("after") or "now"
    place = place_named(given, parameter="after", using=Event.objects.db)
    stream = Stream(request, place, rights_of(request.user))
    admit(stream)

    def ended(size: int, problem: str, fault: BaseException | None) -> None:
        open_streams.discard(stream)
        if stream.security_events:
            tell_answered(request._request, stream.security_events)

    body = AsyncCountedBody(messages(stream), ended)
    response = StreamingHttpResponse(body, content_type="text/event-stream; charset=utf-8")
    response["Cache-Control"] = "no-store"
    response["X-Accel-Buffering"] = "no"  # nginx would wait for more
    return response


def admit(stream: Stream) -> None:
    """Raises TooManyStreams, or Throttled for one user's."""
    with opening:
        if len(open_streams) >= conf.MAX_STREAMS:
            raise TooManyStreams
        own = sum(other.user_key == stream.user_key for other in list(open_streams))
        if own >= conf.MAX_STREAMS_PER_USER:
            raise Throttled(detail=_("You have as many streams open as you may."))
        open_streams.add(stream)


async def messages(stream: Stream) -> AsyncIterator[bytes]:
    """Until the reader goes, who is told here by a CancelledError."""
    try:
        await sync_to_async(connections.close_all)()  # those of the view, whose thread waits for the end of the answer
        yield f"retry: {RETRY}\n\n".encode()
        ends = time.monotonic() + LONGEST
        said = time.monotonic()
        while (reason := ending(ends)) is None:
            came = await in_pool(stream.read)
            if came is None:
                reason = LEFT
                break
            if came:
                yield b"".join(message(place, row) for place, row in came)
            elif time.monotonic() - said >= HEARTBEAT:
                yield heartbeat(stream.place)
            else:
                await asyncio.sleep(POLL)
                continue
            said = time.monotonic()
        yield f'event: end\ndata: {{"reason": "{reason}"}}\n\n'.encode()
    finally:
        open_streams.discard(stream)


def ending(ends: float) -> str | None:
    if server_is_stopping():
        return STOPPING
    return EXPIRED if time.monotonic() >= ends else None


def server_is_stopping() -> bool:
    """uvicorn waits for open answers before it says by lifespan that it stops, but its signal handlers know."""
    server = getattr(signal.getsignal(signal.SIGTERM), "__self__", None)
    return bool(getattr(server, "should_exit", False))


async def in_pool(work: Callable[[], list[Result] | None]) -> list[Result] | None:
    """In a thread that leaves no connection open."""
    return await asyncio.get_running_loop().run_in_executor(pool, without_connection, work)


def without_connection(work: Callable[[], list[Result] | None]) -> list[Result] | None:
    """Nothing comes while the database is away, which is no reason to end."""
    try:
        return work()
    except (OperationalError, InterfaceError):
        return []
    finally:
        connections.close_all()


def heartbeat(place: Place) -> bytes:
    """A comment, and the place: the reader may have passed over much that he did not ask for."""
    return f": \nid: {place.written()}\n\n".encode()


def message(place: Place, row: Row) -> bytes:
    return b"id: %b\ndata: %b\n\n" % (place.written().encode(), orjson.dumps(row, option=OPTIONS))

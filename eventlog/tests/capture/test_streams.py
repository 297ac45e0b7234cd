"""A streaming body is recorded when it ends, however it ends."""

import asyncio
import gc
import time
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from asgiref.sync import async_to_sync
from django.contrib.auth.models import User
from django.core.handlers.asgi import ASGIHandler
from django.core.signals import request_finished
from django.db import close_old_connections
from django.http import HttpRequest, StreamingHttpResponse
from django.test import AsyncClient, Client, RequestFactory

from eventlog.capture import streams
from eventlog.capture.middleware import EventLoggingMiddleware
from eventlog.models import Event

pytestmark = pytest.mark.django_db
Find = Callable[..., Event]


@pytest.fixture(autouse=True)
def one_test_at_a_time() -> Iterator[None]:
    """Django closes connections when an answer is closed; a body may be left over for the next request."""
    request_finished.disconnect(close_old_connections)
    yield
    request_finished.connect(close_old_connections)
    gc.collect()
    streams._dropped.clear()


def answer_to(body: Any) -> StreamingHttpResponse:
    """An answer that has left the middleware and is still to be sent."""
    middleware = EventLoggingMiddleware(lambda request: StreamingHttpResponse(body))
    response = middleware(RequestFactory().get("/"))
    assert isinstance(response, StreamingHttpResponse)
    return response


@pytest.mark.parametrize(("path", "size"), [("/try/stream/", 25), ("/try/file/", 10_000)])
def test_its_size_is_what_was_sent(client: Client, request_event: Find, path: str, size: int) -> None:
    assert len(client.get(path).getvalue()) == size
    assert (request_event().response_size_bytes, request_event().response_status) == (size, 200)


def test_nothing_is_recorded_before_the_end() -> None:
    response = answer_to(iter([b"a", b"b"]))
    next(iter(response))
    assert not Event.objects.exists()


def test_the_time_of_the_body_counts(client: Client, request_event: Find) -> None:
    list(answer_to(time.sleep(0.05) or b"x" for _ in range(2)))
    assert request_event().response_time_ms >= 100


def test_an_async_body_is_recorded_with_its_size(
    async_client: AsyncClient, request_event: Find, direct: Callable[[], None]
) -> None:
    async def read() -> int:
        response = await async_client.get("/try/astream/")
        return sum([len(chunk) async for chunk in response.streaming_content])

    assert async_to_sync(read)() == 25
    direct()
    assert (request_event().response_size_bytes, request_event().error_code) == (25, "")


def test_closed_before_it_starts_means_that_the_client_is_gone(request_event: Find) -> None:
    answer_to(iter([b"a"])).close()
    event = request_event()
    assert (event.error_code, event.event_status, event.response_size_bytes) == ("client_gone", "ERROR", 0)
    assert "incomplete" in event.tags


def test_closed_in_the_middle_keeps_the_size_so_far(request_event: Find) -> None:
    response = answer_to(iter([b"abc", b"d"]))
    next(iter(response))
    response.close()
    assert (request_event().error_code, request_event().response_size_bytes) == ("client_gone", 3)


def test_closing_after_the_end_changes_nothing(request_event: Find) -> None:
    response = answer_to(iter([b"abc"]))
    list(response)
    response.close()
    assert (request_event().error_code, request_event().event_status) == ("", "SUCCESS")


def test_the_views_own_generator_is_closed_as_without_us() -> None:
    closed = []

    def body() -> Any:
        try:
            yield b"a"
            yield b"b"
        finally:
            closed.append(True)

    response = answer_to(body())
    next(iter(response))
    response.close()
    assert closed == [True]


def test_a_body_that_is_dropped_is_recorded_with_the_next_request(request_event: Find) -> None:
    answer_to(iter([b"abc"]))
    gc.collect()
    assert not Event.objects.exists()
    streams.end_dropped()
    assert request_event().error_code == "client_gone"


def test_an_exception_in_the_body_is_recorded_with_its_traceback(client: Client, the_event: Find) -> None:
    with pytest.raises(ValueError):
        client.get("/try/broken-stream/").getvalue()
    event = the_event("HTTP_REQUEST")
    assert (event.error_code, event.error_message, event.response_size_bytes) == (
        "ValueError",
        "ValueError: in the body",
        5,
    )
    assert the_event("ERROR_500").error_fingerprint == event.error_fingerprint


def test_an_exception_in_an_async_body_is_recorded_too(
    async_client: AsyncClient, request_event: Find, direct: Callable[[], None]
) -> None:
    async def read() -> None:
        response = await async_client.get("/try/broken-astream/")
        async for _ in response.streaming_content:
            pass

    with pytest.raises(ValueError):
        async_to_sync(read)()
    direct()
    assert (request_event().error_code, request_event().response_size_bytes) == ("ValueError", 5)


@pytest.mark.parametrize("path", ["/try/stream/", "/try/file/"])
def test_head_is_complete_without_a_body(client: Client, request_event: Find, path: str) -> None:
    client.head(path).close()
    assert (request_event().error_code, request_event().response_size_bytes) == ("", 0)


def test_what_the_body_records_belongs_to_the_request(client: Client, ada: User, the_event: Find) -> None:
    client.force_login(ada)
    client.get("/try/telling-stream/").getvalue()
    event = the_event("MAINTENANCE")
    assert (event.username, event.request_id) == ("ada", the_event("HTTP_REQUEST").request_id)


def test_a_block_bound_in_the_body_lasts_over_its_chunks(the_event: Find) -> None:
    from eventlog import EventLogger, bound

    def body() -> Any:
        with bound(reason="nightly export"):
            yield b"a"
            EventLogger().log_event("MAINTENANCE")
        yield b"b"

    list(answer_to(body()))
    assert the_event("MAINTENANCE").reason == "nightly export"


def test_an_asgi_client_that_goes_in_the_middle_is_recorded_once(
    request_event: Find, direct: Callable[[], None], on_the_loop: None
) -> None:
    async def go() -> None:
        started, sent = asyncio.Event(), 0

        async def receive() -> dict[str, Any]:
            if not started.is_set():
                started.set()
                return {"type": "http.request", "body": b""}
            while sent < 3:
                await asyncio.sleep(0.01)
            return {"type": "http.disconnect"}

        async def send(message: dict[str, Any]) -> None:
            nonlocal sent
            sent += 1

        await ASGIHandler()(scope("/try/endless/"), receive, send)

    async_to_sync(go)()
    direct()
    assert (request_event().error_code, request_event().event_status) == ("client_gone", "ERROR")


@pytest.mark.filterwarnings("ignore:StreamingHttpResponse must consume")  # Django's own, of any file under ASGI
@pytest.mark.parametrize(("path", "size"), [("/try/file/", 10_000), ("/try/stream/", 25), ("/try/astream/", 25)])
def test_under_asgi_sizes_are_right_too(
    request_event: Find, direct: Callable[[], None], on_the_loop: None, path: str, size: int
) -> None:
    sent = []

    async def go() -> None:
        started = asyncio.Event()

        async def receive() -> dict[str, Any]:
            if not started.is_set():
                started.set()
                return {"type": "http.request", "body": b""}
            await asyncio.sleep(60)
            return {"type": "http.disconnect"}

        async def send(message: dict[str, Any]) -> None:
            sent.append(len(message.get("body", b"")))

        await ASGIHandler()(scope(path), receive, send)

    async_to_sync(go)()
    direct()
    assert (sum(sent), request_event().response_size_bytes, request_event().error_code) == (size, size, "")


def scope(path: str) -> dict[str, Any]:
    head = {"type": "http", "method": "GET", "path": path, "query_string": b"", "headers": [], "http_version": "1.1"}
    return {**head, "server": ("testserver", 80), "client": ("127.0.0.1", 1), "scheme": "http", "asgi": {}}


def test_its_context_does_not_outlive_a_step() -> None:
    from eventlog.context import EMPTY, current

    response = answer_to(iter([b"a", b"b"]))
    next(iter(response))
    assert current() is EMPTY
    response.close()


def test_a_body_of_an_excluded_path_is_left_alone() -> None:
    def view(request: HttpRequest) -> StreamingHttpResponse:
        return StreamingHttpResponse(iter([b"a"]))

    response = EventLoggingMiddleware(view)(RequestFactory().get("/static/a.js"))
    list(response)  # type: ignore[arg-type]
    assert not Event.objects.exists()

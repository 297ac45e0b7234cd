"""A stream as the ASGI application serves it, heard within the test's own process."""

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Any

import orjson
from asgiref.sync import async_to_sync, sync_to_async
from asgiref.testing import ApplicationCommunicator
from django.core.asgi import get_asgi_application
from rest_framework_simplejwt.tokens import AccessToken

from eventlog.tests.finished import wait_for_others

APPLICATION = get_asgi_application()
PATIENCE = 60  # seconds: a transaction of a test beside this one may hold up the store order
Message = dict[str, str]


@dataclass(slots=True)
class Heard:
    """`events` are the first that came, `end` why it ended."""

    status: int
    events: list[Any]
    end: str = ""


def hear(user: Any, query: str, then: Callable[[], None] | None = None) -> Heard:
    """What is heard first; with `then` what follows once that has been done, until the stream ends by itself."""
    wait_for_others()
    return async_to_sync(hearing)(user, query, then)  # so that the test's thread and connection serve the view


async def hearing(user: Any, query: str, then: Callable[[], None] | None) -> Heard:
    async with stream(user, query) as application:
        started = await application.receive_output(PATIENCE)
        if started["status"] != 200:
            return Heard(started["status"], [])
        heard = messages(application)
        events, end = await first(heard)
        if then is not None and not end:
            await sync_to_async(then)()
            async for message in heard:
                events += data_of(message)
                end = reason_in(message) or end
        return Heard(200, events, end)


@asynccontextmanager
async def stream(user: Any, query: str) -> AsyncIterator[ApplicationCommunicator]:
    headers = [(b"host", b"testserver"), (b"accept", b"text/event-stream")]
    if user is not None:
        token = await sync_to_async(AccessToken.for_user)(user)
        headers.append((b"authorization", f"Bearer {token}".encode()))
    path = "/api/events/stream"
    scope = {"type": "http", "method": "GET", "path": path, "raw_path": path.encode(), "query_string": query.encode()}
    asked = ApplicationCommunicator(APPLICATION, {**scope, "headers": headers, "client": ("127.0.0.1", 1)})
    await asked.send_input({"type": "http.request", "body": b""})
    try:
        yield asked
    finally:
        if not asked.future.done():
            await asked.send_input({"type": "http.disconnect"})
        await asyncio.wait_for(asyncio.shield(asked.future), PATIENCE)


async def messages(application: ApplicationCommunicator) -> AsyncIterator[list[Message]]:
    """Those of each piece that was sent together."""
    while True:
        sent = await application.receive_output(PATIENCE)
        yield [fields_of(text) for text in sent.get("body", b"").decode().split("\n\n") if text]
        if not sent.get("more_body"):
            return


def fields_of(text: str) -> Message:
    return dict(line.split(": ", 1) for line in text.split("\n") if not line.startswith(":"))


async def first(heard: AsyncIterator[list[Message]]) -> tuple[list[Any], str]:
    """The first events, or why there were none."""
    async for piece in heard:
        events, end = data_of(piece), reason_in(piece)
        if events or end or any(message.keys() == {"id"} for message in piece):  # a heartbeat: nothing was there
            return events, end
    return [], ""


def data_of(piece: list[Message]) -> list[Any]:
    return [orjson.loads(message["data"]) for message in piece if "data" in message and "event" not in message]


def reason_in(piece: list[Message]) -> str:
    ends = [orjson.loads(message["data"])["reason"] for message in piece if message.get("event") == "end"]
    return ends[0] if ends else ""

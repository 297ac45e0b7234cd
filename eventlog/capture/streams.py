"""The body of a streaming response, counted while it is sent, and told of when it ends, however it ends.

Classes and not generators: a generator that was never started runs no `finally`, and a client may be gone before the
first chunk.
"""

from collections.abc import AsyncIterator, Callable, Iterator
from contextvars import copy_context
from typing import Self

CLIENT_GONE = "client_gone"
Ended = Callable[[int, str, BaseException | None], None]


class Counted:
    """Calls `ended(bytes sent, problem, exception)` once: when the body is through, breaks, or is let go of.

    A body is made after its request's context has ended; `context` is a copy of it to make the body in.
    """

    def __init__(self, ended: Ended) -> None:
        self.ended: Ended | None = ended
        self.context = copy_context()
        self.size = 0

    def end(self, problem: str = "", fault: BaseException | None = None) -> None:
        ended, self.ended = self.ended, None
        if ended is not None:
            self.context.run(ended, self.size, problem, fault)

    def close(self) -> None:
        """Called by the server with the response; before the end it means that nobody listens any more."""
        self.end(CLIENT_GONE)

    __del__ = close  # a cancelled ASGI request closes nothing


class CountedBody(Counted):
    """For a body of plain chunks."""

    def __init__(self, chunks: Iterator[bytes], ended: Ended) -> None:
        super().__init__(ended)
        self.chunks = chunks

    def __iter__(self) -> Self:
        return self

    def __next__(self) -> bytes:
        try:
            chunk: bytes = self.context.run(next, self.chunks)
        except StopIteration:
            self.end()
            raise
        except Exception as fault:
            self.end(type(fault).__qualname__, fault)
            raise
        self.size += len(chunk)
        return chunk


class AsyncCountedBody(Counted):
    """For a body of awaited chunks; the server awaits them in a context of its own."""

    def __init__(self, chunks: AsyncIterator[bytes], ended: Ended) -> None:
        super().__init__(ended)
        self.chunks = chunks

    def __aiter__(self) -> Self:
        return self

    async def __anext__(self) -> bytes:
        try:
            chunk = await anext(self.chunks)
        except StopAsyncIteration:
            self.end()
            raise
        except Exception as fault:
            self.end(type(fault).__qualname__, fault)
            raise
        self.size += len(chunk)
        return chunk

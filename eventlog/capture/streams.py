"""The body of a streaming response, counted while it is sent, and told of when it ends, however it ends.

Classes and not generators: a generator that was never started runs no `finally`, and a client may be gone before the
first chunk.
"""

from collections import deque
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import contextmanager
from typing import Self

from eventlog.context import current, entered

CLIENT_GONE = "client_gone"
Ended = Callable[[int, str, BaseException | None], None]
_dropped: deque["Counted"] = deque()


class Counted:
    """Calls `ended(bytes sent, problem, exception)` once: when the body is through, breaks, or is let go of.

    A body is made after its request's context has ended; each of its steps enters it again.
    """

    def __init__(self, ended: Ended) -> None:
        self.ended: Ended | None = ended
        self.context = current()
        self.size = 0

    @contextmanager
    def inside(self) -> Iterator[None]:
        """One step of the body; a block `with bound(...)` in it lasts until a later step ends it."""
        with entered(self.context):
            yield
            self.context = current()

    def end(self, problem: str = "", fault: BaseException | None = None) -> None:
        ended, self.ended = self.ended, None
        if ended is not None:
            with entered(self.context):
                ended(self.size, problem, fault)

    def close(self) -> None:
        """Called by the server with the response; before the end it means that nobody listens any more."""
        self.end(CLIENT_GONE)

    def __del__(self) -> None:
        """A cancelled ASGI request closes nothing. The garbage collector may be running inside a lock that
        recording takes, so the body is only put aside here."""
        if self.ended is not None:
            _dropped.append(self)


def end_dropped() -> None:
    """End the bodies that were dropped without being closed."""
    while _dropped:
        _dropped.popleft().close()


class CountedBody(Counted):
    """For a body of plain chunks."""

    def __init__(self, chunks: Iterator[bytes], ended: Ended) -> None:
        super().__init__(ended)
        self.chunks = chunks

    def __iter__(self) -> Self:
        return self

    def __next__(self) -> bytes:
        try:
            with self.inside():
                chunk = next(self.chunks)
        except StopIteration:
            self.end()
            raise
        except Exception as fault:
            self.end(type(fault).__qualname__, fault)
            raise
        self.size += len(chunk)
        return chunk


class AsyncCountedBody(Counted):
    """For a body of awaited chunks."""

    def __init__(self, chunks: AsyncIterator[bytes], ended: Ended) -> None:
        super().__init__(ended)
        self.chunks = chunks

    def __aiter__(self) -> Self:
        return self

    async def __anext__(self) -> bytes:
        try:
            with self.inside():
                chunk = await anext(self.chunks)
        except StopAsyncIteration:
            self.end()
            raise
        except Exception as fault:
            self.end(type(fault).__qualname__, fault)
            raise
        self.size += len(chunk)
        return chunk

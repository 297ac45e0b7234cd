"""Who stores: one writer for each process, as the newest batches and this machine's folder tell of them."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from operator import attrgetter
from typing import Final, NamedTuple

from django.db import connections

from eventlog.pipeline import segments, writer
from eventlog.pipeline.outbox import events_alias

NEWEST: Final = 2000  # batches: there are never so many in a minute
LAST_OF_EACH: Final = f"""
SELECT writer, max(stored_at), sum(event_count)::bigint,
    coalesce(sum(dropped_count) FILTER (WHERE stored_at >= %s), 0)::bigint
FROM (
    SELECT writer, stored_at, event_count, dropped_count FROM event_batches
    ORDER BY stored_xid DESC, id DESC LIMIT {NEWEST}
) newest GROUP BY writer"""
MOST_SHOWN: Final = 20


@dataclass(frozen=True, slots=True)
class WriterState:
    """`pid` is 0 where the folder has nothing of it: it is on another machine, or has ended. `bytes` lie there, last
    written to at `written_at`; `events` were stored by its newest batches, the last at `stored_at`."""

    writer: str
    pid: int = 0
    is_own: bool = False
    bytes: int = 0
    written_at: datetime | None = None
    events: int = 0
    stored_at: datetime | None = None

    @property
    def seen_at(self) -> datetime:
        return max(each or datetime.min.replace(tzinfo=UTC) for each in (self.stored_at, self.written_at))


class Stored(NamedTuple):
    """By one writer's newest batches; the name is empty where events were stored at once."""

    writer: str
    at: datetime
    events: int
    dropped: int  # since the time that was asked for


def writers(by_each: Iterable[Stored]) -> list[WriterState]:
    """Those that were heard of last, this process's first."""
    own = writer.current()
    found = {own.journal.writer: WriterState(own.journal.writer, own.pid, is_own=True)}
    for each in filter(attrgetter("writer"), by_each):
        known = found.get(each.writer, WriterState(each.writer))
        found[each.writer] = replace(known, stored_at=each.at, events=each.events)
    for file, size, written_at in on_disk(own):
        state = found.get(file.writer, WriterState(file.writer))
        found[file.writer] = replace(state, pid=file.pid, bytes=state.bytes + size, written_at=written_at)
    states = sorted(found.values(), key=lambda state: (state.is_own, state.seen_at), reverse=True)
    return states[:MOST_SHOWN]


def stored(dropped_since: datetime) -> list[Stored]:
    with connections[events_alias()].cursor() as cursor:
        cursor.execute(LAST_OF_EACH, [dropped_since])
        return [Stored(*row) for row in cursor.fetchall()]


def on_disk(own: writer.Writer) -> Iterator[tuple[segments.File, int, datetime]]:
    """By what the folder says of its files, the last written one last: opening one's own would let go of its lock."""
    for file in segments.files(own.journal.directory):
        try:
            found = file.path.stat()
        except OSError:  # stored meanwhile
            continue
        if file.database in own.database.identities:
            yield file, found.st_size, datetime.fromtimestamp(found.st_mtime, UTC)

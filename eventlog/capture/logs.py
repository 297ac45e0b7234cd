"""The application's own log: warnings and errors that it writes become events.

The project's LOGGING names `EventLogHandler` as it does any handler. What has an event already is not told twice, and
of what is logged over and over only the first are told, and then how many more there were.
"""

import logging
import os
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import partial
from itertools import takewhile
from threading import Lock
from time import monotonic
from typing import Any, Final, NamedTuple

from django.apps import apps

from eventlog import catalog
from eventlog.capture.faults import failure_columns
from eventlog.conf import conf
from eventlog.context import ACCESS_LOGS, EMPTY, entered, recording, request_id_in

MINUTE: Final = 60.0
SAME: Final = 10  # messages of the same words from one place that are told in a minute
FROM_ONE_PLACE: Final = 100  # of any words: an f-string makes each message another
MAX_COUNTS: Final = 1000  # remembered at once
MAX_WORDS: Final = 500  # characters


def connect() -> None:
    from eventlog.pipeline import notices

    notices.keep_telling(tell_counts)


# --- what is told ---
class EventLogHandler(logging.Handler):
    """Records of WARNING and above as LOG_WARNING, LOG_ERROR and LOG_CRITICAL, of whoever acts where they are logged.

    Never raises and never waits for the database. Until Django is ready there is no event log, and nothing is told.
    """

    def createLock(self) -> None:
        """None: the journal has its own, and the two could be waited for in a circle."""
        self.lock = None

    def handle(self, record: logging.LogRecord) -> bool:
        if recording.now or record.levelno < logging.WARNING or not (apps.ready and conf.ENABLED):
            return False
        recording.now = True
        try:
            if has_event(record) or not self.filter(record):
                return False
            self.emit(record)
        finally:
            recording.now = False
        return True

    def emit(self, record: logging.LogRecord) -> None:
        from eventlog.logger import record_event  # LOGGING is read before there are models

        tell_counts()
        if _storms.lets_through(record):
            record_event(type_of(record.levelno), partial(columns_of, record))


def has_event(record: logging.LogRecord) -> bool:
    """Whether it is of the event log itself, or says what another event says: an answer, a task that failed."""
    name = record.name
    if name == "eventlog" or name.startswith("eventlog.") or name in ACCESS_LOGS:
        return True
    if name == "django.request":
        return bool(request_id_in(record))  # which our middleware gives to every request that it sees
    return name == "celery.app.trace" and hasattr(record, "data")


def type_of(level: int) -> str:
    if level >= logging.CRITICAL:
        return catalog.LOG_CRITICAL
    return catalog.LOG_ERROR if level >= logging.ERROR else catalog.LOG_WARNING


def columns_of(record: logging.LogRecord) -> dict[str, Any]:
    """Still to be cleaned. A message that cannot be put together is told as its template."""
    try:
        message = record.getMessage()
    except Exception:  # the arguments are anybody's objects
        message = words_of(record)
    columns: dict[str, Any] = {
        "timestamp": datetime.fromtimestamp(record.created, UTC),
        "event_name": message.partition("\n")[0],
        "event_data": {**place_of(record), "message": message},
    }
    if request_id := request_id_in(record):
        columns["request_id"] = request_id  # some lines about a request come after its context has ended
    fault = record.exc_info[1] if record.exc_info else None
    if fault is not None:
        columns.update(failure_columns(fault))
    elif record.stack_info:
        columns["stack_trace"] = record.stack_info
    return columns


def place_of(record: logging.LogRecord) -> dict[str, Any]:
    where = {"module": record.module, "function": record.funcName, "line": record.lineno}
    return {"logger": record.name, "level": record.levelname, **where}


def words_of(record: logging.LogRecord) -> str:
    """The message without its arguments, cut: some of them are remembered."""
    return record.msg[:MAX_WORDS] if isinstance(record.msg, str) else type(record.msg).__name__


# --- what is only counted ---
class Source(NamedTuple):
    """Where messages come from; `words` is empty for all of one place."""

    logger: str
    level: int
    path: str
    line: int
    words: str = ""


@dataclass(slots=True)
class Count:
    """Of the messages of one source since `since` (monotonic seconds); `data` says which those are."""

    since: float
    event_type: str
    data: dict[str, Any]
    told: int = 0
    untold: int = 0

    def another(self, limit: int) -> bool:
        """Count one more; whether it is to be told."""
        if self.told < limit:
            self.told += 1
            return True
        self.untold += 1
        return False


class Storms:
    """The counts of this minute, oldest first."""

    def __init__(self) -> None:
        self.forget()

    def forget(self) -> None:
        self.lock = Lock()
        self.counts: dict[Source, Count] = {}

    def lets_through(self, record: logging.LogRecord) -> bool:
        place = Source(record.name, record.levelno, record.pathname, record.lineno)
        same = place._replace(words=words_of(record))
        with self.lock:
            everything = self.count(place, record)
            if same not in self.counts and everything.told >= FROM_ONE_PLACE:
                return everything.another(FROM_ONE_PLACE)  # no more counts of words that may never come again
            return self.count(same, record).another(SAME) and everything.another(FROM_ONE_PLACE)

    def count(self, source: Source, record: logging.LogRecord) -> Count:
        if source not in self.counts:
            data = {**place_of(record), "message": words_of(record)}
            self.counts[source] = Count(monotonic(), type_of(record.levelno), data)
        return self.counts[source]

    def taken_out(self, *, all_of_them: bool) -> list[Count]:
        """The counts whose minute is over."""
        with self.lock:
            crowded = all_of_them or len(self.counts) > MAX_COUNTS
            before = monotonic() - MINUTE
            over = list(takewhile(lambda pair: crowded or pair[1].since <= before, self.counts.items()))
            for source, _count in over:
                del self.counts[source]
        return [count for _source, count in over]


_storms = Storms()
os.register_at_fork(after_in_child=_storms.forget)  # what the parent has counted it tells itself


def tell_counts(*, ending: bool = False) -> None:
    """How many messages of the minutes that are over were not told; the writer asks each second, too."""
    from eventlog.logger import record_event

    for count in _storms.taken_out(all_of_them=ending):
        if count.untold:
            name = f"{count.untold} more: {count.data['message']}"
            columns = {"event_name": name, "event_data": {**count.data, "repeated": count.untold}}
            with entered(EMPTY):  # they were logged by many
                record_event(count.event_type, columns)

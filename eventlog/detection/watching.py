"""Looks at what this process has just stored, in a thread of its own, and hands on what the rules find.

The writer gives away what it has stored and goes on: no rule, however slow, holds up an event. What cannot be looked at
(too much at once, a database that refuses, a process that is killed) is found by the sweep, which finds the same.
"""

import logging
import os
import random
from collections import deque
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from threading import Event, Lock, Thread
from time import monotonic
from typing import Any, Final

import orjson
from django.db import Error, connections, reset_queries

from eventlog import catalog
from eventlog.conf import conf
from eventlog.context import recording
from eventlog.detection import judging, sweep
from eventlog.detection.findings import hand_on
from eventlog.detection.observations import Observation, of_record
from eventlog.detection.rules import HIJACK
from eventlog.pipeline import watches
from eventlog.pipeline.databases import Database
from eventlog.pipeline.outbox import events_alias

logger = logging.getLogger("eventlog")
MAX_WAITING: Final = 20_000  # records; beyond it the sweep takes over
AT_ONCE: Final = 2_000  # records of one look, so that one flood is one question
SWEEP_INTERVAL: Final = 30.0  # seconds between sweeps of a process
IDLE_SECONDS: Final = 5.0  # after which the connection is let go
END_SECONDS: Final = 1.0  # that the end of a process waits at most; the sweep does the rest


class Watcher:
    """What waits to be looked at, and the thread that does."""

    def __init__(self) -> None:
        self.pid = os.getpid()
        self.database = Database.now()
        self.waiting: deque[bytes] = deque(maxlen=MAX_WAITING)
        self.wake = Event()
        self.stopping = False
        self.sweep_at = monotonic() + SWEEP_INTERVAL * random.uniform(0.2, 1.0)
        self.thread: Thread | None = None
        self.lock = Lock()

    @property
    def is_of_here_and_now(self) -> bool:
        return self.pid == os.getpid() and not self.database.has_moved

    def take(self, records: Sequence[bytes]) -> None:
        self.waiting.extend(records)
        self.wake.set()
        with self.lock:
            if self.thread is None or not self.thread.is_alive():
                thread = Thread(target=self.run, name="eventlog-rules", daemon=True)
                with suppress(RuntimeError):  # the interpreter ends
                    thread.start()
                    self.thread = thread

    def run(self) -> None:
        """A fault of our own ends the thread, and the next batch begins another; rules' faults do not come so far."""
        recording.now = True
        try:
            self.watch()
        finally:
            connections.close_all()

    def watch(self) -> None:
        used = monotonic()
        while not self.stopping and self.is_of_here_and_now:
            if self.wake.wait(1.0):
                self.wake.clear()
                self.look()
                used = monotonic()
            if monotonic() >= self.sweep_at:  # also where something always waits
                self.sweep()
            elif monotonic() - used > IDLE_SECONDS or not self.database.is_configured:
                connections.close_all()
            reset_queries()  # with DEBUG on, Django would keep every statement
        if self.is_of_here_and_now:
            self.look()

    def look(self) -> None:
        while self.waiting and self.is_of_here_and_now:
            records = [self.waiting.popleft() for _ in range(min(AT_ONCE, len(self.waiting)))]
            with self.database_may_be_away():
                hand_on(judging.judge(list(worth_a_look(records)), events_alias()))

    def sweep(self) -> None:
        self.sweep_at = monotonic() + SWEEP_INTERVAL * random.uniform(0.8, 1.2)  # so that processes take turns
        with self.database_may_be_away():
            sweep.sweep(seconds=2.0)

    @contextmanager
    def database_may_be_away(self) -> Iterator[None]:
        """The next sweep looks at it again."""
        try:
            yield
        except Error as error:
            connections[events_alias()].close()
            logger.info("Behaviour could not be looked at (%s); the sweep will.", type(error).__name__)

    def end(self, seconds: float) -> None:
        self.stopping = True
        self.wake.set()
        if self.thread is not None:
            self.thread.join(seconds)


def worth_a_look(records: Sequence[bytes]) -> Iterator[Observation]:
    """Without what most events are: a request that was answered, in a session that the same client holds."""
    for record in records:
        values = orjson.loads(record)
        if not is_everyday(values):
            yield of_record(values)


def is_everyday(values: Mapping[str, Any]) -> bool:
    if values["event_type"] != catalog.HTTP_REQUEST or (values.get("response_status") or 0) >= 400:
        return False
    session = values.get("session_id")
    holder = (values.get("user_agent") or "", values.get("ip_address") or "")
    return not session or HIJACK.is_held_by(session, holder)


class Watch:
    """This process's watcher, as the pipeline calls it; a new one after a fork, and for another database."""

    def __init__(self) -> None:
        self.watcher: Watcher | None = None

    def __call__(self, records: Sequence[bytes]) -> None:
        if not conf.DETECT_BEHAVIOUR:
            return
        if self.watcher is None or not self.watcher.is_of_here_and_now or self.watcher.stopping:
            self.watcher = Watcher()
        self.watcher.take(records)

    def end(self, seconds: float) -> None:
        watcher, self.watcher = self.watcher, None
        if watcher is not None and watcher.pid == os.getpid():
            watcher.end(min(seconds, END_SECONDS))


def connect() -> None:
    watches.watch(Watch())

"""Alerts without a scheduler: each process's writer looks whether something is due, and has threads do it.

On the writer's own thread is one short query every two seconds, and none while the database is away. A channel has one
thread at most in a process, which ends with what is due and dies with the process. Where Celery's schedule does the
same besides, the claims of rows and an advisory lock make it once.
"""

import logging
from collections.abc import Callable
from functools import partial
from threading import Thread
from time import monotonic
from typing import Final

from django.db import Error, connections

from eventlog.alerts import delivery, looking
from eventlog.context import recording
from eventlog.pipeline import writer

logger = logging.getLogger("eventlog")
LOOK_EVERY: Final = 2.0  # seconds
THRESHOLDS_EVERY: Final = 60.0  # seconds
THRESHOLDS: Final = "thresholds"


def connect() -> None:
    writer.have_done(Background)


class Background:
    """What one process does, by one writer."""

    def __init__(self) -> None:
        self.look_at = 0.0  # monotonic
        self.thresholds_at = monotonic() + THRESHOLDS_EVERY
        self.running: dict[str, Thread] = {}

    def __call__(self) -> None:
        """Asked by the writer about every second. Raises `django.db.Error`."""
        now = monotonic()
        if now < self.look_at:
            return
        self.look_at = now + LOOK_EVERY
        for name in delivery.channels_due():
            self.run(name, partial(delivery.deliver_to, name))
        if now >= self.thresholds_at:
            self.thresholds_at = now + THRESHOLDS_EVERY
            self.run(THRESHOLDS, looking.look)

    def run(self, name: str, work: Callable[[], object]) -> None:
        """In a thread of its own, unless the one before is still at it."""
        before = self.running.get(name)
        if before is not None and before.is_alive():
            return
        thread = Thread(target=alone, args=[work], name=f"eventlog-{name}", daemon=True)
        try:
            thread.start()
        except RuntimeError:  # the interpreter is shutting down
            return
        self.running[name] = thread


def alone(work: Callable[[], object]) -> None:
    recording.now = True
    try:
        work()
    except Error as error:
        logger.warning("Alerts have to wait (%s).", type(error).__name__)
    finally:
        connections.close_all()

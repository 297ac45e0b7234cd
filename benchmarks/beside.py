"""Writers beside what is measured: processes of their own that store what they record, and how long they wait for it.

Two figures, in milliseconds. `waited`: for locks of tables, as PostgreSQL itself says (`log_lock_waits`), from `QUIET`
on. `took`: a whole batch, in which a busy machine and the other writers, who add to the same counts, have their part.
"""

import os
import re
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from multiprocessing import get_context
from multiprocessing.synchronize import Event as Flag
from pathlib import Path
from typing import Any, Final

from django.db import connection, connections
from django.utils import timezone

from benchmarks import FOLDER
from eventlog.pipeline import store
from eventlog.record import make_record

WRITERS: Final = 3  # with events of now; one more has events of a month without a partition
BATCH: Final = 5
PAUSE: Final = 0.05  # seconds between the batches of one
QUIET: Final = 5  # ms
SAY_WAITS: Final = f"SET deadlock_timeout = {QUIET}; SET log_lock_waits = on; SET client_min_messages = log"
WAITED: Final = re.compile(r"acquired \w+ on relation .+ after ([\d.]+) ms")


@dataclass(frozen=True, slots=True)
class Stored:
    """One batch: when it was begun, by the monotonic clock; milliseconds."""

    begun: float
    took: float
    waited: float


class Beside:
    """The writers; each tells its batches in a file."""

    def __init__(self, late: datetime) -> None:
        context = get_context("fork")
        self.over = context.Event()
        self.files = [FOLDER / f"writer-{number}" for number in range(WRITERS + 1)]
        times = [None] * WRITERS + [late]
        self.processes = [
            context.Process(target=record, args=(file, moment, self.over), daemon=True)
            for file, moment in zip(self.files, times, strict=True)
        ]

    def start(self) -> None:
        connections.close_all()  # a child must not share a socket
        for process in self.processes:
            process.start()

    def stop(self) -> None:
        self.over.set()
        for process in self.processes:
            process.join()

    def since(self, begun: float) -> list[Stored]:
        lines = [line for file in self.files for line in file.read_text().splitlines(keepends=True)]
        found = [Stored(*map(float, line.split())) for line in lines if line.endswith("\n")]
        return [each for each in found if each.begun + each.took / 1000 >= begun]


@contextmanager
def writing(late: datetime) -> Iterator[Beside]:
    writers = Beside(late)
    writers.start()
    time.sleep(2)
    try:
        yield writers
    finally:
        writers.stop()


def record(file: Path, moment: datetime | None, over: Flag) -> None:
    with connection.cursor() as cursor:
        cursor.execute(SAY_WAITS)
    with file.open("a", buffering=1) as out:
        while not over.is_set():
            each = stored(moment or timezone.now())
            out.write(f"{each.begun} {each.took} {each.waited}\n")
            time.sleep(PAUSE)
    connections.close_all()
    os._exit(0)  # not through the parent's exit handlers


def stored(moment: datetime) -> Stored:
    batch = store.Batch([event(moment) for _ in range(BATCH)])
    begun = time.monotonic()
    if store.write(batch).events != BATCH:
        raise SystemExit("a batch was not stored whole")
    return Stored(begun, (time.monotonic() - begun) * 1000, waited(connection.connection))


def event(moment: datetime) -> bytes:
    return make_record("MAINTENANCE", {"timestamp": moment, "username": "ani"}).to_json()


def waited(session: Any) -> float:
    """What PostgreSQL has told since the last look."""
    found = [float(match[1]) for notice in session.notices if (match := WAITED.search(notice))]
    session.notices.clear()
    return sum(found)

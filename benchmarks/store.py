"""`store.write` into the fully indexed, partitioned table: how many events a second, and how much Python each.

    python -m benchmarks.store [--there 100000] [--batches 40] [--writers 4]

Request events with headers (1.8 kB of JSON each), batches of 100 and 500 in turns, over one connection; then several
processes at once, each with its own, against one alone. Deadlocks are the server's own count.
"""

import argparse
import os
import statistics
import time
import uuid
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import islice
from multiprocessing import get_context
from multiprocessing.synchronize import Barrier
from typing import Any

from django.db import Error, connection, connections

from benchmarks import samples
from benchmarks.measure import Row, say, table, throwaway_database
from eventlog.pipeline import store

SIZES = (100, 500)
BUDGET_RATE, BUDGET_PYTHON_US, BUDGET_LOSS = 10_000, 15.0, 0.20


@dataclass(frozen=True, slots=True)
class Written:
    """One batch: wall-clock seconds and this thread's CPU seconds, both for each event."""

    wall: float
    python: float


class Writer:
    """Numbers its batches as a journal's segments are."""

    def __init__(self, seed: int) -> None:
        self.events = samples.json_events(seed=seed)
        self.name = uuid.uuid4().hex
        self.next = 1

    def batch(self, size: int) -> store.Batch:
        first, self.next = self.next, self.next + size
        return store.Batch(list(islice(self.events, size)), self.name, first, first + size - 1)


def write(batch: store.Batch) -> Written:
    wall, python = time.perf_counter(), time.thread_time()
    stored = store.write(batch)
    python, wall = time.thread_time() - python, time.perf_counter() - wall
    if stored.events != len(batch.records):
        raise SystemExit(f"{stored} of {len(batch.records)}")
    return Written(wall / stored.events, python / stored.events)


def fill(rows: int) -> None:
    writer = Writer(seed=0)
    for _ in range(-(-rows // 1000)):
        write(writer.batch(1000))
    with connection.cursor() as cursor:
        cursor.execute("ANALYZE events")
        cursor.execute("SELECT count(*) FROM pg_indexes WHERE tablename = 'events'")
        indexes = cursor.fetchone()[0]
    say(f"… {rows} events there, {indexes} indexes")


def alone(batches: int) -> Iterator[Row]:
    writer = Writer(seed=1)
    done: dict[int, list[Written]] = {size: [] for size in SIZES}
    for number in range(batches * len(SIZES)):
        size = SIZES[number % len(SIZES)]
        done[size].append(write(writer.batch(size)))
    for size, written in done.items():
        rate = 1 / statistics.median(each.wall for each in written)
        python = statistics.median(each.python for each in written) * 1e6
        kept = rate >= BUDGET_RATE
        yield Row((f"batches of {size}: events/s", f"{rate:.0f}"), f">= {BUDGET_RATE}", kept)
        kept = python <= BUDGET_PYTHON_US
        yield Row((f"batches of {size}: Python, us an event", f"{python:.1f}"), f"<= {BUDGET_PYTHON_US:.0f}", kept)


def one_of_many(seed: int, batches: int, ready: Barrier, results: Any) -> None:
    """A writer process: (when it began, when it ended, errors); the clock is the machine's."""
    writer, errors = Writer(seed), 0
    prepared = [writer.batch(500) for _ in range(batches)]
    write(writer.batch(100))  # connects
    ready.wait()
    began = time.monotonic()
    for batch in prepared:
        try:
            write(batch)
        except Error:
            errors += 1
    results.put((began, time.monotonic(), errors))
    connections.close_all()
    os._exit(0)  # not through the parent's exit handlers


def at_once(writers: int, *, batches: int, seed: int) -> tuple[float, int]:
    """(events a second of all together, batches that failed)."""
    connections.close_all()  # a child must not share a socket
    context = get_context("fork")
    ready, results = context.Barrier(writers), context.SimpleQueue()
    children = [
        context.Process(target=one_of_many, args=(seed + number, batches, ready, results)) for number in range(writers)
    ]
    for child in children:
        child.start()
    done = [results.get() for _ in children]
    for child in children:
        child.join()
    seconds = max(ended for _, ended, _ in done) - min(began for began, _, _ in done)
    return writers * batches * 500 / seconds, sum(errors for _, _, errors in done)


def deadlocks() -> int:
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_stat_clear_snapshot()")
        cursor.execute("SELECT deadlocks FROM pg_stat_database WHERE datname = current_database()")
        return int(cursor.fetchone()[0])


def together(writers: int, batches: int, rounds: int = 3) -> Iterator[Row]:
    ratios, rates, errors = [], [], 0
    for number in range(rounds):
        one, _ = at_once(1, batches=batches, seed=100 + 1000 * number)
        many, failed = at_once(writers, batches=batches // 2, seed=200 + 1000 * number)
        ratios.append(many / one)
        rates.append(many)
        errors += failed
    time.sleep(1)  # the server's counts come a moment later
    ratio, found = statistics.median(ratios), deadlocks()
    yield Row((f"{writers} writers at once: events/s", f"{statistics.median(rates):.0f}"))
    limit = f">= x{1 - BUDGET_LOSS:.2f}"
    yield Row((f"{writers} writers against one", f"x{ratio:.2f}"), limit, ratio >= 1 - BUDGET_LOSS)
    yield Row(("deadlocks, failed batches", f"{found}, {errors}"), "0, 0", not found and not errors)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--there", type=int, default=100_000, help="events in the table before anything is measured")
    parser.add_argument("--batches", type=int, default=40, help="of each size")
    parser.add_argument("--writers", type=int, default=4)
    options = parser.parse_args()
    with throwaway_database():
        fill(options.there)
        rows = [*alone(options.batches), *together(options.writers, options.batches)]
        table("store.write", ("", "measured"), rows)
    say()


if __name__ == "__main__":
    main()

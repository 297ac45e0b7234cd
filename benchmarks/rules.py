"""Behaviour rules against the writer: how long they look at a batch that was stored, as a part of storing it.

    python -m benchmarks.rules [--there 100000] [--batches 40]

Ordinary batches are requests by people in sessions, three in a hundred of them refused. A flood is failed sign-ins at
one account and at many, of which as many as wait are one look.
"""

import argparse
import os
import time
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import orjson
from django.db import connection

from benchmarks.measure import Row, say, table, throwaway_database
from benchmarks.store import SIZES, Writer, fill
from eventlog.detection import judging, watching
from eventlog.pipeline import store
from eventlog.record import make_record

BUDGET_SHARE, BUDGET_FLOOD = 0.10, 5.0
FLOOD = 2000


class People(Writer):
    """Whose requests are in a session each, from one place."""

    def batch(self, size: int) -> store.Batch:
        plain = super().batch(size)
        return store.Batch(
            [in_session(each) for each in plain.records], plain.writer, plain.first_sequence, plain.last_sequence
        )


def in_session(record: bytes) -> bytes:
    values = orjson.loads(record)
    key = values["user_id"]
    return orjson.dumps({**values, "session_id": f"{key:032x}", "ip_address": f"203.0.113.{key % 250}"})


def look(batch: store.Batch) -> None:
    judging.judge(list(watching.worth_a_look(batch.records)), connection.alias)


def server_seconds() -> float:
    """CPU of the server's process that works for this connection."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_backend_pid()")
        stat = Path(f"/proc/{cursor.fetchone()[0]}/stat").read_text().rpartition(")")[2].split()
    return (int(stat[11]) + int(stat[12])) / os.sysconf("SC_CLK_TCK")


def cpu_of(work: Callable[[store.Batch], object], batches: list[store.Batch]) -> float:
    """Seconds of CPU, here and in the server: on a busy machine the clock tells of the others."""
    began, server = time.thread_time(), server_seconds()
    for batch in batches:
        work(batch)
    return time.thread_time() - began + server_seconds() - server


def ordinary(batches: int) -> Iterator[Row]:
    people = People(seed=3)
    for size in SIZES:
        prepared = [people.batch(size) for _ in range(batches)]
        stored = cpu_of(store.write, prepared)
        looked = cpu_of(look, prepared)
        share, each = looked / stored, looked / size / batches * 1e6
        yield Row((f"batches of {size}: rules, CPU us an event", f"{each:.1f}"))
        name = f"batches of {size}: part of the writer's CPU"
        yield Row((name, f"{share:.1%}"), f"<= {BUDGET_SHARE:.0%}", share <= BUDGET_SHARE)


def flood() -> Iterator[Row]:
    begin, lines = datetime.now(UTC), []
    for number in range(FLOOD):
        one = number % 2
        name, address = ("guru.ani", "45.155.205.33") if one else (f"siswa{number}", "45.155.206.1")
        columns = {"timestamp": begin + timedelta(milliseconds=number), "username": name, "ip_address": address}
        lines.append(make_record("LOGIN_FAILED", columns).to_json())
    for place in range(0, FLOOD, 500):
        store.write(store.Batch(lines[place : place + 500]))
    began = time.perf_counter()
    look(store.Batch(lines))
    seconds = time.perf_counter() - began
    yield Row((f"a flood of {FLOOD}: one look, s", f"{seconds:.2f}"), f"<= {BUDGET_FLOOD:.0f}", seconds <= BUDGET_FLOOD)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--there", type=int, default=100_000, help="events in the table before anything is measured")
    parser.add_argument("--batches", type=int, default=40, help="of each size")
    options = parser.parse_args()
    with throwaway_database():
        fill(options.there)
        table("rules", ("", "measured"), [*ordinary(options.batches), *flood()])
    say()


if __name__ == "__main__":
    main()

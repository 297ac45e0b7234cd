"""How long writers wait while partitions are made and dropped, and how long those take.

    python -m benchmarks.retention [--month 200000] [--moved 20000]

Three writers store batches of 20 events of now, a fourth one events of a month that has no partition yet, as fast as
they can. Meanwhile that month gets its partition, with what is moved into it from the default one, and a month that is
past its time is dropped.
"""

import argparse
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import datetime, timedelta
from threading import Event as Flag
from threading import Thread

from django.conf import settings
from django.db import connection
from django.utils import timezone

from benchmarks.measure import Row, say, table, throwaway_database
from eventlog.pipeline import store
from eventlog.record import make_record
from eventlog.retention import cleanup, partitions
from eventlog.retention.keeping import Keeping
from eventlog.retention.periods import Month

WRITERS, BATCH, FILLED = 3, 20, 500  # FILLED: events of a batch that only fills
BUDGET_WAIT_MS, BUDGET_DROP_S = 200, 1.0


def records(moment: datetime, number: int) -> list[bytes]:
    return [make_record("MAINTENANCE", {"timestamp": moment, "username": "ani"}).to_json() for _ in range(number)]


def fill(moment: datetime, number: int) -> None:
    for _ in range(number // FILLED):
        store.write(store.Batch(records(moment, FILLED)))


@contextmanager
def writing(late: datetime) -> Iterator[list[float]]:
    """Seconds that each batch took; the list grows."""
    took, over = list[float](), Flag()

    def write(is_late: bool) -> None:
        while not over.is_set():
            batch = store.Batch(records(late if is_late else timezone.now(), BATCH))
            started = time.perf_counter()
            store.write(batch)
            took.append(time.perf_counter() - started)
            time.sleep(0.005)
        connection.close()

    threads = [Thread(target=write, args=[number == WRITERS]) for number in range(WRITERS + 1)]
    for thread in threads:
        thread.start()
    time.sleep(1)
    took.clear()
    yield took
    over.set()
    for thread in threads:
        thread.join()


def beside_writers(late: datetime, work: Callable[[], object]) -> tuple[float, list[float]]:
    """(seconds of the work, milliseconds of each batch that was stored meanwhile)"""
    with writing(late) as took:
        started = time.perf_counter()
        work()
        seconds = time.perf_counter() - started
        time.sleep(0.3)  # for who still waits
    return seconds, [each * 1000 for each in took]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--month", type=int, default=200_000)
    parser.add_argument("--moved", type=int, default=20_000)
    options = parser.parse_args()
    settings.EVENTLOG = {**settings.EVENTLOG, "ENABLED": False}
    now = timezone.now()
    past, coming = Month.of(now - timedelta(days=200)), Month.of(now).plus(12)
    with throwaway_database():
        partitions.with_short_locks("default", partitions.attach, past)
        fill(past.start + timedelta(days=3), options.month)
        fill(coming.start, options.moved)
        works: dict[str, Callable[[], object]] = {
            "nothing": lambda: time.sleep(2),
            "a month made": lambda: partitions.with_short_locks("default", partitions.attach, coming),
            "a month dropped": lambda: partitions.with_short_locks("default", cleanup.Dropping(Keeping()), past),
        }
        rows = []
        for name, work in works.items():
            seconds, waits = beside_writers(coming.start, work)
            limit = BUDGET_DROP_S if name == "a month dropped" else float("inf")
            cells = (
                name,
                f"{seconds:.2f}",
                str(len(waits)),
                f"{sorted(waits)[len(waits) // 2]:.0f}",
                f"{max(waits):.0f}",
            )
            rows.append(Row(cells, f"<= {BUDGET_WAIT_MS} ms", max(waits) <= BUDGET_WAIT_MS and seconds <= limit))
    table("retention", ("beside the writers", "seconds", "batches", "median ms", "longest ms"), rows)
    say()


if __name__ == "__main__":
    main()

"""What the archive costs: bytes an event in its files, and how quickly events go there and come back.

    python -m benchmarks.archive [--events 50000]

Request events with headers and forms (1.8 kB of JSON each), each with numbers of its own, of two days, in batches of
100. Every event is read again from the file before it counts. What came back is verified, and so are the files.
"""

import argparse
import random
import tempfile
import time
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

from django.conf import settings
from django.db import connection

from benchmarks import samples
from benchmarks.measure import Row, memory_mb, say, table, throwaway_database
from eventlog import catalog
from eventlog.integrity import archives, guards, verify
from eventlog.integrity.verify import Question
from eventlog.models import Event
from eventlog.pipeline import store
from eventlog.record import make_record
from eventlog.retention import archive
from eventlog.retention.restore import Wanted, restore

BATCH = 100
DAYS_AGO = 40
BUDGET_BYTES = 120


def records(number: int) -> Iterator[bytes]:
    chance = random.Random(1)
    begin = datetime.now(UTC).replace(hour=0, minute=0) - timedelta(days=DAYS_AGO)
    for each in range(number):
        columns = {**samples.request_columns(chance), "timestamp": begin + timedelta(days=2) * each / number}
        yield make_record(catalog.HTTP_REQUEST, columns).to_json()


def fill(number: int) -> None:
    some: list[bytes] = []
    for record in records(number):
        some.append(record)
        if len(some) == BATCH:
            store.write(store.Batch(some))
            some = []


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--events", type=int, default=50_000)
    number = parser.parse_args().events // BATCH * BATCH
    with tempfile.TemporaryDirectory() as folder, throwaway_database():
        settings.EVENTLOG = {**settings.EVENTLOG, "ENABLED": False, "ARCHIVE_DIR": folder}
        fill(number)
        before, started, cpu = memory_mb(), time.perf_counter(), time.process_time()
        made = [step.archive for step in archive.run()]
        seconds, cpu, memory = time.perf_counter() - started, time.process_time() - cpu, memory_mb("VmHWM") - before
        size = sum(each.byte_count for each in made) / number
        begin, end = made[0].begin, made[-1].end
        with guards.allowing("DELETE events", using="default"), connection.cursor() as cursor:
            cursor.execute("DELETE FROM events WHERE timestamp < %s", [end])
        started = time.perf_counter()
        back = sum(each.added for each in restore(Wanted(begin, end)))
        restoring = time.perf_counter() - started
        if not back == number == Event.objects.older_than(end).count():
            raise SystemExit("not all came back")
        found = verify.total([*verify.verify(Question(), using="default"), *archives.check(using="default")])
        if found.findings:
            raise SystemExit(str(found.ordered[0]))
    rows = [
        Row(("bytes an event", f"{size:.0f}"), f"<= {BUDGET_BYTES}", size <= BUDGET_BYTES),
        Row(("archived, events/s", f"{number / seconds:.0f}"), ""),
        Row(("its CPU here, us an event", f"{cpu / number * 1e6:.0f}"), ""),
        Row(("memory for it, MB", f"{memory:.0f}"), ""),
        Row(("restored, events/s", f"{number / restoring:.0f}"), ""),
    ]
    table(f"archive of {number} events in {len(made)} files", ("", "measured"), rows)
    say()


if __name__ == "__main__":
    main()

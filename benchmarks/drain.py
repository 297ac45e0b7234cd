"""Many spooled events drained by a process that has just begun, in constant memory.

    python -m benchmarks.drain [--events 1000000]

One process leaves segments on disk and dies; the next finds and stores them (`eventlog_drain` does the same). At the
end its memory must not tell how many there were.
"""

import argparse
import os
import subprocess
import sys
import time
from itertools import islice

from benchmarks import FOLDER, samples
from benchmarks.measure import Row, memory_mb, say, table, throwaway_database
from eventlog.models import Event
from eventlog.pipeline import segments
from eventlog.pipeline.databases import Database
from eventlog.pipeline.drain import drain
from eventlog.pipeline.journal import Journal

SPOOL = FOLDER / "spool"
GROWTH_MB = 64.0  # of a segment (4 MB at most), as text, as a statement, as the driver's copies; whatever the total


def spool(events: int) -> None:
    """Leave `events` in segments as a busy process does whose database is away, and die without a word."""
    journal = Journal(SPOOL, database=Database.now().identity)
    for event in islice(samples.json_events(seed=1), events):
        journal.append(event)
        if journal.closed:
            journal.closed.popleft().abandon()
    os._exit(0)


def store_all(events: int) -> None:
    """The fresh process: prints its figures as a line of numbers."""
    at_start, began = memory_mb(), time.perf_counter()
    stored = drain()
    seconds = time.perf_counter() - began
    say(f"{stored.events} {seconds} {at_start} {memory_mb('VmHWM')}")


def in_fresh_process(part: str, events: int) -> str:
    command = [sys.executable, "-m", "benchmarks.drain", "--events", str(events), "--part", part]
    return subprocess.run(command, check=True, stdout=subprocess.PIPE, text=True).stdout


def measured(events: int) -> list[Row]:
    in_fresh_process("spool", events)
    size = segments.size_on_disk(SPOOL)
    say(f"… {events} events on disk, {size / 1e6:.0f} MB in {len(segments.files(SPOOL))} segments")
    stored, seconds, at_start, peak = map(float, in_fresh_process("store", events).split())
    grown, left = peak - at_start, events - Event.objects.filter(event_type="HTTP_REQUEST").count()
    return [
        Row((f"{events} events", "stored", f"{stored:.0f}"), f">= {events}", left == 0),
        Row(("", "events/s", f"{stored / seconds:.0f}")),
        Row(("", "MB resident at start", f"{at_start:.0f}")),
        Row(("", "MB resident at its peak", f"{peak:.0f}"), f"<= +{GROWTH_MB:.0f}", grown <= GROWTH_MB),
    ]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--events", type=int, default=1_000_000)
    parser.add_argument("--part", choices=["spool", "store"], help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.part:
        {"spool": spool, "store": store_all}[options.part](options.events)
        return
    with throwaway_database():
        table("Draining what dead processes left", ("", "", "measured"), measured(options.events))
    say()


if __name__ == "__main__":
    main()

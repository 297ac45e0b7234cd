"""A year of events as the years go by, beside processes that record: cleaned up, archived, brought back, cleaned up.

    python -m benchmarks.year [--events 5000000] [--late 100000]

Periods and holds as a school has them. A month without a partition gets it, with the late events; what is past its time
goes before there is an archive, the rest is archived; a year later more goes, a month comes back, and six years later
whole months are dropped, but for those with an event under a hold. After each step every event is accounted for:
kept + archived + expired = written. Five million take the better part of an hour and 15 GB.
"""

import argparse
import time
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from statistics import median
from typing import Final

from django.conf import settings

from benchmarks import FOLDER
from benchmarks.accounts import Account, taken
from benchmarks.beside import Beside, writing
from benchmarks.measure import Row, say, table, throwaway_database
from benchmarks.school_year import DAYS, Year
from eventlog.models import Hold
from eventlog.retention import archive, cleanup, holds, partitions
from eventlog.retention.keeping import Keeping
from eventlog.retention.restore import Wanted, restore

BUDGET_WAIT_MS, BUDGET_DROP_S, BUDGET_BYTES = 200, 1.0, 120
PERIODS: Final = {"AUTH": 365, "CRUD": 1095, "SECURITY": 1825}
AFTER: Final = timedelta(days=35)  # days after its end the year is looked at: all of it is old enough for the archive
HEADS: Final = ("beside the writers", "seconds", "events", "batches", "median ms", "longest ms", "longest for a lock")


class Story:
    """What happened, in rows of the tables."""

    def __init__(self, year: Year, folder: Path, writers: Beside) -> None:
        self.year, self.folder, self.writers = year, folder, writers
        self.steps, self.accounts, self.figures = list[Row](), list[Row](), list[Row]()

    def step(self, name: str, work: Callable[[], int]) -> None:
        """`work` says how many events it was about."""
        begun = time.monotonic()
        events = work()
        seconds = time.monotonic() - begun
        time.sleep(0.3)  # for who still waits
        found = self.writers.since(begun)
        took, waited = sorted(each.took for each in found), max(each.waited for each in found)
        numbers = (len(took), took[len(took) // 2], took[-1], waited)
        cells = (name, f"{seconds:.1f}", f"{events:,}", *(f"{each:.0f}" for each in numbers))
        self.steps.append(Row(cells, f"<= {BUDGET_WAIT_MS} ms", waited <= BUDGET_WAIT_MS))
        say("… " + "  ".join(cells))

    def account(self, name: str) -> None:
        found: Account = taken(self.folder, FOLDER / "kept")
        self.accounts.append(Row((name, *found.cells), "even", found.is_even))
        say("… " + "  ".join(self.accounts[-1].texts()))

    def clean_up(self, name: str, now: datetime) -> None:
        dropped: list[float] = []
        self.step(name, lambda: sum(counted(cleanup.clean_up(Keeping(now=now)), dropped)))
        if dropped:
            what = f"{name}: {len(dropped)} months dropped, the longest (median)"
            cells = (what, f"{max(dropped):.2f} s ({median(dropped):.2f})")
            self.figures.append(Row(cells, f"<= {BUDGET_DROP_S:.0f} s", max(dropped) <= BUDGET_DROP_S))
        self.account(name)

    def archived(self) -> int:
        made = [step.archive for step in archive.run()]
        rows = sum(each.row_count for each in made)
        size = sum(each.byte_count for each in made) / rows
        self.figures.append(
            Row(("bytes an event in the archive", f"{size:.0f}"), f"<= {BUDGET_BYTES}", size <= BUDGET_BYTES)
        )
        return rows


def counted(removals: Iterable[cleanup.Removal], dropped: list[float]) -> Iterator[int]:
    """The events of each, and in `dropped` the seconds that each dropped month took."""
    begun = time.monotonic()
    for removal in removals:
        if removal.partition:
            dropped.append(time.monotonic() - begun)
        yield removal.rows
        begun = time.monotonic()


def place_holds(year: Year) -> None:
    """On two of its months, one of each kind."""
    begin, end = year.begin + timedelta(days=70), year.begin + timedelta(days=100)
    span = {"begin": begin, "end": end}
    for about in (
        {"username": "pengguna7", **span},
        {"entity_type": "nilai", "entity_id": "4711", **span},
        {"request_id": "0123456789abcdef" * 2},
        {"begin": begin, "end": begin + timedelta(days=1)},
    ):
        holds.place(Hold(reason="Letter of the police", **about), by="ada")


def tell(story: Story) -> None:
    year, now = story.year, datetime.now(UTC)
    story.step("nothing", nothing)
    story.step("a month gets its partition", lambda: moved(year))
    place_holds(year)
    story.clean_up("cleaned up, without an archive", now)
    with settings_of(ARCHIVE_DIR=str(story.folder)):
        story.step("archived", story.archived)
        story.account("archived")
        story.clean_up("cleaned up, a year later", now + timedelta(days=366))
        story.step("a month brought back", lambda: brought_back(year))
        story.account("a month brought back")
        story.clean_up("cleaned up, six years later", now + timedelta(days=6 * 366))


def nothing() -> int:
    time.sleep(5)
    return 0


def moved(year: Year) -> int:
    partitions.with_short_locks("default", partitions.attach, year.coming)
    return year.late


def brought_back(year: Year) -> int:
    begin = year.begin + timedelta(days=DAYS // 2)
    return sum(each.added for each in restore(Wanted(begin, begin + timedelta(days=30))))


@contextmanager
def settings_of(**changes: object) -> Iterator[None]:
    before = settings.EVENTLOG
    settings.EVENTLOG = {**before, **changes}
    yield
    settings.EVENTLOG = before


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--events", type=int, default=5_000_000)
    parser.add_argument("--late", type=int, default=100_000, help="events of a month that has no partition")
    options = parser.parse_args()
    year = Year(datetime.now(UTC) - AFTER - timedelta(days=DAYS), options.events, options.late)
    fixed = {"ENABLED": False, "ARCHIVE_DIR": "", "ENCRYPTION_KEYS": (), "RETENTION_DAYS_BY_CATEGORY": PERIODS}
    with throwaway_database(), settings_of(**fixed):
        say(f"… stored at {year.store():.0f} events a second")
        with writing(year.coming.start) as writers:
            story = Story(year, FOLDER / "archive", writers)
            tell(story)
    table(f"a year of {options.events:,} events", HEADS, story.steps)
    table("where they are", ("after", "kept", "archived", "expired", "written"), story.accounts)
    table("", ("", "measured"), story.figures)
    say()


if __name__ == "__main__":
    main()

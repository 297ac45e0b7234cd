"""Compaction: counts by minute become counts by hour after some hours, and by day after a month.

No event is counted twice or lost on the way: rows are taken away and put together in one statement. What comes late is
counted by its minute again, and put to the rest the next time.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import islice
from typing import TypeAlias

from django.conf import settings
from django.db import connections, transaction
from django.utils import timezone

from eventlog.models.rollup import COUNTINGS, Counting
from eventlog.pipeline.counting import into
from eventlog.pipeline.outbox import events_alias

Period: TypeAlias = tuple[datetime, datetime]  # from the first up to the second
ROWS = 5_000  # of a slice, besides those that belong to its last hour or day: a fraction of a second
AT_ONCE = 40  # slices of each table in one run; the next goes on
LOCK = "SELECT pg_advisory_xact_lock(hashtext('eventlog rollups'))"


@dataclass(frozen=True, slots=True)
class Step:
    """Rows shorter than `full` are put together by `unit` once that has been over for `after`."""

    unit: str
    full: timedelta
    after: timedelta

    def begin(self, column: str = "start") -> str:
        return f"date_trunc('{self.unit}', {column} AT TIME ZONE '{settings.TIME_ZONE}')"

    def start(self, column: str = "start") -> str:
        return f"{self.begin(column)} AT TIME ZONE '{settings.TIME_ZONE}'"

    def finish(self, column: str = "start") -> str:
        """By the calendar: a day is not always 24 hours long."""
        return f"({self.begin(column)} + interval '1 {self.unit}') AT TIME ZONE '{settings.TIME_ZONE}'"

    @property
    def is_short(self) -> str:
        return f"finish - start < interval '{self.full.total_seconds()} seconds'"


STEPS = (
    Step("hour", timedelta(hours=1), after=timedelta(hours=3)),
    Step("day", timedelta(hours=23), after=timedelta(days=32)),  # the shortest day of a year
)


def unit_at(moment: datetime, now: datetime) -> str:
    """The longest that counts of that time may be: from such a border on, no count is cut in two."""
    units = [step.unit for step in STEPS if moment <= now - step.after]
    return units[-1] if units else "minute"


def compact(now: datetime | None = None) -> int:
    """Put together what is due, a slice of time a transaction; return how many counts that made or changed. Twice is
    once."""
    moment = now or timezone.now()
    return sum(
        put_together(counts, step, period)
        for step in STEPS
        for counts in COUNTINGS
        for period in islice(due(counts, step, moment - step.after), AT_ONCE)
    )


def due(counts: Counting, step: Step, before: datetime) -> Iterator[Period]:
    """Slices of whole hours or days that are over and have shorter rows, oldest first."""
    begin, end = first_short(counts, step, before, since="-infinity")
    while begin is not None and end is not None:
        yield begin, end
        begin, end = first_short(counts, step, before, since=end)


def first_short(
    counts: Counting, step: Step, before: datetime, *, since: datetime | str
) -> tuple[datetime | None, datetime | None]:
    """Around the next ROWS of them, by the primary key; nothing of what is yet to be put together is sorted."""
    with connections[events_alias()].cursor() as cursor:
        cursor.execute(
            f"""SELECT {step.start("min(start)")}, {step.finish("max(start)")} FROM (
                SELECT start FROM {counts.table}
                WHERE start >= %s AND start < %s AND {step.finish()} <= %s AND {step.is_short}
                ORDER BY start LIMIT {ROWS}) AS next""",
            [since, before, before],
        )
        (period,) = cursor.fetchall()
        return period  # type: ignore[no-any-return]


def put_together(counts: Counting, step: Step, period: Period) -> int:
    """Never waits for a writer, who may be waiting for it: what one is just adding to is left for the next time."""
    alias = events_alias()
    free = (
        f"SELECT ctid FROM {counts.table} WHERE start >= %s AND start < %s AND {step.is_short} FOR UPDATE SKIP LOCKED"
    )
    with transaction.atomic(using=alias), connections[alias].cursor() as cursor:
        cursor.execute(LOCK)
        cursor.execute(
            f"""WITH moved AS (DELETE FROM {counts.table} WHERE ctid = ANY (ARRAY({free})) RETURNING *)
            {into(counts, "moved", start=step.start(), finish=step.finish(), of_rows=True)}""",
            period,
        )
        return int(cursor.rowcount)

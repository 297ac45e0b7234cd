"""Compaction: counts by minute become counts by hour after some hours, and by day after a month.

No event is counted twice or lost on the way: rows are taken away and put together in one statement. What comes late is
counted by its minute again, and put to the rest the next time.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import TypeAlias

from django.conf import settings
from django.db import connections, transaction
from django.utils import timezone

from eventlog.models.rollup import COUNTINGS, Counting
from eventlog.pipeline.counting import into
from eventlog.pipeline.outbox import events_alias

Period: TypeAlias = tuple[datetime, datetime]  # from the first up to the second
AT_ONCE = 200  # periods of one run; the next goes on
LOCK = "SELECT pg_advisory_xact_lock(hashtext('eventlog rollups'))"


@dataclass(frozen=True, slots=True)
class Step:
    """Rows shorter than `full` are put together by `unit` once that has been over for `after`."""

    unit: str
    full: timedelta
    after: timedelta

    @property
    def begin(self) -> str:
        return f"date_trunc('{self.unit}', start AT TIME ZONE '{settings.TIME_ZONE}')"

    @property
    def start(self) -> str:
        return f"{self.begin} AT TIME ZONE '{settings.TIME_ZONE}'"

    @property
    def finish(self) -> str:
        """By the calendar: a day is not always 24 hours long."""
        return f"({self.begin} + interval '1 {self.unit}') AT TIME ZONE '{settings.TIME_ZONE}'"


STEPS = (
    Step("hour", timedelta(hours=1), after=timedelta(hours=3)),
    Step("day", timedelta(hours=23), after=timedelta(days=32)),  # the shortest day of a year
)


def compact(now: datetime | None = None) -> int:
    """Put together what is due, one period a transaction; return how many periods that was. Twice is once."""
    moment = now or timezone.now()
    done = 0
    for step in STEPS:
        for counts in COUNTINGS:
            for period in due(counts, step, moment - step.after):
                put_together(counts, step, period)
                done += 1
    return done


def due(counts: Counting, step: Step, before: datetime) -> list[Period]:
    """The periods that have shorter rows and are over, oldest first."""
    with connections[events_alias()].cursor() as cursor:
        cursor.execute(
            f"""SELECT DISTINCT {step.start}, {step.finish} FROM {counts.table}
            WHERE start < %s AND {step.finish} <= %s AND finish - start < %s::interval ORDER BY 1 LIMIT {AT_ONCE}""",
            [before, before, f"{step.full.total_seconds()} seconds"],
        )
        return list(cursor)


def put_together(counts: Counting, step: Step, period: Period) -> None:
    alias = events_alias()
    within = "WHERE start >= %s AND finish <= %s"
    with transaction.atomic(using=alias), connections[alias].cursor() as cursor:
        cursor.execute(LOCK)
        cursor.execute(
            f"SELECT 1 FROM {counts.table} {within} ORDER BY {counts.key} FOR UPDATE", period
        )  # as writers do
        cursor.execute(
            f"""WITH moved AS (DELETE FROM {counts.table} {within} RETURNING *)
            {into(counts, "moved", start=step.start, finish=step.finish, of_rows=True)}""",
            period,
        )

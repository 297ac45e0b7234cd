"""How much room the events will take: from what has come in during the last weeks, and what retention removes.

Counts say how many events of each category came each week and how many of those that are there will still be kept;
the partitions say how big an event is, with its share of the indexes.
"""

import os
import shutil
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any, Final, cast

from django.db import connections

from eventlog.analytics.times import local, truncated
from eventlog.retention.held import IN_FORCE
from eventlog.retention.keeping import Keeping
from eventlog.retention.partitions import Size

AHEAD: Final = timedelta(days=90)
WEEK: Final = timedelta(days=7)
WEEKS: Final = 4  # the last whole ones, up to midnight
ENOUGH: Final = 1000  # events in a partition: of fewer one cannot say how big they are
LOCAL: Final = ("", "localhost", "127.0.0.1", "::1")
OF_WEEK: Final = "r.start >= %(week{0})s AND r.start < %(week{1})s"
# A row a category, from one look at the counts; the last columns are the same in each.
ASKED: Final = f"""
SELECT c.category, ARRAY[{
    ", ".join(
        f"coalesce(sum(r.event_count) FILTER (WHERE {OF_WEEK.format(number, number - 1)}), 0)::bigint"
        for number in range(1, WEEKS + 1)
    )
}],
    coalesce(sum(r.event_count) FILTER (WHERE r.start >= c.kept_from), 0)::bigint,
    (SELECT min(start) FROM event_rollups),
    (SELECT count(*) FROM event_holds h WHERE {IN_FORCE}),
    (SELECT sum(byte_count)::float / nullif(sum(row_count), 0) FROM event_archives WHERE state = 'kept'),
    (SELECT setting FROM pg_settings WHERE name = 'data_directory')
FROM unnest(%(categories)s, %(kept_from)s::timestamptz[]) AS c (category, kept_from)
LEFT JOIN event_rollups r ON r.event_category = c.category AND r.start >= %(since)s
GROUP BY c.category"""


@dataclass(frozen=True, slots=True)
class Coming:
    """Of one category: events of each of the last whole weeks, the newest first; how many of those that are there will
    be kept at the end of the time ahead; and for how many days one is kept."""

    weeks: list[int]
    stays: int
    days: int

    def kept(self, factor: float) -> float:
        """At the end of the time ahead, if each week is like the mean one, times `factor`."""
        a_day = sum(self.weeks) / len(self.weeks) / 7 * factor
        return self.stays + a_day * min(self.days, AHEAD.days)


@dataclass(frozen=True, slots=True)
class Forecast:
    """Bytes, with indexes, at the end of the time ahead: as the mean week has it, the quietest and the busiest."""

    expected: int
    least: int
    most: int


@dataclass(frozen=True, slots=True)
class Growth:
    """`a_day` is events, over `weeks` whole weeks; 0 weeks say that the log is too young. `event_bytes` and with it
    `forecast` are None where PostgreSQL has not counted any partition yet. `free` is None unless the database is on
    this machine. `archived_a_month` is bytes of files, None where nothing was archived."""

    bytes: int
    holds: int
    weeks: int = 0
    a_day: float = 0.0
    event_bytes: float | None = None
    forecast: Forecast | None = None
    archived_a_month: float | None = None
    free: int | None = None

    @property
    def is_tight(self) -> bool:
        """Whether the busiest of the weeks would fill the disk."""
        more = None if self.forecast is None else self.forecast.most - self.bytes
        return more is not None and self.free is not None and more > self.free


def growth(sizes: Iterable[Size], keeping: Keeping, using: str) -> Growth:
    """Raises `django.db.Error`."""
    sizes, midnight = list(sizes), truncated(local(keeping.now), "day")
    periods = keeping.periods
    weeks = {f"week{number}": midnight - number * WEEK for number in range(WEEKS + 1)}
    kept_from = [keeping.now + AHEAD - timedelta(days=days) for days in periods.values()]
    since = min(*kept_from, weeks[f"week{WEEKS}"])
    values = {"now": keeping.now, "since": since, "categories": list(periods), "kept_from": kept_from, **weeks}
    with connections[using].cursor() as cursor:
        cursor.execute(ASKED, cast(dict[str, Any], values))
        rows = cursor.fetchall()
    _category, _weeks, _stays, oldest, holds, archived, folder = rows[0]
    total, whole = sum(size.bytes for size in sizes), whole_weeks(oldest, midnight)
    if not whole:
        return Growth(total, holds)
    coming = [Coming(counts[:whole], stays, periods[name]) for name, counts, stays, *_rest in rows]
    a_day, event_bytes = sum(sum(each.weeks) for each in coming) / whole / 7, mean_bytes(sizes)
    return Growth(
        total,
        holds,
        whole,
        a_day,
        event_bytes,
        None if event_bytes is None else forecast(coming, event_bytes),
        None if archived is None else archived * a_day * 30,
        free_bytes(connections[using].settings_dict, folder),
    )


def whole_weeks(oldest: datetime | None, midnight: datetime) -> int:
    return 0 if oldest is None else min(max((midnight - oldest) // WEEK, 0), WEEKS)


def mean_bytes(sizes: Iterable[Size]) -> float | None:
    counted = [(size.bytes, size.rows) for size in sizes if size.rows is not None and size.rows >= ENOUGH]
    return sum(each for each, _rows in counted) / sum(rows for _bytes, rows in counted) if counted else None


def forecast(coming: Iterable[Coming], event_bytes: float) -> Forecast:
    coming = list(coming)
    totals = [sum(week) for week in zip(*(each.weeks for each in coming), strict=True)]
    mean = sum(totals) / len(totals) or 1.0
    return Forecast(
        *(
            round(sum(each.kept(factor) for each in coming) * event_bytes)
            for factor in (1.0, min(totals) / mean, max(totals) / mean)
        )
    )


def free_bytes(database: Mapping[str, Any], folder: str | None) -> int | None:
    """Of the disk with the database's folder: only of one that is here, and if the role may know where."""
    host = database.get("HOST") or ""
    if folder is None or not (host.startswith("/") or host in LOCAL) or not os.path.isdir(folder):
        return None
    try:
        return shutil.disk_usage(Path(folder)).free
    except OSError:
        return None

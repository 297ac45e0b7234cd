"""What must still be kept, in SQL: by its time, by holds, and because it is not archived yet.

An event's own `retention_days` counts before its category's, and that before `LOG_RETENTION_DAYS`; a hold counts before
all of them. Days are of 24 hours.
"""

from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any, Final, NamedTuple
from uuid import UUID

import orjson
from django.db.backends.utils import CursorWrapper
from django.utils import timezone

from eventlog.catalog import CATEGORIES
from eventlog.conf import conf
from eventlog.retention import archived, held
from eventlog.retention.archived import MAY_GO
from eventlog.retention.held import HELD
from eventlog.retention.periods import Span

OWN: Final = ""  # the group of events that have days of their own
PAST: Final = """(
e.timestamp < %(now)s - interval '24 hours' * coalesce(
    e.retention_days, (%(by_category)s::jsonb ->> e.event_category)::int, %(days)s))"""

# By the table that all may read; only the partition of that time is looked at.
OF_SPAN: Final = "FROM events e WHERE e.timestamp >= %(start)s AND e.timestamp < %(end)s"
PERIODS: Final = "unnest(%(categories)s, %(befores)s::timestamptz[]) AS c (category, before)"
OWN_KEPT: Final = f"SELECT EXISTS (SELECT {OF_SPAN} AND e.retention_days IS NOT NULL AND NOT {PAST})"
YOUNG: Final = f"""
SELECT EXISTS (SELECT {OF_SPAN}
    AND e.event_category = %(category)s AND e.timestamp >= %(before)s AND e.retention_days IS NULL)"""
# What a batch has stored of a day may go together, or stays.
COUNTS: Final = f"""
SELECT p.event_category, sum(p.rows)::bigint, bool_and(p.goes) FROM (
    SELECT e.event_category, e.rows, {MAY_GO} AS goes FROM (
        SELECT e.event_category, e.batch_id, min(e.timestamp) AS timestamp, count(*) AS rows {OF_SPAN}
        GROUP BY 1, 2, (e.timestamp AT TIME ZONE 'UTC')::date
    ) e
) p GROUP BY 1 ORDER BY 1"""
OF_CATEGORY: Final = "e.event_category = %(category)s AND e.timestamp < %(before)s AND e.retention_days IS NULL"
SOME: Final = f"""
SELECT e.id, e.timestamp, e.event_category FROM events e
WHERE {{where}} AND e.timestamp >= %(since)s AND NOT {HELD} AND {MAY_GO} ORDER BY e.timestamp LIMIT %(limit)s"""
# The latest of those times is there as a number, too: by it alone PostgreSQL leaves out the newer partitions.
BEHIND: Final = f"""
SELECT EXISTS (SELECT FROM {PERIODS} WHERE EXISTS (SELECT FROM events e
    WHERE e.event_category = c.category AND e.timestamp < c.before AND e.timestamp < %(latest)s
        AND e.retention_days IS NULL
        AND NOT {HELD} AND {MAY_GO}))"""
PLANNED: Final = f"""
SELECT p.table, p.category, count(*) FILTER (WHERE p.goes AND NOT p.held), count(*) FILTER (WHERE p.held) FROM (
    SELECT e.tableoid::regclass::text AS table, e.event_category AS category, {HELD} AS held, {MAY_GO} AS goes
    FROM events e WHERE {PAST}
) p GROUP BY 1, 2 ORDER BY 1, 2"""


class Row(NamedTuple):
    id: UUID
    timestamp: datetime
    category: str


@dataclass(frozen=True, slots=True)
class Keeping:
    """The periods in force, looked at from one moment."""

    now: datetime = field(default_factory=timezone.now)
    days: int = field(default_factory=lambda: conf.LOG_RETENTION_DAYS)
    by_category: dict[str, int] = field(default_factory=lambda: dict(conf.RETENTION_DAYS_BY_CATEGORY))

    @property
    def values(self) -> dict[str, Any]:
        """What the questions ask for."""
        by_category = orjson.dumps(self.by_category).decode()
        befores = list(map(self.before, CATEGORIES))
        periods = {"categories": list(CATEGORIES), "befores": befores, "latest": max(befores)}
        return {"now": self.now, "days": self.days, "by_category": by_category, **periods, **archived.values()}

    @property
    def periods(self) -> dict[str, int]:
        """Days, of each category."""
        return {category: self.by_category.get(category, self.days) for category in CATEGORIES}

    def before(self, category: str) -> datetime:
        """What is older, and of the category, is past its time."""
        return self.now - timedelta(days=self.periods[category])

    @property
    def earliest(self) -> datetime:
        """What is younger is not removed, but by its own `retention_days`."""
        return max(map(self.before, CATEGORIES))

    @property
    def refused_before(self) -> datetime:
        """For what has no category: events that the database refused, and closed alerts."""
        return self.now - timedelta(days=self.days)

    # --- questions ---
    def all_may_go(self, cursor: CursorWrapper, span: Span) -> dict[str, int] | None:
        """{category: rows} of the partition; None where it has an event that is to be kept."""
        if span.end > self.earliest or self.has_young(cursor, span) or held.is_any(cursor, span, self.now):
            return None
        cursor.execute(COUNTS, {**self.values, "start": span.start, "end": span.end})
        found = cursor.fetchall()
        return {category: rows for category, rows, _ in found} if all(goes for *_, goes in found) else None

    def has_young(self, cursor: CursorWrapper, span: Span) -> bool:
        """Whether there is an event that is not past its time."""
        values = {**self.values, "start": span.start, "end": span.end}
        cursor.execute(OWN_KEPT, values)
        is_any = bool(cursor.fetchone()[0])
        for category, before in zip(CATEGORIES, values["befores"], strict=True):
            if not is_any and before < span.end:
                cursor.execute(YOUNG, {**values, "category": category, "before": before})
                is_any = bool(cursor.fetchone()[0])
        return is_any

    def some_to_remove(self, cursor: CursorWrapper, group: str, since: datetime, limit: int) -> list[Row]:
        """The oldest of a category, or of those with days of their own, from `since` on."""
        values = {**self.values, "since": since, "limit": limit}
        if group == OWN:
            cursor.execute(SOME.format(where=f"e.retention_days IS NOT NULL AND {PAST}"), values)
        else:
            values = {**values, "category": group, "before": self.before(group)}
            cursor.execute(SOME.format(where=OF_CATEGORY), values)
        return [Row(*row) for row in cursor.fetchall()]

    def is_behind(self, cursor: CursorWrapper) -> bool:
        """Whether there is anything to remove, but for events with days of their own."""
        cursor.execute(BEHIND, self.values)
        return bool(cursor.fetchone()[0])

    def held(self, cursor: CursorWrapper) -> dict[str, int]:
        """{category: events past their time that holds keep}"""
        return held.counts(cursor, self.now, PAST, self.values)

    def kept_by(self, cursor: CursorWrapper) -> list[tuple[int, str, int]]:
        """(hold, reason, events past their time that it keeps)"""
        return list(held.by_hold(cursor, self.now, PAST, self.values))

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
from eventlog.retention import archived
from eventlog.retention.archived import MAY_GO
from eventlog.retention.periods import Span

OWN: Final = ""  # the group of events that have days of their own
# Whether the hold `h` is about the event `e`: all that is given must be true. A name counts besides the account, which
# attempts to sign in do not have. A change of several records is kept for each of them, and where it does not say which
# ones, for any: what may be meant is kept.
ABOUT: Final = """
    (h.username = '' OR e.username = h.username OR e.user_id = h.user_id)
    AND (h.entity_type = '' OR e.entity_type = h.entity_type)
    AND (h.entity_id = '' OR e.entity_id = h.entity_id
        OR e.event_data @> jsonb_build_object('keys', jsonb_build_array(h.entity_id))
        OR e.entity_id = '' AND NOT e.event_data @> jsonb_build_object('complete', true))
    AND (h.request_id = '' OR e.request_id = h.request_id)
    AND (h.begin IS NULL OR e.timestamp >= h.begin) AND (h."end" IS NULL OR e.timestamp < h."end")"""
IN_FORCE: Final = "h.lifted_at IS NULL AND (h.until IS NULL OR h.until > %(now)s)"
HELD: Final = f"EXISTS (SELECT FROM event_holds h WHERE {IN_FORCE} AND {ABOUT})"
PAST: Final = """(
e.timestamp < %(now)s - interval '24 hours' * coalesce(
    e.retention_days, (%(by_category)s::jsonb ->> e.event_category)::int, %(days)s))"""

# By the table that all may read; only the partition of that time is looked at.
OF_SPAN: Final = "FROM events e WHERE e.timestamp >= %(start)s AND e.timestamp < %(end)s"
PERIODS: Final = "unnest(%(categories)s, %(befores)s::timestamptz[]) AS c (category, before)"
# By indexes, and only where there are holds by all rows.
KEEPS: Final = f"""
SELECT EXISTS (SELECT {OF_SPAN} AND e.retention_days IS NOT NULL AND NOT {PAST})
    OR EXISTS (SELECT FROM {PERIODS} WHERE EXISTS (SELECT {OF_SPAN}
        AND e.event_category = c.category AND e.timestamp >= c.before AND e.retention_days IS NULL))
    OR EXISTS (SELECT FROM event_holds h WHERE {IN_FORCE}) AND EXISTS (SELECT {OF_SPAN} AND {HELD})
    OR %(archives)s AND EXISTS (SELECT {OF_SPAN} AND NOT {MAY_GO})"""
COUNTS: Final = f"SELECT e.event_category, count(*) {OF_SPAN} GROUP BY 1 ORDER BY 1"
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
HELD_COUNTS: Final = f"""
SELECT e.event_category, count(*) FROM events e WHERE {PAST} AND {HELD} GROUP BY 1 ORDER BY 1"""
PLANNED: Final = f"""
SELECT p.table, p.category, count(*) FILTER (WHERE p.goes AND NOT p.held), count(*) FILTER (WHERE p.held) FROM (
    SELECT e.tableoid::regclass::text AS table, e.event_category AS category, {HELD} AS held, {MAY_GO} AS goes
    FROM events e WHERE {PAST}
) p GROUP BY 1, 2 ORDER BY 1, 2"""
KEPT_BY: Final = f"""
SELECT h.id, h.reason, count(*) FROM event_holds h JOIN events e ON {ABOUT} WHERE {IN_FORCE} AND {PAST}
GROUP BY 1, 2 ORDER BY 1"""


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
        if span.end > self.earliest or self.keeps_any(cursor, span):
            return None
        cursor.execute(COUNTS, {"start": span.start, "end": span.end})
        return dict(cursor.fetchall())

    def keeps_any(self, cursor: CursorWrapper, span: Span) -> bool:
        cursor.execute(KEEPS, {**self.values, "start": span.start, "end": span.end})
        return bool(cursor.fetchone()[0])

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
        cursor.execute("SELECT EXISTS (SELECT FROM event_holds h WHERE " + IN_FORCE + ")", self.values)
        if not cursor.fetchone()[0]:
            return {}
        cursor.execute(HELD_COUNTS, self.values)
        return dict(cursor.fetchall())

"""Where numbers come from: counts for whole periods and, at the edges of a window, the events themselves.

A window rarely begins and ends where a count does. What lies between its edge and the nearest border of a count is
counted from the events, so that the numbers are exact; where those events are gone already, the window is widened to
the border. Who may not see everything is answered from the events alone.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any

from django.conf import settings
from django.db import connections
from django.utils import timezone

from eventlog import catalog
from eventlog.analytics.times import truncated
from eventlog.models import Event, EventQuerySet
from eventlog.models.rollup import ALL, BY_DURATION, BY_ENDPOINT, Counting
from eventlog.pipeline.counting import COLUMNS
from eventlog.pipeline.outbox import events_alias

LONGEST_UNCOUNTED = timedelta(days=31)  # of windows for those whose numbers come from the events alone
LONGEST_COUNT = timedelta(hours=25)  # the longest day of a year
SHORTEST_RETENTION = timedelta(days=1)  # which LOG_RETENTION_DAYS may be


@dataclass(frozen=True, slots=True)
class Window:
    """From `begin` up to `end`, which is not in it. `widened` says that it is longer than what was asked for."""

    begin: datetime
    end: datetime
    widened: bool = False

    @property
    def before(self) -> "Window":
        """The window of the same length that ends where this begins."""
        return Window(self.begin - (self.end - self.begin), self.begin)


@dataclass(frozen=True, slots=True)
class Sql:
    text: str
    params: Sequence[Any] = ()

    def rows(self) -> list[dict[str, Any]]:
        with connections[events_alias()].cursor() as cursor:
            cursor.execute(self.text, self.params)
            names = [column[0] for column in cursor.description]
            return [dict(zip(names, row, strict=True)) for row in cursor]


@dataclass(frozen=True, slots=True)
class Source:
    """`all`, `by_endpoint` and `by_duration` have a row for each count or event: its time `at`, the dimensions, the
    measures of that counting. `events` are those of the window, for what is not counted beforehand."""

    window: Window
    all: Sql
    by_endpoint: Sql
    by_duration: Sql
    events: EventQuerySet
    sees_all: bool
    sees_security: bool


def around(table: str) -> str:
    """The counts that a moment cuts: of its minute, its hour or its day. Parameters: see `cut`."""
    starts = ", ".join(f"date_trunc('{unit}', %s::timestamptz, %s)" for unit in ("minute", "hour", "day"))
    return f"FROM {table} WHERE start IN ({starts}) AND start < %s AND finish > %s"


def cut(moment: datetime) -> list[Any]:
    return [*[moment, settings.TIME_ZONE] * 3, moment, moment]


def edges(table: str) -> str:
    """A CTE of one row: the first and the last border of a count within the window. Parameters: see `counted`."""
    return f"""edge AS (SELECT coalesce((SELECT max(finish) {around(table)}), %s) AS first,
        coalesce((SELECT min(start) {around(table)}), %s) AS last)"""


def of_event(counts: Counting) -> str:
    """The columns that one event has as a count."""
    parts = {**counts.dimensions, **{name: each.of_event for name, each in counts.measures.items()}}
    return ", ".join(["timestamp AS at", *(f"{sql} AS {name}" for name, sql in parts.items())])


def counted(counts: Counting, window: Window) -> Sql:
    """The counts between the edges, and the events on either side of them: within `LONGEST_COUNT` of the ends, which is
    said so that the planner need not think of the partitions of any other time."""
    first, last = "(SELECT first FROM edge)", "(SELECT last FROM edge)"
    events = f"SELECT {of_event(counts)} FROM events WHERE {counts.where} AND timestamp"
    columns = ", ".join(["start AS at", *counts.dimensions, *counts.measures])
    text = f"""WITH {edges(counts.table)}
    SELECT {columns} FROM {counts.table} WHERE start >= {first} AND start < {last}
    UNION ALL {events} >= %s AND timestamp < %s AND timestamp < least({first}, %s)
    UNION ALL {events} >= %s AND timestamp < %s AND timestamp >= greatest({first}, {last})"""
    ends = (window.begin, window.end)
    at_edges = [param for moment in ends for param in (*cut(moment), moment)]
    near = (window.begin + LONGEST_COUNT, window.end, window.end - LONGEST_COUNT)
    return Sql(text, [*at_edges, window.begin, *near, window.end])


def uncut(counts: Counting, window: Window) -> Sql:
    """The same of a window that cuts no count but that of its last minute. What is read is known beforehand, so that
    the planner has nothing to guess."""
    last = truncated(window.end, "minute")
    columns = ", ".join(["start AS at", *counts.dimensions, *counts.measures])
    text = f"""SELECT {columns} FROM {counts.table} WHERE start >= %s AND start < %s
    UNION ALL SELECT {of_event(counts)} FROM events WHERE {counts.where} AND timestamp >= %s AND timestamp < %s"""
    return Sql(text, [window.begin, last, last, window.end])


def everything(window: Window, *, sees_security: bool) -> Source:
    """For those who see all events, with or without SECURITY."""
    return from_counts(widened(window), counted, sees_security=sees_security)


def whole(window: Window, *, sees_security: bool) -> Source:
    """The same of a window as `uncut` takes it."""
    return from_counts(window, uncut, sees_security=sees_security)


def from_counts(window: Window, read: Callable[[Counting, Window], Sql], *, sees_security: bool) -> Source:
    kinds = read(ALL, window)
    events = within(Event.objects.all(), window)
    if not sees_security:
        kinds = Sql(f"SELECT * FROM ({kinds.text}) AS f WHERE event_category <> '{catalog.SECURITY}'", kinds.params)
        events = events.exclude(event_category=catalog.SECURITY)
    places, durations = read(BY_ENDPOINT, window), read(BY_DURATION, window)
    return Source(window, kinds, places, durations, events, sees_all=True, sees_security=sees_security)


def only(events: EventQuerySet, window: Window) -> Source:
    """For those who see some events: at most the last `LONGEST_UNCOUNTED` of the window."""
    window = replace(window, begin=max(window.begin, window.end - LONGEST_UNCOUNTED))
    chosen = within(events, window)
    text, params = chosen.order_by().values(*COLUMNS).query.sql_with_params()

    def alone(counts: Counting) -> Sql:
        return Sql(f"SELECT {of_event(counts)} FROM ({text}) AS seen WHERE {counts.where}", params)

    sources = (alone(ALL), alone(BY_ENDPOINT), alone(BY_DURATION))
    return Source(window, *sources, chosen, sees_all=False, sees_security=False)


def within(events: EventQuerySet, window: Window) -> EventQuerySet:
    return events.filter(timestamp__gte=window.begin, timestamp__lt=window.end)


def source_for(user: Any, window: Window, *, cuts: bool = True) -> Source:
    """`cuts` says that the window may begin or end within a count, other than that of its last minute."""
    if user.has_perm("eventlog.view_event"):
        counted_for = everything if cuts else whole
        return counted_for(window, sees_security=user.has_perm("eventlog.view_security"))
    return only(Event.objects.visible_to(user), window)


def widened(window: Window) -> Window:
    """To the borders of the counts that it cuts, where events are gone that would tell which part to take."""
    oldest = Event.objects.oldest_time()
    first, last = cut_by(window.begin, window.end)
    begin = first.begin if is_before(window.begin, oldest) and not is_whole(first) else window.begin
    end = last.end if is_before(last.begin, oldest) and not is_whole(last) else window.end
    is_longer = (begin, end) != (window.begin, window.end)
    return replace(window, begin=begin, end=end, widened=window.widened or is_longer)


def is_before(moment: datetime, oldest: datetime | None) -> bool:
    return oldest is None or moment < oldest


def cut_by(*moments: datetime) -> list[Window]:
    """The longest of the counts that each moment falls into; nothing around itself, where there are none."""
    found = "coalesce(min(start), %s) AS begin, coalesce(max(finish), %s) AS end " + around("event_rollups")
    text = " UNION ALL ".join(f"SELECT {place} AS place, {found}" for place in range(len(moments)))
    params = [param for moment in moments for param in (moment, moment, *cut(moment))]
    return [Window(row["begin"], row["end"]) for row in Sql(f"{text} ORDER BY place", params).rows()]


def is_whole(counted: Window) -> bool:
    """Whether all events that are counted there are still there; it may be that there were never any older ones."""
    if counted.begin == counted.end or counted.begin >= timezone.now() - SHORTEST_RETENTION:
        return True
    text = "SELECT coalesce(sum(event_count), 0) AS events FROM event_rollups WHERE start >= %s AND finish <= %s"
    (found,) = Sql(text, [counted.begin, counted.end]).rows()
    return bool(found["events"] == within(Event.objects.all(), counted).count())


def still_there(source: Source) -> Window:
    """What is left of its window for questions that the events alone can answer."""
    window = source.window
    if not source.sees_all:
        return window
    events = Event.objects.all() if source.sees_security else Event.objects.exclude(event_category=catalog.SECURITY)
    oldest = events.oldest_time()
    return window if oldest is None else replace(window, begin=min(max(window.begin, oldest), window.end))


def whole_days(window: Window) -> Window:
    """The days that it touches, of the project's time zone: users are counted by them."""
    zone = timezone.get_default_timezone()
    begin, last = window.begin.astimezone(zone), (window.end - timedelta(microseconds=1)).astimezone(zone)
    days = Window(midnight(begin), midnight(last + timedelta(days=1)))
    return replace(days, widened=window.widened or (days.begin, days.end) != (window.begin, window.end))


def midnight(moment: datetime) -> datetime:
    return moment.replace(hour=0, minute=0, second=0, microsecond=0)

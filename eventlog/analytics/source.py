"""Where numbers come from: counts for whole periods and, at the edges of a window, the events themselves.

A window rarely begins and ends where a count does. What lies between its edge and the nearest border of a count is
counted from the events, so that the numbers are exact; where those events are gone already, the window is widened to
the border. Who may not see everything is answered from the events alone.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any

from django.conf import settings
from django.db import connections

from eventlog import catalog
from eventlog.models import Event, EventQuerySet
from eventlog.models.rollup import ALL, BY_DURATION, BY_ENDPOINT, Counting
from eventlog.pipeline.counting import COLUMNS
from eventlog.pipeline.outbox import events_alias

LONGEST_UNCOUNTED = timedelta(days=31)  # of windows for those whose numbers come from the events alone


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
    """The counts between the edges, and the events on either side of them."""
    first, last = "(SELECT first FROM edge)", "(SELECT last FROM edge)"
    events = f"SELECT {of_event(counts)} FROM events WHERE {counts.where} AND timestamp"
    columns = ", ".join(["start AS at", *counts.dimensions, *counts.measures])
    text = f"""WITH {edges(counts.table)}
    SELECT {columns} FROM {counts.table} WHERE start >= {first} AND start < {last}
    UNION ALL {events} >= %s AND timestamp < least({first}, %s)
    UNION ALL {events} >= greatest({first}, {last}) AND timestamp < %s"""
    ends = (window.begin, window.end)
    at_edges = [param for moment in ends for param in (*cut(moment), moment)]
    return Sql(text, [*at_edges, *ends, window.end])


def everything(window: Window, *, sees_security: bool) -> Source:
    """For those who see all events, with or without SECURITY."""
    window = widened(window)
    kinds = counted(ALL, window)
    events = within(Event.objects.all(), window)
    if not sees_security:
        kinds = Sql(f"SELECT * FROM ({kinds.text}) AS f WHERE event_category <> '{catalog.SECURITY}'", kinds.params)
        events = events.exclude(event_category=catalog.SECURITY)
    places, durations = counted(BY_ENDPOINT, window), counted(BY_DURATION, window)
    return Source(window, kinds, places, durations, events, sees_all=True, sees_security=sees_security)


def only(events: EventQuerySet, window: Window) -> Source:
    """For those who see some events: at most the last `LONGEST_UNCOUNTED` of the window."""
    window = Window(max(window.begin, window.end - LONGEST_UNCOUNTED), window.end)
    chosen = within(events, window)
    text, params = chosen.order_by().values(*COLUMNS).query.sql_with_params()

    def alone(counts: Counting) -> Sql:
        return Sql(f"SELECT {of_event(counts)} FROM ({text}) AS seen WHERE {counts.where}", params)

    sources = (alone(ALL), alone(BY_ENDPOINT), alone(BY_DURATION))
    return Source(window, *sources, chosen, sees_all=False, sees_security=False)


def within(events: EventQuerySet, window: Window) -> EventQuerySet:
    return events.filter(timestamp__gte=window.begin, timestamp__lt=window.end)


def source_for(user: Any, window: Window) -> Source:
    if user.has_perm("eventlog.view_event"):
        return everything(window, sees_security=user.has_perm("eventlog.view_security"))
    return only(Event.objects.visible_to(user), window)


def widened(window: Window) -> Window:
    """To the borders of the counts that it cuts, where the events are gone that would tell which part to take."""
    oldest = Event.objects.order_by("timestamp").values_list("timestamp", flat=True).first()
    begin = border("min(start)", window.begin) if is_gone(window.begin, oldest) else window.begin
    end = border("max(finish)", window.end) if is_gone(window.end, oldest) else window.end
    return replace(window, begin=begin, end=end, widened=(begin, end) != (window.begin, window.end))


def is_gone(moment: datetime, oldest: datetime | None) -> bool:
    return oldest is None or moment < oldest


def border(which: str, moment: datetime) -> datetime:
    """Of the counts that the moment falls into; itself, where there are none."""
    text = f"SELECT coalesce({which}, %s) AS border {around('event_rollups')}"
    found: datetime = Sql(text, [moment, *cut(moment)]).rows()[0]["border"]
    return found

"""Where numbers come from: counts for whole periods and, at the edges of a window, the events themselves.

A window rarely begins and ends where a count does. What lies between its edge and the nearest border of a count is
counted from the events, so that the numbers are exact; where those events are gone already, the window is widened to
the border. Who may not see everything is answered from the events alone.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any

from django.db import connections

from eventlog import catalog
from eventlog.models import Event, EventQuerySet
from eventlog.models.rollup import BUCKET, DIMENSIONS, IS_REQUEST, MEASURES
from eventlog.pipeline.counting import COLUMNS
from eventlog.pipeline.outbox import events_alias

LONGEST_PERIOD = "interval '26 hours'"  # of a count: a day, however long
LONGEST_UNCOUNTED = timedelta(days=31)  # of windows for those whose numbers come from the events alone
OF_EVENTS = ", ".join(
    [
        "timestamp AS at",
        *(f"{sql} AS {name}" for name, sql in DIMENSIONS.items()),
        *(f"{measure.of_event} AS {name}" for name, measure in MEASURES.items()),
    ]
)
OF_ROLLUPS = ", ".join(["start AS at", *DIMENSIONS, *MEASURES])
DURATION = f"timestamp AS at, {BUCKET} AS bucket, 1 AS event_count"
TIMED = f"{IS_REQUEST} AND response_time_ms IS NOT NULL"


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
    """`facts` has a row for each count or event: its time `at`, the dimensions, the measures. `durations` has (at,
    bucket, event_count). `events` are those of the window, for what is not counted beforehand."""

    window: Window
    facts: Sql
    durations: Sql
    events: EventQuerySet
    sees_all: bool
    sees_security: bool


def edges(table: str) -> str:
    """A CTE of one row: the first and the last border of a count within the window. Parameters: its ends, six."""
    return f"""edge AS (SELECT
        coalesce((SELECT max(finish) FROM {table}
            WHERE start < %s AND start > %s - {LONGEST_PERIOD} AND finish > %s), %s) AS first,
        coalesce((SELECT min(start) FROM {table}
            WHERE start < %s AND start > %s - {LONGEST_PERIOD} AND finish > %s), %s) AS last)"""


def counted(table: str, window: Window, *, of_counts: str, of_events: str, where: str) -> Sql:
    """The counts between the edges, and the events on either side of them."""
    first, last = "(SELECT first FROM edge)", "(SELECT last FROM edge)"
    events = f"SELECT {of_events} FROM events WHERE {where} AND timestamp"
    text = f"""WITH {edges(table)}
    SELECT {of_counts} FROM {table} WHERE start >= {first} AND start < {last}
    UNION ALL {events} >= %s AND timestamp < least({first}, %s)
    UNION ALL {events} >= greatest({first}, {last}) AND timestamp < %s"""
    return Sql(text, [window.begin] * 4 + [window.end] * 4 + [window.begin, window.end, window.end])


def everything(window: Window, *, sees_security: bool) -> Source:
    """For those who see all events, with or without SECURITY."""
    window = widened(window)
    facts = counted("event_rollups", window, of_counts=OF_ROLLUPS, of_events=OF_EVENTS, where="TRUE")
    if not sees_security:
        facts = Sql(f"SELECT * FROM ({facts.text}) AS f WHERE event_category <> '{catalog.SECURITY}'", facts.params)
    durations = counted(
        "event_durations", window, of_counts="start AS at, bucket, event_count", of_events=DURATION, where=TIMED
    )
    events = Event.objects.all() if sees_security else Event.objects.exclude(event_category=catalog.SECURITY)
    return Source(window, facts, durations, within(events, window), sees_all=True, sees_security=sees_security)


def only(events: EventQuerySet, window: Window) -> Source:
    """For those who see some events: at most the last `LONGEST_UNCOUNTED` of the window."""
    begin = max(window.begin, window.end - LONGEST_UNCOUNTED)
    window = Window(begin, window.end)
    chosen = within(events, window)
    text, params = chosen.order_by().values(*COLUMNS).query.sql_with_params()
    facts = Sql(f"SELECT {OF_EVENTS} FROM ({text}) AS seen", params)
    durations = Sql(f"SELECT {DURATION} FROM ({text}) AS seen WHERE {TIMED}", params)
    return Source(window, facts, durations, chosen, sees_all=False, sees_security=False)


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
    text = f"""SELECT coalesce({which}, %s) AS border FROM event_rollups
    WHERE start < %s AND start > %s - {LONGEST_PERIOD} AND finish > %s"""
    found: datetime = Sql(text, [moment] * 4).rows()[0]["border"]
    return found

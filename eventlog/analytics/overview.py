"""How the site does: what a dashboard tells of a window and of the one before it, in few questions, from counts alone.

Windows are widened to where no count is cut, so that however long one is, no events need to be read for its edges.
"""

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any, Final

from django.conf import settings
from django.utils.timezone import get_default_timezone, make_aware

from eventlog import catalog
from eventlog.analytics import queries
from eventlog.analytics.queries import LOCAL, SUMS, Row
from eventlog.analytics.rollups import STEPS, unit_at
from eventlog.analytics.source import Source, Sql, Window, source_for
from eventlog.analytics.times import UNITS, following, local, stretches, truncated
from eventlog.models.rollup import MEASURES

LONGEST: Final = {  # of the windows that are told by that unit
    "minute": timedelta(minutes=100),
    "hour": timedelta(days=3),
    "day": timedelta(days=100),
    "week": timedelta(days=2 * 366),
}
HALF: Final = {"minute": timedelta(seconds=30), "hour": timedelta(minutes=30), "day": timedelta(hours=12)}
SHORTEST_OF_USERS: Final = timedelta(days=2)  # they are counted by whole days


# --- windows ---
def from_border(begin: datetime, end: datetime, now: datetime) -> Window:
    """With all of the counts that the two would cut; up to now at most."""
    first, unit = truncated(local(begin), unit_at(begin, now)), unit_at(end, now)
    last = truncated(local(end), unit)
    return Window(first, end if last == end else min(following(last, unit), now))


def lasting(length: timedelta, end: datetime, now: datetime) -> Window:
    """So long up to `end`; of what is counted by days alone, from the beginning of its first day: to tell which part of
    that day is within, each of its events would have to be read."""
    begin = end - length
    if unit_at(begin, now) != "day":
        return Window(begin, end)
    first = truncated(local(begin), "day")
    return Window(first, end, widened=first != begin)


def whole_days(window: Window, now: datetime) -> Window:
    """All of the days that it touches; up to now at most."""
    first = truncated(local(window.begin), "day")
    last = truncated(local(window.end - timedelta(microseconds=1)), "day")
    return Window(first, min(following(last, "day"), now))


def preceding(window: Window, now: datetime) -> Window:
    """About as long, up to where the window begins: from the border that is nearest to that."""
    begin = window.before.begin
    half = HALF[unit_at(begin, now)]
    return from_border(begin + half, window.begin, now)


def unit_of(window: Window, now: datetime) -> str:
    """What the window is told by: no more values than can be read, and nothing finer than what is counted."""
    length = window.end - window.begin
    readable = next((unit for unit, longest in LONGEST.items() if length <= longest), UNITS[-1])
    return max(readable, unit_at(window.begin, now), key=UNITS.index)


# --- numbers ---
@dataclass(slots=True)
class Numbers:
    """What happened in one stretch of time. `requests` are the measures of requests; milliseconds are of one
    request."""

    window: Window
    requests: Row = field(default_factory=lambda: dict.fromkeys(MEASURES, 0))
    types: Counter[str] = field(default_factory=Counter)
    categories: Counter[str] = field(default_factory=Counter)
    threats: Counter[str] = field(default_factory=Counter)  # types of SECURITY
    p95: float | None = None

    def add(self, row: Row) -> None:
        kind, category, number = row["event_type"], row["event_category"], int(row["event_count"])
        self.types[kind] += number
        self.categories[category] += number
        if kind == catalog.HTTP_REQUEST:
            self.requests = queries.merged((self.requests, row))
        if category == catalog.SECURITY:
            self.threats[kind] += number

    @property
    def total(self) -> int:
        return self.types.total()

    @property
    def request_count(self) -> int:
        return int(self.requests["event_count"])

    @property
    def requests_per_minute(self) -> float | None:
        return queries.quotient(self.request_count, (self.window.end - self.window.begin) / timedelta(minutes=1))

    @property
    def errors(self) -> int:
        return int(self.requests["server_error_count"])

    @property
    def error_rate(self) -> float | None:
        return queries.rate(self.requests)

    @property
    def mean(self) -> float | None:
        return queries.mean_duration(self.requests)

    @property
    def failed_logins(self) -> int:
        return self.types[catalog.LOGIN_FAILED]

    @property
    def findings(self) -> int:
        return self.categories[catalog.SECURITY]

    @property
    def query_ms(self) -> float | None:
        return queries.quotient(self.requests["query_ms"], self.request_count)

    @property
    def cpu_ms(self) -> float | None:
        return queries.quotient(self.requests["cpu_ms"], self.requests["cpu_count"])

    @property
    def memory_mb(self) -> float | None:
        return self.requests["memory_mb_max"] or None


@dataclass(frozen=True, slots=True)
class Overview:
    """`over_time` has each stretch of the window by its begin, without a time zone and without gaps; `earlier` and
    `before` are None where nothing is known of the time before."""

    source: Source
    unit: str
    now: Numbers
    over_time: dict[datetime, Numbers]
    earlier: Source | None = None
    before: Numbers | None = None

    @property
    def window(self) -> Window:
        return self.source.window

    def users_before(self) -> int | None:
        """How many were active; None where the days of the two windows are much the same."""
        window = self.window
        if self.earlier is None or window.end - window.begin < SHORTEST_OF_USERS:
            return None
        return queries.active_users(self.earlier)


def overview(user: Any, window: Window, now: datetime) -> Overview:
    """Of a window from border to border."""
    both_begin = preceding(window, now).begin
    both = source_for(user, Window(both_begin, window.end), cuts=False)
    source = source_for(user, window, cuts=False)
    unit = unit_of(source.window, now)
    before, whole, over_time = numbers(both, source.window, unit)
    if both.window.begin > both_begin or not before.total:
        return Overview(source, unit, whole, over_time)
    earlier = source_for(user, Window(both_begin, window.begin), cuts=False)
    return Overview(source, unit, whole, over_time, earlier, before)


def numbers(both: Source, window: Window, unit: str) -> tuple[Numbers, Numbers, dict[datetime, Numbers]]:
    """Before the window, in all of it, and in each stretch of it."""
    before, whole = Numbers(Window(both.window.begin, window.begin)), Numbers(window)
    over_time = {at: Numbers(part(window, at, unit)) for at in stretches(window.begin, window.end, unit)}
    places = [before, *over_time.values()]
    begins = [each.window.begin for each in over_time.values()]
    for row in kinds(both, begins):
        for each in (places[row["place"]], *([whole] if row["place"] else [])):
            each.add(row)
    spread, all_of_it = [Counter[int]() for _ in places], Counter[int]()
    for row in durations(both, begins):
        spread[row["place"]][row["bucket"]] = row["n"]
        if row["place"]:
            all_of_it[row["bucket"]] += row["n"]
    for each, counts in zip([*places, whole], [*spread, all_of_it], strict=True):
        each.p95 = p95_of(counts)
    return before, whole, over_time


def p95_of(counts: Mapping[int, int]) -> float | None:
    return queries.percentile(sorted(counts.items()), queries.PERCENTILES["p95"])


def part(window: Window, at: datetime, unit: str) -> Window:
    """What the stretch that begins then has of the window."""
    zone = get_default_timezone()
    begin, end = (make_aware(moment, zone) for moment in (at, following(at, unit)))
    return Window(max(begin, window.begin), min(end, window.end))


def kinds(both: Source, begins: list[datetime]) -> list[Row]:
    """`place` is that of the stretch, from 1 on; 0 is before all of them."""
    text = f"""SELECT width_bucket(at, %s) AS place, event_category, event_type, {SUMS} FROM ({both.all.text}) AS facts
    GROUP BY 1, 2, 3"""
    return Sql(text, [begins, *both.all.params]).rows()


def durations(both: Source, begins: list[datetime]) -> list[Row]:
    text = f"""SELECT width_bucket(at, %s) AS place, bucket, sum(event_count)::bigint AS n
    FROM ({both.by_duration.text}) AS facts GROUP BY 1, 2"""
    return Sql(text, [begins, *both.by_duration.params]).rows()


def hours_of_week(source: Source, now: datetime) -> list[Row]:
    """When in the week requests came; Monday is day 1. What is counted by day alone, being older, has no part in it."""
    text = f"""SELECT extract(isodow FROM {LOCAL})::int AS weekday, extract(hour FROM {LOCAL})::int AS hour,
        sum(event_count)::bigint AS event_count
    FROM ({source.all.text}) AS facts WHERE {queries.REQUESTS} AND at >= %s GROUP BY 1, 2"""
    zone = settings.TIME_ZONE
    return Sql(text, [zone, zone, *source.all.params, now - STEPS[-1].after]).rows()

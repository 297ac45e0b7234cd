"""What somebody has done lately: what it adds up to, in one question about all of it."""

from operator import itemgetter
from typing import Any, Final

from django.utils import timezone

from eventlog import catalog
from eventlog.analytics.source import Sql
from eventlog.models import EventQuerySet

MAX_ADDRESSES: Final = 50
LOCAL: Final = "timestamp AT TIME ZONE %s"
SUMS: Final = f"""
SELECT event_category, weekday, hour, ip_address, user_agent, count(*) AS event_count, max(timestamp) AS last_seen,
    max(signed_in) AS last_login, grouping(event_category, weekday, ip_address, user_agent) AS by
FROM (SELECT event_category, extract(isodow FROM {LOCAL})::int AS weekday, extract(hour FROM {LOCAL})::int AS hour,
    ip_address, user_agent, timestamp, CASE WHEN event_type IN %s THEN timestamp END AS signed_in
    FROM ({{}}) seen) parts
GROUP BY GROUPING SETS ((event_category), (weekday, hour), (ip_address), (user_agent), ())
ORDER BY event_count DESC, event_category, ip_address"""
SIGNED_IN: Final = (catalog.LOGIN, catalog.TOKEN_ISSUED)
BY_CATEGORY, BY_HOUR, BY_ADDRESS, BY_CLIENT, ALL = 0b0111, 0b1011, 0b1101, 0b1110, 0b1111
COLUMNS: Final = ("timestamp", "event_category", "event_type", "ip_address", "user_agent")
Row = dict[str, Any]


def sums(events: EventQuerySet) -> Row:
    """Of one user's events, of which there may be many. `by_hour` has a row for each hour of the week in which there
    was anything, Monday being day 1."""
    text, params = events.order_by().values(*COLUMNS).query.sql_with_params()
    zone = timezone.get_current_timezone_name()
    rows = Sql(SUMS.format(text), [zone, zone, SIGNED_IN, *params]).rows()
    whole = next(row for row in rows if row["by"] == ALL)
    return {
        "total": whole["event_count"],
        "by_category": {row["event_category"]: row["event_count"] for row in rows if row["by"] == BY_CATEGORY},
        "by_hour": parts(rows, BY_HOUR, "weekday", "hour"),
        "addresses": parts(rows, BY_ADDRESS, "ip_address", "last_seen")[:MAX_ADDRESSES],
        "clients": parts(rows, BY_CLIENT, "user_agent", "last_seen")[:MAX_ADDRESSES],
        "last_login": whole["last_login"],
    }


def parts(rows: list[Row], by: int, *columns: str) -> list[Row]:
    """The sums of that grouping, without what has no value."""
    chosen = (row for row in rows if row["by"] == by and row[columns[0]])
    return [{name: row[name] for name in (*columns, "event_count")} for row in chosen]


def by_hour_of_day(found: list[Row]) -> list[Row]:
    """Of any day of the week."""
    counts: dict[int, int] = {}
    for row in sorted(found, key=itemgetter("hour")):
        counts[row["hour"]] = counts.get(row["hour"], 0) + row["event_count"]
    return [{"hour": hour, "event_count": count} for hour, count in counts.items()]


def names(newest: Row) -> dict[str, str]:
    """What the user was called last, since the account may be gone."""
    return {name: newest[name] for name in ("username", "user_role")}

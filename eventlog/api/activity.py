"""What somebody has done lately: what it adds up to, in one question about all of it."""

from datetime import datetime
from operator import itemgetter
from typing import Any

from django.utils import timezone

from eventlog import catalog
from eventlog.analytics.source import Sql
from eventlog.models import Event, EventQuerySet

MAX_ADDRESSES = 50
SUMS = """
SELECT event_category, hour, ip_address, count(*) AS event_count, grouping(event_category, hour, ip_address) AS by
FROM (SELECT event_category, extract(hour FROM timestamp AT TIME ZONE %s)::int AS hour, ip_address FROM ({}) seen) parts
GROUP BY GROUPING SETS ((event_category), (hour), (ip_address), ())
ORDER BY event_count DESC, event_category, ip_address"""
BY_CATEGORY, BY_HOUR, BY_ADDRESS, ALL = 0b011, 0b101, 0b110, 0b111


def sums(events: EventQuerySet) -> dict[str, Any]:
    """Of one user's events, of which there may be many."""
    text, params = events.order_by().values("timestamp", "event_category", "ip_address").query.sql_with_params()
    rows = Sql(SUMS.format(text), [timezone.get_current_timezone_name(), *params]).rows()
    addresses = [part(row, "ip_address") for row in rows if row["by"] == BY_ADDRESS and row["ip_address"]]
    return {
        "total": next(row["event_count"] for row in rows if row["by"] == ALL),
        "by_category": {row["event_category"]: row["event_count"] for row in rows if row["by"] == BY_CATEGORY},
        "busiest_hours": sorted((part(row, "hour") for row in rows if row["by"] == BY_HOUR), key=itemgetter("hour")),
        "addresses": addresses[:MAX_ADDRESSES],
        "last_login": last_login(events),
    }


def part(row: dict[str, Any], column: str) -> dict[str, Any]:
    return {column: row[column], "event_count": row["event_count"]}


def last_login(events: EventQuerySet) -> datetime | None:
    signed_in = events.filter(event_type__in=[catalog.LOGIN, catalog.TOKEN_ISSUED]).newest_first()
    return signed_in.values_list("timestamp", flat=True).first()


def names(events: EventQuerySet) -> dict[str, Any] | None:
    """What the user was called last, since the account may be gone; None where there is no event."""
    newest: Event | None = events.newest_first().only("username", "user_role").first()
    return None if newest is None else {"username": newest.username, "user_role": newest.user_role}

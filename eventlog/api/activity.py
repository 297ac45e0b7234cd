"""What somebody has done lately: the timeline, and what it adds up to."""

from datetime import datetime
from typing import Any

from django.utils import timezone

from eventlog import catalog
from eventlog.models import Event, EventQuerySet

MAX_ADDRESSES = 50


def sums(events: EventQuerySet) -> dict[str, Any]:
    """Of one user's events, of which there may be many: four questions, each by the index on users."""
    return {
        "total": events.count(),
        "by_category": {row["event_category"]: row["event_count"] for row in events.counts_by("event_category")},
        "busiest_hours": events.busiest_hours(timezone.get_current_timezone()),
        "addresses": events.exclude(ip_address=None).counts_by("ip_address")[:MAX_ADDRESSES],
        "last_login": last_login(events),
    }


def last_login(events: EventQuerySet) -> datetime | None:
    signed_in = events.filter(event_type__in=[catalog.LOGIN, catalog.TOKEN_ISSUED]).newest_first()
    return signed_in.values_list("timestamp", flat=True).first()


def names(events: EventQuerySet) -> dict[str, Any]:
    """What the user was called last; the account may be gone."""
    newest: Event | None = events.newest_first().only("username", "user_role").first()
    return {} if newest is None else {"username": newest.username, "user_role": newest.user_role}

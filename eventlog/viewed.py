"""Who looked at what: reading SECURITY events and sensitive values, and taking events away, are events themselves,
wherever it was done.

Reading what is told here is no SECURITY event, so nobody's looking makes events without end.
"""

from collections.abc import Iterable, Mapping
from hashlib import sha256
from time import time
from typing import Any, Final

from django.http import HttpRequest

from eventlog import catalog
from eventlog.capture.requests import endpoint_of
from eventlog.context import NOTHING
from eventlog.logger import record_event
from eventlog.models import Event

PLACES: Final = ("cursor", "after")  # where in the answer, not what was asked for
SITTING: Final = 3600  # seconds for which a page that looks again by itself is told of once
TOLD: Final = "eventlog_viewed"  # in the session: {of which address: when that was told, in seconds since 1970}


def asked_for(request: HttpRequest) -> dict[str, str]:
    """The filter, as the URL gives it."""
    return {name: str(value) for name, value in request.GET.items() if value and name not in PLACES}


def security_among(categories: Iterable[str]) -> int:
    return sum(category == catalog.SECURITY for category in categories)


def tell_shown(request: HttpRequest, events: Iterable[Event]) -> None:
    """Where there are SECURITY events among those that a page shows."""
    if number := security_among(event.event_category for event in events):
        tell_answered(request, number)


def tell_watched(request: HttpRequest, events: Iterable[Event]) -> None:
    """As `tell_shown`, of a page that looks again every few seconds: once an hour for each address in a session."""
    number = security_among(event.event_category for event in events)
    page, now = sha256(request.get_full_path().encode()).hexdigest()[:16], time()
    told = {about: when for about, when in request.session.get(TOLD, {}).items() if when > now - SITTING}
    if number and page not in told:
        tell_answered(request, number, live=True)
        request.session[TOLD] = {**told, page: now}


def tell_one(request: HttpRequest, key: str, record: tuple[str, str], *, number: int, is_read: bool) -> None:
    """Where one event was asked for: if there are SECURITY events in the answer, or its encrypted values could be read.
    Of the latter it says whose they are, so that the record's history tells who has read them."""
    if is_read:
        about = {"entity_type": record[0], "entity_id": record[1], "is_sensitive": False}
        tell_answered(request, number, about, event=key, sensitive_events=1)
    elif number:
        tell_answered(request, number, event=key)


def tell_viewed(
    number: int, asked: Mapping[str, Any], about: Mapping[str, Any] = NOTHING, *, endpoint: str = "", **more: Any
) -> None:
    """Once a look: that so many SECURITY events were shown to who had `asked`; `about` are further columns."""
    data = {"filter": dict(asked), "security_events": number, **more}
    record_event(catalog.EVENTS_VIEWED, {"event_data": data, "endpoint": endpoint, **about})


def tell_answered(request: HttpRequest, number: int, about: Mapping[str, Any] = NOTHING, **more: Any) -> None:
    """Once a request: that its answer shows so many of them."""
    tell_viewed(number, asked_for(request), about, endpoint=endpoint_of(request), **more)

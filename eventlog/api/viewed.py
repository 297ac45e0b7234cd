"""Who looked at what: reading SECURITY events, and taking events away, are events themselves.

Reading what is told here is no SECURITY event, so nobody's looking makes events without end.
"""

from collections.abc import Iterable
from typing import Any, Final

from rest_framework.request import Request

from eventlog import catalog
from eventlog.capture.requests import endpoint_of
from eventlog.logger import record_event
from eventlog.models import Event

PLACES: Final = ("cursor", "after")  # where in the answer, not what was asked for


def asked_for(request: Request) -> dict[str, str]:
    """The filter, as the URL gives it."""
    return {name: str(value) for name, value in request.query_params.items() if value and name not in PLACES}


def security_in(events: Iterable[Event]) -> int:
    return sum(event.event_category == catalog.SECURITY for event in events)


def tell_viewed(request: Request, number: int, **more: Any) -> None:
    """Once a request: that it has shown so many SECURITY events."""
    data = {"filter": asked_for(request), "security_events": number, **more}
    record_event(catalog.EVENTS_VIEWED, {"event_data": data, "endpoint": endpoint_of(request._request)})

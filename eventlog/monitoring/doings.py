"""When what keeps the event log in order was done last, as its own events and checkpoints tell."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final
from uuid import UUID

from django.db.models import Q

from eventlog import catalog
from eventlog.models import Event, EventQuerySet
from eventlog.pipeline.outbox import events_alias

VERIFY: Final = "eventlog_verify"


@dataclass(frozen=True, slots=True)
class Done:
    """`event` is the one that tells of it."""

    at: datetime
    event: UUID
    status: str
    data: Any


def last_done() -> dict[str, Done]:
    """{EVENTS_CLEANUP, EVENTS_ARCHIVED, EVENTS_VERIFIED, COMMAND: the last time}; the command is that which verifies
    everything. In one query; what was never done is not there."""
    events = Event.objects.using(events_alias())
    verified = events.filter(~Q(event_data={}), event_data__contains={"command": VERIFY})
    newest = [
        *(last(events, name) for name in (catalog.EVENTS_CLEANUP, catalog.EVENTS_ARCHIVED, catalog.EVENTS_VERIFIED)),
        last(verified, catalog.COMMAND),
    ]
    rows = newest[0].union(*newest[1:], all=True)
    return {name: Done(at, key, status, data) for name, at, key, status, data in rows}


def last(events: EventQuerySet, event_type: str) -> Any:
    found = events.filter(event_type=event_type).newest_first()
    return found.values_list("event_type", "timestamp", "id", "event_status", "event_data")[:1]

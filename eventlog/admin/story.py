"""What belongs to one event: its request, the events beside it of the same person and of the same record, what happened
around it, and all that is known of it as it is stored."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, Final

from django.utils.translation import gettext_lazy as _

from eventlog.addresses import timeline
from eventlog.admin import display, wording
from eventlog.admin.lines import address_of, lines_of
from eventlog.admin.rows import beside, lines
from eventlog.catalog import StrOrPromise
from eventlog.export.rows import HIDDEN_INSIDES, parsed, row_of
from eventlog.models import Event, EventQuerySet
from eventlog.visible import laid_out, visible

MAX_OF_REQUEST: Final = 100


@dataclass(frozen=True, slots=True)
class Neighbours:
    """Addresses of the event before and after; empty where there is none."""

    words: StrOrPromise
    timeline: str
    earlier: str
    later: str


def of(event: Event, events: EventQuerySet, user: Any) -> dict[str, Any]:
    return {
        "type": wording.label(event),
        "type_name": visible(event.event_type),
        "moment": display.exact_time(event),
        "severity": display.severity(event),
        "category": display.category(event),
        "result": display.result(event),
        "neighbours": list(neighbours(event, events)),
        "around": display.around(event),
        "raw": raw(event, sees_insides=user.has_perm("eventlog.view_security")),
        **request_of(event, events),
    }


def neighbours(event: Event, events: EventQuerySet) -> Iterator[Neighbours]:
    if person := display.timeline_of_actor(event):
        theirs = events.filter(user_id=event.user_id) if event.user_id else events.filter(username=event.username)
        yield neighbours_among(theirs, event, _("The same person"), person)
    if record := display.timeline_of_record(event):
        its = events.filter(entity_type=event.entity_type, entity_id=event.entity_id)
        yield neighbours_among(its, event, _("The same record"), record)


def neighbours_among(events: EventQuerySet, event: Event, words: StrOrPromise, timeline: str) -> Neighbours:
    earlier, later = ("" if other is None else address_of(other.id) for other in beside(events, event))
    return Neighbours(words, timeline, earlier, later)


def request_of(event: Event, events: EventQuerySet) -> dict[str, Any]:
    """What else happened in its request, where there was anything else."""
    if not event.request_id:
        return {}
    found = lines(events.filter(request_id=event.request_id).order_by("timestamp", "id")[:MAX_OF_REQUEST])
    if len(found) < 2:
        return {}
    address = timeline("request", id=event.request_id)
    told = lines_of(found, this=event.id, begin=found[0].timestamp)
    return {"together": found, "lines": told, "request_address": address}


def raw(event: Event, *, sees_insides: bool) -> str:
    """All of it as JSON, as an export gives it."""
    row = {**parsed(row_of(event)), **({} if sees_insides else HIDDEN_INSIDES)}
    return laid_out({name: value if is_json(value) else str(value) for name, value in row.items()})


def is_json(value: Any) -> bool:
    return value is None or isinstance(value, bool | int | float | str | list | dict)

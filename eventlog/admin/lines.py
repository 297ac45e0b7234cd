"""Lines of a timeline: one event each, in words."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from django.urls import reverse

from eventlog.admin import display, wording
from eventlog.models import Event


@dataclass(frozen=True, slots=True)
class Line:
    """`after` is how long after the first one it was; `is_this` marks the one whose page it is."""

    address: str
    time: str
    after: str
    severity: str
    sentence: str
    actor: str
    ip: str
    result: str
    duration: str
    is_this: bool


def lines_of(events: Iterable[Event], *, this: UUID | None = None, begin: datetime | None = None) -> list[Line]:
    return [line_of(event, this, begin) for event in events]


def line_of(event: Event, this: UUID | None, begin: datetime | None) -> Line:
    return Line(
        address=address_of(event.id),
        time=display.moment(event.timestamp),
        after="" if begin is None else f"+{display.milliseconds((event.timestamp - begin).total_seconds() * 1000)}",
        severity=display.severity(event),
        sentence=wording.sentence(event),
        actor=display.username(event) or display.user_id(event),
        ip=display.address(event),
        result=display.result(event),
        duration=display.duration(event),
        is_this=event.id == this,
    )


def address_of(key: Any) -> str:
    return reverse("admin:eventlog_event_change", args=[key])

"""What the rules would have said of stored events, without anybody being told."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Final
from uuid import UUID

from django.db import connections

from eventlog import catalog
from eventlog.detection.findings import Finding
from eventlog.detection.history import SELECTED
from eventlog.detection.judging import judge
from eventlog.detection.observations import Observation, of_row
from eventlog.detection.rules import SILENCE

AT_ONCE: Final = 1000
HOUR: Final = timedelta(hours=1)
# By events_newest, and without what no rule asks for.
NEXT: Final = f"""
SELECT {SELECTED} FROM events AS e WHERE e.timestamp < %s AND (e.timestamp, e.id) > (%s, %s::uuid)
AND (e.event_type <> '{catalog.HTTP_REQUEST}' OR e.response_status >= 400 OR e.session_id <> '')
ORDER BY e.timestamp, e.id LIMIT {AT_ONCE}"""


@dataclass(slots=True)
class Rehearsal:
    """`findings` by id, each as it was found last; `events` were looked at."""

    findings: dict[UUID, Finding] = field(default_factory=dict)
    events: int = 0

    def add(self, found: list[Finding]) -> None:
        self.findings.update((each.id, each) for each in found)


def rehearse(rehearsal: Rehearsal, since: datetime, until: datetime, using: str) -> Iterator[int]:
    """Look at all that happened in between, some events at a time; how many of them."""
    for events in stretches(since, until, using):
        rehearsal.add(judge(events, using))
        rehearsal.events += len(events)
        yield len(events)
    hour = since
    while SILENCE.is_enabled and hour < until:
        hour += HOUR
        rehearsal.add(list(SILENCE.until(hour, using)))


def stretches(since: datetime, until: datetime, using: str) -> Iterator[list[Observation]]:
    place: tuple[datetime, str] = (since, str(UUID(int=0)))
    while True:
        with connections[using].cursor() as cursor:
            cursor.execute(NEXT, [until, *place])
            events = [of_row(row) for row in cursor]
        if not events:
            return
        yield events
        place = (events[-1].timestamp, str(events[-1].id))

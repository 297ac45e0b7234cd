"""One export from its begin to its end, which is an event whoever asked for it, and however it ended."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from typing import Any

from eventlog import catalog
from eventlog.export.formats import Format
from eventlog.export.rows import Row, rows
from eventlog.logger import record_event
from eventlog.models import EventQuerySet


@dataclass(slots=True)
class Tally:
    """What has been written so far."""

    events: int = 0
    security_events: int = 0

    def counted(self, found: Iterable[Row]) -> Iterator[Row]:
        for row in found:
            self.events += 1
            self.security_events += row["event_category"] == catalog.SECURITY
            yield row


@dataclass(slots=True)
class Export:
    """`filter` is what was asked for, as it was asked."""

    events: EventQuerySet
    format: Format
    filter: Any
    sees_insides: bool
    tally: Tally = field(default_factory=Tally)

    def chunks(self) -> Iterator[bytes]:
        return self.format.written(self.tally.counted(rows(self.events, sees_insides=self.sees_insides)))

    def tell(self, size: int, problem: str = "", **columns: Any) -> None:
        """`size` in bytes; `problem` says that not all of it arrived."""
        counts = {"count": self.tally.events, "security_events": self.tally.security_events, "bytes": size}
        data = {"format": self.format.name, "filter": self.filter, **counts}
        broken = {"event_status": catalog.ERROR, "error_code": problem, "tags": ["incomplete"]} if problem else {}
        record_event(catalog.EVENTS_EXPORTED, {"event_data": data, **broken, **columns})

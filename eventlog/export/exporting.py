"""One export from its begin to its end, which is an event whoever asked for it, and however it ended."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from eventlog import catalog
from eventlog.export.formats import Format
from eventlog.export.rows import Row, rows
from eventlog.logger import record_event
from eventlog.models import EventQuerySet
from eventlog.viewed import tell_viewed


@dataclass(slots=True)
class Tally:
    """What has been written so far."""

    events: int = 0
    security_events: int = 0
    sensitive_events: int = 0

    def counted(self, found: Iterable[Row]) -> Iterator[Row]:
        for row in found:
            self.events += 1
            self.security_events += row["event_category"] == catalog.SECURITY
            self.sensitive_events += row["is_sensitive"]
            yield row


@dataclass(slots=True)
class Export:
    """`filter` is what was asked for, as it was asked; `may_read` says that encrypted values are opened."""

    events: EventQuerySet
    format: Format
    filter: Mapping[str, Any]
    sees_insides: bool
    may_read: bool = False
    tally: Tally = field(default_factory=Tally)

    def chunks(self) -> Iterator[bytes]:
        found = rows(self.events, sees_insides=self.sees_insides, may_read=self.may_read)
        return self.format.written(self.tally.counted(found))

    def tell(self, size: int, problem: str = "", *, endpoint: str = "") -> None:
        """`size` in bytes; `problem` says that not all of it arrived. SECURITY events that went out were
        viewed, and so were sensitive ones with their values."""
        counts = {"count": self.tally.events, "security_events": self.tally.security_events, "bytes": size}
        data = {"format": self.format.name, "filter": self.filter, **counts}
        broken = {"event_status": catalog.ERROR, "error_code": problem, "tags": ["incomplete"]} if problem else {}
        record_event(catalog.EVENTS_EXPORTED, {"event_data": data, "endpoint": endpoint, **broken})
        opened = {"sensitive_events": self.tally.sensitive_events} if self.may_read else {}
        if self.tally.security_events or any(opened.values()):
            tell_viewed(self.tally.security_events, self.filter, {}, endpoint=endpoint, **opened)

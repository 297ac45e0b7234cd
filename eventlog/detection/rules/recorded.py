"""What capture has found already, an event each time: told once a day for each address or target."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from typing import Any

from django.utils.translation import gettext as _

from eventlog import catalog
from eventlog.detection.findings import Finding
from eventlog.detection.history import MAX_ROWS, History
from eventlog.detection.observations import Observation
from eventlog.detection.rules.base import Occurrences, Rule, listed


class Recorded(Rule):
    threshold = 1
    seconds = 86400

    def listens_to(self, event_type: str) -> bool:
        return event_type == self.event_type

    def wants(self, seen: Observation) -> bool:
        return not seen.is_of_finding

    def findings(self, seen: Sequence[Observation], history: History) -> Iterator[Finding]:
        found = Occurrences(self)
        for event in history.recorded(self.event_type, seen):  # so that the count is that of the day
            self.tell(event, found)
        yield from (self.counted(each, history) for each in found.findings())

    def counted(self, finding: Finding, history: History) -> Finding:
        """Of a flood not only those that were looked at."""
        kind, _colon, address = finding.target.partition(":")
        if kind != "ip" or finding.event_count < MAX_ROWS:
            return finding
        number = history.number_recorded(self.event_type, address, finding.last_seen)
        return replace(finding, event_count=max(number, finding.event_count))

    def tell(self, event: Observation, found: Occurrences) -> None:
        found.add(
            self.target(event),
            event.timestamp,
            [event],
            event.severity,
            addresses=[event.ip_address],
            accounts=[event.username],
            paths=[event.request_path],
        )

    def target(self, event: Observation) -> str:
        return f"ip:{event.address}" if event.ip_address else f"user:{event.account}" if event.username else "site"


class Payload(Recorded):
    def explain(self, data: Mapping[str, Any]) -> str:
        words = _("%(label)s was tried from %(addresses)s, at %(paths)s. Nothing was blocked: see what was answered.")
        facts = {"label": self.label, "addresses": listed(data, "addresses") or "?"}
        return words % {**facts, "paths": listed(data, "paths") or "?"}


class SqlInjection(Payload):
    name = "sql_injection"
    event_type = catalog.SQL_INJECTION


class Xss(Payload):
    name = "xss"
    event_type = catalog.XSS


class PathTraversal(Payload):
    name = "path_traversal"
    event_type = catalog.PATH_TRAVERSAL


class CommandInjection(Payload):
    name = "command_injection"
    event_type = catalog.COMMAND_INJECTION


class TemplateInjection(Payload):
    name = "template_injection"
    event_type = catalog.TEMPLATE_INJECTION


class OutOfBandChange(Recorded):
    name = "out_of_band_change"
    event_type = catalog.OUT_OF_BAND_CHANGE

    def target(self, event: Observation) -> str:
        return f"entity:{event.entity_type}" if event.entity_type else "site"

    def explain(self, data: Mapping[str, Any]) -> str:
        words = _("Records were changed in the database itself, past the application, by %(accounts)s.")
        return words % {"accounts": listed(data, "accounts") or "?"}


class Tampering(Recorded):
    name = "tampering"
    event_type = catalog.TAMPERING

    def target(self, event: Observation) -> str:
        return "site"

    def explain(self, data: Mapping[str, Any]) -> str:
        words = _("The event log itself was changed or shortened. What it says of that time cannot be relied on.")
        return f"{words} ({data['verdict']}: {data['what']})" if "what" in data else words

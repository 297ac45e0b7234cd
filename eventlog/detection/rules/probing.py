"""Requests that try doors: pages that are not there, that are not allowed, records of others, a scanner's list.

Counted are distinct paths of one visitor, and not answers: a missing picture is asked for by everybody.
"""

import re
from collections.abc import Collection, Iterator, Mapping, Sequence
from datetime import datetime
from functools import lru_cache
from typing import Any, Final

from django.utils.translation import gettext as _

from eventlog import catalog
from eventlog.detection.findings import Finding
from eventlog.detection.history import History
from eventlog.detection.observations import Observation
from eventlog.detection.payloads import MEDIUM
from eventlog.detection.payloads import findings as payload_findings
from eventlog.detection.rules.base import Memory, Occurrences, Rule, count, listed

REQUESTS: Final = frozenset({catalog.HTTP_REQUEST, catalog.UNAUTHORIZED_ACCESS})
NUMBER: Final = re.compile(r"[0-9a-f]{8}-[0-9a-f-]{27}|[0-9a-f]{16,}|\d+", re.I)
MAX_PATHS: Final = 20
WORTH_A_LOOK: Final = 3  # distinct paths of a visitor in this process, before the database is asked


def shape(path: str) -> str:
    """The path without its numbers: photos of all pupils that are missing are one."""
    return NUMBER.sub("0", path)


def visitor(seen: Observation) -> str:
    """Who asks, behind an address that many share: whoever is signed in, else the session, else the kind of client."""
    return seen.username or seen.session_id or seen.user_agent


@lru_cache(maxsize=4096)
def is_scanners(path: str) -> bool:
    """Whether only scanners ask for it."""
    return any(each.kind == "scanner" and each.score >= MEDIUM for each in payload_findings(path, "path"))


class ProbingRule(Rule):
    """Distinct paths, of one visitor, in a window."""

    statuses: frozenset[int]

    def __init__(self) -> None:
        self.paths = Memory[dict[int, datetime]](5000)  # that each visitor was refused lately: hashes, paths are long

    def listens_to(self, event_type: str) -> bool:
        return event_type in REQUESTS

    def wants(self, seen: Observation) -> bool:
        if not self.counts(seen) or not seen.ip_address:
            return False
        since, who = seen.timestamp - self.window, hash(self.who(seen))
        before = list((self.paths.get(who) or {}).items())[-MAX_PATHS:]
        paths = {path: moment for path, moment in before if moment >= since} | {hash(self.what(seen)): seen.timestamp}
        self.paths.put(who, paths)
        return len(paths) >= min(WORTH_A_LOOK, self.least)

    def counts(self, seen: Observation) -> bool:
        return seen.status in self.statuses and seen.event_type in REQUESTS  # rows of other types may have a status too

    def who(self, seen: Observation) -> tuple[str, ...]:
        return seen.address, visitor(seen)

    def what(self, seen: Observation) -> str:
        return shape(seen.request_path)

    def findings(self, seen: Sequence[Observation], history: History) -> Iterator[Finding]:
        found = Occurrences(self)
        asked = {each.address for each in seen}
        for address, events in history.refused.items():
            if address in asked:
                self.judge([each for each in events if self.counts(each)], found)
        yield from found.findings()

    def judge(self, events: Sequence[Observation], found: Occurrences) -> None:
        latest: dict[tuple[str, ...], dict[str, Observation]] = {}
        for event in events:
            paths = latest.setdefault(self.who(event), {})
            what = self.what(event)
            paths.pop(what, None)
            paths[what] = event  # in the order of their last time
            while (oldest := next(iter(paths.values()))).timestamp < event.timestamp - self.window:
                del paths[self.what(oldest)]
            if self.are_enough(paths.values()):
                self.tell(event, list(paths.values()), found)

    def are_enough(self, events: Collection[Observation]) -> bool:
        return len(events) >= self.least

    def tell(self, event: Observation, events: Sequence[Observation], found: Occurrences) -> None:
        target = f"user:{event.account}" if event.username else f"ip:{event.address}"
        new = events[-1:] if found.begun(target, event.timestamp) else events
        paths, addresses = [each.request_path for each in new], [event.ip_address]
        found.add(target, event.timestamp, new, paths=paths, addresses=addresses, accounts=[event.username])


class ScanBurst(ProbingRule):
    name = "scan_burst"
    event_type = catalog.SCAN_BURST
    threshold = 15  # distinct paths without their numbers (Sigma and Elastic: 10 errors)
    seconds = 600
    statuses = frozenset({404})

    def explain(self, data: Mapping[str, Any]) -> str:
        words = _("%(addresses)s asked for %(number)d different pages that are not there, such as %(paths)s.")
        number = count(data, "paths")
        return words % {"addresses": listed(data, "addresses"), "number": number, "paths": listed(data, "paths")}


class ForbiddenBurst(ProbingRule):
    name = "forbidden_burst"
    event_type = catalog.FORBIDDEN_BURST
    threshold = 10  # distinct paths without their numbers
    seconds = 600
    statuses = frozenset({401, 403})

    def are_enough(self, events: Collection[Observation]) -> bool:
        """With a token that ran out, a page asks for all of its parts at once: that alone has to be twice as much."""
        few = any(each.status == 403 for each in events)
        return len(events) >= self.least * (1 if few else 2)

    def explain(self, data: Mapping[str, Any]) -> str:
        words = _("%(who)s was refused %(number)d different pages, such as %(paths)s.")
        who = listed(data, "accounts") or listed(data, "addresses")
        return words % {"who": who, "number": count(data, "paths"), "paths": listed(data, "paths")}


class Enumeration(ProbingRule):
    """One endpoint, record after record, of which none is his: forced browsing."""

    name = "enumeration"
    event_type = catalog.ENUMERATION
    threshold = 15  # distinct records of one endpoint
    seconds = 3600
    statuses = frozenset({403, 404})

    def counts(self, seen: Observation) -> bool:
        """Records by their route, or by a number in the path; no files, of which a page may lack many."""
        if not super().counts(seen):
            return False
        if seen.endpoint:
            return "{" in seen.endpoint
        return shape(seen.request_path) != seen.request_path and "." not in seen.request_path.rpartition("/")[2]

    def who(self, seen: Observation) -> tuple[str, ...]:
        return seen.address, visitor(seen), seen.endpoint or shape(seen.request_path)

    def what(self, seen: Observation) -> str:
        return seen.request_path

    def explain(self, data: Mapping[str, Any]) -> str:
        words = _("%(who)s tried %(number)d records that are not there or not theirs, one by one: %(paths)s.")
        who = listed(data, "accounts") or listed(data, "addresses")
        return words % {"who": who, "number": count(data, "paths"), "paths": listed(data, "paths")}


class Scanner(Rule):
    """Paths that only scanners ask for, or a scanner that says its name."""

    name = "scanner"
    event_type = catalog.SCANNER
    threshold = 3  # distinct paths; the internet's noise asks for one or two
    seconds = 3600

    def listens_to(self, event_type: str) -> bool:
        return event_type in (catalog.HTTP_REQUEST, catalog.SCANNER)

    def wants(self, seen: Observation) -> bool:
        if seen.is_of_finding or not seen.ip_address:
            return False
        return self.is_probe(seen) or self.is_named(seen)

    def is_named(self, seen: Observation) -> bool:
        """By capture, which knows the headers; what it calls low is one path."""
        return seen.event_type == catalog.SCANNER and seen.severity != catalog.LOW

    def is_probe(self, seen: Observation) -> bool:
        is_refused = seen.event_type == catalog.HTTP_REQUEST and seen.status in (401, 403, 404)
        return is_refused and is_scanners(seen.request_path[:300])

    def findings(self, seen: Sequence[Observation], history: History) -> Iterator[Finding]:
        found = Occurrences(self)
        for event in history.recorded(self.event_type, list(filter(self.is_named, seen))):
            if self.is_named(event):
                self.tell(event, [event], found)
        asked = {each.address for each in seen if self.is_probe(each)}
        for address in asked & history.refused.keys():
            self.judge([each for each in history.refused[address] if self.is_probe(each)], found)
        yield from found.findings()

    def judge(self, probes: Sequence[Observation], found: Occurrences) -> None:
        paths: dict[str, Observation] = {}
        for event in probes:
            paths = {key: each for key, each in paths.items() if each.timestamp >= event.timestamp - self.window}
            paths[event.request_path] = event
            if len(paths) >= self.least:
                self.tell(event, list(paths.values()), found)

    def tell(self, event: Observation, events: Sequence[Observation], found: Occurrences) -> None:
        target = f"ip:{event.address}"
        new = events[-1:] if found.begun(target, event.timestamp) else events
        paths = [each.request_path for each in new]
        severity = event.severity if self.is_named(event) else catalog.MEDIUM
        found.add(target, event.timestamp, new, severity, paths=paths, addresses=[event.ip_address])

    def explain(self, data: Mapping[str, Any]) -> str:
        words = _("%(addresses)s looks for weak spots with a scanner: %(paths)s.")
        return words % {"addresses": listed(data, "addresses"), "paths": listed(data, "paths") or "?"}

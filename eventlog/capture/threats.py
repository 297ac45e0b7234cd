"""Attacks in what a request has brought, told beside its own event. Nothing is blocked, and nothing is read for it.

Values are looked at as they were sent, before anything is masked. What is kept is the kind, the rule, the place, the
score and an excerpt, which is redacted like any text of an event; of sensitive fields, of the body of a sensitive
request and of what is typed to sign in there is none. Passwords and the like are not looked at: to tell how one is
built would be to tell of it.
"""

import time
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import lru_cache
from typing import Any, Final

from django.conf import settings
from django.http import HttpRequest

from eventlog import catalog
from eventlog.capture import bodies
from eventlog.capture.requests import Visit, outcome
from eventlog.detection.payloads import HIGH, LOW, MEDIUM, Finding, findings
from eventlog.logger import record_event
from eventlog.privacy.names import matcher
from eventlog.record import redactor_in_force

EVENT_TYPES: Final = {
    "sqli": catalog.SQL_INJECTION,
    "xss": catalog.XSS,
    "traversal": catalog.PATH_TRAVERSAL,
    "cmdi": catalog.COMMAND_INJECTION,
    "template": catalog.TEMPLATE_INJECTION,
    "scanner": catalog.SCANNER,
}
PLACE: Final = ("endpoint", "request_path", "response_status")
HEADERS: Final = frozenset({"User-Agent", "Referer", "Host"})  # and all that begin with X-
MAX_VALUES: Final = 500  # of one request; names of fields count too
MAX_DEPTH: Final = 10
MAX_CHARACTERS: Final = 131_072
MAX_SECONDS: Final = (
    0.02  # of the processor's time: several times what 16 KB of prose cost, so that only hostile input meets it
)
CLOCK_EVERY: Final = 2048  # characters: to ask the clock takes as long as to look at a short value
MAX_FOUND: Final = 20  # that are kept of one request
MAX_REMEMBERED: Final = 300  # characters of a header, a path or a name
PROSE: Final = (300, 40)  # characters and spaces from which a text is an essay, which may quote what it writes about
_is_secret: Final = matcher(
    (
        *("password", "passwd", "pwd", "pass", "passphrase", "passcode", "sandi", "kata_sandi", "token", "csrf", "jwt"),
        *("csrfmiddlewaretoken", "secret", "authorization", "api_key", "private_key", "otp", "pin", "session_id"),
    )
)


@dataclass(frozen=True, slots=True)
class Threat:
    """A finding at its place, such as `query q`: `cookie: …` would be masked. `sure`: worth an event."""

    finding: Finding
    place: str
    sure: bool
    shown: bool

    def told(self) -> dict[str, Any]:
        found = self.finding
        excerpt = "".join(char if char.isprintable() else " " for char in found.excerpt) if self.shown else ""
        return {
            "kind": found.kind,
            "rule": found.rule,
            "place": self.place,
            "score": found.score,
            "excerpt": excerpt,
            **({"layers": list(found.layers)} if found.layers else {}),
        }


def look(visit: Visit, columns: dict[str, Any], status: int | None) -> list[Threat]:
    """What was found, the worst first; it is in `columns` afterwards, with how bad it is."""
    scan = Scan()
    scan.request(visit, columns)
    threats = [each for each in scan.threats if status is None or status >= 400 or not only_asked_for(each)]
    if scan.tags:
        columns["tags"] = (*columns.get("tags", ()), *scan.tags)
    if threats:
        threats.sort(key=lambda each: -each.finding.score)
        columns["threats"] = [each.told() for each in threats[:MAX_FOUND]]
        columns["risk_score"] = threats[0].finding.score
    return threats


def only_asked_for(threat: Threat) -> bool:
    """A path that only scanners ask for, to which there is an answer: then the site has such a page."""
    return threat.finding.kind == "scanner" and threat.place == "path"


def tell(threats: list[Threat], columns: Mapping[str, Any], clean: Mapping[str, Any]) -> None:
    """One event for each kind of attack of which the detector is sure enough."""
    place = {name: columns[name] for name in PLACE if name in columns}
    ours = {name: clean[name] for name in PLACE if name in clean}
    for kind, event_type in EVENT_TYPES.items():
        found = [each for each in threats if each.finding.kind == kind]
        if any(each.sure for each in found):
            score = found[0].finding.score
            told = {"threats": [each.told() for each in found[:MAX_FOUND]], "risk_score": score}
            record_event(event_type, {**place, **told}, clean={**ours, **judged(score, clean.get("response_status"))})


def judged(score: int, status: int | None) -> dict[str, str]:
    """Status and severity: an attack that was refused is less than one that was answered or broke something."""
    refused = status is not None and 400 <= status < 500
    severities = (catalog.LOW, catalog.MEDIUM) if refused else (catalog.MEDIUM, catalog.HIGH)
    event_status = catalog.ERROR if status is None else outcome(status)[0]
    return {"severity": severities[score >= HIGH], "event_status": event_status}


class Scan:
    """One request's values on their way through the detector, with what is left of the work they may cause."""

    __slots__ = ("characters", "clock_at", "deadline", "tags", "threats", "values")

    def __init__(self) -> None:
        self.threats: list[Threat] = []
        self.tags: tuple[str, ...] = ()
        self.values = MAX_VALUES
        self.characters = MAX_CHARACTERS
        self.clock_at = MAX_CHARACTERS - CLOCK_EVERY
        self.deadline: float | None = None  # from when so many characters have been looked at: few requests have them

    def request(self, visit: Visit, columns: Mapping[str, Any]) -> None:
        request = visit.request
        self.usual(request.path, "path", "path")
        for name, value in columns["request_headers"].items():
            if (name in HEADERS or name.startswith("X-")) and not redactor_in_force().is_sensitive(name):
                self.usual(value, f"header:{name}", f"header {name}")
        shown = not (visit.withheld or visit.is_sign_in())
        for name, value in cookies_of(request):
            self.field(name, value, "cookie", shown=True)
        for where, sent in visit.sent.items():
            visible = shown and not (
                where == "body" and columns.get("is_sensitive")
            )  # the body is encrypted, or is to be
            for name, value in leaves(sent):
                self.field(name, value, where, shown=visible)

    def usual(self, value: str, where: str, place: str) -> None:
        """A value that many requests have in common, so that its findings are remembered."""
        if value and self.may_look(value):
            found = remembered(value, where) if len(value) <= MAX_REMEMBERED else findings(value, where)
            self.keep(found, place, sure=MEDIUM, shown=True)

    def field(self, name: str, value: str, where: str, *, shown: bool) -> None:
        if name and (found := self.named(name, where)):
            self.keep(found, where, sure=MEDIUM, shown=shown)
        if len(value) > 2 and not is_secret(name) and self.may_look(value) and (found := findings(value, where)):
            visible = shown and not redactor_in_force().is_sensitive(name)
            self.keep(found, f"{where} {name[:100]}", sure=HIGH if is_prose(value) else MEDIUM, shown=visible)

    def named(self, name: str, where: str) -> "tuple[Finding, ...] | list[Finding]":
        return remembered(name, where) if len(name) <= MAX_REMEMBERED else findings(name, where)

    def keep(self, found: "tuple[Finding, ...] | list[Finding]", place: str, *, sure: int, shown: bool) -> None:
        self.threats += [Threat(each, place, each.score >= sure, shown) for each in found if each.score >= LOW]

    def may_look(self, value: str) -> bool:
        """Whether there is room and time left; what is not looked at is said."""
        self.values -= 1
        self.characters -= len(value)
        if self.values < 0 or self.characters < 0:
            self.tags = ("scan_truncated",)
        elif self.characters <= self.clock_at and self.is_late():
            self.tags = ("scan_timeout",)
        else:
            return True
        return False

    def is_late(self) -> bool:
        now = time.thread_time()
        self.deadline = self.deadline or now + MAX_SECONDS
        if now <= self.deadline:
            self.clock_at = self.characters - CLOCK_EVERY
        return now > self.deadline


@lru_cache(maxsize=4096)
def remembered(value: str, where: str) -> tuple[Finding, ...]:
    return tuple(findings(value, where))


@lru_cache(maxsize=4096)
def is_secret(name: str) -> bool:
    return _is_secret(name[-200:])


def is_prose(value: str) -> bool:
    characters, spaces = PROSE
    return len(value) > characters and value.count(" ") > spaces


def cookies_of(request: HttpRequest) -> Iterator[tuple[str, str]]:
    if not request.META.get("HTTP_COOKIE"):
        return
    for name, value in request.COOKIES.items():
        if name not in (settings.SESSION_COOKIE_NAME, settings.CSRF_COOKIE_NAME):
            yield name, value


def leaves(sent: Any) -> Iterator[tuple[str, str]]:
    """(name of the field, text) of all texts in it; a field that holds none is given for its name."""
    left = [("", sent, 0)]
    while left:
        name, value, depth = left.pop()
        if isinstance(value, str):
            yield ("" if name in (bodies.TEXT, bodies.CUT) else name), value
        elif depth > MAX_DEPTH:
            continue
        elif isinstance(value, dict):
            left.extend((str(key), item, depth + 1) for key, item in value.items())
        elif isinstance(value, list):
            left.extend((name, item, depth + 1) for item in value[:MAX_VALUES])
        elif name:
            yield name, ""

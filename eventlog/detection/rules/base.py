"""What all behaviour rules have in common: a name, what they listen to, how much is too much, and how they say it."""

from abc import ABC, abstractmethod
from collections.abc import Hashable, Iterable, Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any, ClassVar, Final, Generic, TypeVar
from uuid import UUID

from django.utils.timezone import get_current_timezone

from eventlog import catalog
from eventlog.conf import conf
from eventlog.detection.findings import Finding
from eventlog.detection.observations import Observation

if TYPE_CHECKING:
    from eventlog.detection.history import History

Value = TypeVar("Value")
HOUR: Final = timedelta(hours=1)
DAY: Final = timedelta(days=1)
SEVERITIES: Final = tuple(catalog.SEVERITIES)
MAX_LISTED: Final = 20  # names or addresses in a finding's data
MAX_VALUE: Final = 200  # characters of each: more than a name has; a path may have thousands


@dataclass(slots=True)
class Occurrence:
    """What one rule has seen of one target in one stretch of time."""

    severity: str
    worst: UUID
    events: dict[UUID, datetime] = field(default_factory=dict)
    data: dict[str, Any] = field(default_factory=dict)
    listed: dict[str, dict[str, None]] = field(default_factory=dict)

    def add(self, events: Sequence[Observation], severity: str, lists: Mapping[str, Iterable[str]]) -> None:
        self.events.update((each.id, each.timestamp) for each in events)
        if worse(self.severity, severity) != self.severity:
            self.severity, self.worst = severity, events[-1].id
        for name, values in lists.items():
            self.listed.setdefault(name, {}).update(dict.fromkeys(value for value in values if value))

    def told(self) -> dict[str, Any]:
        """Lists are cut; how long they were is in `counts`."""
        cut = {name: [value[:MAX_VALUE] for value in list(values)[:MAX_LISTED]] for name, values in self.listed.items()}
        return {**self.data, **cut, "counts": {name: len(values) for name, values in self.listed.items()}}


class Occurrences:
    """Collects what a rule has seen, by target and day of the project's time zone.

    A fixed piece of event time and not the attack's own length, so that whoever looks, at whatever part of the events,
    in whatever order, finds the same occurrences; and an attack that goes on is one that grows.
    """

    def __init__(self, rule: "Rule") -> None:
        self.rule, self.zone = rule, get_current_timezone()
        self.found: dict[tuple[str, str], Occurrence] = {}

    def begun(self, target: str, moment: datetime) -> bool:
        """Whether this occurrence is known already: then only what is new needs to be added."""
        return (target, self.day(moment)) in self.found

    def add(
        self,
        target: str,
        moment: datetime,
        events: Sequence[Observation],
        severity: str = "",
        *,
        data: Mapping[str, Any] | None = None,
        **lists: Iterable[str],
    ) -> None:
        key = self.day(moment)
        severity = severity or catalog.TYPES[self.rule.event_type].severity
        occurrence = self.found.setdefault((target, key), Occurrence(severity, events[-1].id))
        occurrence.add(events, severity, lists)
        occurrence.data.update(data or {})

    def day(self, moment: datetime) -> str:
        return moment.astimezone(self.zone).date().isoformat()

    def findings(self) -> Iterator[Finding]:
        for (target, key), occurrence in self.found.items():
            yield self.finding(target, key, occurrence)

    def finding(self, target: str, key: str, occurrence: Occurrence) -> Finding:
        events = sorted((moment, key) for key, moment in occurrence.events.items())
        return Finding(
            rule=self.rule.name,
            event_type=self.rule.event_type,
            severity=occurrence.severity,
            target=target,
            key=key,
            first_seen=events[0][0],
            last_seen=events[-1][0],
            event_count=len(events),
            events=(events[0][1], events[-1][1], occurrence.worst),
            data=occurrence.told(),
        )


class Memory(Generic[Value]):
    """The latest of each key, in this process. A hint where to look, which may be lost; so nobody waits for a lock,
    which a fork could inherit."""

    def __init__(self, most: int) -> None:
        self.most = most
        self.values: dict[Hashable, Value] = {}

    def get(self, key: Hashable) -> Value | None:
        return self.values.get(key)

    def put(self, key: Hashable, value: Value) -> Value | None:
        """What was there before."""
        before = self.values.pop(key, None)
        self.values[key] = value
        if len(self.values) > self.most:
            with suppress(StopIteration, RuntimeError):  # another thread is at it
                self.values.pop(next(iter(self.values)), None)
        return before


class Rule(ABC):
    """`threshold` and `seconds` (of its window) are defaults, which the setting RULES may change."""

    name: ClassVar[str]
    event_type: ClassVar[str]
    threshold: ClassVar[int]
    seconds: ClassVar[int]

    @abstractmethod
    def listens_to(self, event_type: str) -> bool:
        """Whether events of this type may matter; asked once for each type."""

    @abstractmethod
    def wants(self, seen: Observation) -> bool:
        """Whether an event of such a type may be part of what this rule looks for. Asked once for each; asks nobody."""

    @abstractmethod
    def findings(self, seen: Sequence[Observation], history: "History") -> Iterator[Finding]:
        """What the events that it wanted show, with those around them."""

    @abstractmethod
    def explain(self, data: Mapping[str, Any]) -> str:
        """What a finding's `data` says, in one sentence for the people of a school, in the reader's language."""

    @property
    def label(self) -> catalog.StrOrPromise:
        """As events of its type are called everywhere."""
        return catalog.TYPES[self.event_type].label

    @property
    def is_enabled(self) -> bool:
        return bool(self.options.get("enabled", True))

    @property
    def options(self) -> Mapping[str, Any]:
        return conf.RULES.get(self.name, {})

    @property
    def least(self) -> int:
        return int(self.options.get("threshold", self.threshold))

    @property
    def window(self) -> timedelta:
        return timedelta(seconds=self.options.get("window", self.seconds))


def worse(one: str, other: str) -> str:
    return max(one, other, key=SEVERITIES.index)


def is_of_nobody(account: str) -> bool:
    """Of a name that no account has only its hash is kept."""
    return account.startswith("#")


def target_of(account: str, address: str) -> str:
    """An account that there is, else where it came from."""
    return f"ip:{address}" if is_of_nobody(account) else f"user:{account}"


def count(data: Mapping[str, Any], name: str) -> int:
    """How many there were of a list in a finding's data."""
    return int(data.get("counts", {}).get(name, 0))


def listed(data: Mapping[str, Any], name: str) -> str:
    """Some of them, by comma."""
    values = data.get(name) or ()
    return ", ".join(map(str, values[:5])) + (" …" if len(values) > 5 else "")

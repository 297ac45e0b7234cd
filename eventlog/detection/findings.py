"""A finding: what a behaviour rule saw in stored events, and what an alert is made of."""

import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Final
from uuid import UUID, uuid5

NAMESPACE: Final = UUID("6b5f6ad4-7c2e-5d0a-9d53-0f6c1f0f4d1e")


@dataclass(frozen=True, slots=True)
class Finding:
    """`target` is whom or what it is about, by kind: "ip:203.0.113.7", "user:guru001", "session:…", "site".

    `key` tells the occurrences of one rule and target apart. The same rule, target and key give the same `id`, whoever
    finds it, and how often: what was found twice is stored once.
    """

    rule: str
    event_type: str  # of SECURITY, or EVENTS_SILENT
    severity: str
    target: str
    key: str
    first_seen: datetime  # event time, as is `last_seen`
    last_seen: datetime
    event_count: int
    events: tuple[UUID, ...] = ()  # the evidence: first, last and worst; of silence none
    data: Mapping[str, Any] = field(default_factory=dict)  # JSON: what the explanation speaks of

    @property
    def id(self) -> UUID:
        return uuid5(NAMESPACE, json.dumps([self.rule, self.target, self.key]))


Receiver = Callable[[Sequence[Finding]], None]
_receivers: list[Receiver] = []


def give_to(receiver: Receiver) -> None:
    """Have whatever is found handed to it. It may be given the same findings again, also by several at once."""
    if receiver not in _receivers:
        _receivers.append(receiver)


def hand_on(findings: Sequence[Finding]) -> None:
    """Raises what the receivers raise."""
    for receiver in _receivers if findings else ():
        receiver(findings)

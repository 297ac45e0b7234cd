"""Exact sequences of events with their own times, and what the rules say of them as they are stored."""

import random
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta, timezone
from itertools import islice
from typing import Any

import orjson

from eventlog.detection.findings import Finding
from eventlog.detection.judging import judge
from eventlog.detection.observations import of_record
from eventlog.detection.rules import RULES
from eventlog.detection.rules.base import Memory
from eventlog.pipeline import store
from eventlog.record import EventRecord, make_record

BASE = datetime(2026, 3, 2, 7, 0, tzinfo=timezone(timedelta(hours=7)))  # a Monday, when school begins
SCHOOL = "203.0.113.10"  # all of the school behind one address
HOME, CAFE, ABROAD = "36.68.10.20", "114.122.30.40", "185.107.56.70"
ATTACKER = "45.155.205.33"
CHROME = "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/126.0 Safari/537.36"
NEWER_CHROME = CHROME.replace("126.0", "127.0")
PHONE = (
    "Mozilla/5.0 (Linux; Android 14; SM-A155F) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/126.0 Mobile Safari/537"
)
FIREFOX = "Mozilla/5.0 (X11; Linux x86_64; rv:128.0) Gecko/20100101 Firefox/128.0"
SCRIPT = "python-requests/2.32.3"
JAKARTA = {"country": "ID", "lat": -6.2, "lon": 106.8}
SURABAYA = {"country": "ID", "lat": -7.25, "lon": 112.75}
AMSTERDAM = {"country": "NL", "lat": 52.37, "lon": 4.9}
SINGAPORE = {"country": "SG", "lat": 1.35, "lon": 103.8}
MINUTE, HOUR, DAY = 60, 3600, 86_400


def event(event_type: str, seconds: float, **columns: Any) -> EventRecord:
    """`seconds` after BASE."""
    return make_record(
        event_type, {"timestamp": BASE + timedelta(seconds=seconds), "auth_method": "session", **columns}
    )


def failed(seconds: float, username: str, ip: str = ATTACKER, agent: str = CHROME, **columns: Any) -> EventRecord:
    return event("LOGIN_FAILED", seconds, username=username, ip_address=ip, user_agent=agent, **columns)


def login(seconds: float, username: str, ip: str = SCHOOL, agent: str = CHROME, **columns: Any) -> EventRecord:
    return event("LOGIN", seconds, username=username, ip_address=ip, user_agent=agent, **columns)


def request(seconds: float, path: str, status: int = 200, **columns: Any) -> EventRecord:
    return event("HTTP_REQUEST", seconds, request_path=path, response_status=status, **columns)


def habits(
    username: str, ip: str = SCHOOL, agent: str = CHROME, *, hour: float = 0, **columns: Any
) -> list[EventRecord]:
    """A month of sign-ins, one a day, about `hour` after BASE's seven o'clock."""
    days = range(1, 31)
    return [login(-day * DAY + hour * HOUR + day * 37, username, ip, agent, **columns) for day in days]


def forget() -> None:
    """What the rules' memories hold of an earlier scene."""
    for rule in RULES:
        for held in vars(rule).values():
            if isinstance(held, Memory):
                held.values.clear()


@dataclass(frozen=True)
class Told:
    """What was found, each finding once, as it was told last."""

    findings: Sequence[Finding]

    @property
    def rules(self) -> set[str]:
        return {each.rule for each in self.findings}

    def of(self, rule: str) -> list[Finding]:
        return [each for each in self.findings if each.rule == rule]

    def targets(self, rule: str) -> list[str]:
        return sorted(each.target for each in self.of(rule))


def play(*parts: Iterable[EventRecord], size: int = 20) -> Told:
    """Store the events in the order of their times, a batch at a time, and look at each batch as it is stored."""
    forget()
    records = sorted((each for part in parts for each in part), key=lambda each: (each.timestamp, each.id))
    found: dict[Any, Finding] = {}
    for batch in batches([each.to_json() for each in records], size):
        store.write(store.Batch(batch))
        found.update((each.id, each) for each in judge([of_record(orjson.loads(line)) for line in batch], "default"))
    return Told(list(found.values()))


def batches(lines: list[bytes], size: int) -> Iterable[list[bytes]]:
    left = iter(lines)
    while batch := list(islice(left, size)):
        yield batch


def until(seconds: float, records: Iterable[EventRecord]) -> list[EventRecord]:
    end = BASE + timedelta(seconds=seconds)
    return [each for each in records if each.timestamp <= end]


def morning(students: int = 300, *, ip: str = SCHOOL, seed: int = 7) -> list[EventRecord]:
    """All sign in within ten minutes, from one address with five kinds of browser; some mistype once or twice."""
    chance = random.Random(seed)
    agents = [CHROME, NEWER_CHROME, PHONE, FIREFOX, CHROME.replace("Chrome/126.0", "Edg/126.0")]
    found = []
    for number in range(students):
        begin, name, agent = chance.uniform(0, 600), f"siswa{number:03d}", agents[number % 5]
        luck = chance.random()
        wrong = 2 if luck < 0.03 else 1 if luck < 0.15 else 0
        moments = sorted(chance.uniform(0, 40) for _ in range(wrong + 1))
        found += [failed(begin + moment, name, ip, agent) for moment in moments[:-1]]
        found.append(login(begin + moments[-1], name, ip, agent))
    return found

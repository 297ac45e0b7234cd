"""A visitor, and what all visits have in common."""

from collections.abc import Callable, Generator
from dataclasses import dataclass
from random import Random
from typing import Any

from edupro.demo.browser import Browser, Reply, Request, get, send_json
from edupro.demo.data import CLASSES
from edupro.demo.day import ALWAYS, Hours

Visit = Generator[Request, Reply, None]
NOBODY = 999_999_999  # the key of no record


class Abandoned(Exception):
    """The visitor has not found what the visit was for, and leaves."""


@dataclass(frozen=True)
class VisitorKind:
    name: str
    user_agent: str
    address: str  # on the loopback network
    username: str  # empty for strangers
    share: float  # of all requests while everybody is as busy as usual; of all kinds together 1
    scenarios: tuple[Callable[["Visitor"], Visit], ...]
    classes: tuple[str, ...] = CLASSES  # those that the visitor has to do with
    hours: Hours = ALWAYS  # when, and how much


@dataclass
class Visitor:
    kind: VisitorKind
    browser: Browser
    password: str
    random: Random


def found(who: Visitor, path: str, **query: str | int) -> Generator[Request, Reply, dict[str, Any]]:
    """One record of a list, any."""
    rows = yield from listed(path, **query)
    row: dict[str, Any] = who.random.choice(rows)
    return row


def listed(path: str, **query: str | int) -> Generator[Request, Reply, list[dict[str, Any]]]:
    """The records of one page."""
    rows = (yield get(path, None, **query)).json().get("results")
    if not rows:
        raise Abandoned
    return list(rows)


def signed_in(who: Visitor) -> Visit:
    if "access" not in who.browser.tokens:
        reply = yield login(who.kind.username, who.password)
        if reply.status != 200:
            raise Abandoned
        who.browser.tokens = reply.json()


def login(username: str, password: str) -> Request:
    return send_json("POST", "/api/auth/login", {"username": username, "password": password})

"""What a value has to be: each function takes a Python value, or the environment's text, and returns what is meant.

Their ValueErrors say what was expected, and nothing of what was given: that may be a secret.
"""

import ipaddress
import json
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import time
from pathlib import Path
from typing import Any, Final, Literal, TypeVar
from urllib.parse import urlsplit

from django.conf import settings
from django.utils.module_loading import import_string

T = TypeVar("T")
Word = TypeVar("Word", bound=str)
Network = ipaddress.IPv4Network | ipaddress.IPv6Network
Networks = tuple[Network, ...]
Proxies = tuple[Network | Literal["unix"], ...]

UNIX: Final = "unix"  # among the proxies: whoever is at the other end of a unix socket, which has no address
BOOLEANS: Final = {
    **dict.fromkeys(("true", "1", "yes", "on"), True),
    **dict.fromkeys(("false", "0", "no", "off"), False),
}
PATH: Final = re.compile(r"[^\W\d]\w*(\.[^\W\d]\w*)+")


@dataclass(frozen=True, slots=True)
class Function:
    """One that is named by its dotted path, and not imported before it is called: settings are read before there are
    models."""

    path: str

    def __call__(self, *arguments: Any) -> Any:
        return self.imported()(*arguments)

    def imported(self) -> Callable[..., Any]:
        """Raises ImportError."""
        return import_string(self.path)  # type: ignore[no-any-return]


def optional(parse: Callable[[Any], T]) -> Callable[[Any], T | None]:
    return lambda value: None if value in (None, "") else parse(value)


def boolean(value: Any) -> bool:
    if isinstance(value, bool):
        return value
    try:
        return BOOLEANS[value.lower()]
    except (AttributeError, KeyError):
        raise ValueError("true or false") from None


def whole_number(low: int, high: int) -> Callable[[Any], int]:
    def parse(value: Any) -> int:
        try:
            number = int(value) if isinstance(value, int | str) and not isinstance(value, bool) else low - 1
        except ValueError:
            number = low - 1
        if not low <= number <= high:
            raise ValueError(f"a whole number from {low} to {high}")
        return number

    return parse


def number_of(unit: str, most: int) -> Callable[[Any], float]:
    def parse(value: Any) -> float:
        try:
            number = -1.0 if isinstance(value, bool) else float(value)
        except (TypeError, ValueError):
            number = -1.0
        if not 0 < number <= most:
            raise ValueError(f"{unit}, more than 0 and at most {most}")
        return number

    return parse


seconds = number_of("seconds", 3600)
percent = number_of("percent", 100)


def text(value: Any) -> str:
    if not isinstance(value, str):
        raise ValueError("a text")
    return value


def choice(*allowed: Word) -> Callable[[Any], Word]:
    def parse(value: Any) -> Word:
        for each in allowed:
            if value == each:
                return each
        raise ValueError("one of " + ", ".join(allowed))

    return parse


def path(value: Any) -> Path:
    """Within the project, unless it is said from the root on: where a process was started from has no part in it."""
    if not isinstance(value, str | Path) or not str(value):
        raise ValueError("a path")
    return Path(getattr(settings, "BASE_DIR", "."), value)


def path_or_url(value: Any) -> str:
    """Empty for none."""
    return text(value) if not value or "://" in text(value) else str(path(value))


def function(value: Any) -> Function:
    if not isinstance(value, str) or not PATH.fullmatch(value):
        raise ValueError("a dotted path, such as school.rights.visible_events")
    return Function(value)


def names(value: Any) -> tuple[str, ...]:
    if isinstance(value, str):
        value = [part.strip() for part in value.split(",") if part.strip()]
    if not isinstance(value, list | tuple | set | frozenset) or not all(isinstance(item, str) for item in value):
        raise ValueError("a list of texts (in the environment: by comma)")
    return tuple(value)


def names_besides(built_in: tuple[str, ...]) -> Callable[[Any], tuple[str, ...]]:
    return lambda value: built_in + names(value)


def networks(value: Any) -> Networks:
    try:
        return tuple(ipaddress.ip_network(item, strict=False) for item in names(value))
    except ValueError:
        raise ValueError("a list of IP addresses or networks, such as 10.0.0.0/8") from None


def proxies(value: Any) -> Proxies:
    try:
        return tuple(UNIX if item == UNIX else ipaddress.ip_network(item, strict=False) for item in names(value))
    except ValueError:
        raise ValueError("a list of IP addresses or networks, such as 10.0.0.0/8, or unix") from None


def hours(value: Any) -> tuple[time, time]:
    expected = "two times of day such as 22:00-06:00, or empty"
    try:
        begin, end = (time.fromisoformat(part.strip()) for part in text(value).split("-"))
    except ValueError:
        raise ValueError(expected) from None
    if begin == end or begin.tzinfo or end.tzinfo:
        raise ValueError(expected)
    return begin, end


def site_url(value: Any) -> str:
    url = urlsplit(text(value))
    if value and (url.scheme not in ("http", "https") or not url.hostname or url.query or url.fragment):
        raise ValueError("a URL such as https://edupro.school.example")
    return str(value).rstrip("/")


def docs_url(value: Any) -> str:
    if value and not text(value).startswith("/"):
        site_url(value)
    return f"{value.rstrip('/')}/" if value else ""


def decoded(value: Any, expected: str) -> Any:
    """What the environment's text says as JSON."""
    try:
        return json.loads(value) if isinstance(value, str) else value
    except json.JSONDecodeError:
        raise ValueError(expected) from None


def options(known: Mapping[str, Callable[[Any], Any]], given: Mapping[str, Any]) -> dict[str, Any]:
    if unknown := set(given) - set(known):
        raise ValueError(f"with the options {', '.join(sorted(known))}; not {', '.join(sorted(unknown))}")
    return {name: known[name](value) for name, value in given.items()}

"""The sinks of `FORWARD_TO`: what is said of each, read and checked."""

import base64
import os
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final
from urllib.parse import SplitResult, urlsplit

from django.db.models import Q

from eventlog.conf import conf
from eventlog.conf.parsing import boolean, choice, seconds, text
from eventlog.export.formats import FORMATS, Format
from eventlog.forwarding.files import FileSink
from eventlog.forwarding.parcels import LINES, OBJECTS
from eventlog.forwarding.sinks import Sink
from eventlog.forwarding.syslog import SyslogSink
from eventlog.forwarding.webhook import WebhookSink
from eventlog.search.terms import condition

MAX_NAME: Final = 100  # characters
SECRET_PREFIX: Final = "whsec_"
MIN_SECRET, MAX_SECRET = 24, 64  # bytes, by Standard Webhooks
PORTS: Final = {"tcp": 601, "tls": 6514}  # RFC 6587, RFC 5425


@dataclass(frozen=True, slots=True)
class Target:
    """A sink and what it is to be sent; `since_oldest` says that it begins with the oldest event that is kept, else
    with what is stored from now on."""

    name: str
    sink: Sink
    form: Format
    condition: Q
    since_oldest: bool


def targets() -> list[Target]:
    """Those that can be used; `manage.py check` names the others."""
    found = []
    for name, options in conf.FORWARD_TO.items():
        try:
            found.append(target(name, options))
        except ValueError:
            continue
    return found


def target(name: str, options: Mapping[str, Any]) -> Target:
    """Raises ValueError, which says what was expected and shows no secret."""
    if not 0 < len(name) <= MAX_NAME:
        raise ValueError(f"a name of at most {MAX_NAME} characters")
    kind = read(options, "kind", choice(*KINDS))
    if unknown := set(options) - COMMON - OPTIONS[kind]:
        raise ValueError(f"only {', '.join(sorted(COMMON | OPTIONS[kind]))}; not {', '.join(sorted(unknown))}")
    return Target(
        name=name,
        sink=KINDS[kind](options),
        form=FORMATS[read(options, "format", choice(*(OBJECTS if kind == "webhook" else LINES)), "ndjson")],
        condition=read(options, "query", lambda value: condition(text(value)), ""),
        since_oldest=read(options, "from", choice("now", "oldest"), "now") == "oldest",
    )


def read(options: Mapping[str, Any], name: str, parse: Callable[[Any], Any], *default: Any) -> Any:
    if name not in options and not default:
        raise ValueError(f'"{name}"')
    try:
        return parse(options.get(name, *default))
    except ValueError as expected:
        raise ValueError(f'"{name}" as {expected}') from None


# --- kinds ---
def syslog(options: Mapping[str, Any]) -> SyslogSink:
    url = read(options, "url", address("tcp", "tls"))
    return SyslogSink(
        host=url.hostname,
        port=url.port or PORTS[url.scheme],
        tls=url.scheme == "tls",
        ca=read(options, "ca", readable_file, ""),
        timeout=read(options, "timeout", seconds, 10),
    )


def webhook(options: Mapping[str, Any]) -> WebhookSink:
    return WebhookSink(
        url=read(options, "url", address("https", "http")),
        secret=read(options, "secret", secret),
        private=read(options, "private", boolean, False),
        timeout=read(options, "timeout", seconds, 10),
    )


def file(options: Mapping[str, Any]) -> FileSink:
    return FileSink(read(options, "path", path_of_file))


KINDS: Final[dict[str, Callable[[Mapping[str, Any]], Sink]]] = {"syslog": syslog, "webhook": webhook, "file": file}
COMMON: Final = frozenset({"kind", "format", "query", "from"})
OPTIONS: Final = {
    "syslog": frozenset({"url", "ca", "timeout"}),
    "webhook": frozenset({"url", "secret", "private", "timeout"}),
    "file": frozenset({"path"}),
}


# --- values ---
def address(*schemes: str) -> Callable[[Any], SplitResult]:
    def parse(value: Any) -> SplitResult:
        expected = f"a URL such as {schemes[0]}://logs.school.example, or {schemes[1]}://; without user and password"
        try:
            url = urlsplit(text(value))
            known = url.scheme in schemes and url.hostname and (url.port or True)
        except ValueError:
            known = False
        if not known or "@" in url.netloc or not all(" " < character < "\x7f" for character in value):
            raise ValueError(expected)
        return url

    return parse


def secret(value: Any) -> str:
    """As it is where it begins with `whsec_`, else that of the environment's variable of this name."""
    given = text(value)
    if not given.startswith(SECRET_PREFIX):
        given = os.environ.get(given, "")
    try:
        size = len(base64.b64decode(given.removeprefix(SECRET_PREFIX), validate=True))
    except ValueError:
        size = 0
    if not MIN_SECRET <= size <= MAX_SECRET:
        raise ValueError(
            f"{SECRET_PREFIX} and {MIN_SECRET} to {MAX_SECRET} random bytes in base64, or the name of a variable of the"
            " environment that holds that"
        )
    return given


def path_of_file(value: Any) -> Path:
    path = Path(text(value))
    if not path.is_absolute() or not path.parent.is_dir():
        raise ValueError("the absolute path of a file in a folder that is there")
    return path


def readable_file(value: Any) -> str:
    if value and not os.access(text(value), os.R_OK):
        raise ValueError("the path of a file that can be read")
    return str(value)

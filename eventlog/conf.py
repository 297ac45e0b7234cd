"""Every setting of the event log: one typed property each, read live.

Values come from the environment (`EVENTLOG_<NAME>`; lists by comma, mappings as JSON), else from
`settings.EVENTLOG`, else from the default here. A value that cannot be used is reported by `manage.py check`
(see `checks.py`); meanwhile its default counts, so that a typing mistake never stops a request.
"""

import ipaddress
import json
import os
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any, Final, Literal

from django.conf import settings
from django.utils.module_loading import import_string

from eventlog.privacy.redaction import DEFAULT_SENSITIVE_FIELDS

PREFIX = "EVENTLOG_"
BOOLEANS = {"true": True, "1": True, "yes": True, "on": True, "false": False, "0": False, "no": False, "off": False}
UNIX: Final = "unix"  # among the proxies: whoever is at the other end of a unix socket, which has no address
Network = ipaddress.IPv4Network | ipaddress.IPv6Network
Proxies = tuple[Network | Literal["unix"], ...]


def boolean(value: Any) -> bool:
    if isinstance(value, bool):
        return value
    try:
        return BOOLEANS[value.lower()]
    except (AttributeError, KeyError):
        raise ValueError("true or false") from None


def whole_number(low: int, high: int) -> Callable[[Any], int]:
    def parse(value: Any) -> int:
        if isinstance(value, bool) or not isinstance(value, int | str):
            raise ValueError(f"a whole number from {low} to {high}")
        try:
            number = int(value)
        except ValueError:
            raise ValueError(f"a whole number from {low} to {high}") from None
        if not low <= number <= high:
            raise ValueError(f"a whole number from {low} to {high}")
        return number

    return parse


def seconds(value: Any) -> float:
    try:
        number = float(value)
    except (TypeError, ValueError):
        number = -1.0
    if isinstance(value, bool) or not 0 < number <= 3600:
        raise ValueError("seconds, more than 0 and at most 3600")
    return number


def text(value: Any) -> str:
    if not isinstance(value, str):
        raise ValueError("a text")
    return value


def folder(value: Any) -> Path:
    if not isinstance(value, str | Path) or not str(value):
        raise ValueError("the path of a folder")
    return Path(value)


def dotted_path(value: Any) -> str:
    if not isinstance(value, str) or not re.fullmatch(r"[^\W\d]\w*(\.[^\W\d]\w*)+", value):
        raise ValueError("a dotted path, such as school.rights.visible_events")
    return value


def choice(*allowed: str) -> Callable[[Any], str]:
    def parse(value: Any) -> str:
        if value not in allowed:
            raise ValueError("one of " + ", ".join(allowed))
        return str(value)

    return parse


def names(value: Any) -> tuple[str, ...]:
    if isinstance(value, str):
        value = [part.strip() for part in value.split(",") if part.strip()]
    if not isinstance(value, list | tuple | set | frozenset) or not all(isinstance(item, str) for item in value):
        raise ValueError("a list of texts (in the environment: by comma)")
    return tuple(value)


def proxies(value: Any) -> Proxies:
    try:
        return tuple(UNIX if item == UNIX else ipaddress.ip_network(item, strict=False) for item in names(value))
    except ValueError:
        raise ValueError("a list of IP addresses or networks, such as 10.0.0.0/8, or unix") from None


AUDIT_OPTIONS: Mapping[str, Callable[[Any], Any]] = {
    "name": text,
    "fields": names,
    "exclude": names,
    "mask": names,
    "read": boolean,
}


def audit_options(given: Mapping[str, Any]) -> dict[str, Any]:
    if unknown := set(given) - set(AUDIT_OPTIONS):
        raise ValueError(f"with the options {', '.join(sorted(AUDIT_OPTIONS))}; not {', '.join(sorted(unknown))}")
    return {name: AUDIT_OPTIONS[name](value) for name, value in given.items()}


def audited_models(value: Any) -> Literal["*"] | dict[str, dict[str, Any]]:
    if value == "*":
        return "*"
    if isinstance(value, str):
        value = json.loads(value) if value.lstrip().startswith("{") else names(value)
    if isinstance(value, Mapping) and all(isinstance(options, Mapping) for options in value.values()):
        return {str(label): audit_options(options) for label, options in value.items()}
    return {label: {} for label in names(value)}


def recorded_signals(value: Any) -> dict[str, str]:
    if isinstance(value, str):
        value = json.loads(value)
    if not isinstance(value, Mapping) or not all(isinstance(part, str) for pair in value.items() for part in pair):
        raise ValueError('a mapping such as {"school.signals.imported": "IMPORT_DATA"} (in the environment: as JSON)')
    return dict(value)


def sinks(value: Any) -> dict[str, Mapping[str, Any]]:
    """What is said of each is read by `forwarding/targets.py`."""
    expected = 'a mapping such as {"siem": {"kind": "syslog", "url": "tls://…"}} (in the environment: as JSON)'
    try:
        value = json.loads(value) if isinstance(value, str) else value
    except json.JSONDecodeError:
        raise ValueError(expected) from None  # its own words may quote a secret
    if not isinstance(value, Mapping) or not all(
        isinstance(name, str) and isinstance(options, Mapping) for name, options in value.items()
    ):
        raise ValueError(expected)
    return dict(value)


@dataclass(frozen=True, slots=True)
class Setting:
    """`parse` takes a Python value or the environment's text; its ValueError says what was expected. The value of a
    `secret` one is shown to nobody."""

    default: Any
    parse: Callable[[Any], Any]
    secret: bool = False


SETTINGS = {
    "ENABLED": Setting(True, boolean),
    "PIPELINE": Setting("direct", choice("direct", "sync", "celery")),
    "BATCH_SIZE": Setting(100, whole_number(1, 1000)),
    "FLUSH_INTERVAL": Setting(5.0, seconds),
    "SPOOL_DIR": Setting(None, folder),
    "SPOOL_MAX_BYTES": Setting(1 << 30, whole_number(1 << 20, 1 << 50)),
    "SPOOL_SYNC": Setting("never", choice("never", "batch", "always")),
    "RAISE_ERRORS": Setting(False, boolean),
    "SENSITIVE_FIELDS": Setting(DEFAULT_SENSITIVE_FIELDS, lambda value: DEFAULT_SENSITIVE_FIELDS + names(value)),
    "EXCLUDE_PATHS": Setting(("/static/", "/health/", "/metrics", "/favicon.ico", "/admin/jsi18n/"), names),
    "EXCLUDE_TASKS": Setting(("eventlog.tasks.", "celery.chord_unlock", "celery.backend_cleanup"), names),
    "CAPTURE_BODIES": Setting(True, boolean),
    "MAX_BODY_BYTES": Setting(16_384, whole_number(0, 1 << 20)),
    "TRUSTED_PROXIES": Setting((), proxies),
    "AUDITED_MODELS": Setting("*", audited_models),
    "EXCLUDED_MODELS": Setting((), names),
    "TRIGGER_MODELS": Setting((), names),
    "CAPTURE_BULK_WRITES": Setting(True, boolean),
    "RECORDED_SIGNALS": Setting({}, recorded_signals),
    "PASSWORD_RESET_VIEWS": Setting((), names),
    "VISIBLE_EVENTS": Setting(None, dotted_path),
    "MAX_STREAMS": Setting(100, whole_number(0, 10_000)),
    "MAX_STREAMS_PER_USER": Setting(5, whole_number(0, 10_000)),
    "LOG_RETENTION_DAYS": Setting(90, whole_number(1, 36_500)),
    "FORWARD_TO": Setting({}, sinks, secret=True),
    "ENVIRONMENT": Setting("", text),
    "APPLICATION_VERSION": Setting("", text),
}


@cache
def environment() -> dict[str, str]:
    """The process's `EVENTLOG_…` variables; read once, since a process keeps the environment it was given."""
    return {name[len(PREFIX) :]: value for name, value in os.environ.items() if name.startswith(PREFIX)}


def given(source: Mapping[str, Any]) -> dict[str, Any]:
    """What the project and the environment say, not yet parsed; the environment wins."""
    return {**(source if isinstance(source, Mapping) else {}), **environment()}


def parsed(source: Mapping[str, Any]) -> dict[str, Any]:
    """Every setting's value in force; a value that does not parse gives way to its default."""
    values = {name: setting.default for name, setting in SETTINGS.items()}
    for name, value in given(source).items():
        try:
            values[name] = SETTINGS[name].parse(value)
        except (KeyError, ValueError):
            continue  # `checks.settings_are_right` reports it
    return values


NOTHING: Mapping[str, Any] = {}  # always the same one: `_get` tells a change by identity


class Conf:
    """The values in force. Replacing `settings.EVENTLOG` (as `override_settings` does) takes effect at once."""

    def __init__(self) -> None:
        self._source: Any = None
        self._values: dict[str, Any] = {}
        self._asked = vars(settings)  # Django keeps here what was asked of it, and takes out what is replaced

    def _get(self, name: str) -> Any:
        source = self._asked.get("EVENTLOG") or getattr(settings, "EVENTLOG", None) or NOTHING
        if source is not self._source:
            self._values = parsed(source)
            self._source = source
        return self._values[name]

    @property
    def ENABLED(self) -> bool:
        """Whether anything is recorded at all. Default True."""
        return self._get("ENABLED")  # type: ignore[no-any-return]

    @property
    def PIPELINE(self) -> Literal["direct", "sync", "celery"]:
        """How events reach the database. `direct`: journal and writer thread. `sync` is for tests: at once, on
        the caller's connection, rolled back with it. Default `direct`."""
        return self._get("PIPELINE")  # type: ignore[no-any-return]

    @property
    def BATCH_SIZE(self) -> int:
        """Events after which the writer stores without waiting. Default 100; beyond 500 nothing is gained."""
        return self._get("BATCH_SIZE")  # type: ignore[no-any-return]

    @property
    def FLUSH_INTERVAL(self) -> float:
        """Seconds that an ordinary event waits at most before it is stored. Default 5."""
        return self._get("FLUSH_INTERVAL")  # type: ignore[no-any-return]

    @property
    def SPOOL_DIR(self) -> Path:
        """Folder of the journal; on a local disk, private to the service. Default `var/spool` in `BASE_DIR`."""
        base = Path(getattr(settings, "BASE_DIR", "."))
        return self._get("SPOOL_DIR") or base / "var" / "spool"

    @property
    def SPOOL_MAX_BYTES(self) -> int:
        """Bytes the journal may take while the database is away. Default 1 GiB; then the least severe go first."""
        return self._get("SPOOL_MAX_BYTES")  # type: ignore[no-any-return]

    @property
    def SPOOL_SYNC(self) -> Literal["never", "batch", "always"]:
        """What of the journal survives the death of the machine; the death of a process loses nothing in any case.
        `never`: what the kernel has written by itself. `batch`, an fdatasync a closed segment: all but the open one of
        each process, which are the events of the last FLUSH_INTERVAL, and while the database is away up to 10,000
        events or 4 MiB (or SPOOL_MAX_BYTES / 256, if that is more). `always`, an fdatasync an event, in the request:
        all. Default `never`."""
        return self._get("SPOOL_SYNC")  # type: ignore[no-any-return]

    @property
    def RAISE_ERRORS(self) -> bool:
        """Whether a fault of the event log reaches its caller. For tests. Default False."""
        return self._get("RAISE_ERRORS")  # type: ignore[no-any-return]

    @property
    def SENSITIVE_FIELDS(self) -> tuple[str, ...]:
        """Names whose values are masked, besides the built-in ones, which cannot be switched off. Default none."""
        return self._get("SENSITIVE_FIELDS")  # type: ignore[no-any-return]

    @property
    def EXCLUDE_PATHS(self) -> tuple[str, ...]:
        """Beginnings of request paths that are not recorded. Default what no person asks for: static files,
        health checks, metrics, the admin's script of translations."""
        return self._get("EXCLUDE_PATHS")  # type: ignore[no-any-return]

    @property
    def EXCLUDE_TASKS(self) -> tuple[str, ...]:
        """Beginnings of the names of Celery's tasks that are recorded only where they fail. Default what runs over and
        over without a word: the event log's own jobs and Celery's."""
        return self._get("EXCLUDE_TASKS")  # type: ignore[no-any-return]

    @property
    def CAPTURE_BODIES(self) -> bool:
        """Whether request bodies (JSON and form values, never files) are kept. Default True."""
        return self._get("CAPTURE_BODIES")  # type: ignore[no-any-return]

    @property
    def MAX_BODY_BYTES(self) -> int:
        """Bytes of a request's body beyond which only its size is kept. Default 16384."""
        return self._get("MAX_BODY_BYTES")  # type: ignore[no-any-return]

    @property
    def TRUSTED_PROXIES(self) -> Proxies:
        """Networks whose `X-Forwarded-For` is believed, and `unix` for whoever comes by a unix socket. Default none:
        the peer's address is the client's."""
        return self._get("TRUSTED_PROXIES")  # type: ignore[no-any-return]

    @property
    def AUDITED_MODELS(self) -> Literal["*"] | dict[str, dict[str, Any]]:
        """Models whose changes are recorded: `"*"`, labels, or labels with options. Default `"*"`."""
        return self._get("AUDITED_MODELS")  # type: ignore[no-any-return]

    @property
    def EXCLUDED_MODELS(self) -> tuple[str, ...]:
        """Labels that `AUDITED_MODELS = "*"` leaves out. Default none besides Django's own bookkeeping."""
        return self._get("EXCLUDED_MODELS")  # type: ignore[no-any-return]

    @property
    def TRIGGER_MODELS(self) -> tuple[str, ...]:
        """Labels of audited models whose changes PostgreSQL's triggers record instead of signals: whoever makes them,
        and however. Needs `django-pgtrigger`, and a `migrate` whenever it changes. Default none."""
        return self._get("TRIGGER_MODELS")  # type: ignore[no-any-return]

    @property
    def CAPTURE_BULK_WRITES(self) -> bool:
        """Whether `QuerySet.update`, `bulk_create`, `bulk_update` and `_raw_delete` on audited models are recorded, as
        one event a statement. Default True."""
        return self._get("CAPTURE_BULK_WRITES")  # type: ignore[no-any-return]

    @property
    def RECORDED_SIGNALS(self) -> dict[str, str]:
        """The project's own signals that are events, as {dotted path: event type}. Connected at start-up. Default
        none."""
        return self._get("RECORDED_SIGNALS")  # type: ignore[no-any-return]

    @property
    def PASSWORD_RESET_VIEWS(self) -> tuple[str, ...]:
        """Names of URLs (`"api:password-reset"`) whose views set a password by a link that was sent, besides Django's
        `PasswordResetConfirmView`: there a PASSWORD_CHANGE is a PASSWORD_RESET. Default none."""
        return self._get("PASSWORD_RESET_VIEWS")  # type: ignore[no-any-return]

    @property
    def VISIBLE_EVENTS(self) -> Callable[..., Any] | None:
        """Dotted path of `(user, events) -> events`: what somebody without the permission to see all events may see
        besides SECURITY. Default: what they did themselves."""
        path = self._get("VISIBLE_EVENTS")
        return None if path is None else import_string(path)

    @property
    def MAX_STREAMS(self) -> int:
        """How many readers of `/api/events/stream` a process serves at once; others are told to come later (503).
        Default 100."""
        return self._get("MAX_STREAMS")  # type: ignore[no-any-return]

    @property
    def MAX_STREAMS_PER_USER(self) -> int:
        """How many of them may be one user's (429), in one process. Default 5: some tabs of a browser."""
        return self._get("MAX_STREAMS_PER_USER")  # type: ignore[no-any-return]

    @property
    def LOG_RETENTION_DAYS(self) -> int:
        """Days after which events are removed by `eventlog_cleanup`. Default 90."""
        return self._get("LOG_RETENTION_DAYS")  # type: ignore[no-any-return]

    @property
    def FORWARD_TO(self) -> dict[str, Mapping[str, Any]]:
        """Sinks that stored events are sent on to, as {name: options}; see the README. Default none."""
        return self._get("FORWARD_TO")  # type: ignore[no-any-return]

    @property
    def ENVIRONMENT(self) -> str:
        """Name of the installation (`production`), kept with each event. Default empty."""
        return self._get("ENVIRONMENT")  # type: ignore[no-any-return]

    @property
    def APPLICATION_VERSION(self) -> str:
        """Version of the application, kept with each event. Default empty."""
        return self._get("APPLICATION_VERSION")  # type: ignore[no-any-return]


conf = Conf()

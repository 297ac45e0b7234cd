"""Every setting of the event log: one typed property each, read live.

Values come from the environment (`EVENTLOG_<NAME>`; lists by comma, mappings as JSON), else from
`settings.EVENTLOG`, else from the default here. A value that cannot be used is reported by `manage.py check`
(see `checks.py`); meanwhile its default counts, so that a typing mistake never stops a request.
"""

import base64
import ipaddress
import json
import os
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import time
from functools import cache
from itertools import chain, count
from pathlib import Path
from typing import Any, Final, Literal
from urllib.parse import urlsplit

from django.conf import settings
from django.utils.module_loading import import_string

from eventlog.privacy.redaction import DEFAULT_SENSITIVE_FIELDS

PREFIX = "EVENTLOG_"
DEFAULT_IDENTIFYING_FIELDS: Final = (
    *("name", "nama", "full_name", "nama_lengkap", "display_name", "username", "email", "mail", "surel"),
    *("nis", "nisn", "nik", "nip", "nuptk", "phone", "telephone", "mobile"),
    *("telp", "telepon", "no_telp", "no_hp", "hp"),
    *("address", "alamat"),
)  # fmt: skip
BOOLEANS = {"true": True, "1": True, "yes": True, "on": True, "false": False, "0": False, "no": False, "off": False}
MAILTO: Final = "mailto:"
UNIX: Final = "unix"  # among the proxies: whoever is at the other end of a unix socket, which has no address
Network = ipaddress.IPv4Network | ipaddress.IPv6Network
Networks = tuple[Network, ...]
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


def optional(parse: Callable[[Any], int]) -> Callable[[Any], int | None]:
    return lambda value: None if value in (None, "") else parse(value)


def seconds(value: Any) -> float:
    try:
        number = float(value)
    except (TypeError, ValueError):
        number = -1.0
    if isinstance(value, bool) or not 0 < number <= 3600:
        raise ValueError("seconds, more than 0 and at most 3600")
    return number


def percent(value: Any) -> float:
    try:
        number = float(value)
    except (TypeError, ValueError):
        number = -1.0
    if isinstance(value, bool) or not 0 < number <= 100:
        raise ValueError("percent, more than 0 and at most 100")
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


AUDIT_OPTIONS: Mapping[str, Callable[[Any], Any]] = {
    "name": text,
    "fields": names,
    "exclude": names,
    "mask": names,
    "read": boolean,
    "sensitive": boolean,
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


RULE_OPTIONS: Mapping[str, Callable[[Any], Any]] = {
    "enabled": boolean,
    "threshold": whole_number(1, 1_000_000),
    "window": whole_number(1, 31 * 86_400),
}


def rules(value: Any) -> dict[str, dict[str, Any]]:
    """Whether there are rules of these names is looked at by `checks.py`."""
    expected = 'a mapping such as {"scan_burst": {"threshold": 30}} (in the environment: as JSON)'
    try:
        value = json.loads(value) if isinstance(value, str) else value
    except json.JSONDecodeError:
        raise ValueError(expected) from None
    if not isinstance(value, Mapping) or not all(isinstance(options, Mapping) for options in value.values()):
        raise ValueError(expected)
    for options in value.values():
        if unknown := set(options) - set(RULE_OPTIONS):
            raise ValueError(f"with the options {', '.join(sorted(RULE_OPTIONS))}; not {', '.join(sorted(unknown))}")
    return {
        str(name): {option: RULE_OPTIONS[option](given) for option, given in options.items()}
        for name, options in value.items()
    }


def periods(value: Any) -> dict[str, int]:
    """Whether there are categories of these names is looked at by `checks.py`."""
    value, days = decoded(value), whole_number(1, 36_500)
    if not isinstance(value, Mapping):
        raise ValueError('a mapping such as {"AUTH": 365} (in the environment: as JSON)')
    return {str(category): days(number) for category, number in value.items()}


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


def decoded(value: Any) -> Any:
    """What the environment's text says as JSON; raises ValueError without quoting it."""
    try:
        return json.loads(value) if isinstance(value, str) else value
    except json.JSONDecodeError:
        raise ValueError("JSON") from None


def receivers(value: Any) -> dict[str, Mapping[str, Any]]:
    """Addresses, or addresses with options; what the options say is read by `alerts/channels.py`."""
    if isinstance(value, str) and value.lstrip().startswith("{"):
        value = decoded(value)
    if isinstance(value, Mapping):
        return sinks(value)
    return {name: {} for name in names(value)}


def webhooks(value: Any) -> dict[str, Mapping[str, Any]]:
    """URLs, which are then called by their host (`mailto:` by its address), or names with options."""
    if isinstance(value, str) and value.lstrip().startswith("{"):
        value = decoded(value)
    if isinstance(value, Mapping):
        return sinks(value)
    named: dict[str, Mapping[str, Any]] = {}
    for url in names(value):
        host = url.removeprefix(MAILTO) if url.startswith(MAILTO) else urlsplit(url).hostname or "webhook"
        others = (f"{host} {number}" for number in count(2))
        name = next(name for name in chain([host], others) if name not in named)
        named[name] = {"url": url}
    return named


def signing_keys(value: Any) -> tuple[str, ...]:
    """What the keys are is read by `integrity/keys.py`."""
    expected = (
        "a list of Ed25519 keys, 32 bytes in base64 each, the old ones as public:… (in the environment: by comma)"
    )
    try:
        keys = names(value)
        whole = all(len(base64.b64decode(key.removeprefix("public:"), validate=True)) == 32 for key in keys)
    except ValueError:
        raise ValueError(expected) from None
    if not whole:
        raise ValueError(expected)
    return keys


def encryption_keys(value: Any) -> tuple[str, ...]:
    """What the keys are is read by `privacy/keyring.py`: one that cannot be used must not switch encryption off."""
    try:
        return names(value)
    except ValueError:
        return ("",)


def hours(value: Any) -> tuple[time, time] | None:
    expected = "two times of day such as 22:00-06:00, or empty"
    if value in ("", None):
        return None
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
    "EXCLUDE_PATHS": Setting(
        (
            *("/static/", "/health/", "/metrics", "/favicon.ico", "/admin/jsi18n/"),
            *("/admin/eventlog/event/live/", "/admin/eventlog/dashboard/live/"),
        ),
        names,
    ),
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
    "BLOCK_AFTER_BRUTE_FORCE": Setting(False, boolean),
    "BLOCK_MINUTES": Setting(15, whole_number(1, 1440)),
    "SAFE_NETWORKS": Setting((), networks),
    "METRICS_ALLOWED_NETWORKS": Setting(networks(["127.0.0.0/8", "::1/128"]), networks),
    "PARTITION_BY": Setting("month", choice("month", "week", "day")),
    "LOG_RETENTION_DAYS": Setting(90, whole_number(1, 36_500)),
    "RETENTION_DAYS_BY_CATEGORY": Setting({}, periods),
    "ARCHIVE_DIR": Setting("", text),
    "ARCHIVE_AFTER_DAYS": Setting(30, whole_number(1, 36_500)),
    "ARCHIVE_RETENTION_DAYS": Setting(None, optional(whole_number(1, 36_500))),
    "IDENTIFYING_FIELDS": Setting(DEFAULT_IDENTIFYING_FIELDS, lambda value: DEFAULT_IDENTIFYING_FIELDS + names(value)),
    "FORWARD_TO": Setting({}, sinks, secret=True),
    "ERROR_RATE_THRESHOLD": Setting(5.0, percent),
    "RESPONSE_TIME_THRESHOLD": Setting(1000, whole_number(1, 3_600_000)),
    "FAILED_LOGIN_THRESHOLD": Setting(5, whole_number(1, 10_000)),
    "ALERT_EMAILS": Setting({}, receivers),
    "ALERT_WEBHOOKS": Setting({}, webhooks, secret=True),
    "ALERT_QUIET_HOURS": Setting(None, hours),
    "ALERT_COOLDOWN": Setting(3600, whole_number(0, 604_800)),
    "ALERT_ESCALATION": Setting(1800, whole_number(0, 604_800)),
    "SIGNING_KEY": Setting((), signing_keys, secret=True),
    "CHECKPOINT_DIR": Setting(None, folder),
    "ENCRYPTION_KEYS": Setting((), encryption_keys, secret=True),
    "CHECKPOINT_ANCHORS": Setting({}, webhooks, secret=True),
    "SITE_URL": Setting("", site_url),
    "DETECT_BEHAVIOUR": Setting(True, boolean),
    "RULES": Setting({}, rules),
    "GEOIP_PATH": Setting(None, folder),
    "ANONYMOUS_ANALYTICS": Setting(False, boolean),
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
        health checks, metrics, the admin's script of translations, the console's looking again."""
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
    def BLOCK_AFTER_BRUTE_FORCE(self) -> bool:
        """Whether a pair of address and account at which passwords were guessed may not sign in for a while. Default
        False."""
        return self._get("BLOCK_AFTER_BRUTE_FORCE")  # type: ignore[no-any-return]

    @property
    def BLOCK_MINUTES(self) -> int:
        """Minutes for which such a pair may not sign in. Default 15."""
        return self._get("BLOCK_MINUTES")  # type: ignore[no-any-return]

    @property
    def SAFE_NETWORKS(self) -> Networks:
        """Networks from which a superuser is never kept out, whatever was guessed. Default none."""
        return self._get("SAFE_NETWORKS")  # type: ignore[no-any-return]

    @property
    def METRICS_ALLOWED_NETWORKS(self) -> Networks:
        """Networks whose machines may ask `/metrics`, besides superusers. Default this machine."""
        return self._get("METRICS_ALLOWED_NETWORKS")  # type: ignore[no-any-return]

    @property
    def PARTITION_BY(self) -> Literal["month", "week", "day"]:
        """Of how much time the events lie in a table of their own. Where it is changed, tables that are there stay.
        Default `month`."""
        return self._get("PARTITION_BY")  # type: ignore[no-any-return]

    @property
    def LOG_RETENTION_DAYS(self) -> int:
        """Days after which events are removed by `eventlog_cleanup`, unless something else is said for their category.
        Default 90."""
        return self._get("LOG_RETENTION_DAYS")  # type: ignore[no-any-return]

    @property
    def RETENTION_DAYS_BY_CATEGORY(self) -> dict[str, int]:
        """Days for the events of a category, as {"AUTH": 365}. An event that has days of its own is kept for those.
        Default none."""
        return self._get("RETENTION_DAYS_BY_CATEGORY")  # type: ignore[no-any-return]

    @property
    def ARCHIVE_DIR(self) -> str:
        """Where events are copied to before they are removed: a folder, or an address such as s3://bucket/events. What
        fsspec knows will do, with the library that it asks for. Default empty: what is past its time just goes."""
        return self._get("ARCHIVE_DIR")  # type: ignore[no-any-return]

    @property
    def ARCHIVE_AFTER_DAYS(self) -> int:
        """Days after which a day's events are copied to the archive. Default 30: what comes late is there by then, and
        before LOG_RETENTION_DAYS are over there is time to see that something is wrong with the archive."""
        return self._get("ARCHIVE_AFTER_DAYS")  # type: ignore[no-any-return]

    @property
    def ARCHIVE_RETENTION_DAYS(self) -> int | None:
        """Days after which a file of the archive is removed. Default None: never."""
        return self._get("ARCHIVE_RETENTION_DAYS")  # type: ignore[no-any-return]

    @property
    def IDENTIFYING_FIELDS(self) -> tuple[str, ...]:
        """Names of fields whose values name a person wherever they stand, besides the built-in ones: what an erasure
        looks for in texts about others. Default none."""
        return self._get("IDENTIFYING_FIELDS")  # type: ignore[no-any-return]

    @property
    def FORWARD_TO(self) -> dict[str, Mapping[str, Any]]:
        """Sinks that stored events are sent on to, as {name: options}; see the README. Default none."""
        return self._get("FORWARD_TO")  # type: ignore[no-any-return]

    @property
    def ERROR_RATE_THRESHOLD(self) -> float:
        """Percent of requests answered 500 or worse, in five minutes, beyond which there is an alert. Default 5."""
        return self._get("ERROR_RATE_THRESHOLD")  # type: ignore[no-any-return]

    @property
    def RESPONSE_TIME_THRESHOLD(self) -> int:
        """Milliseconds that 95 % of all requests, and the mean of an endpoint's, may take in five minutes. Default
        1000."""
        return self._get("RESPONSE_TIME_THRESHOLD")  # type: ignore[no-any-return]

    @property
    def FAILED_LOGIN_THRESHOLD(self) -> int:
        """Failed attempts to sign in to one account that are taken for guessing; ten times as many in an hour for the
        whole site, where more fail than succeed. Default 5."""
        return self._get("FAILED_LOGIN_THRESHOLD")  # type: ignore[no-any-return]

    @property
    def ALERT_EMAILS(self) -> dict[str, Mapping[str, Any]]:
        """Addresses that are told of alerts, or {address: options}; see docs/alerts.md. Default none."""
        return self._get("ALERT_EMAILS")  # type: ignore[no-any-return]

    @property
    def ALERT_WEBHOOKS(self) -> dict[str, Mapping[str, Any]]:
        """Webhooks that are told of alerts, {name: options} or URLs; see docs/alerts.md. Default none."""
        return self._get("ALERT_WEBHOOKS")  # type: ignore[no-any-return]

    @property
    def ALERT_QUIET_HOURS(self) -> tuple[time, time] | None:
        """Times of day, in the project's time zone, between which people are told of critical alerts alone:
        `22:00-06:00`. Default none."""
        return self._get("ALERT_QUIET_HOURS")  # type: ignore[no-any-return]

    @property
    def ALERT_COOLDOWN(self) -> int:
        """Seconds after a message about an alert in which the same receiver gets no other, unless it has become worse.
        Default 3600."""
        return self._get("ALERT_COOLDOWN")  # type: ignore[no-any-return]

    @property
    def ALERT_ESCALATION(self) -> int:
        """Seconds after which a high or critical alert that nobody has acknowledged is told again; 0: never. Default
        1800."""
        return self._get("ALERT_ESCALATION")  # type: ignore[no-any-return]

    @property
    def SIGNING_KEY(self) -> tuple[str, ...]:
        """Ed25519 keys that checkpoints are signed with: the first, a seed of 32 bytes in base64, signs; those that
        follow, seeds or `public:` and a public key, are of earlier times and only verify. Default none: there are no
        checkpoints."""
        return self._get("SIGNING_KEY")  # type: ignore[no-any-return]

    @property
    def CHECKPOINT_DIR(self) -> Path | None:
        """Folder outside of the database that checkpoints are also written to, a file a day; best on a disk of which
        the database's administrator has no part. Default none."""
        return self._get("CHECKPOINT_DIR")  # type: ignore[no-any-return]

    @property
    def ENCRYPTION_KEYS(self) -> tuple[str, ...]:
        """Keys of 32 bytes in base64 that the values of sensitive events and archive files are encrypted with: the
        first encrypts, all decrypt. Default none: nothing is encrypted. See docs/encryption.md."""
        return self._get("ENCRYPTION_KEYS")  # type: ignore[no-any-return]

    @property
    def CHECKPOINT_ANCHORS(self) -> dict[str, Mapping[str, Any]]:
        """Who outside keeps signed checkpoints: webhooks and `mailto:` addresses, as URLs or {name: options}; see
        docs/verify.md. Default none."""
        return self._get("CHECKPOINT_ANCHORS")  # type: ignore[no-any-return]

    @property
    def SITE_URL(self) -> str:
        """Where this site is, for links in messages: `https://edupro.school.example`. Default: the first of
        ALLOWED_HOSTS."""
        return self._get("SITE_URL")  # type: ignore[no-any-return]

    @property
    def DETECT_BEHAVIOUR(self) -> bool:
        """Whether rules look at what people do, in what was stored. Default True."""
        return self._get("DETECT_BEHAVIOUR")  # type: ignore[no-any-return]

    @property
    def RULES(self) -> dict[str, dict[str, Any]]:
        """What is different for a rule: `enabled`, `threshold`, `window` in seconds; docs/threats.md has the
        defaults. Default nothing."""
        return self._get("RULES")  # type: ignore[no-any-return]

    @property
    def GEOIP_PATH(self) -> Path | None:
        """A GeoIP database (`.mmdb`, with cities) that says where an address is. Default none."""
        return self._get("GEOIP_PATH")  # type: ignore[no-any-return]

    @property
    def ANONYMOUS_ANALYTICS(self) -> bool:
        """Whether counts and numbers do without who it was: no user is counted, and addresses are those of networks
        (/24, of IPv6 /48). Events keep both; docs/retention.md. Default False."""
        return self._get("ANONYMOUS_ANALYTICS")  # type: ignore[no-any-return]

    @property
    def ENVIRONMENT(self) -> str:
        """Name of the installation (`production`), kept with each event. Default empty."""
        return self._get("ENVIRONMENT")  # type: ignore[no-any-return]

    @property
    def APPLICATION_VERSION(self) -> str:
        """Version of the application, kept with each event. Default empty."""
        return self._get("APPLICATION_VERSION")  # type: ignore[no-any-return]


conf = Conf()

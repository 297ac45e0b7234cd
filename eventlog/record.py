"""EventRecord: the only shape in which an event crosses a step of the pipeline.

A record is cleaned and redacted where it is made, before any queue, disk or log: what PostgreSQL would refuse is
replaced visibly, what is too long is cut with a mark, what is secret is masked. What was done to it is said in `tags`.
"""

import ipaddress
import logging
import math
import os
import time
from collections.abc import Callable, Generator, Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from datetime import time as time_of_day
from decimal import Decimal
from enum import Enum
from functools import cache, lru_cache
from typing import Any, TypedDict
from uuid import UUID

import orjson
import uuid_utils
from django.contrib.auth import get_user_model
from django.core.exceptions import ValidationError
from django.db import connection
from django.db.models import IntegerField
from django.utils import timezone, translation
from django.utils.functional import Promise
from uuid_utils.compat import uuid7

from eventlog import catalog
from eventlog.conf import conf
from eventlog.pipeline import roles
from eventlog.privacy.patterns import mask_shapes
from eventlog.privacy.redaction import Redactor, redactor

logger = logging.getLogger("eventlog")
os.register_at_fork(after_in_child=uuid_utils.reseed_rng)  # else parent and child make the same ids

EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
LATEST = datetime(2200, 1, 1, tzinfo=UTC)  # beyond it a clock is wrong; psycopg2 cannot read years over 9999
CUT_MARK = "…"
MAX_DEPTH = 20  # of JSON; deeper is hostile or a cycle
MAX_JSON_CHARACTERS = 65_536  # of one column: 4 x the default body limit; a record stays far below a segment
MAX_INT = 2**63 - 1  # what bigint and every JSON reader can hold


class ActorColumns(TypedDict, total=False):
    username: str
    user_role: str
    session_id: str
    auth_method: str


class RequestColumns(TypedDict, total=False):
    request_id: str
    trace_id: str
    ip_address: str | None
    user_agent: str
    request_method: str
    endpoint: str
    request_path: str
    query_params: Any
    request_headers: Any
    request_body: Any
    referrer: str


class ResponseColumns(TypedDict, total=False):
    response_status: int | None
    response_time_ms: float | None
    response_size_bytes: int | None
    response_content_type: str


class ResourceColumns(TypedDict, total=False):
    cpu_time_ms: float | None
    memory_usage_mb: float | None
    memory_delta_kb: int | None
    db_query_count: int | None
    db_time_ms: float | None


class EntityColumns(TypedDict, total=False):
    entity_type: str
    entity_name: str
    event_data: Any
    previous_values: Any
    new_values: Any
    changed_fields: Any
    reason: str


class FailureColumns(TypedDict, total=False):
    error_code: str
    error_message: str
    error_fingerprint: str
    stack_trace: str


class OtherColumns(
    ActorColumns, RequestColumns, ResponseColumns, ResourceColumns, EntityColumns, FailureColumns, total=False
):
    """Every column that a caller may give besides those that some methods of `EventLogger` take by themselves."""

    timestamp: datetime
    event_category: str
    event_name: str
    severity: str
    event_status: str
    threats: Any
    risk_score: int | None
    server_name: str
    process_id: int
    application_version: str
    environment: str
    tags: Any
    search_text: str
    is_sensitive: bool
    retention_days: int | None


class AuthColumns(OtherColumns, total=False):
    entity_id: Any


class Columns(AuthColumns, total=False):
    """Every column that a caller may give, by group; `id` follows from `timestamp`."""

    user_id: Any
    action: str


@dataclass(frozen=True, slots=True)
class EventRecord:
    """One event, ready to be kept. `columns` holds the further columns that have a value; all are JSON types. Only
    `user_role` may be None there: that of a user whose role is found out where the event is stored.

    A column is also an attribute (`record.username`). Awaiting a record gives the record, so that
    `await EventLogger().log_event(…)` reads well in async code.
    """

    id: UUID
    timestamp: datetime
    event_type: str
    event_category: str
    columns: Mapping[str, Any]

    def to_json(self) -> bytes:
        """UTF-8 JSON of one line, `id` first, so that records sort by id as they lie."""
        head = {
            "id": self.id,
            "timestamp": self.timestamp,
            "event_type": self.event_type,
            "event_category": self.event_category,
        }
        return orjson.dumps({**head, **self.columns})

    def __getattr__(self, name: str) -> Any:
        if name in CLEANERS:
            return self.columns.get(name)
        raise AttributeError(f"an event has no column {name!r}")

    def __await__(self) -> Generator[None, None, "EventRecord"]:
        return self
        yield  # makes this a generator, which is what await asks for


class Cleaning:
    """Cleans the columns of one record and remembers, in `tags`, what it had to do."""

    __slots__ = ("left", "redact", "tags")

    def __init__(self, redact: Redactor) -> None:
        self.redact = redact
        self.tags: set[str] = set()
        self.left = MAX_JSON_CHARACTERS

    def column(self, name: str, value: Any) -> Any:
        """One column's value, cleaned; None for one that cannot even be looked at, so that the others are kept."""
        try:
            return CLEANERS[name](self, value)
        except Exception:  # the value is anybody's object, and does what it likes when it is asked
            self.tags.add("unserialisable")
            return None

    def text(self, given: Any, width: int) -> str:
        """`given` as text without NUL or lone surrogates, at most `width` characters."""
        value: str = given if type(given) is str else self.described(given)
        if len(value) > width:
            self.tags.add("truncated")
            value = value[: width - 1] + CUT_MARK
        if value.isascii():
            if "\0" in value:
                self.tags.add("sanitised")
                return value.replace("\0", "\\x00")[:width]
            return value
        return self._encodable(value)[:width]

    def _encodable(self, value: str) -> str:
        try:
            value.encode()
        except UnicodeEncodeError:
            self.tags.add("sanitised")
            value = value.encode(errors="replace").decode()
        if "\0" in value:
            self.tags.add("sanitised")
            value = value.replace("\0", "\\x00")
        return value

    def described(self, value: Any) -> str:
        """Any value in words; one that cannot even say what it is, by its type."""
        if value is None or type(value) is str:
            return value or ""
        try:
            return str(value)
        except Exception:  # whatever a foreign __str__ raises, the rest of the event is worth keeping
            self.tags.add("unserialisable")
            return f"<{type(value).__qualname__}>"

    def json(self, value: Any, depth: int = 0) -> Any:
        """`value` in JSON types that PostgreSQL stores: bounded in depth and size, cycles included."""
        kind = type(value)
        if kind is str:
            return self._json_text(value)
        if value is None or kind is bool:
            return value
        if kind is int:
            return value if -MAX_INT <= value <= MAX_INT else self._flagged("big_number", self.described(value)[:400])
        if kind is float:
            return value if math.isfinite(value) else self._flagged("not_finite", str(value))
        if depth >= MAX_DEPTH or self.left <= 0:
            return self._flagged("truncated", "[too deep]" if depth >= MAX_DEPTH else CUT_MARK)
        self.left -= 2
        if kind is dict or isinstance(value, Mapping):
            return self._fields(value, depth + 1)
        if isinstance(value, list | tuple | set | frozenset):
            return [self.json(item, depth + 1) for item in self._members(value)]
        return self._scalar(value)

    def _fields(self, value: Mapping[Any, Any], depth: int) -> dict[str, Any]:
        clean: dict[str, Any] = {}
        for key, item in value.items():
            if self.left <= 0:
                self.tags.add("truncated")
                break
            name = self._json_text(key if type(key) is str else self.described(key))
            clean[name[:200]] = self.json(item, depth)
        return clean

    def _json_text(self, value: str) -> str:
        size = len(value)
        if size <= self.left and value.isascii() and "\0" not in value:
            self.left -= size
            return value
        cut = self.text(value, max(1, self.left))
        self.left -= len(cut)
        return cut

    def _members(self, value: Any) -> Generator[Any, None, None]:
        for item in value:
            if self.left <= 0:
                self.tags.add("truncated")
                return
            self.left -= 1
            yield item

    def _scalar(self, value: Any) -> Any:
        if isinstance(value, datetime | date | time_of_day):
            return value.isoformat()
        if isinstance(value, Enum):
            return self.json(value.value, MAX_DEPTH - 1)
        if isinstance(value, Decimal | UUID | timedelta | Promise | os.PathLike):
            return self._json_text(str(value))
        if isinstance(value, str | int | float):  # subclasses: SafeString, IntEnum's kin
            return self.json((str if isinstance(value, str) else int if isinstance(value, int) else float)(value))
        if isinstance(value, bytes | bytearray | memoryview):
            return self._flagged("binary", f"<{len(bytes(value))} bytes>")
        return self._flagged("unserialisable", self._json_text(self.text(self.described(value), 200)))

    def _flagged(self, tag: str, value: Any) -> Any:
        self.tags.add(tag)
        return value

    def number(self, value: Any, low: float, high: float) -> Any:
        """A number inside the column's range, else None and a tag."""
        if isinstance(value, bool) or not isinstance(value, int | float | Decimal):
            return None if value is None else self._flagged("bad_number", None)
        try:
            usable = math.isfinite(value) and low <= value <= high
        except (OverflowError, ValueError):  # an integer of hundreds of digits, a signalling NaN
            usable = False
        return value if usable else self._flagged("bad_number", None)

    def address(self, value: Any) -> str | None:
        """An IP address in its canonical form, a v4-mapped one as IPv4; else None and a tag."""
        if not value:
            return None
        canonical = canonical_address(self.described(value)[:100])
        return canonical if canonical is not None else self._flagged("bad_address", None)


@lru_cache(maxsize=4096)
def canonical_address(value: str) -> str | None:
    try:
        address = ipaddress.ip_address(value.partition("%")[0])
    except ValueError:
        return None
    mapped = getattr(address, "ipv4_mapped", None)
    return str(mapped or address)


Cleaner = Callable[[Cleaning, Any], Any]


def plain(width: int) -> Cleaner:
    """Short text that is ours or a name."""

    def clean(cleaning: Cleaning, value: Any) -> str:
        if type(value) is str and len(value) <= width and value.isascii() and "\0" not in value:
            return value  # nearly always
        return cleaning.text(value, width)

    return clean


def code(width: int) -> Cleaner:
    """A key or a short name that a caller or client chooses: searched for the shapes of secrets, not for pairs."""
    tidy = plain(width)

    def clean(cleaning: Cleaning, value: Any) -> str:
        text: str = tidy(cleaning, mask_shapes(cleaning.described(value)))
        return text

    return clean


def prose(width: int) -> Cleaner:
    """Text from outside, searched for secrets before it is cut: half a secret would not be recognised."""
    return lambda cleaning, value: cleaning.text(cleaning.redact.text(cleaning.described(value)), width)


def url(width: int) -> Cleaner:
    return lambda cleaning, value: cleaning.text(cleaning.redact.url(cleaning.described(value)), width)


def whole(low: int, high: int) -> Cleaner:
    def clean(cleaning: Cleaning, value: Any) -> Any:
        if type(value) is int and low <= value <= high:
            return value
        number = cleaning.number(value, low, high)
        return None if number is None else int(number)

    return clean


def real(cleaning: Cleaning, value: Any) -> Any:
    if type(value) is float and 0.0 <= value <= 1e15:
        return round(value, 3)
    number = cleaning.number(value, 0, 1e15)
    return None if number is None else round(float(number), 3)


def structure(cleaning: Cleaning, value: Any) -> Any:
    if value is None:
        return None
    cleaning.left = MAX_JSON_CHARACTERS
    return cleaning.redact.value(cleaning.json(value))


def headers(cleaning: Cleaning, value: Any) -> Any:
    if type(value) is dict and are_clean(value):
        return cleaning.redact.headers(value)
    cleaning.left = MAX_JSON_CHARACTERS
    cleaned = cleaning.json(value)
    if isinstance(cleaned, dict) and all(isinstance(item, str) for item in cleaned.values()):
        return cleaning.redact.headers(cleaned)
    return cleaning.redact.value(cleaned)


def are_clean(texts: dict[Any, Any]) -> bool:
    """Whether `Cleaning.json` would leave these names and values as they are; told in one look at all of them."""
    try:
        everything = "\n".join([*texts, *texts.values()])
    except TypeError:
        return False
    return (
        len(everything) <= MAX_JSON_CHARACTERS // 2
        and everything.isascii()
        and "\0" not in everything
        and max(map(len, texts), default=0) <= 200
    )


def list_of_names(cleaning: Cleaning, value: Any) -> list[str]:
    values = [value] if isinstance(value, str) else value if isinstance(value, list | tuple | set | frozenset) else []
    return [cleaning.text(mask_shapes(cleaning.described(item)), 100) for item in list(values)[:50]]


def one_of(allowed: Mapping[str, Any] | tuple[str, ...], otherwise: str) -> Cleaner:
    def clean(cleaning: Cleaning, value: Any) -> str:
        if isinstance(value, str) and value in allowed:
            return value
        cleaning.tags.add("bad_choice")
        return otherwise

    return clean


def user_key(cleaning: Cleaning, value: Any) -> Any:
    """The key of the user model's type; None and a tag for what cannot be one."""
    if value is None or (type(value) is int and value in integer_keys()):
        return value
    key = stored_key(getattr(value, "pk", value))
    if key is None:
        cleaning.tags.add("bad_user")
    return key


@cache
def integer_keys() -> range:
    """The keys that the user model's rows may have; none where they are no integers."""
    field = get_user_model()._meta.pk
    if not isinstance(field, IntegerField):
        return range(0)
    low, high = connection.ops.integer_field_range(field.get_internal_type())
    return range(low or 0, (high or 2**31 - 1) + 1)


def stored_key(value: Any) -> Any:
    field = get_user_model()._meta.pk
    try:
        key = field.to_python(value)
    except (ValidationError, ValueError, TypeError, OverflowError):
        return None
    if isinstance(key, int) and not isinstance(key, bool):
        low, high = connection.ops.integer_field_range(field.get_internal_type())
        return key if (low is None or low <= key) and (high is None or key <= high) else None
    return str(key) if isinstance(key, UUID | str) and "\0" not in str(key) else None


CLEANERS: dict[str, Cleaner] = {
    "event_name": prose(200),
    "severity": one_of(catalog.SEVERITIES, catalog.INFO),
    "event_status": one_of(catalog.STATUSES, catalog.SUCCESS),
    "user_id": user_key,
    "username": plain(150),
    "user_role": plain(50),
    "session_id": plain(64),
    "auth_method": one_of(catalog.AUTH_METHODS, "anonymous"),
    "request_id": code(64),
    "trace_id": plain(32),
    "ip_address": Cleaning.address,
    "user_agent": prose(1000),
    "request_method": plain(10),
    "endpoint": plain(255),
    "request_path": url(4000),
    "query_params": structure,
    "request_headers": headers,
    "request_body": structure,
    "referrer": url(2000),
    "response_status": whole(100, 599),
    "response_time_ms": real,
    "response_size_bytes": whole(0, MAX_INT),
    "response_content_type": plain(100),
    "cpu_time_ms": real,
    "memory_usage_mb": real,
    "memory_delta_kb": whole(-(2**31), 2**31 - 1),
    "db_query_count": whole(0, 2**31 - 1),
    "db_time_ms": real,
    "entity_type": code(100),
    "entity_id": code(255),
    "entity_name": prose(200),
    "action": code(20),
    "event_data": structure,
    "previous_values": structure,
    "new_values": structure,
    "changed_fields": structure,
    "reason": prose(2000),
    "error_code": code(100),
    "error_message": prose(4000),
    "error_fingerprint": plain(64),
    "stack_trace": prose(32_000),
    "threats": structure,
    "risk_score": whole(0, 100),
    "server_name": plain(100),
    "process_id": whole(0, 2**31 - 1),
    "application_version": plain(50),
    "environment": plain(50),
    "tags": list_of_names,
    "search_text": prose(1000),
    "is_sensitive": lambda _, value: bool(value),
    "retention_days": whole(0, 36_500),
}


def make_record(event_type: Any, given: Mapping[str, Any], clean: Mapping[str, Any] | None = None) -> EventRecord:
    """Clean and redact `given` into a record. What is no column goes into `event_data`, so that nothing is lost.

    `clean` are columns that need neither, from `clean_columns` or made by ourselves; `given` wins over them.
    """
    cleaning = Cleaning(redactor(conf.SENSITIVE_FIELDS))
    name = cleaning.text(event_type, 100) or "UNNAMED"
    if name not in catalog.TYPES:
        name = mask_shapes(name)
    known = catalog.lookup(name)
    if known is None:
        cleaning.tags.add("unknown_type")
        warn_of_unknown(name)
        known = catalog.EventType(name, catalog.SYSTEM, name)
    values = dict(given) if given.keys() <= NAMES else with_strays_in_data(given)
    timestamp, nanoseconds = moment(values.pop("timestamp", None), cleaning)
    category = values.pop("event_category", known.category)
    columns: dict[str, Any] = {"severity": known.severity, "event_status": known.status, **(clean or {})}
    for column, value in values.items():
        if value is None or (type(value) is str and not value):
            if column not in CATALOGUED:
                columns.pop(column, None)
            continue
        cleaned = cleaning.column(column, value)
        if cleaned is not None and cleaned != "":
            columns[column] = cleaned
    if (user_id := columns.get("user_id")) is not None and "user_role" not in columns:
        role = roles.remembered(user_id)
        if role != "":
            columns["user_role"] = role  # None: to be found out where the event is stored
    if "search_text" not in columns and (words := searchable(name, columns)):
        columns["search_text"] = words
    if not columns.get("event_name"):
        columns["event_name"] = plain_label(known)
    if clean and "tags" in clean:
        cleaning.tags.update(clean["tags"])
    if cleaning.tags:
        columns["tags"] = sorted({*columns.get("tags", ()), *cleaning.tags})
    return EventRecord(
        id=uuid7(nanoseconds=nanoseconds),
        timestamp=timestamp,
        event_type=name,
        event_category=category if isinstance(category, str) and category in catalog.CATEGORIES else known.category,
        columns=columns,
    )


def clean_columns(given: Mapping[str, Any]) -> dict[str, Any]:
    """What several events will have in common, cleaned and redacted once; without the empty ones."""
    cleaning = Cleaning(redactor(conf.SENSITIVE_FIELDS))
    cleaned = {name: cleaning.column(name, value) for name, value in given.items() if name in CLEANERS and value}
    if cleaning.tags:
        cleaned["tags"] = sorted(cleaning.tags)
    return {name: value for name, value in cleaned.items() if value is not None and value != ""}


@lru_cache(maxsize=1024)
def warn_of_unknown(event_type: str) -> None:
    """Once a type and process."""
    logger.warning("%s is no event type of the catalogue; it is kept as one of %s.", event_type, catalog.SYSTEM)


@lru_cache(maxsize=1024)
def plain_label(known: catalog.EventType) -> str:
    """In English, whoever caused it: rows are read by programs too, and screens translate by the type."""
    with translation.override("en"):
        return str(known.label)


SEARCHED = ("entity_name", "reason", "error_code", "error_message")


def searchable(event_type: str, columns: Mapping[str, Any]) -> str:
    """The words by which people look for an event, cleaned already; few, since their index is the dearest of all."""
    names = SEARCHED if event_type == catalog.HTTP_REQUEST else ("event_name", *SEARCHED)
    return " ".join(columns[name][:200] for name in names if name in columns)


RESERVED = ("timestamp", "event_category")
NAMES = frozenset([*CLEANERS, *RESERVED])
CATALOGUED = ("severity", "event_status")  # the catalogue has a value for these


def with_strays_in_data(given: Mapping[str, Any]) -> dict[str, Any]:
    values = {key: value for key, value in given.items() if key in CLEANERS or key in RESERVED}
    strays = {key: value for key, value in given.items() if key not in values}
    if not strays:
        return values
    data = values.get("event_data")
    values["event_data"] = {**(data if isinstance(data, Mapping) else {"value": data} if data else {}), **strays}
    return values


def moment(given: Any, cleaning: Cleaning) -> tuple[datetime, int]:
    """(UTC time, nanoseconds since 1970) of when it happened: now, unless a usable time is given."""
    if given is not None:
        when = usable_time(given)
        if when is not None:
            return when, (when - EPOCH) // timedelta(microseconds=1) * 1000
        cleaning.tags.add("bad_timestamp")
    nanoseconds = time.time_ns()
    return datetime.fromtimestamp(nanoseconds / 1e9, UTC), nanoseconds


def usable_time(given: Any) -> datetime | None:
    """An aware UTC time from 1970 to 2200; a naive one is in the project's time zone; else None."""
    if isinstance(given, str):
        try:
            given = datetime.fromisoformat(given)
        except ValueError:
            return None
    if not isinstance(given, datetime):
        return None
    if given.tzinfo is UTC:
        return given if EPOCH <= given < LATEST else None
    try:
        aware = given if given.tzinfo else timezone.make_aware(given)
        when = aware.astimezone(UTC)
    except (OverflowError, ValueError):
        return None
    return when if EPOCH <= when < LATEST else None

"""The columns that an event may be given: their types, for callers, and how each is cleaned."""

from collections.abc import Mapping
from datetime import datetime
from functools import cache
from typing import Any, TypedDict
from uuid import UUID

from django.contrib.auth import get_user_model
from django.core.exceptions import ValidationError
from django.db import connection
from django.db.models import IntegerField

from eventlog import catalog
from eventlog.cleaning import MAX_INT, MAX_JSON_CHARACTERS, Cleaner, Cleaning
from eventlog.privacy.patterns import mask_shapes


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

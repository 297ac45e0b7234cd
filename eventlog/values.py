"""The values of a record in the form that its events keep them in: what the database holds, as JSON types.

Signals, bulk writes and triggers all end here, so that a value looks the same however its change was seen.
"""

import hashlib
import json
from collections.abc import Collection, Mapping
from datetime import UTC, date, datetime, timedelta
from datetime import time as time_of_day
from decimal import Decimal
from functools import lru_cache
from typing import Any, TypeAlias

from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models.fields.files import FieldFile
from django.utils import timezone

from eventlog.registry import Audit

Field: TypeAlias = "models.Field[Any, Any]"
Values: TypeAlias = dict[str, Any]
MASKED = "[masked]"


# --- which fields ---
@lru_cache(maxsize=1024)
def fields_of(model: type[models.Model], audit: Audit) -> tuple[Field, ...]:
    """The concrete fields whose changes count, parents' included; not those that change by themselves on each save."""
    return tuple(
        field
        for field in model._meta.concrete_fields
        if audit.keeps(spellings(field)) and (audit.fields or not getattr(field, "auto_now", False))
    )


def chosen(fields: Collection[Field], only: Collection[str] | None) -> tuple[Field, ...]:
    """Of `only` these, by field name or attname."""
    if only is None:
        return tuple(fields)
    return tuple(field for field in fields if field.name in only or field.attname in only)


def spellings(field: Field) -> set[str]:
    """All that a setting may call the field."""
    return {field.name, field.attname}


@lru_cache(maxsize=1024)
def masked_names(model: type[models.Model], audit: Audit) -> frozenset[str]:
    """The attnames of which only the fact of a change is kept."""
    return frozenset(field.attname for field in model._meta.concrete_fields if audit.masks(spellings(field)))


def shown(values: Mapping[str, Any], masked: Collection[str]) -> Values:
    """A copy with what is masked hidden; nothing stays nothing."""
    if not masked:
        return dict(values)
    return {name: MASKED if name in masked and value is not None else value for name, value in values.items()}


# --- in which form ---
def is_expression(value: Any) -> bool:
    return hasattr(value, "resolve_expression")


def normal(field: Field, value: Any) -> Any:
    """The value as the database gives it back: "80" in a number's field is 80, a naive time is in the project's zone.

    Expressions stay what they are: only the database knows what comes out.
    """
    if value is None or is_expression(value):
        return value
    kind: Any = type(field)
    if type(value) is unchanged(kind):
        return plain(value)
    target = field.target_field if isinstance(field, models.ForeignKey) else field
    try:
        return plain(as_stored(target, value))
    except Exception:  # the project's own fields raise what they like; the change must not fail for it
        return plain(value)


@lru_cache(maxsize=1024)
def unchanged(field: Any) -> type | None:
    """The type of the values that a field of this class gives back as they are; most values are of these."""
    kinds = ((models.CharField, str), (models.TextField, str), (models.IntegerField, int), (models.DateField, date))
    return next((kind for base, kind in kinds if field.to_python is base.to_python), None)


def as_stored(field: Field, value: Any) -> Any:
    if isinstance(field, models.JSONField):
        return json.loads(json.dumps(value, cls=field.encoder), cls=field.decoder)
    if isinstance(field, models.FileField | models.BinaryField):
        return value
    if isinstance(field, ArrayField):
        value = field.to_python(value) if isinstance(value, str) else value
        return [item if item is None else as_stored(field.base_field, item) for item in value]
    value = field.to_python(value)
    if isinstance(field, models.DecimalField) and value is not None:
        return round(value, field.decimal_places)
    if isinstance(field, models.DateTimeField) and timezone.is_naive(value):
        return timezone.make_aware(value, timezone.get_default_timezone())
    return value


def plain(value: Any) -> Any:
    """One of JSON's types for each of the database's, always the same one, so that equal values compare equal."""
    kind = type(value)
    if kind is str or kind is int or value is None:
        return value
    if isinstance(value, FieldFile):
        return value.name or ""
    if isinstance(value, bytes | bytearray | memoryview):
        return fingerprint(bytes(value))
    if isinstance(value, datetime):
        return (value if timezone.is_naive(value) else value.astimezone(UTC)).isoformat()
    if isinstance(value, list | tuple):
        return [plain(item) for item in value]
    if isinstance(value, dict):
        return {key: plain(item) for key, item in value.items()}
    return value.isoformat() if isinstance(value, time_of_day) else other(value)


def other(value: Any) -> Any:
    if isinstance(value, Decimal | timedelta):
        return str(value)
    if isinstance(value, bool | float):
        return value if value == value else "NaN"
    return value.isoformat() if hasattr(value, "isoformat") else str(value)


def fingerprint(content: bytes) -> dict[str, Any]:
    """Binary data are kept by length and hash."""
    return {"bytes": len(content), "sha256": hashlib.sha256(content).hexdigest()}


def key_text(key: Any) -> str:
    """A primary key as `entity_id`; the parts of a composite one by comma."""
    return ",".join(map(str, key)) if isinstance(key, tuple | list) else str(key)


def changed(before: Values, after: Values) -> list[str]:
    """The names whose values differ, in the order of the fields."""
    return [name for name, value in after.items() if name not in before or before[name] != value]


def by_field(rows: Mapping[Any, Values], masked: Collection[str] = ()) -> Values:
    """{field: {key: value}} of many records: what is secret by its field's name is masked whole later."""
    found: Values = {}
    for key, values in rows.items():
        for name, value in shown(values, masked).items():
            found.setdefault(name, {})[key_text(key)] = value
    return found

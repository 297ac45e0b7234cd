"""The values of a record in JSON types, as the database has them."""

from collections.abc import Collection
from functools import lru_cache
from typing import Any

from django.core.exceptions import ValidationError
from django.db import models
from django.db.models.fields.files import FieldFile

Values = dict[str, Any]
IGNORED_NAMES = frozenset({"last_login"})  # changes with every sign-in, which is an event itself


@lru_cache(maxsize=1024)
def fields_of(model: type[models.Model]) -> tuple["models.Field[Any, Any]", ...]:
    """The concrete fields whose changes count; not those that change by themselves with every save."""
    return tuple(
        field
        for field in model._meta.concrete_fields
        if not getattr(field, "auto_now", False) and field.name not in IGNORED_NAMES
    )


def stored_values(instance: models.Model, using: str) -> Values | None:
    """What the database holds for this key now, locked against other writers until the transaction ends."""
    model = type(instance)
    names = [field.attname for field in fields_of(model)]
    rows = model._base_manager.using(using).select_for_update(no_key=True, of=("self",)).filter(pk=instance.pk)
    row = next(iter(rows.values(*names)), None)
    return None if row is None else {name: plain(value) for name, value in row.items()}


def values_of(
    instance: models.Model, using: str, *, only: Collection[str] | None = None, reread: bool = True
) -> Values:
    """The instance's loaded values; of `only` these fields, by field name or attname. Expressions are read back."""
    deferred = instance.get_deferred_fields()
    wanted = [
        field
        for field in fields_of(type(instance))
        if field.attname not in deferred and (only is None or field.name in only or field.attname in only)
    ]
    values = {field.attname: normal(field, getattr(instance, field.attname)) for field in wanted}
    unknown = [name for name, value in values.items() if hasattr(value, "resolve_expression")]
    if unknown:
        rows = type(instance)._base_manager.using(using).filter(pk=instance.pk).values(*unknown) if reread else ()
        values.update(next(iter(rows), {}))
    return {name: plain(value) for name, value in values.items()}


def normal(field: "models.Field[Any, Any]", value: Any) -> Any:
    """The value as the field would read it back: "80" in a number's field is 80."""
    if value is None or hasattr(value, "resolve_expression") or isinstance(field, models.JSONField | models.FileField):
        return value
    target = field.target_field if isinstance(field, models.ForeignKey) else field
    try:
        value = target.to_python(value)
    except (ValidationError, ValueError, TypeError):
        return value
    if isinstance(field, models.DecimalField) and value is not None:
        return round(value, field.decimal_places)
    return value


def plain(value: Any) -> Any:
    if isinstance(value, FieldFile):
        return value.name or ""
    if isinstance(value, bytes | bytearray | memoryview):
        return f"<{len(bytes(value))} bytes>"
    return value


def changed(before: Values, after: Values) -> list[str]:
    """The names whose values differ, in the order of the fields."""
    return [name for name, value in after.items() if name not in before or before[name] != value]


def entity_columns(name: str, instance: models.Model) -> dict[str, Any]:
    return {"entity_type": name, "entity_id": instance.pk, "entity_name": label_of(instance)}


def label_of(instance: models.Model) -> str:
    """How the record calls itself; its key where it cannot say (a `__str__` may need rows that are gone)."""
    try:
        return str(instance)[:200]
    except Exception:  # the project's own `__str__`, which must never stop a change
        return f"{instance._meta.verbose_name} {instance.pk}"

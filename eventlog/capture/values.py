"""The values of a record in JSON types, as the database has them."""

from collections.abc import Collection
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

from django.db import connections, models
from django.db.backends.base.base import BaseDatabaseWrapper
from django.db.models.expressions import RawSQL
from django.db.models.fields.files import FieldFile

from eventlog.capture.queries import uncounted

Values = dict[str, Any]
IGNORED_NAMES = frozenset({"last_login"})  # changes with every sign-in, which is an event itself


def fields_of(model: type[models.Model], only: Collection[str] | None = None) -> tuple["models.Field[Any, Any]", ...]:
    """The concrete fields whose changes count; of `only` these, by field name or attname."""
    if only is None:
        return counting_fields(model)
    return tuple(field for field in counting_fields(model) if field.name in only or field.attname in only)


@lru_cache(maxsize=1024)
def counting_fields(model: type[models.Model]) -> tuple["models.Field[Any, Any]", ...]:
    """Without those that change by themselves with every save."""
    return tuple(
        field
        for field in model._meta.concrete_fields
        if not getattr(field, "auto_now", False) and field.name not in IGNORED_NAMES
    )


@lru_cache(maxsize=1024)
def spellings(model: type[models.Model]) -> dict[str, set[str]]:
    """{attname: all that a setting may call the field}."""
    return {field.attname: {field.attname, field.name} for field in model._meta.concrete_fields}


def stored_values(instance: models.Model, using: str) -> Values | None:
    """What the database holds for this key now, locked against other writers until the transaction ends."""
    model = type(instance)
    reading = Reading.of(model, using)
    with uncounted():
        if reading is None:
            row = rows_to_lock(model, using).filter(pk=instance.pk).values(*attnames(model)).first()
        else:
            row = reading.run(instance.pk, connections[using])
    return None if row is None else {name: plain(value) for name, value in row.items()}


def attnames(model: type[models.Model]) -> list[str]:
    return [field.attname for field in fields_of(model)]


def rows_to_lock(model: type[models.Model], using: str) -> "models.QuerySet[Any]":
    return model._base_manager.using(using).select_for_update(no_key=True, of=("self",)).order_by()


@dataclass(frozen=True, slots=True)
class Reading:
    """The statement of `stored_values` for one model: Django takes three times as long to compile it as PostgreSQL
    takes to run it."""

    sql: str
    pk: "models.Field[Any, Any]"
    names: list[str]
    converters: list[tuple[int, Any, Any]]  # (column, function, expression)

    @staticmethod
    @lru_cache(maxsize=1024)
    def of(model: type[models.Model], using: str) -> "Reading | None":
        """None where the model's manager chooses the rows, perhaps each time anew."""
        if type(model._base_manager) is not models.Manager or isinstance(model._meta.pk, models.CompositePrimaryKey):
            return None
        names = attnames(model)
        rows = rows_to_lock(model, using).filter(pk=RawSQL("%s", [0])).values_list(*names)
        compiler = rows.query.get_compiler(using)
        sql, _ = compiler.as_sql()
        found = compiler.get_converters([column[0] for column in compiler.select])
        converters = [(at, convert, expression) for at, (all_of, expression) in found.items() for convert in all_of]
        return Reading(sql, model._meta.pk, names, converters)

    def run(self, key: Any, connection: BaseDatabaseWrapper) -> Values | None:
        with connection.cursor() as cursor:
            cursor.execute(self.sql, [self.pk.get_db_prep_value(key, connection)])
            row = cursor.fetchone()
        if row is None or not self.converters:
            return row and dict(zip(self.names, row, strict=True))
        values = list(row)
        for at, convert, expression in self.converters:
            values[at] = convert(values[at], expression, connection)
        return dict(zip(self.names, values, strict=True))


def values_of(instance: models.Model, using: str, *, only: Collection[str] | None = None) -> Values:
    """The instance's loaded values; of `only` these fields, by field name or attname. Expressions are read back."""
    deferred = instance.get_deferred_fields()
    wanted = [field for field in fields_of(type(instance), only) if field.attname not in deferred]
    values = {field.attname: normal(field, getattr(instance, field.attname)) for field in wanted}
    unknown = [name for name, value in values.items() if hasattr(value, "resolve_expression")]
    if unknown:
        with uncounted():
            rows = type(instance)._base_manager.using(using).filter(pk=instance.pk).values(*unknown)
            values.update(next(iter(rows), {}))
    return {name: plain(value) for name, value in values.items()}


def loaded_values(instance: models.Model) -> Values:
    deferred = instance.get_deferred_fields()
    wanted = [field for field in fields_of(type(instance)) if field.attname not in deferred]
    return {field.attname: plain(normal(field, getattr(instance, field.attname))) for field in wanted}


def normal(field: "models.Field[Any, Any]", value: Any) -> Any:
    """The value as the field would read it back: "80" in a number's field is 80."""
    if value is None or hasattr(value, "resolve_expression") or isinstance(field, models.JSONField | models.FileField):
        return value
    target = field.target_field if isinstance(field, models.ForeignKey) else field
    try:
        value = target.to_python(value)
    except Exception:  # the project's own fields raise what they like; the change must not fail for it
        return value
    if isinstance(field, models.DecimalField) and value is not None:
        return round(value, field.decimal_places)
    return value


def plain(value: Any) -> Any:
    if isinstance(value, FieldFile):
        return value.name or ""
    if isinstance(value, bytes | bytearray | memoryview):
        return bytes(value)  # compared whole; the record keeps only how many
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
        return f"{instance._meta.object_name} {instance.pk}"

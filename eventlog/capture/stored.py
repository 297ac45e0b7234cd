"""What the database holds for a record: read before a change, locked until it is committed; read back after it."""

from collections.abc import Collection
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

from django.db import connections, models
from django.db.backends.base.base import BaseDatabaseWrapper
from django.db.models.expressions import RawSQL

from eventlog.capture.queries import uncounted, waited_for
from eventlog.values import Field, Values, is_expression, normal, plain

Rows = dict[Any, Values]


def stored_values(instance: models.Model, fields: tuple[Field, ...], using: str) -> Values | None:
    """What is there for this key now; None where no row is."""
    with waited_for():
        return Reading.of(type(instance), fields, using).run(instance.pk, connections[using])


def values_of(instance: models.Model, fields: Collection[Field], using: str) -> Values:
    """The instance's loaded values after it was saved. What only the database knows is read back."""
    loaded = instance.__dict__
    values = {field.attname: normal(field, loaded[field.attname]) for field in fields if field.attname in loaded}
    unknown = [f.attname for f in fields if f.attname in values and (f.generated or is_expression(values[f.attname]))]
    if unknown:
        with uncounted():
            rows = type(instance)._base_manager.using(using).filter(pk=instance.pk).values(*unknown)
            values.update({name: plain(value) for name, value in next(iter(rows), {}).items()})
    return values


def rows_of(rows: "models.QuerySet[Any]", fields: Collection[Field], *, most: int) -> Rows:
    """{key: values} of at most `most` rows."""
    names = [field.attname for field in fields]
    with waited_for():
        found = list(rows.values_list("pk", *names)[:most])
    return {row[0]: {name: plain(value) for name, value in zip(names, row[1:], strict=True)} for row in found}


def locked(rows: "models.QuerySet[Any]") -> "models.QuerySet[Any]":
    """Locked against other writers until the transaction ends; those who only refer to a row need not wait."""
    parents = [link.name for link in rows.model._meta.parents.values() if link is not None]
    composite = isinstance(rows.model._meta.pk, models.CompositePrimaryKey)  # Django cannot tell which table it is in
    return rows.select_for_update(no_key=True, of=() if composite else ("self", *parents)).order_by()


@dataclass(frozen=True, slots=True)
class Reading:
    """The statement of `stored_values` for one model: Django takes three times as long to compile it as PostgreSQL
    takes to run it."""

    rows: "models.QuerySet[Any]"
    names: list[str]
    sql: str  # empty where the key is composite or the manager chooses the rows, perhaps each time anew
    converters: list[tuple[int, Any, Any]]  # (column, function, expression)

    @staticmethod
    @lru_cache(maxsize=1024)
    def of(model: type[models.Model], fields: tuple[Field, ...], using: str) -> "Reading":
        rows = locked(model._base_manager.using(using))
        names = [field.attname for field in fields]
        if type(model._base_manager) is not models.Manager or isinstance(model._meta.pk, models.CompositePrimaryKey):
            return Reading(rows, names, "", [])
        compiled = rows.filter(pk=RawSQL("%s", [0])).values_list(*names)
        compiler = compiled.query.get_compiler(using)
        sql, _ = compiler.as_sql()
        found = compiler.get_converters([column[0] for column in compiler.select])
        converters = [(at, convert, expression) for at, (all_of, expression) in found.items() for convert in all_of]
        return Reading(rows, names, sql, converters)

    def run(self, key: Any, connection: BaseDatabaseWrapper) -> Values | None:
        row = self._asked(key, connection) if self.sql else self.rows.filter(pk=key).values_list(*self.names).first()
        return None if row is None else {name: plain(value) for name, value in zip(self.names, row, strict=True)}

    def _asked(self, key: Any, connection: BaseDatabaseWrapper) -> Any:
        with connection.cursor() as cursor:
            cursor.execute(self.sql, [self.rows.model._meta.pk.get_db_prep_value(key, connection)])
            row = cursor.fetchone()
        if row is None or not self.converters:
            return row
        values = list(row)
        for at, convert, expression in self.converters:
            values[at] = convert(values[at], expression, connection)
        return values

"""Writes of many records in one statement, which send no signals.

One hook, installed once: `update`, `bulk_create`, `bulk_update` and `_raw_delete` of `QuerySet`, through which the
shortcuts of managers and relations go too.
Each statement on an audited model leaves one event with how many rows, what was assigned, the filter, and up to
`MAX_KEYS` keys with the values that were there before. `CAPTURE_BULK_WRITES` switches it off.
"""

from collections.abc import Callable, Collection, Iterable, Iterator
from contextlib import ExitStack, contextmanager
from contextvars import ContextVar
from functools import wraps
from itertools import islice
from typing import Any, TypeVar

from django.core.exceptions import FieldDoesNotExist
from django.db import models
from django.db.models.deletion import Collector

from eventlog.capture import accounts, relations, summaries
from eventlog.capture.filters import readable
from eventlog.capture.stored import Rows, locked, rows_of
from eventlog.capture.summaries import MAX_KEYS
from eventlog.capture.telling import one_transaction, tell
from eventlog.capture.watched import Watch, audited_here
from eventlog.catalog import crud_type
from eventlog.conf import conf
from eventlog.values import Field, Values, by_field, is_expression, key_text, normal, shown

R = TypeVar("R", int, list[Any])
_inside: ContextVar[bool] = ContextVar("eventlog_bulk", default=False)  # `bulk_update` calls `update`


def wrap() -> None:
    for name, around in (
        ("update", around_update),
        ("bulk_create", around_bulk_create),
        ("bulk_update", around_bulk_update),
        ("_raw_delete", around_raw_delete),
    ):
        plain = getattr(models.QuerySet, name)
        if not hasattr(plain, "__wrapped__"):
            setattr(models.QuerySet, name, wraps(plain)(around(plain)))
    if not hasattr(Collector.delete, "__wrapped__"):
        plain = Collector.delete
        Collector.delete = wraps(plain)(around_collected(plain))  # type: ignore[method-assign]


def wanted(model: type[models.Model]) -> Watch | None:
    if _inside.get() or not conf.CAPTURE_BULK_WRITES:
        return None
    return audited_here(model)


@contextmanager
def statement(alias: str) -> Iterator[None]:
    """The write and its event, together or not at all; what it is made of is not told again."""
    token = _inside.set(True)
    try:
        with one_transaction(alias):
            yield
    finally:
        _inside.reset(token)


# --- the four ---
def around_update(plain: Callable[..., int]) -> Callable[..., int]:
    def update(self: Any, **assigned: Any) -> int:
        watch = wanted(self.model)
        fields = told_fields(self.model, watch, assigned)
        if watch is None or not fields or self.query.is_sliced or self.query.combinator:
            return plain(self, **assigned)
        self._for_write = True
        if summaries.is_historical(self.model):
            return counted(watch, "changed", self.db, lambda: plain(self, **assigned))
        values = {field.attname: assigned_value(field, assigned) for field in fields if not field.generated}
        with statement(self.db):
            where = readable(self.query.where)
            before = rows_of(selection(self), fields, most=MAX_KEYS + 1)
            number = plain(self, **assigned)
            told = Written(watch, self.model, self.db, fields, before, number)
            told.updated(values, where)
        return number

    return update


def around_bulk_update(plain: Callable[..., int]) -> Callable[..., int]:
    def bulk_update(self: Any, objs: Iterable[Any], fields: Collection[str], *args: Any, **kwargs: Any) -> int:
        objs, fields = tuple(objs), tuple(fields)
        watch = wanted(self.model)
        kept = told_fields(self.model, watch, fields)
        if watch is None or not kept or not objs or summaries.is_historical(self.model):
            return plain(self, objs, fields, *args, **kwargs)
        self._for_write = True
        keys = [instance.pk for instance in objs[: MAX_KEYS + 1]]
        with statement(self.db):
            before = rows_of(locked(base(self).filter(pk__in=keys)), kept, most=MAX_KEYS + 1)
            number = plain(self, objs, fields, *args, **kwargs)
            Written(watch, self.model, self.db, kept, before, number).updated({}, None)
        return number

    return bulk_update


def around_bulk_create(plain: Callable[..., list[Any]]) -> Callable[..., list[Any]]:
    def bulk_create(
        self: Any,
        objs: Iterable[Any],
        batch_size: int | None = None,
        ignore_conflicts: bool = False,
        update_conflicts: bool = False,
        update_fields: Any = None,
        unique_fields: Any = None,
    ) -> list[Any]:
        objs = list(objs)
        options = (batch_size, ignore_conflicts, update_conflicts, update_fields, unique_fields)
        if objs and relations.is_told(self.model) and not _inside.get():
            self._for_write = True
            with statement(self.db), relations.linked(self.model, objs, alias=self.db):
                return plain(self, objs, *options)
        watch = wanted(self.model)
        if watch is None or not objs:
            return plain(self, objs, *options)
        self._for_write = True
        if summaries.is_historical(self.model):
            return counted(watch, "created", self.db, lambda: plain(self, objs, *options))
        with statement(self.db):
            made = plain(self, objs, *options)
            conflicts = "ignored" if ignore_conflicts else "updated" if update_conflicts else ""
            tell_created(watch, made, self.db, conflicts=conflicts)
        return made

    return bulk_create


def around_raw_delete(plain: Callable[..., int]) -> Callable[..., int]:
    def raw_delete(self: Any, using: str) -> int:
        if relations.is_told(self.model) and not _inside.get():
            with statement(using), relations.unlinked(self, alias=using):
                return plain(self, using)
        watch = wanted(self.model)
        if watch is None or summaries.is_historical(self.model):
            return plain(self, using)
        with statement(using):
            fields = tuple(field for field in watch.fields if field.attname in watch.told)
            where = readable(self.query.where)
            before = rows_of(selection(self.using(using)), fields, most=MAX_KEYS + 1)
            number = plain(self, using)
            Written(watch, self.model, using, fields, before, number).deleted(where)
        return number

    return raw_delete


def around_collected(plain: Callable[..., Any]) -> Callable[..., Any]:
    """`delete()`, of one or many: rows of relations, and historical records, send no signals to anybody of ours."""

    def delete(self: Collector) -> Any:
        with ExitStack() as stack:
            for model, instances in self.data.items():
                if model._meta.auto_created and instances and relations.is_told(model):
                    rows = model._base_manager.filter(pk__in=[instance.pk for instance in instances])
                    stack.enter_context(relations.unlinked(rows, alias=self.using))
            gone = historical(self)
            result = plain(self)
        for watch, number in gone:
            summaries.add_unnamed(watch, "deleted", number, using=self.using)
        return result

    return delete


def historical(collector: Collector) -> list[tuple[Watch, int]]:
    """How many records of historical models it is about to delete."""
    collected = [(model, len(instances)) for model, instances in collector.data.items()]
    fast = [(rows.model, rows) for rows in collector.fast_deletes if summaries.is_historical(rows.model)]
    counts = [*collected, *((model, rows.using(collector.using).count()) for model, rows in fast)]
    found = [(audited_here(model), number) for model, number in counts if summaries.is_historical(model)]
    return [(watch, number) for watch, number in found if watch is not None]


def counted(watch: Watch, what: str, alias: str, plain: Callable[[], R]) -> R:
    """Of a historical model, whose changes are summed up."""
    with statement(alias):
        result = plain()
        number = result if isinstance(result, int) else len(result)
        summaries.add_unnamed(watch, what, number, using=alias)
    return result


# --- what is written ---
def told_fields(model: type[models.Model], watch: Watch | None, names: Iterable[str]) -> tuple[Field, ...]:
    """The audited fields among these; none where Django will not know one of them."""
    if watch is None:
        return ()
    try:
        named = {model._meta.pk if name == "pk" else model._meta.get_field(name) for name in names}
    except FieldDoesNotExist:
        return ()
    written = tuple(field for field in watch.fields if field in named and field.attname in watch.told)
    return (*written, *(field for field in watch.fields if field.generated)) if written else ()


def assigned_value(field: Field, assigned: dict[str, Any]) -> Any:
    value = assigned.get(field.name, assigned.get(field.attname, assigned.get("pk")))
    return normal(field, value.pk if isinstance(value, models.Model) else value)


def base(rows: Any) -> Any:
    return rows.model._base_manager.using(rows.db)


def selection(rows: Any) -> Any:
    """The rows that the statement will find, locked. What cannot be locked as it is asked is asked for by key."""
    query = rows.query
    simple = not (query.distinct or query.group_by is not None or query.annotations or query.select_for_update)
    if simple:
        found = rows._chain()
        found.query.select_related = False
        return locked(found)
    return locked(base(rows).filter(pk__in=rows.order_by().values("pk")))


class Written:
    """One statement that has been executed on `number` rows, and the rows that it found, as they were."""

    def __init__(
        self,
        watch: Watch,
        model: type[models.Model],
        alias: str,
        fields: tuple[Field, ...],
        before: Rows,
        number: int,
    ) -> None:
        self.watch, self.model, self.alias, self.fields, self.number = watch, model, alias, fields, number
        self.complete = len(before) == number and number <= MAX_KEYS
        self.before = dict(islice(before.items(), MAX_KEYS))

    def updated(self, assigned: Values, where: Any) -> None:
        """`assigned` are the values by field, expressions among them; those it lacks differ from row to row."""
        known = {name: value for name, value in assigned.items() if not is_expression(value)}
        after = self.read_back([field for field in self.fields if field.attname not in known])
        rows = {key: old for key, old in self.before.items() if {**old, **known, **after.get(key, {})} != old}
        if self.watch.account:
            accounts.saved_in_bulk(rows, {key: {**known, **after.get(key, {})} for key in rows}, using=self.alias)
        if not rows and self.complete:
            return  # nothing was different afterwards
        texts = {name: str(value) if is_expression(value) else value for name, value in assigned.items()}
        self.tell(
            rows,
            action="BULK_UPDATE",
            data={"assigned": shown(texts, self.watch.masked), **({} if where is None else {"filter": where})},
            new_values=by_field({key: after[key] for key in rows if key in after}, self.watch.masked) or None,
        )

    def deleted(self, where: Any) -> None:
        if self.number:
            self.tell(self.before, action="DELETE", data={"filter": where}, new_values=None)

    def read_back(self, fields: list[Field]) -> Rows:
        if not fields or not self.before:
            return {}
        rows = self.model._base_manager.using(self.alias).filter(pk__in=list(self.before))
        return rows_of(rows.order_by(), fields, most=MAX_KEYS)

    def tell(self, rows: Rows, *, action: str, data: dict[str, Any], new_values: Any) -> None:
        assert self.watch.audit is not None
        name = self.watch.audit.name
        keys = [key_text(key) for key in rows]
        tell(
            crud_type(name, "BULK_UPDATE"),
            using=self.alias,
            entity_type=name,
            action=action,
            changed_fields=[field.attname for field in self.fields],
            previous_values=by_field(rows, self.watch.masked),
            new_values=new_values,
            event_data={**data, "count": self.number, "keys": keys, "complete": self.complete},
        )


def tell_created(watch: Watch, made: list[Any], alias: str, *, conflicts: str) -> None:
    """With conflicts, how many rows are new is not known: `count` is how many were given."""
    assert watch.audit is not None
    keys = [key_text(instance.pk) for instance in made[:MAX_KEYS] if instance.pk is not None]
    data: dict[str, Any] = {"count": len(made), "keys": keys, "complete": len(keys) == len(made) and not conflicts}
    if conflicts:
        data["conflicts"] = conflicts
    tell(
        crud_type(watch.audit.name, "BULK_IMPORT"),
        using=alias,
        entity_type=watch.audit.name,
        action="BULK_IMPORT",
        changed_fields=[field.attname for field in watch.fields if field.attname in watch.told],
        event_data=data,
    )

"""Who and where, carried into PostgreSQL with each write, for the triggers there: in the same round trip, and only for
the transaction, so that it works behind a pooler and nothing is left for the next one."""

import re
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from itertools import count
from typing import Any

import orjson
from django.db import models, router
from django.db.backends.base.base import BaseDatabaseWrapper
from django.db.backends.signals import connection_created

from eventlog.capture.requests import current_visit, endpoint_of
from eventlog.capture.telling import file_sizes, label_of, names_of_related
from eventlog.conf import conf
from eventlog.context import current
from eventlog.logger import surrounding
from eventlog.pipeline import outbox, store
from eventlog.record import clean_columns
from eventlog.values import key_text

CONTEXT = "eventlog.context"
OFF = "off"  # in its place while `ENABLED` is off: the triggers tell nothing then
WRITE = re.compile(r"(?is)(?:\s++|--[^\n]*+|/\*.*?\*/|\()*(?:insert|update|delete|with|merge|truncate|do|call)\b")
OWN = frozenset([outbox.INSERT, outbox.RELEASE, *store.STATEMENTS])  # into tables that no trigger watches
_saves = count()
_record: ContextVar[dict[str, Any] | None] = ContextVar("eventlog_record", default=None)


def connect() -> None:
    connection_created.connect(watch, dispatch_uid="eventlog.carrying")


def watch(sender: Any, connection: BaseDatabaseWrapper, **kwargs: Any) -> None:
    """Only where there are triggers to tell: it costs a look at each statement."""
    if conf.TRIGGER_MODELS and carrying not in connection.execute_wrappers:
        connection.execute_wrappers.append(carrying)


def carrying(execute: Callable[..., Any], sql: Any, params: Any, many: bool, context: dict[str, Any]) -> Any:
    """An execute wrapper."""
    if type(sql) is str and sql not in OWN and may_write(sql):
        sql, params = carried(sql, params, many=many)
    return execute(sql, params, many, context)


def may_write(sql: str) -> bool:
    """Whether the statement changes something, by how it begins; nearly all others are told by their first letter."""
    return not sql.startswith("SELECT") and WRITE.match(sql) is not None


def carried(sql: str, params: Any, *, many: bool) -> tuple[str, Any]:
    """The statement with the context before it: by SET LOCAL, which is not planned and gives no row back, at half the
    price of `set_config`. The driver hands on what the last statement gives back."""
    context = in_json() if conf.ENABLED else OFF
    named = isinstance(params, dict)
    marker = f"%({CONTEXT})s" if named else "%s"
    text = sql.replace("%", "%%") if params is None else sql
    statement = f"SET LOCAL {CONTEXT} = {marker}; {text}"
    if many:
        return statement, [with_context(row, context) for row in params]
    return statement, with_context(params, context)


def with_context(params: Any, context: str) -> Any:
    return {**params, CONTEXT: context} if isinstance(params, dict) else (context, *(params or ()))


def in_json() -> str:
    """Clean columns: what the log itself would keep."""
    context = current()
    if (visit := current_visit()) is not None:
        visit.find_actor()
    columns = surrounding(context, context.columns)
    if context.columns:
        columns.update(clean_columns(context.columns))
    if visit is not None:
        columns["endpoint"] = endpoint_of(visit.request)
    return orjson.dumps({"columns": columns, "record": _record.get()}, default=str).decode()


@contextmanager
def named(instance: models.Model, using: str | None) -> Iterator[None]:
    """In this block the record is saved: its kind and what it calls itself go along."""
    alias = using or router.db_for_write(type(instance), instance=instance)
    record = {
        "model": instance._meta.label,
        "key": "" if instance.pk is None else key_text(instance.pk),
        "name": label_of(instance, using=alias),
        "names": names_of_related(instance, using=alias),
        "files": file_sizes(instance),
        "save": next(_saves),  # one save may write into the tables of several models
    }
    token = _record.set(record)
    try:
        yield
    finally:
        _record.reset(token)

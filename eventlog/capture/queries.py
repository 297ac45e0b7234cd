"""Counts and times each request's queries; a slow one is an event of its own."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from time import perf_counter
from typing import Any

from django.db.backends.base.base import BaseDatabaseWrapper
from django.db.backends.signals import connection_created

from eventlog import catalog
from eventlog.conf import conf
from eventlog.context import Meter, current, entered
from eventlog.logger import log_event
from eventlog.pipeline import outbox
from eventlog.privacy.redaction import redactor

SLOW_SECONDS = 0.5
MAX_SQL = 4000  # characters kept of a slow query
OUTBOX = (outbox.INSERT, "SELECT to_regclass('event_outbox')")


def connect() -> None:
    connection_created.connect(watch, dispatch_uid="eventlog.queries")


def watch(sender: Any, connection: BaseDatabaseWrapper, **kwargs: Any) -> None:
    if measured not in connection.execute_wrappers:
        connection.execute_wrappers.append(measured)


@contextmanager
def uncounted() -> Iterator[None]:
    """Queries in this block are the event log's own: they are not counted as the request's."""
    with entered(current()._replace(meter=None)):
        yield


@contextmanager
def waited_for() -> Iterator[None]:
    """The same, but their time is the request's: they wait for locks in the place of its own."""
    outer = current().meter
    if outer is None:
        yield
        return
    own = Meter()
    try:
        with entered(current()._replace(meter=own)):
            yield
    finally:
        outer.query_seconds += own.query_seconds


def measured(execute: Callable[..., Any], sql: str, params: Any, many: bool, context: dict[str, Any]) -> Any:
    """An execute wrapper: one clock read before and after, where a request is on; our own outbox is not its query."""
    meter = current().meter
    if meter is None or sql in OUTBOX:
        return execute(sql, params, many, context)
    started = perf_counter()
    try:
        return execute(sql, params, many, context)
    finally:
        seconds = perf_counter() - started
        meter.query_count += 1
        meter.query_seconds += seconds
        if seconds > SLOW_SECONDS:
            slow_query(sql, seconds)


def slow_query(sql: str, seconds: float) -> None:
    """Its text without any value: the parameters are not kept, and literals are taken out."""
    text = redactor(conf.SENSITIVE_FIELDS).sql(str(sql))[:MAX_SQL]
    log_event(catalog.SLOW_QUERY, db_time_ms=seconds * 1000, event_data={"sql": text})

"""Signals of the project that `RECORDED_SIGNALS` names: each time one is sent, it is an event.

The school's code sends its own signals and knows nothing of the event log; the settings say what they mean.
"""

from collections.abc import Callable, Mapping
from datetime import date, time, timedelta
from decimal import Decimal
from enum import Enum
from itertools import islice
from typing import Any
from uuid import UUID

from django.db import DEFAULT_DB_ALIAS, models
from django.dispatch import Signal
from django.utils.functional import LazyObject, Promise, empty
from django.utils.module_loading import import_string

from eventlog.capture.telling import about, asked_at, label_of
from eventlog.conf import conf
from eventlog.logger import record_event
from eventlog.record import NAMES
from eventlog.registry import entity_name_of
from eventlog.values import key_text

PLAIN = (str, int, float, Decimal, date, time, timedelta, UUID, Enum, Promise, bytes, type(None))
MAX_ITEMS = 100  # of a list among the arguments
MAX_DEPTH = 4
LEFT_OUT = object()


def connect() -> None:
    for path, event_type in conf.RECORDED_SIGNALS.items():
        signal = signal_at(path)
        if signal is not None:
            signal.connect(recorder_of(event_type), dispatch_uid=f"eventlog.{path}", weak=False)


def signal_at(path: str) -> Signal | None:
    """The signal of that dotted path; None where there is none, which `checks.signals_are_there` reports."""
    try:
        found = import_string(path)
    except ImportError:
        return None
    return found if isinstance(found, Signal) else None


def recorder_of(event_type: str) -> Callable[..., None]:
    def received(sender: Any, signal: Signal, **arguments: Any) -> None:
        if conf.ENABLED:
            record_event(event_type, lambda: columns_of(sender, arguments))

    return received


def columns_of(sender: Any, arguments: Mapping[str, Any]) -> dict[str, Any]:
    """An argument called as a column is that column; one without a value takes nothing from the context."""
    told = {name: told_of(value) for name, value in arguments.items()}
    columns = {name: value for name, value in told.items() if name in NAMES and value not in (LEFT_OUT, None, "")}
    data = {name: value for name, value in told.items() if name not in NAMES and value is not LEFT_OUT}
    about_sender = {} if "entity_type" in columns else entity_of(sender)
    parts = (about_sender.pop("event_data", {}), columns.pop("event_data", {}), data)
    columns["event_data"] = {key: value for part in parts for key, value in mapping(part).items()} or None
    return {"endpoint": asked_at() or "", **about_sender, **columns}


def mapping(value: Any) -> Mapping[str, Any]:
    return value if isinstance(value, Mapping) else {"value": value}


def entity_of(sender: Any) -> dict[str, Any]:
    """Of a sender that is a model or one of its records."""
    sender = resolved(sender)
    if isinstance(sender, models.Model):
        return about(entity_name_of(type(sender)), sender, using=sender._state.db or DEFAULT_DB_ALIAS)
    if isinstance(sender, type) and issubclass(sender, models.Model):
        return {"entity_type": entity_name_of(sender)}
    return {}


def told_of(value: Any, depth: int = 0) -> Any:
    """What is kept of an argument: plain values, records by key and label. The rest (requests, files, querysets, which
    might ask the database) is left out."""
    value = resolved(value)
    if isinstance(value, PLAIN):
        return value
    if isinstance(value, models.Model):
        return record_in_words(value)
    if isinstance(value, type) and issubclass(value, models.Model):
        return value._meta.label
    if depth == MAX_DEPTH:
        return LEFT_OUT
    if isinstance(value, dict):
        return {key: item for key, item in told_items(value.items(), depth) if item is not LEFT_OUT}
    if isinstance(value, list | tuple | set | frozenset):
        return [item for _, item in told_items(enumerate(value), depth) if item is not LEFT_OUT]
    return LEFT_OUT


def told_items(items: Any, depth: int) -> list[tuple[Any, Any]]:
    return [(key, told_of(item, depth + 1)) for key, item in islice(items, MAX_ITEMS)]


def record_in_words(instance: models.Model) -> dict[str, Any]:
    key = None if instance.pk is None else key_text(instance.pk)
    label = label_of(instance, using=instance._state.db or DEFAULT_DB_ALIAS)
    return {"entity_type": entity_name_of(type(instance)), "entity_id": key, "entity_name": label}


def resolved(value: Any) -> Any:
    """What a lazy object stands for, if anybody has asked it already: to ask it may cost a query."""
    if not issubclass(type(value), LazyObject):
        return value
    found = value.__dict__.get("_wrapped", empty)
    return LEFT_OUT if found is empty else found

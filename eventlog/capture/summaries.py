"""Loading of fixtures and data migrations: one event a model says what was done, instead of one a record.

A migration's models are historical classes: their signals reach nobody who connected to the real ones. What is told
at the end is told in the same transaction.
"""

from collections import Counter
from collections.abc import Callable, Collection, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass, field
from functools import wraps
from typing import Any

from django.core.management.commands.loaddata import Command as LoadData
from django.db import models
from django.db.migrations import Migration

from eventlog.capture.telling import tell
from eventlog.capture.watched import Watch, audited_here
from eventlog.catalog import crud_type
from eventlog.values import Values, by_field, key_text

MAX_KEYS = 1_000  # kept of one event; who needs more asks the table


@dataclass(slots=True)
class Done:
    """What became of one model's records: how many, the first keys, and what was there before under these."""

    counts: Counter[str] = field(default_factory=Counter)
    keys: dict[str, Values] = field(default_factory=dict)

    def note(self, what: str, keys: Collection[str], before: Values | None = None) -> None:
        """These records, each counted once, whatever else becomes of it."""
        new = [key for key in keys if key not in self.keys]
        if new:
            self.counts[what] += len(new)
        for key in new[: MAX_KEYS - len(self.keys)]:
            self.keys[key] = before or {}


@dataclass(slots=True)
class Summary:
    """`cause` is what is going on, as it is kept: `{"fixtures": […]}` or `{"migration": "school.0002_…"}`."""

    cause: dict[str, Any]
    done: dict[tuple[str, str], Done] = field(default_factory=dict)  # by entity and alias


_current: ContextVar[Summary | None] = ContextVar("eventlog_summary", default=None)


def is_on() -> bool:
    return _current.get() is not None


def is_historical(model: type[models.Model]) -> bool:
    """Whether it is a class that a migration made."""
    return model.__module__ == "__fake__"


@contextmanager
def summed(cause: dict[str, Any]) -> Iterator[None]:
    """Sum up what is added in the block; tell it at the end, where the block has not failed."""
    if is_on():
        yield
        return
    summary = Summary(cause)
    token = _current.set(summary)
    try:
        yield
    finally:
        _current.reset(token)
    for (name, alias), done in summary.done.items():
        tell_summary(name, alias, done, summary.cause)


def tell_summary(name: str, alias: str, done: Done, cause: dict[str, Any]) -> None:
    total = sum(done.counts.values())
    before = by_field({key: values for key, values in done.keys.items() if values})
    data = {**cause, "count": total, **done.counts, "keys": list(done.keys), "complete": len(done.keys) == total}
    action = "BULK_IMPORT" if set(done.counts) == {"created"} else "BULK_UPDATE"
    tell(
        crud_type(name, action),
        using=alias,
        entity_type=name,
        action=action,
        changed_fields=list(before) or None,
        previous_values=before or None,
        event_data=data,
    )


def add(watch: Watch, what: str, keys: Collection[str], *, before: Values | None = None, using: str) -> None:
    """Add records; `before` are the values that they had of the fields that have changed."""
    if keys:
        with doing(watch, using) as done:
            done.note(what, keys, before)


def add_unnamed(watch: Watch, what: str, number: int, *, using: str) -> None:
    """Add so many records, of which nobody knows the keys."""
    if number:
        with doing(watch, using) as done:
            done.counts[what] += number


@contextmanager
def doing(watch: Watch, using: str) -> Iterator[Done]:
    """What has been done to the model so far; outside of a summary, by a historical model, it is told at once."""
    assert watch.audit is not None
    summary = _current.get()
    if summary is not None:
        yield summary.done.setdefault((watch.audit.name, using), Done())
        return
    done = Done()
    yield done
    tell_summary(watch.audit.name, using, done, {})


# --- where it begins ---
def wrap() -> None:
    if hasattr(Migration.apply, "__wrapped__"):
        return
    LoadData.loaddata = around_fixtures(LoadData.loaddata)  # type: ignore[method-assign]
    Migration.apply = around_migration(Migration.apply)  # type: ignore[method-assign]
    Migration.unapply = around_migration(Migration.unapply)  # type: ignore[method-assign]


def around_fixtures(plain: Callable[..., Any]) -> Callable[..., Any]:
    @wraps(plain)
    def loaddata(self: Any, fixture_labels: Any) -> Any:
        with summed({"fixtures": [str(label) for label in fixture_labels]}):
            return plain(self, fixture_labels)

    return loaddata


def around_migration(plain: Callable[..., Any]) -> Callable[..., Any]:
    @wraps(plain)
    def migrate(self: Migration, *args: Any, **kwargs: Any) -> Any:
        with summed({"migration": f"{self.app_label}.{self.name}"}):
            return plain(self, *args, **kwargs)

    return migrate


# --- historical models ---
@contextmanager
def saving(instance: models.Model, alias: str) -> Iterator[None]:
    """Add the save in the block."""
    what = "created" if instance._state.adding else "changed"
    yield
    if (watch := audited_here(type(instance))) is not None:
        add(watch, what, [key_text(instance.pk)], using=alias)

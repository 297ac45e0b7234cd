"""The two ways in which changes are seen, for tests that must hold for both."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

from django.apps import apps
from django.db import connection

from eventlog.capture import carrying, triggers
from eventlog.pipeline import store

ZOO = ("Keeper", "Tag", "Animal", "Bird", "Parrot", "Membership", "Club", "Note", "Seat", "Odd")
LABELS = tuple(f"zoo.{name}" for name in ZOO)


@contextmanager
def by_triggers(change_settings: Callable[..., None], *labels: str) -> Iterator[None]:
    """Let triggers tell of these models' changes (of the whole zoo, without labels)."""
    names = labels or LABELS
    change_settings(TRIGGER_MODELS=names)
    made = [pair for label in names for pair in triggers.triggers_of(apps.get_model(label))]
    for model, trigger in made:
        trigger.install(model)
    connection.ensure_connection()
    if carrying.carrying not in connection.execute_wrappers:  # a connection that is made just now has it already
        connection.execute_wrappers.append(carrying.carrying)
    try:
        yield
    finally:
        if carrying.carrying in connection.execute_wrappers:
            connection.execute_wrappers.remove(carrying.carrying)
        for model, trigger in made:
            trigger.uninstall(model)
        change_settings(TRIGGER_MODELS=())


def settle() -> None:
    """Make events of what waits in the outbox, on the test's connection."""
    while store.write(store.Batch(claim_outbox=True)).from_outbox:
        continue


def raw(sql: str, *params: Any) -> list[tuple[Any, ...]]:
    """Straight to PostgreSQL, past everything that Django does: as `psql` would."""
    connection.ensure_connection()
    with connection.connection.cursor() as cursor:
        cursor.execute(sql, params or None)
        return list(cursor.fetchall()) if cursor.description else []

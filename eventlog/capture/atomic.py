"""A change and its event in one transaction: committed together, or not at all."""

from contextlib import nullcontext
from functools import wraps
from typing import Any

from django.db import DatabaseError, connections, models, router, transaction
from django.db.backends.base.base import BaseDatabaseWrapper

from eventlog.capture.registry import is_watched
from eventlog.capture.requests import current_visit
from eventlog.capture.values import fields_of
from eventlog.logger import record_event

BEFORE = "_eventlog_before"  # in the instance's `__dict__`, while it is saved or deleted
FAILED = 3  # libpq's PQTRANS_INERROR


def wrap_save_base() -> None:
    """Let the save of an audited model be one transaction, signals included.

    Django opens one only for the statements, so that in autocommit `post_save` comes after the commit.
    """
    plain = models.Model.save_base
    if hasattr(plain, "__wrapped__"):
        return

    @wraps(plain)
    def save_base(
        self: models.Model,
        raw: bool = False,
        force_insert: bool = False,
        force_update: bool = False,
        using: str | None = None,
        update_fields: Any = None,
    ) -> None:
        alias = using or router.db_for_write(type(self), instance=self)
        if not is_watched(type(self)) or not fields_of(type(self), update_fields):
            return plain(self, raw, force_insert, force_update, alias, update_fields)
        open_already = connections[alias].in_atomic_block
        try:
            with nullcontext() if open_already else transaction.atomic(using=alias, savepoint=False):
                return plain(self, raw, force_insert, force_update, alias, update_fields)
        finally:
            self.__dict__.pop(BEFORE, None)  # of a save that failed

    models.Model.save_base = save_base  # type: ignore[method-assign, assignment]


def tell(event_type: str, *, using: str, **columns: Any) -> None:
    """Record the event of a change that is under way in `using`.

    Raises DatabaseError where writing it has broken the transaction: PostgreSQL would answer the COMMIT with a silent
    rollback, and the caller would believe that the change is stored.
    """
    if (visit := current_visit()) is not None:
        visit.find_actor(ask=True)  # a view that changes something need not have looked at who asks for it
    record_event(event_type, columns, using=using)
    if is_broken(connections[using]):
        raise DatabaseError("The change is undone, because its event could not be stored with it.")


def is_broken(connection: BaseDatabaseWrapper) -> bool:
    """Whether the transaction can only be rolled back; the driver knows without asking the server."""
    info = getattr(connection.connection, "info", None)
    return getattr(info, "transaction_status", None) == FAILED

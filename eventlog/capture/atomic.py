"""A change and its event in one transaction: committed together, or not at all."""

from contextlib import AbstractContextManager, nullcontext
from functools import wraps
from typing import Any

from django.db import models, router

from eventlog.capture import carrying, relations, summaries
from eventlog.capture.telling import one_transaction
from eventlog.capture.watched import watch_of
from eventlog.registry import by_triggers

BEFORE = "_eventlog_before"  # in the instance's `__dict__`, while it is saved or deleted


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
        model = type(self)
        watch = watch_of(model)
        if watch is None or not watch.written(update_fields):
            with around_unwatched(self, using):
                return plain(self, raw, force_insert, force_update, using, update_fields)
        alias = using or router.db_for_write(model, instance=self)
        if summaries.is_historical(model):
            with summaries.saving(self, alias):
                return plain(self, raw, force_insert, force_update, alias, update_fields)
        outer = self.__dict__.pop(BEFORE, None)  # a receiver may save what is being saved
        try:
            with one_transaction(alias):
                return plain(self, raw, force_insert, force_update, alias, update_fields)
        finally:
            self.__dict__.pop(BEFORE, None)  # of a save that failed
            if outer is not None:
                self.__dict__[BEFORE] = outer

    models.Model.save_base = save_base  # type: ignore[method-assign, assignment]


def around_unwatched(instance: models.Model, using: str | None) -> AbstractContextManager[Any]:
    """For a save that signals do not tell of: triggers may, or it may be the row of a relation."""
    model = type(instance)
    if by_triggers(model):
        return carrying.named(instance, using)
    if model._meta.auto_created and relations.is_told(model):
        return relations.linked(model, [instance], alias=using or router.db_for_write(model, instance=instance))
    return nullcontext()

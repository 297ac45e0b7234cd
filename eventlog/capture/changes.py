"""Changes of records, by signals: created, changed, deleted, with what was there before.

The save of an audited model runs in a transaction that the signals share, so that a change and its event are committed
together or not at all. What was there before is what the database held, read and locked in that transaction, not what
a stale instance believed.
"""

from typing import Any

from django.apps import apps
from django.db import models
from django.db.models.signals import post_delete, post_save, pre_delete, pre_save

from eventlog.capture import accounts
from eventlog.capture.atomic import BEFORE, tell, wrap_save_base
from eventlog.capture.registry import Audit, audit_of, is_account, is_watched
from eventlog.capture.values import (
    Values,
    changed,
    entity_columns,
    fields_of,
    loaded_values,
    spellings,
    stored_values,
    values_of,
)
from eventlog.catalog import crud_type


def connect() -> None:
    """Connect every audited model. Per model: a receiver of deletions for all would slow the deletes of all."""
    wrap_save_base()
    for model in apps.get_models():
        if audit_of(model) is not None or is_account(model):  # also while ENABLED is off: it may be switched on
            connect_model(model)
    accounts.connect()


def connect_model(model: type[models.Model]) -> None:
    label = model._meta.label
    pre_save.connect(about_to_save, sender=model, dispatch_uid=f"eventlog.{label}.pre_save")
    post_save.connect(saved, sender=model, dispatch_uid=f"eventlog.{label}.post_save")
    pre_delete.connect(about_to_delete, sender=model, dispatch_uid=f"eventlog.{label}.pre_delete")
    post_delete.connect(deleted, sender=model, dispatch_uid=f"eventlog.{label}.post_delete")


def about_to_save(
    sender: type[models.Model],
    instance: models.Model,
    raw: bool,
    using: str,
    update_fields: frozenset[str] | None,
    **kwargs: Any,
) -> None:
    if is_watched(sender) and fields_of(sender, update_fields):
        instance.__dict__[BEFORE] = stored_values(instance, using) if raw or may_exist(instance) else None


def may_exist(instance: models.Model) -> bool:
    """Whether a row with this key may be there: not for a key that is yet to come, or was just made by default."""
    if instance.pk is None:
        return False
    return not (instance._state.adding and instance._meta.pk.has_default())


def saved(
    sender: type[models.Model],
    instance: models.Model,
    created: bool,
    using: str,
    update_fields: frozenset[str] | None,
    **kwargs: Any,
) -> None:
    if BEFORE not in instance.__dict__:
        return
    before: Values = instance.__dict__.pop(BEFORE) or {}
    after = values_of(instance, using, only=update_fields)
    differing = [] if created else changed(before, after)
    if is_account(sender):
        accounts.saved(instance, differing, created=created, update_fields=update_fields, using=using)
    audit = audit_of(sender)
    if audit is None:
        return
    if created:
        tell_of(instance, "CREATE", audit, using, new_values=kept(after, audit, sender))
    elif names := [name for name in differing if is_kept(name, audit, sender)]:
        told = {
            "previous_values": kept({name: before.get(name) for name in names}, audit, sender),
            "new_values": kept({name: after[name] for name in names}, audit, sender),
            "changed_fields": names,
        }
        tell_of(instance, "UPDATE", audit, using, **told)


def about_to_delete(
    sender: type[models.Model], instance: models.Model, using: str, origin: Any = None, **kwargs: Any
) -> None:
    """The instance that `delete()` was called on may be stale; Django has just read all that goes with it."""
    if is_watched(sender):
        instance.__dict__[BEFORE] = stored_values(instance, using) if origin is instance else loaded_values(instance)


def deleted(sender: type[models.Model], instance: models.Model, using: str, **kwargs: Any) -> None:
    before: Values | None = instance.__dict__.pop(BEFORE, None)
    audit = audit_of(sender)
    if audit is not None and before is not None:  # None: the row was gone already
        tell_of(instance, "DELETE", audit, using, previous_values=kept(before, audit, sender))


def tell_of(instance: models.Model, action: str, audit: Audit, using: str, **columns: Any) -> None:
    about = entity_columns(audit.name, instance)
    tell(crud_type(audit.name, action), using=using, action=action, **about, **columns)


def is_kept(name: str, audit: Audit, model: type[models.Model]) -> bool:
    meant = spellings(model)[name]
    return not meant & audit.exclude and (not audit.fields or bool(meant & audit.fields))


def kept(values: Values, audit: Audit, model: type[models.Model]) -> Values:
    names = [name for name in values if is_kept(name, audit, model)]
    return {name: "[masked]" if spellings(model)[name] & audit.mask else values[name] for name in names}

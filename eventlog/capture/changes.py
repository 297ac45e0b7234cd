"""Changes of records, by signals: created, changed, deleted, with what was there before.

The save of an audited model runs in a transaction that the signals share, so that a change and its event are committed
together or not at all. What was there before is what the database held, read and locked in that transaction, not what
a stale instance believed.
"""

from functools import wraps
from typing import Any

from django.apps import apps
from django.contrib.auth import get_user_model
from django.db import connections, models, router, transaction
from django.db.models.signals import post_delete, post_save, pre_save

from eventlog.capture import accounts
from eventlog.capture.registry import Audit, audit_of
from eventlog.capture.values import Values, changed, entity_columns, stored_values, values_of
from eventlog.catalog import crud_type
from eventlog.logger import log_event

BEFORE = "_eventlog_before"  # on the instance, from pre_save to post_save


def connect() -> None:
    """Connect every audited model. Per model: a receiver of deletions for all would slow the deletes of all."""
    wrap_save_base()
    for model in apps.get_models():
        if audit_of(model) is not None or is_account(model):
            connect_model(model)
    accounts.connect()


def connect_model(model: type[models.Model]) -> None:
    label = model._meta.label
    pre_save.connect(about_to_save, sender=model, dispatch_uid=f"eventlog.{label}.pre_save")
    post_save.connect(saved, sender=model, dispatch_uid=f"eventlog.{label}.post_save")
    post_delete.connect(deleted, sender=model, dispatch_uid=f"eventlog.{label}.post_delete")


def is_account(model: type[models.Model]) -> bool:
    return issubclass(model, get_user_model())


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
        if connections[alias].in_atomic_block or (audit_of(type(self)) is None and not is_account(type(self))):
            return plain(self, raw, force_insert, force_update, alias, update_fields)
        with transaction.atomic(using=alias, savepoint=False):
            return plain(self, raw, force_insert, force_update, alias, update_fields)

    models.Model.save_base = save_base  # type: ignore[method-assign, assignment]


def about_to_save(sender: type[models.Model], instance: models.Model, using: str, **kwargs: Any) -> None:
    instance.__dict__[BEFORE] = stored_values(instance, using) if may_exist(instance) else None


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
    before: Values | None = instance.__dict__.pop(BEFORE, None)
    after = values_of(instance, using, only=update_fields)
    differing = [] if created else changed(before or {}, after)
    if is_account(sender):
        accounts.saved(instance, differing, created=created, update_fields=update_fields, using=using)
    audit = audit_of(sender)
    if audit is None:
        return
    if created:
        tell("CREATE", audit, instance, using, new_values=kept(after, audit))
    elif names := [name for name in differing if is_kept(name, audit)]:
        told = {
            "previous_values": kept({name: (before or {}).get(name) for name in names}, audit),
            "new_values": kept({name: after[name] for name in names}, audit),
            "changed_fields": names,
        }
        tell("UPDATE", audit, instance, using, **told)


def deleted(sender: type[models.Model], instance: models.Model, using: str, **kwargs: Any) -> None:
    audit = audit_of(sender)
    if audit is not None:
        tell("DELETE", audit, instance, using, previous_values=kept(values_of(instance, using, reread=False), audit))


def tell(action: str, audit: Audit, instance: models.Model, using: str, **columns: Any) -> None:
    about = entity_columns(audit.name, instance)
    log_event(crud_type(audit.name, action), using=using, action=action, **about, **columns)


def is_kept(name: str, audit: Audit) -> bool:
    return name not in audit.exclude and (not audit.fields or name in audit.fields)


def kept(values: Values, audit: Audit) -> Values:
    masked = audit.mask
    return {name: "[masked]" if name in masked else value for name, value in values.items() if is_kept(name, audit)}

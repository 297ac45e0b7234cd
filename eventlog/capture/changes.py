"""Changes of records, by signals: created, changed, deleted, with what was there before.

The save of an audited model runs in a transaction that the signals share, so that a change and its event are committed
together or not at all. What was there before is what the database held, read and locked in that transaction, not what
a stale instance believed.
"""

from collections.abc import Collection
from typing import Any

from django.apps import apps
from django.db import models
from django.db.models.signals import ModelSignal, post_delete, post_save, pre_delete, pre_save

from eventlog.capture import accounts, bulk, summaries
from eventlog.capture.atomic import BEFORE, wrap_save_base
from eventlog.capture.stored import stored_values, values_of
from eventlog.capture.telling import about, file_sizes, names_of_related, tell
from eventlog.capture.watched import Watch, watch_of
from eventlog.catalog import crud_type
from eventlog.registry import audit_of, by_triggers, give_to, is_account
from eventlog.values import Field, Values, changed, is_expression, key_text, shown

TOLD = "_eventlog_told"  # in the `__dict__` of what is deleted: parents that were told of as their child


def connect() -> None:
    """Connect every audited model. Per model: a receiver of deletions for all would slow the deletes of all."""
    wrap_save_base()
    bulk.wrap()
    summaries.wrap()
    for model in apps.get_models():
        if audit_of(model) is not None or is_account(model):  # also while ENABLED is off: it may be switched on
            connect_model(model)
    give_to(connect_model)  # of models that are chosen later
    accounts.connect()


def connect_model(model: type[models.Model]) -> None:
    if by_triggers(model) and not is_account(model):
        return
    for signal, receiver in (
        (pre_save, about_to_save),
        (post_save, saved),
        (pre_delete, about_to_delete),
        (post_delete, deleted),
    ):
        connect_first(signal, receiver, model)


def connect_first(signal: ModelSignal, receiver: Any, model: type[models.Model]) -> None:
    """Before all other receivers: what they do to the record is a change of its own, and comes after."""
    there = len(signal.receivers)
    signal.connect(receiver, sender=model, dispatch_uid=f"eventlog.{model._meta.label}")
    with signal.lock:
        if len(signal.receivers) > there:
            signal.receivers.insert(0, signal.receivers.pop())
            signal.sender_receivers_cache.clear()


# --- saves ---
def about_to_save(
    sender: type[models.Model],
    instance: models.Model,
    raw: bool,
    using: str,
    update_fields: Collection[str] | None,
    **kwargs: Any,
) -> None:
    watch = watch_of(sender)
    if watch is not None and watch.written(update_fields):
        there = stored_values(instance, watch.fields, using) if raw or may_exist(instance) else None
        instance.__dict__[BEFORE] = there or {}


def may_exist(instance: models.Model) -> bool:
    """Whether a row with this key may be there: not for a key that is yet to come, or was just made by default."""
    key = instance.pk
    if key is None or is_expression(key):
        return False
    return not (instance._state.adding and instance._meta.pk.has_default())


def saved(
    sender: type[models.Model],
    instance: models.Model,
    created: bool,
    raw: bool,
    using: str,
    update_fields: Collection[str] | None,
    **kwargs: Any,
) -> None:
    watch = watch_of(sender)
    before: Values | None = instance.__dict__.pop(BEFORE, None)
    if watch is None or before is None:
        return
    after = values_of(instance, written(sender, watch, update_fields, raw=raw), using)
    differing = [] if created else changed(before, after)
    if watch.account:
        accounts.saved(instance, differing, created=created, update_fields=update_fields, using=using)
    if raw and summaries.is_on():
        note_loaded(instance, watch, {name: before.get(name) for name in differing}, created=created, using=using)
    elif created:
        tell_of(instance, "CREATE", watch, using, new_values=kept(after, watch))
    elif names := [name for name in differing if name in watch.told]:
        told = {
            "previous_values": kept({name: before[name] for name in names if name in before}, watch),
            "new_values": kept({name: after[name] for name in names}, watch),
            "changed_fields": names,
        }
        tell_of(instance, "UPDATE", watch, using, **told)


def note_loaded(instance: models.Model, watch: Watch, before: Values, *, created: bool, using: str) -> None:
    """Of a fixture's record: that it is new, or what it was."""
    if created or before:
        what = "created" if created else "changed"
        summaries.add(watch, what, [key_text(instance.pk)], before=kept(before, watch), using=using)


def written(
    model: type[models.Model], watch: Watch, update_fields: Collection[str] | None, *, raw: bool
) -> tuple[Field, ...]:
    """The fields that the save has written. A raw one, of a child, leaves the parent's row to another."""
    fields = watch.written(update_fields)
    return tuple(field for field in fields if field in model._meta.local_concrete_fields) if raw else fields


# --- deletions ---
def about_to_delete(
    sender: type[models.Model], instance: models.Model, using: str, origin: Any = None, **kwargs: Any
) -> None:
    """The instance that `delete()` was called on may be stale; Django has just read all that goes with it."""
    watch = watch_of(sender)
    if watch is not None:
        fresh = origin is not instance and not instance.get_deferred_fields()
        values = values_of(instance, watch.fields, using) if fresh else stored_values(instance, watch.fields, using)
        instance.__dict__[BEFORE] = values


def deleted(sender: type[models.Model], instance: models.Model, using: str, origin: Any = None, **kwargs: Any) -> None:
    before: Values | None = instance.__dict__.pop(BEFORE, None)
    watch = watch_of(sender)
    if watch is None or before is None or told_as_child(sender, instance, origin):  # None: the row was gone already
        return
    tell_parents(sender, instance, origin)
    tell_of(instance, "DELETE", watch, using, previous_values=kept(before, watch))


def tell_parents(model: type[models.Model], instance: models.Model, origin: Any) -> None:
    """Note the rows of parents that go with this one, which comes first: one record, one event."""
    for parent, link in model._meta.parents.items():
        if link is not None and watch_of(parent) is not None:
            origin.__dict__.setdefault(TOLD, set()).add((parent._meta.label, getattr(instance, link.attname)))
            tell_parents(parent, instance, origin)


def told_as_child(model: type[models.Model], instance: models.Model, origin: Any) -> bool:
    told = getattr(origin, "__dict__", {}).get(TOLD)
    if told is None or (model._meta.label, instance.pk) not in told:
        return False
    told.discard((model._meta.label, instance.pk))
    if not told:
        del origin.__dict__[TOLD]
    return True


# --- the event ---
def tell_of(instance: models.Model, action: str, watch: Watch, using: str, **columns: Any) -> None:
    if watch.audit is None:
        return
    record = about(watch.audit.name, instance, using=using)
    new = columns.get("new_values") or {}
    besides: dict[str, Values] = {
        "names": {**names_of_related(instance, using=using)},
        "files": {**file_sizes(instance)},
    }
    found = {what: {name: said for name, said in values.items() if name in new} for what, values in besides.items()}
    record["event_data"] = {**record.get("event_data", {}), **{what: said for what, said in found.items() if said}}
    tell(crud_type(watch.audit.name, action), using=using, action=action, **record, **columns)


def kept(values: Values, watch: Watch) -> Values:
    return shown({name: value for name, value in values.items() if name in watch.told}, watch.masked)

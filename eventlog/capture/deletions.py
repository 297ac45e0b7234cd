"""Files that are deleted from where they are stored.

One hook: `FieldFile.delete`, through which Django deletes the file of a field, and `django-cleanup` the files of
records that have changed or gone. What deletes past it (the storage itself, a subclass that does not call it) is not
seen.

A deleted file does not come back when a transaction is rolled back, so its event is no part of one.
"""

from collections.abc import Callable
from functools import wraps
from typing import Any

from django.apps import apps
from django.core.files.storage import FileSystemStorage
from django.db import DEFAULT_DB_ALIAS, models
from django.db.models.fields.files import FieldFile

from eventlog import catalog
from eventlog.capture.faults import message_of
from eventlog.capture.telling import about, asked_at
from eventlog.conf import conf
from eventlog.logger import record_event
from eventlog.registry import audit_of, entity_name_of
from eventlog.values import MASKED, spellings

NO_FILE = -1  # in place of a size
OWNER = "_eventlog_owner"  # in the file's `__dict__`: the columns of its record


def connect() -> None:
    wrap()
    if apps.is_installed("django_cleanup"):
        remember_owners()


def wrap() -> None:
    plain = FieldFile.delete
    if hasattr(plain, "__wrapped__"):
        return

    @wraps(plain)
    def delete(self: FieldFile, save: bool = True) -> None:
        size = local_size(self) if conf.ENABLED and self else NO_FILE
        if size == NO_FILE:
            return plain(self, save)
        name = self.name
        try:
            plain(self, save)
        except Exception as fault:
            failed = fault if self.name else None  # Django takes the name away once the file is gone
            tell(self, str(name), size, failed)
            raise
        tell(self, str(name), size)

    FieldFile.delete = delete  # type: ignore[method-assign]


def local_size(file: FieldFile) -> int | None:
    """Its bytes; None where they are not to be had without asking another machine."""
    storage, name = file.storage, file.name or ""
    if not isinstance(storage, FileSystemStorage):
        return None
    try:
        return storage.size(name) if storage.exists(name) else NO_FILE
    except Exception:  # the project's own storage, or a path that is refused: the deletion says so itself
        return None


def tell(file: FieldFile, name: str, size: int | None, fault: Exception | None = None) -> None:
    failure: dict[str, Any] = {}
    if fault is not None:
        failure = {"error_code": type(fault).__qualname__, "error_message": message_of(fault)}
        failure["event_status"] = catalog.FAILED
    record_event(catalog.FILE_DELETE, lambda: {**columns_of(file, name, size), **failure})


def columns_of(file: FieldFile, name: str, size: int | None) -> dict[str, Any]:
    owner = file.__dict__.get(OWNER) or owner_of(file.instance, file.field.model)
    data: dict[str, Any] = {"field": file.field.name, "name": shown_name(file, name)}
    if size is not None:
        data["size"] = size
    return {"endpoint": asked_at() or "", **owner, "event_data": {**owner.get("event_data", {}), **data}}


def owner_of(instance: Any, model: type[models.Model]) -> dict[str, Any]:
    """The columns of the record that the file is a part of; only its kind where it was never saved."""
    if not isinstance(instance, models.Model) or instance.pk is None:
        return {"entity_type": entity_name_of(model)}
    return about(entity_name_of(type(instance)), instance, using=instance._state.db or DEFAULT_DB_ALIAS)


def shown_name(file: FieldFile, name: str) -> str:
    """Within the storage; hidden where the field's values are."""
    audit, names = audit_of(file.field.model), spellings(file.field)
    return MASKED if audit is not None and (audit.masks(names) or not audit.keeps(names)) else name


def remember_owners() -> None:
    """`django-cleanup` deletes a file in the name of an instance that is none, after the commit, when a deleted record
    has no key any more: whose the file is, is known where it is marked for that."""
    from django_cleanup import handlers

    plain: Callable[..., None] = handlers.delete_file
    if hasattr(plain, "__wrapped__"):
        return

    @wraps(plain)
    def delete_file(sender: Any, instance: models.Model, field_name: str, file_: FieldFile, *args: Any) -> None:
        if conf.ENABLED:
            file_.__dict__[OWNER] = owner_of(instance, type(instance))
        plain(sender, instance, field_name, file_, *args)

    handlers.delete_file = delete_file

"""Telling of a change that is under way: inside its transaction, with who and where from the context."""

from collections.abc import Callable
from contextlib import AbstractContextManager, nullcontext, suppress
from functools import lru_cache
from typing import Any

from django.core.files.storage import FileSystemStorage
from django.db import DatabaseError, connections, models, transaction
from django.db.backends.base.base import BaseDatabaseWrapper

from eventlog.capture.requests import current_visit, endpoint_of
from eventlog.logger import record_event
from eventlog.values import key_text

FAILED = 3  # libpq's PQTRANS_INERROR
OURS = ("action", "changed_fields")  # these columns hold words of the program, which need no cleaning


def one_transaction(alias: str) -> AbstractContextManager[Any]:
    """The caller's, or one of our own where there is none."""
    return nullcontext() if connections[alias].in_atomic_block else transaction.atomic(using=alias, savepoint=False)


def tell(event_type: str, *, using: str, **columns: Any) -> None:
    """Record the event of a change that is under way in `using`.

    Raises DatabaseError where writing it has broken the transaction: PostgreSQL would answer the COMMIT with a silent
    rollback, and the caller would believe that the change is stored.
    """
    if (endpoint := asked_at()) is not None:
        columns.setdefault("endpoint", endpoint)
    ours = {name: columns.pop(name) for name in OURS if columns.get(name)}
    record_event(event_type, columns, using=using, clean=ours)
    if is_broken(connections[using]):
        raise DatabaseError("The change is undone, because its event could not be stored with it.")


def asked_at() -> str | None:
    """The endpoint of the request that is under way, whose actor is found out; None outside of requests."""
    visit = current_visit()
    if visit is None:
        return None
    visit.find_actor()  # a view that changes something need not have looked at who asks for it
    return endpoint_of(visit.request)


def is_broken(connection: BaseDatabaseWrapper) -> bool:
    """Whether the transaction can only be rolled back; the driver knows without asking the server."""
    info = getattr(connection.connection, "info", None)
    return getattr(info, "transaction_status", None) == FAILED


def about(name: str, instance: models.Model, *, using: str) -> dict[str, Any]:
    """Which record it is, as columns. A proxy is told as its concrete model, and noted."""
    columns: dict[str, Any] = {
        "entity_type": name,
        "entity_id": key_text(instance.pk),
        "entity_name": label_of(instance, using=using),
    }
    if instance._meta.proxy:
        columns["event_data"] = {"proxy": instance._meta.label}
    return columns


def label_of(instance: models.Model, *, using: str) -> str:
    """How the record calls itself, at most 200 characters; its key where it cannot say so by itself.

    A `__str__` may need rows that are not loaded, or gone. It is not let: a query for each change would cost more than
    the change, and one that fails would undo it.
    """
    wrappers = connections[using].execute_wrappers  # by hand: as a context manager it would cost more than the text
    wrappers.append(no_query)
    try:
        return str(instance)[:200]
    except Exception:  # the project's own `__str__`, which must never stop a change
        return f"{instance._meta.object_name} {key_text(instance.pk)}"
    finally:
        wrappers.pop()


def names_of_related(instance: models.Model, *, using: str) -> dict[str, str]:
    """{column of a foreign key: what its record calls itself}, for those that are loaded anyway."""
    loaded = instance._state.fields_cache
    if not loaded:
        return {}
    links = {field.attname: loaded.get(field.name) for field in instance._meta.concrete_fields if field.name in loaded}
    return {name: label_of(related, using=using) for name, related in links.items() if related is not None}


def file_sizes(instance: models.Model) -> dict[str, int]:
    """{column of a file: its bytes}. A file that lies in another than the local storage is asked for nothing."""
    sizes = {}
    for name in file_columns(type(instance)):
        file = getattr(instance, name) if instance.__dict__.get(name) else None
        if file is not None and (not file._committed or isinstance(file.storage, FileSystemStorage)):
            with suppress(OSError, ValueError):  # gone already, or a name without a file
                sizes[name] = file.size
    return sizes


@lru_cache(maxsize=1024)
def file_columns(model: type[models.Model]) -> tuple[str, ...]:
    return tuple(field.attname for field in model._meta.concrete_fields if isinstance(field, models.FileField))


class QueryRefused(Exception):
    """Raised inside a `__str__` that asks the database."""


def no_query(execute: Callable[..., Any], *args: Any) -> Any:
    raise QueryRefused

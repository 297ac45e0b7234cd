"""EventLogger: the one public door into the event log.

Holds its only catch-all: whatever goes wrong inside, the caller goes on, the fault is logged and counted, and what is
left of the event is kept. `RAISE_ERRORS` lets faults through; our tests set it.
"""

import logging
import os
from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from functools import lru_cache
from typing import Any, Unpack
from uuid import UUID

from django.db import Error

from eventlog import catalog
from eventlog.columns import AuthColumns, Columns, OtherColumns
from eventlog.conf import conf
from eventlog.context import Actor, Context, current, process_actor, recording
from eventlog.pipeline import recorder
from eventlog.pipeline.notices import of_process
from eventlog.record import EventRecord, clean_columns, make_record

logger = logging.getLogger("eventlog")
Given = Mapping[str, Any] | Callable[[], Mapping[str, Any]]  # or what finds them out of foreign objects, which may fail


@lru_cache(maxsize=4)
def system_columns(pid: int, environment: str, version: str) -> Mapping[str, Any]:
    """Where it happened. Cached: they are the same for each event of a process."""
    return clean_columns(of_process(pid, environment=environment, version=version))


def log_event(event_type: str, /, **columns: Any) -> EventRecord:
    """Record that something happened; who, from where and in which request is taken from the context.

    `columns` are columns of the table by name; unknown ones are kept in `event_data`. Never raises, unless
    `RAISE_ERRORS`.
    """
    return record_event(event_type, columns)


def record_event(
    event_type: str, given: Given, *, using: str | None = None, clean: Mapping[str, Any] | None = None
) -> EventRecord:
    """As `log_event`, for our own capture: `using` is the alias of the database in which a change was made, `clean`
    are columns of our own making that need no cleaning."""
    outer, recording.now = recording.now, True
    try:
        context = current()
        columns = {**context.columns, **(given() if callable(given) else given)}
        record = make_record(event_type, columns, {**surrounding(context, columns), **(clean or {})})
        if context.meter is not None:
            context.meter.categories.add(record.event_category)
            context.meter.is_sensitive |= record.columns.get("is_sensitive", False)
        if conf.ENABLED:
            recorder.keep(record, using=using)
    except Exception as error:
        try:
            if not conf.RAISE_ERRORS:
                kept = last_resort(event_type, error, using=using)
                logger.exception("An event of type %.100r could not be recorded as given.", event_type)
                return kept
        except RecursionError:  # the caller is so deep that there is no room even for this
            return UNRECORDED
        raise
    finally:
        recording.now = outer
    return record


UNRECORDED = EventRecord(UUID(int=0), datetime.min.replace(tzinfo=UTC), "UNNAMED", catalog.SYSTEM, {})


def last_resort(event_type: Any, error: Exception, *, using: str | None = None) -> EventRecord:
    """What can always be kept of an event: that it happened, and why there is no more.

    Of a change in the database `using`, only where the change will be kept too.
    """
    record = make_record(event_type if isinstance(event_type, str) else "UNNAMED", {"tags": ["incomplete"]})
    if conf.ENABLED and conf.PIPELINE == "direct":
        try:
            recorder.to_journal(record) if using is None else recorder.keep(record, using=using)
        except (OSError, RuntimeError, ValueError, Error):
            logger.critical("An event was lost (%s).", type(error).__name__)
    return record


def surrounding(context: Context, columns: Mapping[str, Any]) -> dict[str, Any]:
    """The clean columns that an event has from where it happens: system, context, actor."""
    around = {**system_columns(os.getpid(), conf.ENVIRONMENT, conf.APPLICATION_VERSION), **context.clean}
    if (actor := actor_of(context, columns)) is not None:
        around.update(clean_actor(actor))
    return around


def actor_of(context: Context, columns: Mapping[str, Any]) -> Actor | None:
    """Who acts; None where the columns name somebody else."""
    if "auth_method" in columns:
        return None
    if context.actor is None:
        return None if columns.get("user_id") or columns.get("username") else process_actor()
    actor = context.actor()
    return actor if actor is not None and columns.get("user_id", actor.user_id) == actor.user_id else None


USUAL_KEYS = (int, str, type(None))


def clean_actor(actor: Actor) -> Mapping[str, Any]:
    """Who it was; cached for the usual kinds of keys."""
    return usual_actor(actor) if type(actor.user_id) in USUAL_KEYS else clean_columns(actor.columns())


@lru_cache(maxsize=1024)
def usual_actor(actor: Actor) -> Mapping[str, Any]:
    return clean_columns(actor.columns())


def word(value: Any) -> str:
    return value if isinstance(value, str) else type(value).__name__


def in_category(category: str, event_type: str, columns: Mapping[str, Any]) -> EventRecord:
    return log_event(event_type, **{"event_category": category, **columns})


class EventLogger:
    """Records events by hand: `EventLogger().log_event("MAINTENANCE", reason="backup restored")`.

    Each method returns the `EventRecord`, which may also be awaited. None waits for the database outside of a
    transaction, and none raises into the caller.
    """

    def log_event(self, event_type: str, **columns: Unpack[Columns]) -> EventRecord:
        """An event of any type, with any columns by name."""
        return log_event(event_type, **columns)

    def log_auth_event(
        self, user_id: Any, action: str, success: bool = True, **columns: Unpack[AuthColumns]
    ) -> EventRecord:
        """A sign-in matter: `("LOGIN", False)` is LOGIN_FAILED; another action that fails keeps its type."""
        failed = f"{word(action)}_FAILED"
        lacks = isinstance(success, bool | int | None) and not success  # of other things not even the truth is asked
        event_type = failed if lacks and failed in catalog.TYPES else action
        status = catalog.FAILED if lacks else catalog.SUCCESS
        return log_event(
            event_type, **{"user_id": user_id, "event_status": status, "event_category": catalog.AUTH, **columns}
        )

    def log_crud_event(
        self, user_id: Any, entity: str, action: str, entity_id: Any = None, **columns: Unpack[OtherColumns]
    ) -> EventRecord:
        """A change or reading of a record: `(7, "siswa", "CREATE", 123)` is SISWA_CREATE."""
        given = {"entity_type": entity, "entity_id": entity_id, "action": action, "event_category": catalog.CRUD}
        return log_event(catalog.crud_type(word(entity), word(action)), **{"user_id": user_id, **given, **columns})

    def log_ml_event(self, event_type: str, **columns: Unpack[Columns]) -> EventRecord:
        """A step in the life of a model: MODEL_TRAIN, PREDICTION_SINGLE, …"""
        return in_category(catalog.ML, event_type, columns)

    def log_system_event(self, event_type: str, **columns: Unpack[Columns]) -> EventRecord:
        """Something the system did: MAINTENANCE, CONFIG_CHANGED, …"""
        return in_category(catalog.SYSTEM, event_type, columns)

    def log_file_event(self, event_type: str, **columns: Unpack[Columns]) -> EventRecord:
        """A file that came, went or was deleted: FILE_UPLOAD, EXPORT_DATA, …; never its content."""
        return in_category(catalog.FILE, event_type, columns)

    def log_security_event(self, event_type: str, **columns: Unpack[Columns]) -> EventRecord:
        """Something that security should look at: UNAUTHORIZED_ACCESS, BRUTE_FORCE, …; stored within half a second."""
        return in_category(catalog.SECURITY, event_type, columns)

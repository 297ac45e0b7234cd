"""EventRecord: the only shape in which an event crosses a step of the pipeline.

A record is cleaned and redacted where it is made, before any queue, disk or log: what PostgreSQL would refuse is
replaced visibly, what is too long is cut with a mark, what is secret is masked. What was done to it is said in `tags`.
"""

import logging
import os
import time
from collections.abc import Generator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import lru_cache
from typing import Any, NamedTuple
from uuid import UUID

import orjson
import uuid_utils
from django.utils import timezone
from uuid_utils.compat import uuid7

from eventlog import catalog
from eventlog.cleaning import Cleaning
from eventlog.columns import CLEANERS
from eventlog.conf import conf
from eventlog.pipeline import roles
from eventlog.privacy.patterns import mask_shapes
from eventlog.privacy.redaction import Redactor, redactor
from eventlog.registry import sensitive_entities

logger = logging.getLogger("eventlog")
os.register_at_fork(after_in_child=uuid_utils.reseed_rng)  # else parent and child make the same ids

EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
LATEST = datetime(2200, 1, 1, tzinfo=UTC)  # beyond it a clock is wrong; psycopg2 cannot read years over 9999


@dataclass(frozen=True, slots=True)
class EventRecord:
    """One event, ready to be kept. `columns` holds the further columns that have a value; all are JSON types. Only
    `user_role` may be None there: that of a user whose role is found out where the event is stored.

    A column is also an attribute (`record.username`). Awaiting a record gives the record, so that
    `await EventLogger().log_event(…)` reads well in async code.
    """

    id: UUID
    timestamp: datetime
    event_type: str
    event_category: str
    columns: Mapping[str, Any]

    def to_json(self) -> bytes:
        """UTF-8 JSON of one line, `id` first, so that records sort by id as they lie."""
        return orjson.dumps(
            {
                "id": self.id,
                "timestamp": self.timestamp,
                "event_type": self.event_type,
                "event_category": self.event_category,
                **self.columns,
            }
        )

    def __getattr__(self, name: str) -> Any:
        if name in CLEANERS:
            return self.columns.get(name)
        raise AttributeError(f"an event has no column {name!r}")

    def __await__(self) -> Generator[None, None, "EventRecord"]:
        return self
        yield  # makes this a generator, which is what await asks for


def make_record(event_type: Any, given: Mapping[str, Any], clean: Mapping[str, Any] | None = None) -> EventRecord:
    """Clean and redact `given` into a record. What is no column goes into `event_data`, so that nothing is lost.

    `clean` are columns that need neither, from `clean_columns` or made by ourselves; `given` wins over them.
    """
    cleaning = Cleaning(redactor_in_force())
    known = catalog.TYPES.get(event_type) if type(event_type) is str else None
    if known is None:
        known = uncatalogued(event_type, cleaning)
    values = dict(given) if given.keys() <= NAMES else with_strays_in_data(given)
    timestamp, nanoseconds = moment(values.pop("timestamp", None), cleaning)
    category = values.pop("event_category", known.category)
    columns: dict[str, Any] = {"severity": known.severity, "event_status": known.status, **(clean or {})}
    clean_into(columns, values, cleaning)
    if clean and "tags" in clean:
        cleaning.tags.update(clean["tags"])
    if cleaning.tags:
        columns["tags"] = sorted({*columns.get("tags", ()), *cleaning.tags})
    complete(columns, known)
    return EventRecord(
        id=uuid7(nanoseconds=nanoseconds),
        timestamp=timestamp,
        event_type=known.name,
        event_category=category if isinstance(category, str) and category in catalog.CATEGORIES else known.category,
        columns=columns,
    )


def uncatalogued(event_type: Any, cleaning: Cleaning) -> catalog.EventType:
    """What is known of a type that is not in the catalogue as such: a change of some record, or nothing."""
    name = cleaning.text(event_type, 100) or "UNNAMED"
    if name not in catalog.TYPES:
        name = mask_shapes(name)
    known = catalog.lookup(name)
    if known is None:
        cleaning.tags.add("unknown_type")
        warn_of_unknown(name)
    return known or catalog.EventType(name, catalog.SYSTEM, name)


def clean_into(columns: dict[str, Any], values: Mapping[str, Any], cleaning: Cleaning) -> None:
    """Put the values into `columns`, cleaned; an empty one takes out what is there."""
    for name, value in values.items():
        if value is None or (type(value) is str and not value):
            if name not in CATALOGUED:
                columns.pop(name, None)
            continue
        try:
            cleaned = CLEANERS[name](cleaning, value)
        except Exception:  # the value is anybody's object, and does what it likes when it is asked
            cleaning.tags.add("unserialisable")
            continue
        if cleaned is not None and cleaned != "":
            columns[name] = cleaned


def complete(columns: dict[str, Any], known: catalog.EventType) -> None:
    """Add what follows from the other columns: the user's role, the words to search by, the event's name, whether it is
    sensitive."""
    if "user_role" not in columns and (user_id := columns.get("user_id")) is not None:
        role = roles.remembered(user_id)
        if role != "":
            columns["user_role"] = role  # None: to be found out where the event is stored
    if "search_text" not in columns and (words := searchable(known.name, columns)):
        columns["search_text"] = words
    if not columns.get("event_name"):
        columns["event_name"] = known.words
    if "is_sensitive" not in columns and (kind := columns.get("entity_type")) and kind in sensitive_entities():
        columns["is_sensitive"] = True


def clean_columns(given: Mapping[str, Any]) -> dict[str, Any]:
    """What several events will have in common, cleaned and redacted once; without the empty ones."""
    cleaning, columns = Cleaning(redactor_in_force()), dict[str, Any]()
    clean_into(columns, given, cleaning)
    if cleaning.tags:
        columns["tags"] = sorted(cleaning.tags)
    return columns


class Latest(NamedTuple):
    fields: tuple[str, ...]
    redactor: Redactor


_latest = Latest((), redactor(()))


def redactor_in_force() -> Redactor:
    """For the names in the settings. By their identity: to hash so many for each event would take longer than the rest
    of the cleaning."""
    global _latest
    fields = conf.SENSITIVE_FIELDS
    if _latest.fields is not fields:
        _latest = Latest(fields, redactor(fields))
    return _latest.redactor


@lru_cache(maxsize=1024)
def warn_of_unknown(event_type: str) -> None:
    """Once a type and process."""
    logger.warning("%s is no event type of the catalogue; it is kept as one of %s.", event_type, catalog.SYSTEM)


SEARCHED = ("entity_name", "reason", "error_code", "error_message")


def searchable(event_type: str, columns: Mapping[str, Any]) -> str:
    """The words by which people look for an event, cleaned already; few, since their index is the dearest of all."""
    names = SEARCHED if event_type == catalog.HTTP_REQUEST else ("event_name", *SEARCHED)
    return " ".join(columns[name][:200] for name in names if name in columns)


RESERVED = ("timestamp", "event_category")
NAMES = frozenset([*CLEANERS, *RESERVED])
CATALOGUED = ("severity", "event_status")  # the catalogue has a value for these


def with_strays_in_data(given: Mapping[str, Any]) -> dict[str, Any]:
    values = {key: value for key, value in given.items() if key in CLEANERS or key in RESERVED}
    strays = {key: value for key, value in given.items() if key not in values}
    if not strays:
        return values
    data = values.get("event_data")
    values["event_data"] = {**(data if isinstance(data, Mapping) else {"value": data} if data else {}), **strays}
    return values


def moment(given: Any, cleaning: Cleaning) -> tuple[datetime, int]:
    """(UTC time, nanoseconds since 1970) of when it happened: now, unless a usable time is given."""
    if given is not None:
        when = usable_time(given)
        if when is not None:
            return when, (when - EPOCH) // timedelta(microseconds=1) * 1000
        cleaning.tags.add("bad_timestamp")
    nanoseconds = time.time_ns()
    return datetime.fromtimestamp(nanoseconds / 1e9, UTC), nanoseconds


def usable_time(given: Any) -> datetime | None:
    """An aware UTC time from 1970 to 2200; a naive one is in the project's time zone; else None."""
    if isinstance(given, str):
        try:
            given = datetime.fromisoformat(given)
        except ValueError:
            return None
    if not isinstance(given, datetime):
        return None
    if given.tzinfo is UTC:
        return given if EPOCH <= given < LATEST else None
    try:
        aware = given if given.tzinfo else timezone.make_aware(given)
        when = aware.astimezone(UTC)
    except (OverflowError, ValueError):
        return None
    return when if EPOCH <= when < LATEST else None

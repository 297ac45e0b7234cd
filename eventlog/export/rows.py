"""Rows to be exported, read in batches by key: memory stays the same however many there are, and each batch is a short
query of its own, which a pooler such as PgBouncer may give to any connection."""

import json
from collections.abc import Iterable, Iterator
from datetime import datetime, tzinfo
from typing import Any, Final

import orjson
from django.core.exceptions import EmptyResultSet
from django.db import connections, models
from django.db.models import Q
from django.utils import timezone
from psycopg2 import STRING
from psycopg2.extensions import new_type, register_type

from eventlog.models import Event, EventQuerySet
from eventlog.privacy import opening

Row = dict[str, Any]  # the table's columns by name; JSON columns and ids hold their text
BATCH_SIZE: Final = 2000
# But for the salts: with them, names could be guessed from the commitments that outlive an erasure.
COLUMNS: Final = tuple(
    field.attname for field in Event._meta.concrete_fields if field.name not in ("actor_salt", "subject_salt")
)
JSON_COLUMNS: Final = tuple(
    field.attname for field in Event._meta.concrete_fields if isinstance(field, models.JSONField)
)
TIMES: Final = ("timestamp", "recorded_at", "erased_at")
BYTES: Final = ("digest", "actor_commitment", "subject_commitment")
UUID_OID, JSON_OID, JSONB_OID = 2950, 114, 3802  # of PostgreSQL's catalogue
AS_TEXT: Final = new_type((UUID_OID, JSON_OID, JSONB_OID), "AS_TEXT", STRING)  # as they are to be written again
HIDDEN_INSIDES: Final[Row] = {"stack_trace": "", **dict.fromkeys(BYTES)}  # from who sees no SECURITY


def rows(
    events: EventQuerySet, *, sees_insides: bool, may_read: bool = False, batch_size: int = BATCH_SIZE
) -> Iterator[Row]:
    """Newest first: what comes meanwhile is not in it, so that it ends."""
    rest = events
    while batch := fetched(rest.newest_first()[:batch_size]):
        timestamp, key = batch[-1]["timestamp"], batch[-1]["id"]
        opening.open_texts(batch, may_read=may_read, using=events.db)
        yield from shown(batch, sees_insides=sees_insides)
        if len(batch) < batch_size:
            return
        further = Q(timestamp__lt=timestamp) | Q(timestamp=timestamp, id__lt=key)
        rest = events.filter(Q(timestamp__lte=timestamp) & further)  # the first alone is what an index starts from


def fetched(events: EventQuerySet) -> list[Row]:
    """As the database has them: the ORM would make objects of each JSON, of which a text is wanted again."""
    try:
        sql, params = events.values_list(*COLUMNS).query.sql_with_params()
    except EmptyResultSet:
        return []
    with connections[events.db].cursor() as cursor:
        register_type(AS_TEXT, cursor.cursor)
        cursor.execute(sql, params)
        return [dict(zip(COLUMNS, values, strict=True)) for values in cursor.fetchall()]


def row_of(event: Event) -> Row:
    """Of an event that has been read as an object, as `fetched` gives it."""
    row = {name: getattr(event, name) for name in COLUMNS}
    return row | {name: json_text(row[name]) for name in JSON_COLUMNS if row[name] is not None}


def json_text(value: Any) -> str:
    """Not by orjson: what outsiders sent as 1e300 comes back as a whole number, which is too large for it."""
    return json.dumps(value, ensure_ascii=False, separators=(",", ":"))


def shown(found: Iterable[Row], *, sees_insides: bool) -> Iterator[Row]:
    """As they leave the house: without what the reader may not see and what is encrypted, times in the project's time
    zone, bytes as hexadecimal text."""
    hidden, zone = {} if sees_insides else HIDDEN_INSIDES, timezone.get_current_timezone()
    return (finished(row, hidden, zone) for row in found)


def finished(row: Row, hidden: Row, zone: tzinfo) -> Row:
    row.update(hidden)
    opening.cover_texts(row)
    for name in TIMES:
        moment: datetime | None = row[name]
        if moment is not None:
            row[name] = moment.astimezone(zone)
    for name in BYTES:
        if row[name] is not None:
            row[name] = bytes(row[name]).hex()
    return row


def parsed(row: Row) -> Row:
    """With values in its JSON columns."""
    return row | {name: orjson.loads(row[name]) for name in JSON_COLUMNS if row[name] is not None}


def without_nothing(value: Any) -> Any:
    """What is left of nested dicts when empty texts, lists and dicts and None are gone; formats leave out what is not
    known."""
    if not isinstance(value, dict):
        return value
    kept = {name: without_nothing(part) for name, part in value.items()}
    return {name: part for name, part in kept.items() if part is not None and part not in ("", [], {})}

"""Rows to be exported, read in batches by key: memory stays the same however many there are, and each batch is a short
query of its own, which a pooler such as PgBouncer may give to any connection."""

from collections.abc import Iterator, Mapping
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
HIDDEN_INSIDES: Final[Mapping[str, Any]] = {"stack_trace": "", **dict.fromkeys(BYTES)}  # from who sees no SECURITY


def rows(events: EventQuerySet, *, sees_insides: bool, batch_size: int = BATCH_SIZE) -> Iterator[Row]:
    """Newest first: what comes meanwhile is not in it, so that it ends."""
    hidden = {} if sees_insides else HIDDEN_INSIDES
    zone = timezone.get_current_timezone()
    rest = events
    while batch := fetched(rest.newest_first()[:batch_size]):
        timestamp, key = batch[-1]["timestamp"], batch[-1]["id"]
        for row in batch:
            yield shown(row, hidden, zone)
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
    """Of an event that has been read as an object; all of it."""
    row = {name: getattr(event, name) for name in COLUMNS}
    texts = {name: orjson.dumps(row[name]).decode() for name in JSON_COLUMNS if row[name] is not None}
    return shown(row | texts, {}, timezone.get_current_timezone())


def shown(row: Row, hidden: Mapping[str, Any], zone: tzinfo) -> Row:
    """Times in the project's time zone, bytes as hexadecimal text."""
    row.update(hidden)
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

"""What is sent of an event: a row of its columns, written in one of the formats."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, Final

import orjson
from django.db import models

from eventlog.models import Event

Row = dict[str, Any]  # the table's columns by name; JSON columns hold their text
Format = Callable[[Row], bytes]  # one line with its end; it may change the row
PROOF: Final = ("digest", "actor_commitment", "actor_salt", "subject_commitment", "subject_salt")
COLUMNS: Final = tuple(field.attname for field in Event._meta.concrete_fields if field.name not in PROOF)
JSON_COLUMNS: Final = tuple(
    field.attname for field in Event._meta.concrete_fields if isinstance(field, models.JSONField)
)


@dataclass(frozen=True, slots=True)
class Parcel:
    """One event on its way: its columns, and its line without the end."""

    row: Row
    line: bytes


def packed(events: Sequence[Event], write: Format) -> list[Parcel]:
    rows = map(row_of, events)
    return [Parcel(row, write(dict(row)).rstrip(b"\n")) for row in rows]


def row_of(event: Event) -> Row:
    """Without what proves it: that is for this database alone."""
    row = {name: getattr(event, name) for name in COLUMNS}
    for name in JSON_COLUMNS:
        if row[name] is not None:
            row[name] = orjson.dumps(row[name]).decode()
    return row


def ndjson(row: Row) -> bytes:
    for name in JSON_COLUMNS:
        if row[name] is not None:
            row[name] = orjson.Fragment(row[name])
    return orjson.dumps(row, option=orjson.OPT_APPEND_NEWLINE | orjson.OPT_UTC_Z)


FORMATS: Final[dict[str, Format]] = {"ndjson": ndjson}

"""Events as lines of text: what the database says of them, what a file says, and what is put back are compared as such.

A line has all columns of `events` in the order of the model, as PostgreSQL's COPY writes them, but for times, which are
microseconds since 1970, bytes, which are hexadecimal, and floats, which are as Python writes them.
"""

import io
import re
from collections.abc import Callable, Iterator
from datetime import datetime
from functools import cache
from hashlib import sha256
from itertools import chain
from typing import Any, Final
from uuid import UUID

from django.db import models
from django.db.backends.utils import CursorWrapper

from eventlog.integrity import reading
from eventlog.integrity.canonical import EPOCH, MICROSECOND, commitment, digest
from eventlog.integrity.reading import ESCAPE, ESCAPED, MICROSECONDS, NULL, PROOF, Row
from eventlog.models import Event

Line = list[str]
TO_ESCAPE: Final = re.compile(r"[\b\f\n\r\t\v\\]")
ESCAPES: Final = {plain: f"\\{short}" for short, plain in ESCAPED.items()} | {"\\": "\\\\"}
SOME: Final = """
SELECT {0} FROM events e LEFT JOIN event_batches b ON b.id = e.batch_id
WHERE e.timestamp >= %s AND e.timestamp < %s AND (e.timestamp, e.id) > (%s::timestamptz, %s::uuid)
    AND coalesce(b.stored_xid, '0') >= %s::text::xid8 AND coalesce(b.stored_xid, '0') < %s::text::xid8
ORDER BY e.timestamp, e.id LIMIT %s"""


@cache
def fields() -> tuple["models.Field[Any, Any]", ...]:
    return tuple(Event._meta.concrete_fields)


@cache
def names() -> tuple[str, ...]:
    return tuple(str(field.column) for field in fields())


@cache
def place(name: str) -> int:
    return names().index(name)


@cache
def floats() -> tuple[int, ...]:
    return tuple(number for number, field in enumerate(fields()) if isinstance(field, models.FloatField))


# --- from the database ---
def of_day(
    cursor: CursorWrapper, span: tuple[datetime, datetime], xids: tuple[int, int], at_once: int
) -> Iterator[list[Line]]:
    """The events of a span of time that were stored in a span of transactions, some at once, in the order of time."""
    last: tuple[Any, str] = (span[0], str(UUID(int=0)))
    chosen = ", ".join(map(selected, fields()))
    while True:
        query = cursor.cursor.mogrify(SOME.format(chosen), [*span, *last, *map(str, xids), at_once]).decode()
        found = copied(cursor, query)
        if found:
            yield found
        if len(found) < at_once:
            return
        last = (moment(found[-1][place("timestamp")]), found[-1][place("id")])


def copied(cursor: CursorWrapper, query: str) -> list[Line]:
    file = io.BytesIO()
    cursor.cursor.copy_expert(f"COPY ({query}) TO STDOUT", file)
    found = [line.split("\t") for line in file.getvalue().decode().split("\n")[:-1]]
    for line in found:
        for number in floats():
            if line[number] != NULL:
                line[number] = repr(float(line[number]))
    return found


def selected(field: "models.Field[Any, Any]") -> str:
    name = f"e.{field.column}"
    if isinstance(field, models.DateTimeField):
        return MICROSECONDS.format(name)
    return f"encode({name}, 'hex')" if isinstance(field, models.BinaryField) else name


# --- to the database ---
def put(cursor: CursorWrapper, table: str, lines: list[Line]) -> None:
    changed = [(number, written) for number, field in enumerate(fields()) if (written := writer(field)) is not None]
    text = io.StringIO()
    for line in lines:
        line = line.copy()
        for number, written in changed:
            if line[number] != NULL:
                line[number] = written(line[number])
        text.write("\t".join(line) + "\n")
    text.seek(0)
    cursor.cursor.copy_expert(f"COPY {table} ({', '.join(names())}) FROM STDIN", text)


def writer(field: "models.Field[Any, Any]") -> Callable[[str], str] | None:
    if isinstance(field, models.DateTimeField):
        return lambda raw: moment(raw).isoformat()
    return (lambda raw: f"\\\\x{raw}") if isinstance(field, models.BinaryField) else None


# --- a line ---
def moment(microseconds: str) -> datetime:
    return EPOCH + int(microseconds) * MICROSECOND


def plain(raw: str) -> str:
    return ESCAPE.sub(lambda each: ESCAPED.get(each[1], each[1]), raw) if "\\" in raw else raw


def escaped(text: str) -> str:
    if text.isprintable() and "\\" not in text:  # nearly always, and quicker
        return text
    return TO_ESCAPE.sub(lambda each: ESCAPES[each[0]], text)


@cache
def reading_order() -> tuple[int, ...]:
    return tuple(map(place, chain(PROOF, (column.name for column in reading.columns()))))


def row(line: Line) -> Row:
    """As the verification reads it."""
    key, *others = [line[number] for number in reading_order()]
    return reading.read([key.replace("-", ""), *others])


def made(found: Row) -> tuple[bytes, bytes, bytes] | None:
    """The digest and the commitments that follow from an event's columns and salts; None without both salts."""
    if not found.actor_salt or not found.subject_salt:
        return None
    facts, actor, subject = found.groups
    commitments = commitment(found.actor_salt, actor), commitment(found.subject_salt, subject)
    return digest(facts, *commitments), *commitments


class Hash:
    """Of many lines."""

    def __init__(self) -> None:
        self._hash = sha256()

    def update(self, lines: list[Line]) -> None:
        self._hash.update("".join("\t".join(line) + "\n" for line in lines).encode())

    def digest(self) -> bytes:
        return self._hash.digest()

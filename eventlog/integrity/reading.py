"""Events as they lie in the table, read for their digests: by COPY, without the conversions of driver and model."""

import io
import json
import math
import re
from collections.abc import Callable, Iterator
from decimal import Decimal
from functools import cache, lru_cache
from itertools import compress
from operator import ne
from typing import Any, Final, NamedTuple
from uuid import UUID

import orjson
from django.db import models
from django.db.backends.utils import CursorWrapper

from eventlog.cleaning import canonical_address
from eventlog.integrity.canonical import defaults, groups, has_floats, measured, measured_inside
from eventlog.models import Event

NULL: Final = "\\N"
ESCAPE: Final = re.compile(r"\\(.)")
ESCAPED: Final = {"b": "\b", "f": "\f", "n": "\n", "r": "\r", "t": "\t", "v": "\v"}
PROOF: Final = (
    *("id", "batch_id", "recorded_at", "erased_at", "digest"),
    *("actor_commitment", "actor_salt", "subject_commitment", "subject_salt"),
)
MICROSECONDS: Final = "(extract(epoch FROM {0}) * 1000000)::bigint"

Groups = tuple[dict[str, Any], dict[str, Any], dict[str, Any]]  # facts, actor, subject


class Row(NamedTuple):  # quickly made
    """An event's groups of columns as `canonical` takes them, and its columns of proof."""

    key: bytes  # its id
    batch_id: UUID | None
    recorded_at: int  # microseconds since 1970, as in the batch
    is_erased: bool
    digest: bytes
    actor_commitment: bytes
    actor_salt: bytes
    subject_commitment: bytes
    subject_salt: bytes
    groups: Groups

    @property
    def id(self) -> UUID:
        return UUID(bytes=self.key)


class Column(NamedTuple):  # quickly taken apart
    name: str
    group: int
    read: Callable[[str], Any]


def rows(cursor: CursorWrapper, where: str, values: list[Any], *, table: str = "events") -> Iterator[Row]:
    chosen = ", ".join([*map(selected_proof, PROOF), *(selected(column.name) for column in columns())])
    query = cursor.cursor.mogrify(f"SELECT {chosen} FROM {table} WHERE {where}", values).decode()
    copied = io.BytesIO()
    cursor.cursor.copy_expert(f"COPY ({query}) TO STDOUT", copied)
    copied.seek(0)
    for line in copied:
        yield read(line[:-1].decode().split("\t"))


def read(fields: list[str]) -> Row:
    parts: Groups = {}, {}, {}
    raws = fields[len(PROOF) :]
    told = compress(zip(raws, columns(), strict=True), map(ne, raws, untold()))
    for raw, (name, group, parsed) in told:
        if "\\" in raw:
            if raw == NULL:
                continue
            raw = ESCAPE.sub(meant, raw)
        parts[group][name] = parsed(raw)
    key, batch, recorded, erased, *proof = fields[: len(PROOF)]
    digest, actor, actor_salt, subject, subject_salt = [b"" if each == NULL else bytes.fromhex(each) for each in proof]
    return Row(
        bytes.fromhex(key),
        None if batch == NULL else batch_key(batch),
        int(recorded),
        erased != NULL,
        digest,
        actor,
        actor_salt,
        subject,
        subject_salt,
        parts,
    )


def meant(escape: re.Match[str]) -> str:
    return ESCAPED.get(escape[1], escape[1])


@lru_cache(maxsize=1024)
def batch_key(raw: str) -> UUID:
    return UUID(raw)


@cache
def columns() -> tuple[Column, ...]:
    fields = {str(field.column): field for field in Event._meta.concrete_fields}
    return tuple(Column(name, group, reader(fields[name])) for name, group in groups().items())


@cache
def untold() -> tuple[str, ...]:
    """What COPY writes where a column holds its default, in the order of `columns`."""
    return tuple(as_copied(defaults()[name]) for name in groups())


def as_copied(value: Any) -> str:
    if value is None:
        return NULL
    if isinstance(value, bool):
        return "t" if value else "f"
    return json.dumps(value) if isinstance(value, dict | list) else str(value)


def reader(field: "models.Field[Any, Any]") -> Callable[[str], Any]:
    if isinstance(field, models.ForeignKey):
        field = field.target_field
    by_kind: dict[type[models.Field[Any, Any]], Callable[[str], Any]] = {
        models.JSONField: exact,
        models.FloatField: lambda raw: measured(float(raw)),
        models.BooleanField: lambda raw: raw == "t",
        models.IntegerField: int,
        models.DateTimeField: int,
        models.GenericIPAddressField: address,
    }
    return next((read for kind, read in by_kind.items() if isinstance(field, kind)), str)


def address(raw: str) -> str | None:
    """What the store never writes stays as it is, and so is another value."""
    return raw if raw.startswith("::ffff:") else canonical_address(raw)


def exact(raw: str) -> Any:
    """JSON with its numbers as `measured` has them: what looks like a float may be more than a float can hold.

    What nobody can have stored, for it cannot be read, is NaN: then its canonical form is null, which none has.
    """
    try:
        value = orjson.loads(raw)
    except orjson.JSONDecodeError:  # numbers of hundreds of digits, or nested too deep
        value = math.nan
    try:
        return measured_inside(json.loads(raw, parse_float=precise)) if has_floats(value) else value
    except (ValueError, RecursionError):
        return math.nan


def precise(raw: str) -> float | Decimal:
    """As a float where that is all that is said: it is quicker."""
    number = float(raw)
    return number if repr(number) == raw else Decimal(raw)


def selected(name: str) -> str:
    return MICROSECONDS.format(name) if name == "timestamp" else name


def selected_proof(name: str) -> str:
    if name == "id":
        return "replace(id::text, '-', '')"
    if name in ("batch_id", "erased_at"):
        return name
    return MICROSECONDS.format(name) if name == "recorded_at" else f"encode({name}, 'hex')"

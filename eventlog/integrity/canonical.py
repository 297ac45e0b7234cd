"""The canonical form of an event, and the digest of it: the same from the record that is stored and from the row.

It is JSON as RFC 8785 would have it but for its numbers, which are exact decimals without exponent: jsonb keeps numbers
exactly, and gives 1e16 back as an integer. Keys are sorted by code point, UTF-8, no spaces. A column that holds its
default is left out. Times are microseconds since 1970, addresses as `ipaddress` writes them, IPv4 where it is mapped.

Two groups of columns are personal (`models/event.py`). The digest is over the facts and a commitment to each group:
SHA-256 of a random salt and the group's canonical form. Once its salt is gone nobody finds out by guessing what was in
a group that was erased, and the digest still holds.
"""

import json
import os
from collections.abc import Callable, Iterator, Mapping
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from functools import cache, lru_cache
from hashlib import sha256
from typing import Any, Final, NamedTuple

import orjson
from django.db.models import JSONField

from eventlog.cleaning import canonical_address
from eventlog.models.event import ACTOR_COLUMNS, SUBJECT_COLUMNS, UNPROVEN_COLUMNS, Event

SALT_BYTES: Final = 16
EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)
SMALLEST_PLAIN: Final = 1e-4  # below, floats are written with an exponent
MICROSECOND: Final = timedelta(microseconds=1)
WITHOUT_FLOATS: Final = frozenset([str, int, bool, type(None)])  # as most lists and objects are, all through
FACTS, ACTOR, SUBJECT = 0, 1, 2


class Proof(NamedTuple):  # quickly made
    """What the columns of proof hold; each is 32 bytes, but the salts 16."""

    digest: bytes
    actor_commitment: bytes
    actor_salt: bytes
    subject_commitment: bytes
    subject_salt: bytes


# --- values ---
def canonical(value: Any) -> bytes:
    """Of anything that JSON has, and Decimal. Raises TypeError for what it has not."""
    spelled = measured_inside(value)
    return canonical_columns(spelled) if isinstance(spelled, dict | list) else written(spelled).encode()


def canonical_columns(columns: Any) -> bytes:
    """Of what `measured_inside` has seen to, as `grouped` does: at once."""
    try:
        return orjson.dumps(columns, option=orjson.OPT_SORT_KEYS)
    except TypeError:  # a Decimal, or an integer of more than 64 bits
        return written(columns).encode()


def written(value: Any) -> str:
    """The same, step by step."""
    if isinstance(value, Mapping):
        return "{" + ",".join(f"{text(key)}:{written(value[key])}" for key in sorted(value)) + "}"
    if isinstance(value, list):
        return "[" + ",".join(map(written, value)) + "]"
    if isinstance(value, str):
        return text(value)
    if value is None or isinstance(value, bool):
        return {None: "null", True: "true", False: "false"}[value]
    return number(value)


def text(value: str) -> str:
    return json.dumps(value, ensure_ascii=False)


def number(value: Any) -> str:
    """Exactly, without exponent, and without zeros that say nothing: 10000000000000000, 1.5, 0."""
    if isinstance(value, int):
        return str(value)
    if not isinstance(value, float | Decimal):
        raise TypeError(f"{type(value).__name__} is nothing of JSON")
    decimal = value if isinstance(value, Decimal) else Decimal(repr(value))
    plain = format(decimal, "f")
    if "." in plain:
        plain = plain.rstrip("0").rstrip(".")
    return "0" if plain == "-0" else plain


# --- numbers, as orjson is to write them ---
def measured(value: Any) -> Any:
    """Whole numbers as such; what orjson would write with an exponent as what it does not write."""
    if type(value) is float and abs(value) >= SMALLEST_PLAIN and not value.is_integer():
        return value  # nearly always
    if isinstance(value, int) or value.is_integer():
        return int(number(value))
    return Decimal(repr(value))


def measured_inside(value: Any) -> Any:
    """JSON with its floats measured, wherever they are."""
    if not has_floats(value):
        return value
    if isinstance(value, dict):
        return {name: measured_inside(each) for name, each in value.items()}
    return [measured_inside(each) for each in value] if isinstance(value, list) else measured(value)


def has_floats(value: Any) -> bool:
    kind = type(value)
    if kind is dict:
        value = value.values()
    elif kind is not list:
        return kind is float
    return not WITHOUT_FLOATS.issuperset(map(type, value)) and any(map(has_floats, value))


# --- columns ---
def microseconds(value: Any) -> int:
    since = (datetime.fromisoformat(value) if isinstance(value, str) else value) - EPOCH
    return (since.days * 86_400 + since.seconds) * 1_000_000 + since.microseconds


FLOATS: Final = ("response_time_ms", "cpu_time_ms", "memory_usage_mb", "db_time_ms")
JSON: Final = tuple(str(field.column) for field in Event._meta.concrete_fields if isinstance(field, JSONField))
SPELLED: Final[dict[str, Callable[[Any], Any]]] = {
    "timestamp": microseconds,
    "ip_address": canonical_address,
    "id": str,
    "user_id": lambda key: key if isinstance(key, int) else str(key),
    **dict.fromkeys(JSON, measured_inside),
}


@cache
def groups() -> dict[str, int]:
    """The group of each column that is proven, by its name in the table."""
    found = {name: FACTS for name in defaults() if name not in UNPROVEN_COLUMNS}
    return {**found, **dict.fromkeys(ACTOR_COLUMNS, ACTOR), **dict.fromkeys(SUBJECT_COLUMNS, SUBJECT)}


@cache
def defaults() -> dict[str, Any]:
    """What a column holds of which nothing was said."""
    fields = Event._meta.concrete_fields
    return {str(field.column): field.get_default() if field.has_default() else None for field in fields}


class Plan(NamedTuple):  # quickly taken apart
    """What is to be done with an event that has columns of these names."""

    unproven: tuple[str, ...]
    floats: tuple[str, ...]
    spelled: tuple[tuple[str, Callable[[Any], Any]], ...]
    actor: tuple[str, ...]
    subject: tuple[str, ...]


@lru_cache(maxsize=4096)
def plan_for(names: tuple[str, ...]) -> Plan:
    """Made once for all events of a kind: to look each column up takes longer than to write it."""
    known = groups()

    def chosen(are: Callable[[str], bool]) -> tuple[str, ...]:
        return tuple(filter(are, names))

    return Plan(
        unproven=chosen(lambda name: name not in known),
        floats=chosen(FLOATS.__contains__),
        spelled=tuple((name, SPELLED[name]) for name in names if name in SPELLED),
        actor=chosen(lambda name: known.get(name) == ACTOR),
        subject=chosen(lambda name: known.get(name) == SUBJECT),
    )


@cache
def told_by_default() -> tuple[tuple[str, Any], ...]:
    """The defaults that are not empty."""
    return tuple((name, default) for name, default in defaults().items() if default)


Groups = tuple[dict[str, Any], dict[str, Any], dict[str, Any]]  # facts, actor, subject


def grouped(columns: Mapping[str, Any]) -> Groups:
    """The columns by group, spelled canonically, without those that hold their default."""
    facts = dict(columns)
    leave_out_defaults(facts)
    unproven, floats, spelled, actor, subject = plan_for(tuple(facts))
    for name in unproven:
        del facts[name]
    for name in floats:
        value = facts[name]
        if type(value) is not float or value < SMALLEST_PLAIN or value.is_integer():
            facts[name] = measured(value)
    for name, spell in spelled:
        facts[name] = spell(facts[name])
    return facts, {name: facts.pop(name) for name in actor}, {name: facts.pop(name) for name in subject}


def leave_out_defaults(columns: dict[str, Any]) -> None:
    for name in [name for name, value in columns.items() if not value]:
        if columns[name] is None or columns[name] == defaults().get(name):
            del columns[name]
    for name, default in told_by_default():
        if columns.get(name) == default:
            del columns[name]


# --- the digest ---
def commitment(salt: bytes | memoryview, group: Mapping[str, Any]) -> bytes:
    return sha256(b"".join((salt, canonical_columns(group)))).digest()


def digest(facts: Mapping[str, Any], actor_commitment: bytes, subject_commitment: bytes) -> bytes:
    return sha256(actor_commitment + subject_commitment + canonical_columns(facts)).digest()


def new_salts(events: int) -> Iterator[tuple[bytes, bytes]]:
    """Two for each, asked for at once."""
    many = os.urandom(2 * SALT_BYTES * events)
    salts = [many[place : place + SALT_BYTES] for place in range(0, len(many), SALT_BYTES)]
    return zip(salts[::2], salts[1::2], strict=True)


def prove(columns: Mapping[str, Any], salts: tuple[bytes, bytes]) -> Proof:
    """Of an event that is about to be stored."""
    facts, actor, subject = grouped(columns)
    actor_salt, subject_salt = salts
    actors, subjects = commitment(actor_salt, actor), commitment(subject_salt, subject)
    return Proof(digest(facts, actors, subjects), actors, actor_salt, subjects, subject_salt)

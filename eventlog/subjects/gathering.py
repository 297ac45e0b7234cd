"""Finding out how a person is known to the log, from the project's tables, the events and the archive."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from itertools import islice, product
from typing import Any, Final

from django.db import connections
from django.db.backends.utils import CursorWrapper

from eventlog.columns import stored_key
from eventlog.integrity.reading import exact
from eventlog.privacy.envelopes import COLUMNS
from eventlog.privacy.opening import open_texts
from eventlog.subjects import person as known
from eventlog.subjects.person import (
    Person,
    account_kind,
    account_of,
    belongings,
    identifying,
    pair,
    record_of,
    words_of_record,
)
from eventlog.subjects.rows import IS_ACTOR
from eventlog.subjects.sources import everywhere

ACCOUNT: Final = "user"  # what events of accounts call them, whatever the model's records are called
FETCHED: Final = 2000
CHANGED: Final = ("previous_values", "new_values")
PARTS_OF_NAMES: Final = ("first_name", "last_name")  # Django's; neither is looked for by itself
DEPTH: Final = 5  # of records that belong to records
MOST: Final = 500  # addresses and browsers that are looked at: more are no person's

NAMES: Final = "SELECT DISTINCT lower(e.username) FROM {0} e WHERE e.user_id = %(user_id)s AND e.username <> ''"
NUMBERS: Final = "SELECT DISTINCT e.user_id FROM {0} e WHERE lower(e.username) = %(name)s AND e.user_id IS NOT NULL"
BELONG: Final = """
SELECT DISTINCT e.entity_id FROM {0} e WHERE e.entity_type = %(kind)s AND e.entity_id <> ''
    AND (e.previous_values ->> %(column)s = ANY(%(keys)s) OR e.new_values ->> %(column)s = ANY(%(keys)s))"""
CALLED: Final = "SELECT DISTINCT e.entity_name FROM {0} e WHERE e.entity_type = %(kind)s AND e.entity_id = %(key)s"
WITH_VALUES: Final = """
SELECT e.id, e.is_sensitive, e.entity_id, e.previous_values::text, e.new_values::text FROM {0} e
WHERE e.entity_type = %(kind)s"""
VALUES: Final = f"{WITH_VALUES} AND (e.entity_id = %(key)s OR e.event_data -> 'keys' ? %(key)s)"
SENSITIVE: Final = f"{WITH_VALUES} AND e.entity_id <> '' AND e.is_sensitive"
REQUESTS: Final = """
SELECT DISTINCT e.request_id FROM {0} e
WHERE e.request_id <> '' AND e.entity_type || E'\\n' || e.entity_id = ANY(%(pairs)s)"""
OF_OTHERS: Final = """
SELECT DISTINCT e.request_id FROM {0} e WHERE e.request_id = ANY(%(requests)s) AND e.entity_type <> ''
    AND NOT e.entity_type || E'\\n' || e.entity_id = ANY(%(pairs)s)"""
CLIENTS: Final = f"""
SELECT DISTINCT e.request_id, host(e.ip_address), e.user_agent, e.user_id IS NOT NULL FROM {{0}} e WHERE {IS_ACTOR}"""
SHARED: Final = """
SELECT DISTINCT host(e.ip_address), e.user_agent FROM events e
WHERE (e.ip_address = ANY(%(addresses)s::inet[]) OR e.user_agent = ANY(%(agents)s))
    AND (e.user_id IS NOT NULL AND e.user_id IS DISTINCT FROM %(user_id)s
        OR e.username <> '' AND lower(e.username) <> ALL(%(usernames)s))"""


class Ambiguous(OSError):
    """Several people had the name, and none of their accounts is there to tell who is meant."""

    def __init__(self, numbers: Iterable[str]) -> None:
        super().__init__(f"several accounts had this name: give the number of one, {', '.join(sorted(numbers))}")


@dataclass(slots=True)
class Known:
    """What has been found so far."""

    using: str
    user_id: Any = None
    usernames: set[str] = field(default_factory=set)
    roots: list[tuple[str, str]] = field(default_factory=list)  # the records that are the person
    records: dict[str, set[str]] = field(default_factory=dict)
    words: set[str] = field(default_factory=set)


def person_of(username: str, entity_type: str, entity_id: str, *, using: str) -> Person:
    """Of an account, by name or number, or of a record. Raises OSError where a file of the archive cannot be read."""
    found = Known(using)
    if username:
        identify(found, username)
    else:
        found.roots = [(entity_type, entity_id)]
    for kind, key in found.roots:
        found.records.setdefault(kind, set()).add(key)
    follow(found)
    name(found)
    requests = single(found, texts(asked(found, REQUESTS, {"pairs": pairs(found)})))
    return with_clients(found, requests)


def asked(found: Known, question: str, values: Mapping[str, Any]) -> Iterator[tuple[Any, ...]]:
    """The answers of all that has rows of events."""
    for cursor, table in everywhere(found.using):
        cursor.execute(question.format(table), values)
        yield from fetched(cursor)


def fetched(cursor: CursorWrapper) -> Iterator[tuple[Any, ...]]:
    while some := cursor.fetchmany(FETCHED):
        yield from some


def texts(rows: Iterable[tuple[Any, ...]]) -> set[str]:
    return {str(row[0]) for row in rows if row[0] is not None}


def pairs(found: Known) -> list[str]:
    return [pair(kind, key) for kind, keys in found.records.items() for key in keys]


# --- who it is ---
def identify(found: Known, named: str) -> None:
    """By the account, where it is there; else by what events say of this name, or this number."""
    account = account_of(named)
    found.user_id, found.usernames = (None, {named.lower()}) if account is None else (account.pk, set())
    if account is not None:
        found.usernames.add(account.get_username().lower())
    else:
        numbers = texts(asked(found, NUMBERS, {"name": named.lower()}))
        if len(numbers) > 1:
            raise Ambiguous(numbers)
        found.user_id = stored_key(numbers.pop() if numbers else named)
    if found.user_id is None:
        return
    names = texts(asked(found, NAMES, {"user_id": found.user_id}))
    if account is None and str(found.user_id) == named and names:
        found.usernames.discard(named.lower())  # it was a number
    found.usernames |= names
    found.roots = [(kind, str(found.user_id)) for kind in sorted({ACCOUNT, account_kind()})]


def follow(found: Known) -> None:
    """Add the records that belong to those, and so on."""
    new = {kind: set(keys) for kind, keys in found.records.items()}
    for _ in range(DEPTH):
        further: dict[str, set[str]] = {}
        for kind, keys in new.items():
            for each in belongings(kind):
                keys_there = {str(key) for key in own_keys(each, keys)}
                values = {"kind": each.kind, "column": each.field.attname, "keys": sorted(keys)}
                keys_there |= texts(asked(found, BELONG, values)) | set(sealed_belongings(found, each, keys))
                further.setdefault(each.kind, set()).update(keys_there - found.records.get(each.kind, set()))
        new = {kind: keys for kind, keys in further.items() if keys}
        for kind, keys in new.items():
            found.records.setdefault(kind, set()).update(keys)
        if not new:
            return


def own_keys(each: known.Belonging, keys: set[str]) -> Iterator[Any]:
    usable = [value for key in keys if (value := known.stored(each.field.related_model, key)) is not None]
    yield from each.model._base_manager.filter(**{f"{each.field.attname}__in": usable}).values_list("pk", flat=True)


def sealed_belongings(found: Known, each: known.Belonging, keys: set[str]) -> Iterator[str]:
    """The keys of those of which only encrypted values say to whom they belong."""
    for key, values in changes(found, SENSITIVE, {"kind": each.kind}):
        if any(str(of.get(each.field.attname)) in keys for of in values):
            yield key


def changes(found: Known, question: str, about: Mapping[str, Any]) -> Iterator[tuple[str, list[dict[str, Any]]]]:
    """(record's key, values before and after) of each event, what is encrypted opened."""
    for cursor, table in everywhere(found.using):
        cursor.execute(question.format(table), about)
        names = ("id", "is_sensitive", "entity_id", *CHANGED)
        while rows := cursor.fetchmany(FETCHED):
            none = dict.fromkeys(COLUMNS)
            some: list[dict[str, Any]] = [{**none, **dict(zip(names, row, strict=True))} for row in rows]
            open_texts(some, may_read=True, using=found.using)
            for row in some:
                parsed = [exact(row[name]) for name in CHANGED if row[name]]
                yield row["entity_id"], [values for values in parsed if isinstance(values, dict)]


# --- what he is called ---
def name(found: Known) -> None:
    fields, called = identifying(), {part: set[str]() for part in PARTS_OF_NAMES}
    for kind, key in found.roots:
        found.words.update(words_of_record(kind, key, fields))
        found.words |= texts(asked(found, CALLED, {"kind": kind, "key": key}))
        for _, several in changes(found, VALUES, {"kind": kind, "key": key}):
            for values in several:
                found.words.update(naming(values, key, fields))
                for part, names in called.items():
                    names.update(naming(values, key, frozenset([part])))
        record = record_of(kind, key)
        for part, names in called.items():
            names |= {value for value in [getattr(record, part, "")] if value and isinstance(value, str)}
    found.words |= {" ".join(full) for full in islice(product(*called.values()), MOST)}


def naming(values: Mapping[str, Any], key: str, fields: frozenset[str]) -> Iterator[str]:
    """What fields that name people hold, in the values of one record, or of several by their keys."""
    for field_name, value in values.items():
        if isinstance(value, dict):
            value = value.get(key)
        if field_name.lower() in fields and isinstance(value, str | int) and not isinstance(value, bool):
            yield str(value)


# --- where he was ---
def single(found: Known, requests: set[str]) -> set[str]:
    """The requests that were about his records and no other's."""
    values = {"requests": sorted(requests), "pairs": pairs(found)}
    return requests - texts(asked(found, OF_OTHERS, values)) if requests else requests


def with_clients(found: Known, requests: set[str]) -> Person:
    own, addresses, agents = set[str](), set[str](), set[str]()
    if found.usernames or found.user_id is not None:
        values = {"user_id": found.user_id, "usernames": sorted(found.usernames), "own_requests": [], "addresses": []}
        for request, address, agent, signed_in in asked(found, CLIENTS, values):
            own |= {request} - {""}
            if signed_in or found.user_id is None:  # else it may be who guesses at the account
                addresses |= {address} - {None}
                agents |= {agent} - {""}
    addresses, agents = alone(found, addresses, agents)
    return Person(
        user_id=found.user_id,
        usernames=tuple(sorted(found.usernames)),
        kinds=tuple(sorted({kind for kind, _ in found.roots})),
        records={kind: tuple(sorted(keys)) for kind, keys in found.records.items()},
        words=tuple(sorted(found.words | agents)),
        addresses=tuple(sorted(addresses)),
        requests=tuple(sorted(requests)),
        own_requests=tuple(sorted(own)),
    )


def alone(found: Known, addresses: set[str], agents: set[str]) -> tuple[set[str], set[str]]:
    """Those that nobody else had, or tried names from: a school's address and a common browser name nobody."""
    some_addresses, some_agents = sorted(addresses)[:MOST], sorted(agents)[:MOST]
    with connections[found.using].cursor() as cursor:
        who = {"user_id": found.user_id, "usernames": sorted(found.usernames)}
        values = {"addresses": some_addresses, "agents": some_agents, **who}
        cursor.execute(SHARED, values)
        shared = cursor.fetchall()
    return (
        set(some_addresses) - {row[0] for row in shared},
        set(some_agents) - {row[1] for row in shared},
    )

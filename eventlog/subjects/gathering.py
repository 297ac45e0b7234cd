"""Finding out how a person is known to the log, from the project's tables, the events and the archive."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any, Final

from django.db import connections
from django.db.backends.utils import CursorWrapper

from eventlog.columns import stored_key
from eventlog.conf import conf
from eventlog.integrity.reading import exact
from eventlog.subjects import person as known
from eventlog.subjects.person import Person, account_kind, account_of, belongings, pair, words_of_record
from eventlog.subjects.rows import IS_ACTOR
from eventlog.subjects.sources import everywhere

ACCOUNT: Final = "user"  # what events of accounts call them, whatever the model's records are called
FETCHED: Final = 2000
DEPTH: Final = 5  # of records that belong to records
MOST: Final = 500  # addresses and browsers that are looked at: more are no person's

NAMES: Final = "SELECT DISTINCT lower(e.username) FROM {0} e WHERE e.user_id = %(user_id)s AND e.username <> ''"
NUMBERS: Final = "SELECT DISTINCT e.user_id FROM {0} e WHERE lower(e.username) = %(name)s AND e.user_id IS NOT NULL"
BELONG: Final = """
SELECT DISTINCT e.entity_id FROM {0} e WHERE e.entity_type = %(kind)s AND e.entity_id <> ''
    AND (e.previous_values ->> %(column)s = ANY(%(keys)s) OR e.new_values ->> %(column)s = ANY(%(keys)s))"""
CALLED: Final = "SELECT DISTINCT e.entity_name FROM {0} e WHERE e.entity_type = %(kind)s AND e.entity_id = %(key)s"
VALUES: Final = """
SELECT e.previous_values::text, e.new_values::text FROM {0} e WHERE e.entity_type = %(kind)s
    AND (e.entity_id = %(key)s OR e.event_data -> 'keys' ? %(key)s)"""
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
        numbers = [row[0] for row in asked(found, NUMBERS, {"name": named.lower()})]
        found.user_id = numbers[0] if numbers else stored_key(named)
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
                keys_there |= texts(asked(found, BELONG, values))
                further.setdefault(each.kind, set()).update(keys_there - found.records.get(each.kind, set()))
        new = {kind: keys for kind, keys in further.items() if keys}
        for kind, keys in new.items():
            found.records.setdefault(kind, set()).update(keys)
        if not new:
            return


def own_keys(each: known.Belonging, keys: set[str]) -> Iterator[Any]:
    usable = [value for key in keys if (value := known.stored(each.field.related_model, key)) is not None]
    yield from each.model._base_manager.filter(**{f"{each.field.attname}__in": usable}).values_list("pk", flat=True)


# --- what he is called ---
def name(found: Known) -> None:
    fields = frozenset(each.lower() for each in conf.IDENTIFYING_FIELDS)
    for kind, key in found.roots:
        found.words.update(words_of_record(kind, key, fields))
        found.words |= texts(asked(found, CALLED, {"kind": kind, "key": key}))
        for row in asked(found, VALUES, {"kind": kind, "key": key}):
            for values in row:
                found.words.update(naming(values, key, fields))


def naming(values: str | None, key: str, fields: frozenset[str]) -> Iterator[str]:
    """What fields that name people hold, in the values of one record, or of several by their keys."""
    parsed = exact(values) if values else None
    for field_name, value in parsed.items() if isinstance(parsed, dict) else ():
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

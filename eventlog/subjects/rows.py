"""Erasing a person from rows of events, in `events` or in a table that is like it.

What is his own goes whole, a part of an event at a time (`models/event.py`): the actor's where he acted, the subject's
where it is about him, or was sent by him and is about no record. From what is others' only his names and keys are
struck. Either way the part's salt is gone, so that nobody finds out by guessing what was there; what is left of a part
gets a new salt, and the ledger says to which commitment it goes. Facts stay: types, times, results, counts.
"""

import json
from collections.abc import Iterator, Mapping, Sequence
from datetime import UTC, datetime
from hashlib import sha256
from typing import Any, Final
from uuid import UUID

from django.db.backends.utils import CursorWrapper
from django.utils import timezone

from eventlog.integrity import reading, removals
from eventlog.integrity.canonical import SALT_BYTES, commitment
from eventlog.integrity.removals import Removed
from eventlog.models.proof import ACTOR, SUBJECT
from eventlog.retention.cleanup import BEGINNING
from eventlog.subjects import holding, sealed
from eventlog.subjects.parts import JSON, PARTS, PERSONAL, Change, Found, change_of
from eventlog.subjects.person import Person

FIRST: Final = (BEGINNING, UUID(int=0))
LAST: Final = (datetime(9999, 12, 31, tzinfo=UTC), UUID(int=2**128 - 1))
ROWS_AT_ONCE: Final = 500  # erased in one transaction
LOOKED_AT: Final = 5_000  # in one go
FOUND_BY: Final = ("id", "timestamp", "event_type", "entity_type", "request_id", "is_sensitive")
SALTS: Final = {part: f"{part}_salt" for part in PARTS}
ALL_TEXT: Final = "concat_ws(' ', {})".format(", ".join(f"e.{name}" for name in PERSONAL if name != "user_id"))

IS_ACTOR: Final = """(e.user_id = %(user_id)s
    OR (lower(e.username) = ANY(%(usernames)s) AND (e.user_id IS NULL OR e.user_id = %(user_id)s))
    OR (e.user_id IS NULL AND e.username = ''
        AND (e.request_id = ANY(%(own_requests)s) OR host(e.ip_address) = ANY(%(addresses)s))))"""
IS_SUBJECT: Final = """(e.entity_type || E'\\n' || e.entity_id = ANY(%(pairs)s)
    OR (e.request_id = ANY(%(requests)s) AND e.entity_type = ''))"""
IS_AMONG: Final = """(e.entity_type = ANY(%(kinds)s) AND e.event_data -> 'keys' ?| %(keys)s)"""
# Of more records than it says.
IS_VAGUE: Final = """(%(vague)s AND e.entity_type = ANY(%(kinds)s) AND e.event_data @> '{{"complete": false}}')"""
NAMES: Final = f"({ALL_TEXT} ~* %(pattern)s)"
# What is encrypted is looked at when it is opened.
CONCERNS: Final = f"({IS_ACTOR} OR {IS_SUBJECT} OR {IS_AMONG} OR {NAMES} OR {IS_VAGUE} OR e.is_sensitive)"
CHOSEN: Final = ", ".join(
    [f"e.{name}{'::text' if name in JSON else ''}" for name in (*FOUND_BY, *PERSONAL)]
    + [f"encode(e.{salt}, 'hex')" for salt in SALTS.values()]
)
BEHIND: Final = "e.timestamp >= %(timestamp)s AND (e.timestamp, e.id) > (%(timestamp)s, %(id)s)"
BORDER: Final = f"""
SELECT e.timestamp, e.id FROM {{table}} e WHERE {BEHIND} ORDER BY e.timestamp, e.id OFFSET %(rows)s - 1 LIMIT 1"""
# Not the next few that concern the person: to sort by time PostgreSQL would look at all that is left, for each few.
SOME: Final = f"""
SELECT {CHOSEN} FROM {{table}} e
WHERE {BEHIND} AND e.timestamp <= %(until)s AND (e.timestamp, e.id) <= (%(until)s, %(until_id)s) AND {CONCERNS}
ORDER BY e.timestamp, e.id"""
THESE: Final = (
    f"SELECT {CHOSEN} FROM {{table}} e WHERE e.id = ANY(%(ids)s::uuid[]) AND e.timestamp BETWEEN %(begin)s AND %(end)s"
)
SET: Final = ", ".join(
    [*(f"{name} = r.{name}" for name in (*PERSONAL, *SALTS.values())), "erased_at = coalesce(r.erased_at, e.erased_at)"]
)
UPDATE: Final = f"""
UPDATE {{table}} e SET {SET} FROM json_populate_recordset(NULL::events, %s) r
WHERE e.id = r.id AND e.timestamp = r.timestamp"""
OF_IDS: Final = "id = ANY(%s::uuid[]) AND timestamp BETWEEN %s AND %s"


def values_of(person: Person) -> dict[str, Any]:
    """What the questions ask for."""
    keys = [key for found in person.records.values() for key in found]
    return {
        "user_id": person.user_id,
        "usernames": list(person.usernames),
        "own_requests": list(person.own_requests),
        "addresses": list(person.addresses),
        "pairs": person.pairs,
        "requests": list(person.requests),
        "kinds": list(person.records),
        "keys": keys,
        "pattern": person.striker.pattern,
        "vague": False,
    }


# --- what there is ---
def each_some(cursor: CursorWrapper, table: str, person: Person, *, vague: bool = False) -> Iterator[list[Found]]:
    """What may concern the person, in the order of time; `vague` adds those of many records that he may have been
    among."""
    asked, after = {**values_of(person), "vague": vague}, FIRST
    while after != LAST:
        place: dict[str, Any] = {"timestamp": after[0], "id": str(after[1]), "rows": LOOKED_AT}
        cursor.execute(BORDER.format(table=table), place)
        after = cursor.fetchone() or LAST
        cursor.execute(SOME.format(table=table), {**asked, **place, "until": after[0], "until_id": str(after[1])})
        found = read(cursor)
        yield from (found[begin : begin + ROWS_AT_ONCE] for begin in range(0, len(found), ROWS_AT_ONCE))


def read(cursor: CursorWrapper) -> list[Found]:
    names, fetched = (*FOUND_BY, *PERSONAL), cursor.fetchall()
    found = [dict(zip(names, row, strict=False)) for row in fetched]
    salts = [dict(zip(SALTS, map(unhexed, row[len(names) :]), strict=True)) for row in fetched]
    values = sealed.opened(found, cursor.db.alias)
    return list(map(Found.opened, found, salts, values))


def unhexed(salt: str | None) -> bytes | None:
    return None if salt is None else bytes.fromhex(salt)


def reread(cursor: CursorWrapper, table: str, found: Sequence[Found]) -> list[Found]:
    cursor.execute(THESE.format(table=table), span(found))
    return read(cursor)


def span(found: Sequence[Found]) -> dict[str, Any]:
    """By their ids, in the partitions of their times."""
    times = [each.timestamp for each in found]
    return {"ids": [str(each.id) for each in found], "begin": min(times), "end": max(times)}


# --- doing it ---
def erase(cursor: CursorWrapper, table: str, found: Sequence[Found], person: Person, request: UUID) -> list[Removed]:
    """What the ledger is to say of it, which is written by the caller, in this transaction. Raises Held."""
    changes = [change for row in found if (change := change_of(row, person)) is not None]
    if not changes:
        return []
    where = span([change.row for change in changes])
    holding.refuse(holding.of_rows(cursor, table, where))
    now = timezone.now().isoformat()
    records = ",".join(as_json(change, request, now) for change in changes)
    cursor.execute(UPDATE.format(table=table), [f"[{records}]"])
    left = left_of(cursor, table, [change for change in changes if not all(change.parts.values())])
    return [*wholly(changes, request), *partly(left, request)]


def as_json(change: Change, request: UUID, now: str) -> str:
    row = change.row
    salts = {SALTS[part]: salt_of(change, part, request) for part in PARTS}
    parts = [f'"{name}":{in_json(name, value)}' for name, value in {**change.left, **salts}.items()]
    erased_at = json.dumps(now if change.parts else None)
    times = f'"id":"{row.id}","timestamp":"{row.timestamp.isoformat()}","erased_at":{erased_at}'
    return f"{{{times},{','.join(parts)}}}"


def in_json(name: str, value: Any) -> str:
    if value is None:
        return "null"
    return str(value) if name in JSON else json.dumps(value if isinstance(value, int) else str(value))


def salt_of(change: Change, part: str, request: UUID) -> str | None:
    """A new one follows from the old one, and the old one not from it: all copies of an event get the same."""
    before = change.row.salts[part]
    if before is None or change.parts.get(part):
        return None
    after = sha256(before + request.bytes).digest()[:SALT_BYTES] if part in change.parts else before
    return f"\\x{after.hex()}"


def left_of(cursor: CursorWrapper, table: str, changes: Sequence[Change]) -> dict[UUID, dict[str, str]]:
    """The commitments to what is left, of the rows as the verification will read them."""
    if not changes:
        return {}
    where = span([change.row for change in changes])
    rows = {
        row.id: row for row in reading.rows(cursor, OF_IDS, [where["ids"], where["begin"], where["end"]], table=table)
    }
    return {change.row.id: commitments(rows[change.row.id], change.parts) for change in changes if change.parts}


def commitments(row: reading.Row, parts: Mapping[str, bool]) -> dict[str, str]:
    _facts, actor, subject = row.groups
    known = {ACTOR: (row.actor_salt, actor), SUBJECT: (row.subject_salt, subject)}
    return {part: commitment(*known[part]).hex() for part, is_whole in parts.items() if not is_whole and known[part][0]}


def wholly(changes: Sequence[Change], request: UUID) -> list[Removed]:
    found = {part: [change.row.id for change in changes if change.parts.get(part)] for part in PARTS}
    return [removals.of_erasure(ids, request=str(request), part=part) for part, ids in found.items() if ids]


def partly(left: Mapping[UUID, Mapping[str, str]], request: UUID) -> list[Removed]:
    told = {str(key): dict(parts) for key, parts in sorted(left.items()) if parts}
    return [removals.of_erasure([UUID(key) for key in told], request=str(request), left=told)] if told else []

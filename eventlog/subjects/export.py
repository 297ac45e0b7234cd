"""All that the log knows of a person, for him: what he did, what was done to his records, and where he is named.

From the archive first, then from the table, in the order of time and whatever the number in constant memory. He is
given what is his: of who did something to his records the name and the role, not the address; of a change of several
records his own values; of what is about others that he is named there.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

import orjson
from django.db import connections, transaction
from django.db.backends.utils import CursorWrapper
from django.utils import timezone

from eventlog import catalog
from eventlog.integrity.reading import exact
from eventlog.models import SubjectRequest
from eventlog.models.event import ACTOR_COLUMNS, SUBJECT_COLUMNS
from eventlog.models.subject import DONE, EXPORT
from eventlog.pipeline.outbox import events_alias
from eventlog.retention.restore import TABLE
from eventlog.subjects.erase import tell
from eventlog.subjects.gathering import person_of
from eventlog.subjects.parts import JSON, Found, change_of, is_actor, is_subject
from eventlog.subjects.person import Person
from eventlog.subjects.rows import each_some, span
from eventlog.subjects.settling import settle
from eventlog.subjects.sources import LOADED, files, row_groups

FACTS: Final = (
    *("event_category", "severity", "event_status", "user_role", "action", "auth_method", "request_method", "endpoint"),
    *("response_status", "error_code", "server_name"),
)
OF_THESE: Final = f"""
SELECT e.id, {", ".join(f"e.{name}" for name in FACTS)} FROM {{table}} e
WHERE e.id = ANY(%(ids)s::uuid[]) AND e.timestamp BETWEEN %(begin)s AND %(end)s"""
STILL_THERE: Final = f"""
SELECT l.id FROM {LOADED} l JOIN {TABLE} e ON e.id = l.id AND e.timestamp = l.timestamp
WHERE l.id = ANY(%(ids)s::uuid[]) AND l.timestamp BETWEEN %(begin)s AND %(end)s"""
TOUCHED: Final = """
SELECT DISTINCT e.request_id FROM {table} e WHERE e.request_id = ANY(%(requests)s) AND e.entity_type <> ''
    AND e.entity_type || E'\\n' || e.entity_id <> ALL(%(pairs)s)"""
DID, ABOUT, NAMED, PERHAPS = "did", "about", "named", "perhaps"
OF_SEVERAL: Final = ("previous_values", "new_values")


@dataclass(frozen=True, slots=True)
class Line:
    """One event, as the person is given it; `how` says what he has to do with it."""

    how: str
    columns: Mapping[str, Any]

    @property
    def json(self) -> bytes:
        return orjson.dumps({"how": self.how, **self.columns}, default=str, option=orjson.OPT_APPEND_NEWLINE)


def lines(person: Person, using: str) -> Iterator[Line]:
    """Oldest first. Raises OSError where a file of the archive cannot be read."""
    where, kept = files(using)
    for archive in kept:
        assert where is not None
        with transaction.atomic(using=using), connections[using].cursor() as cursor:
            for _ in row_groups(cursor, where, archive):
                yield from loaded(cursor, person)
    with connections[using].cursor() as cursor:
        for found in each_some(cursor, TABLE, person, vague=True):
            yield from list(told(cursor, TABLE, found, person))


def loaded(cursor: CursorWrapper, person: Person) -> Iterator[Line]:
    """Of a file, without what is in the table, too."""
    for found in each_some(cursor, LOADED, person, vague=True):
        cursor.execute(STILL_THERE, span(found))
        there = {row[0] for row in cursor.fetchall()}
        yield from list(told(cursor, LOADED, [each for each in found if each.id not in there], person))


def told(cursor: CursorWrapper, table: str, found: Sequence[Found], person: Person) -> Iterator[Line]:
    if not found:
        return
    cursor.execute(OF_THESE.format(table=table), span(found))
    facts = {row[0]: dict(zip(FACTS, row[1:], strict=True)) for row in cursor.fetchall()}
    requests = sorted({row.columns["request_id"] for row in found} - {""})
    cursor.execute(TOUCHED.format(table=table), {"requests": requests, "pairs": person.pairs})
    of_others = {row[0] for row in cursor.fetchall()}
    for row in found:
        if change_of(row, person) is not None:  # else it only looked like it
            is_others = row.columns["request_id"] in of_others or bool(row.columns["entity_type"])
            yield line(row, facts[row.id], person, is_others=is_others)
        elif is_vague(row, person):
            yield Line(PERHAPS, {**begun(row), **known(facts[row.id]), "username": row.columns["username"]})


def is_vague(row: Found, person: Person) -> bool:
    """Of records of a kind of his, and of more than it says."""
    return row.columns["entity_type"] in person.records and row.data.get("complete") is False


# --- what is his ---
def line(row: Found, facts: Mapping[str, Any], person: Person, *, is_others: bool) -> Line:
    """`is_others` says that what is neither about him nor from him is about others, as is what he has sent then."""
    columns = row.columns
    acts, concerned = is_actor(columns, person), is_subject(columns, person)
    given: tuple[str, ...] = ACTOR_COLUMNS if acts else ("username",)
    if concerned or (acts and not is_others):
        given += SUBJECT_COLUMNS
    how = DID if acts else ABOUT if concerned else NAMED
    told = {**own_part(row, person), **{name: value_of(row, name) for name in given}}
    return Line(how, {**begun(row), **known(facts), **known(told)})


def begun(row: Found) -> dict[str, Any]:
    what = {"id": str(row.id), "timestamp": row.timestamp, "event_type": row.columns["event_type"]}
    return {**what, **known({name: row.columns[name] for name in ("entity_type", "request_id")})}


def known(columns: Mapping[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in columns.items() if value not in (None, "", [], {})}


def value_of(row: Found, name: str) -> Any:
    """What cannot be opened says so itself."""
    value, sealed = row.columns[name], row.sealed.get(name)
    if sealed is not None and sealed.key is None:
        return sealed.value
    return exact(value) if name in JSON and value is not None else value


def own_part(row: Found, person: Person) -> dict[str, Any]:
    """Of a change of several records `{field: value}` of his."""
    keys = person.records.get(row.columns["entity_type"], ())
    return {name: own_values(value_of(row, name), keys) for name in OF_SEVERAL} if keys else {}


def own_values(values: Any, keys: Sequence[str]) -> dict[str, Any]:
    found = values.items() if isinstance(values, dict) else ()
    return {field: part[key] for field, part in found if isinstance(part, dict) for key in keys if key in part}


# --- the request ---
def prepared(username: str, entity: tuple[str, str]) -> Person:
    """Once all that waits is stored."""
    settle()
    return person_of(username, *entity, using=events_alias())


def finish(username: str, entity: tuple[str, str], *, by: str, events: int, size: int) -> SubjectRequest:
    """That the person was given it: what was asked for is done, and an event says so."""
    using, about = events_alias(), {"username": username, "entity_type": entity[0], "entity_id": entity[1]}
    people = {"asked_by": by, "entered_by": by}
    with transaction.atomic(using=using):
        asked = SubjectRequest.objects.using(using).pending().about(**about).filter(kind=EXPORT).first()
        request = asked or SubjectRequest(kind=EXPORT, **about, **people)
        request.state, request.decided_by, request.entered_by_user = DONE, by, None
        request.done_at = request.decided_at = timezone.now()
        request.save(using=using)
        tell(catalog.SUBJECT_EXPORTED, request.pk, {"count": events, "bytes": size}, using)
    return request

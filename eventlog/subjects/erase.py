"""Erasing a person: what is known of him is gathered once, then one step after the other takes him out.

The request's row has what was gathered until all is done, so a run that was ended anywhere is completed by the next,
and names nobody from then on. What happens later is not erased: it is a new event.
"""

from collections import Counter
from collections.abc import Callable, Iterator
from typing import Any, Final, NamedTuple
from uuid import UUID

from django.db import connections, transaction
from django.utils import timezone

from eventlog import catalog
from eventlog.integrity import guards, removals
from eventlog.logger import record_event
from eventlog.models import Hold, SubjectKey, SubjectRequest
from eventlog.models.subject import CONFIRMED, DONE, ERASE
from eventlog.pipeline.outbox import events_alias
from eventlog.privacy.encryption import destroy
from eventlog.privacy.envelopes import Subject
from eventlog.retention.partitions import ALONE, become_owner
from eventlog.retention.restore import TABLE
from eventlog.subjects import archived, replay, rows, tables
from eventlog.subjects.gathering import person_of
from eventlog.subjects.person import Person, fingerprint
from eventlog.subjects.rows import HOLDS, ROWS_AT_ONCE, Held
from eventlog.subjects.settling import settle
from eventlog.subjects.sources import tables as tables_of_events

ENTITY: Final = "subject_request"
BY_NAME: Final = "username"  # as the key of who acted and has no account is called
HOLDS_OF: Final = """
SELECT h.id FROM event_holds h WHERE h.lifted_at IS NULL AND (h.until IS NULL OR h.until > %(now)s) AND (
    h.user_id = %(user_id)s OR lower(h.username) = ANY(%(usernames)s)
    OR h.entity_type || E'\\n' || h.entity_id = ANY(%(pairs)s)) ORDER BY h.id"""


class Step(NamedTuple):
    """Where it was, and how many rows were changed there."""

    where: str
    rows: int


def request_for(username: str = "", entity: tuple[str, str] = ("", ""), *, by: str) -> SubjectRequest:
    """For who may do it by himself, at the command line; one that was begun and not done is continued."""
    about = {"username": username, "entity_type": entity[0], "entity_id": entity[1]}
    known = SubjectRequest.objects.using(events_alias()).to_erase().filter(**about).first()
    if known is not None:
        return known
    people = {"asked_by": by, "entered_by": by, "decided_by": by, "decided_at": timezone.now()}
    made = SubjectRequest(kind=ERASE, state=CONFIRMED, **about, **people)
    made.save(using=events_alias(), force_insert=True)
    return made


def run(request: SubjectRequest) -> Iterator[Step]:
    """May be ended anywhere and run again. Raises Held where a legal hold keeps something of it, OSError where a file
    cannot be read or a process does not store what it has, and `django.db.Error`."""
    using = events_alias()
    settle()
    person = planned(request, using)
    refuse_held(person, using)
    done = Counter[str]()
    for where, step in STEPS:
        for number in step(person, request.pk, using):
            done[where] += number
            yield Step(where, number)
    finish(request, person, done, using)


def carry_out(request: SubjectRequest) -> bool:
    """As `run`, by itself: what stands in its way is written down, and it is tried again."""
    try:
        for _ in run(request):
            continue
    except OSError as problem:
        SubjectRequest.objects.using(events_alias()).filter(pk=request.pk).update(reason=str(problem))
        return False
    return True


def planned(request: SubjectRequest, using: str) -> Person:
    if request.plan is not None:
        return Person.read(request.plan)
    person = person_of(request.username, request.entity_type, request.entity_id, using=using)
    request.plan = person.written()
    request.fingerprint = fingerprint(request.username, request.entity_type, request.entity_id)
    request.save(using=using, update_fields=["plan", "fingerprint"])
    return person


def refuse_held(person: Person, using: str) -> None:
    """Before anything is touched; a hold that is placed later stops the step that comes to it."""
    now = timezone.now()
    with connections[using].cursor() as cursor:
        cursor.execute(HOLDS_OF, {**rows.values_of(person), "now": now})
        found = {row[0] for row in cursor.fetchall()}
        there_are = Hold.objects.using(using).in_force(now).exists()
        for some in concerned(TABLE, person, using) if there_are and not found else ():
            changed = [row for row in some if rows.change_of(row, person) is not None]
            if changed:
                cursor.execute(HOLDS.format(table=TABLE), {**rows.span(changed), "now": now})
                found |= {row[0] for row in cursor.fetchall()}
    if found:
        raise Held(sorted(found))


# --- events ---
def events(person: Person, request: UUID, using: str) -> Iterator[int]:
    for table in tables_of_events(using):
        for found in concerned(table, person, using):
            yield erased(table, found, person, request, using)


def concerned(table: str, person: Person, using: str) -> Iterator[list[rows.Found]]:
    """Looked for without a lock: it takes as long as it takes to read all."""
    after = archived.FIRST
    while True:
        with connections[using].cursor() as cursor:
            found = rows.some(cursor, table, person, after, ROWS_AT_ONCE)
        if not found:
            return
        yield found
        after = found[-1].timestamp, found[-1].id


def erased(table: str, found: list[rows.Found], person: Person, request: UUID, using: str) -> int:
    """One transaction, beside which nothing is moved or removed, and no hold placed."""
    with transaction.atomic(using=using), connections[using].cursor() as cursor:
        cursor.execute(ALONE)
        become_owner(cursor)  # the roles of the processes may not change an event
        there = rows.reread(cursor, table, found)
        with guards.allowing("UPDATE events", using=using):
            removed = rows.erase(cursor, table, there, person, request)
        for each in removed if table == TABLE else ():
            removals.write(cursor, each)
    return len({key for each in removed for key in each.ids or ()})


# --- keys ---
def destroyed(person: Person, request: UUID, using: str) -> Iterator[int]:
    """What is encrypted for the person, and wherever a copy of it is, cannot be read any more. Last: a batch may have
    given the person a first key meanwhile."""
    subjects = [Subject(kind, key) for kind, keys in person.records.items() for key in keys]
    named = SubjectKey.objects.using(using).in_use().filter(entity_type=BY_NAME)
    names = named.values_list("entity_id", flat=True).distinct()
    subjects += [Subject(BY_NAME, name) for name in names.iterator() if name.lower() in person.usernames]
    yield destroy(*subjects, using=using) if subjects else 0


# One after the other, each a generator of bounded steps that may be ended and run again.
STEPS: Final[tuple[tuple[str, Callable[[Person, UUID, str], Iterator[int]]], ...]] = (
    ("events", events),
    ("archive", archived.in_files),
    ("tables", tables.erase),
    ("keys", destroyed),
)


# --- the end ---
def finish(request: SubjectRequest, person: Person, done: Counter[str], using: str) -> None:
    """The request names nobody from now on, and the event says that it was done; of two that did it, one says so."""
    with transaction.atomic(using=using):
        locked = SubjectRequest.objects.using(using).select_for_update().get(pk=request.pk)
        if locked.state == DONE:
            return
        tables.forget_request(locked, person, using)
        tell(catalog.SUBJECT_ERASED, request.pk, {name: done[name] for name, _step in STEPS}, using)
    replay.publish(using)  # what a crash leaves out here, the next one publishes


def tell(event_type: str, request: UUID, data: dict[str, Any], using: str) -> None:
    """Nobody is named."""
    record_event(event_type, {"entity_type": ENTITY, "entity_id": str(request), "event_data": data}, using=using)

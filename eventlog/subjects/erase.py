"""Erasing a person: what is known of him is gathered once, then one step after the other takes him out.

The request's row has what was gathered until all is done, so a run that was ended anywhere is completed by the next,
and names nobody from then on. What happens later is not erased: it is a new event.
"""

from collections import Counter
from collections.abc import Callable, Iterator
from typing import Any, Final, NamedTuple
from uuid import UUID

from django.db import Error, connections, transaction
from django.utils import timezone

from eventlog import catalog
from eventlog.integrity import guards, removals
from eventlog.logger import record_event
from eventlog.models import Archive, Hold, SubjectKey, SubjectRequest
from eventlog.models.subject import CONFIRMED, DONE, ERASE, OPEN
from eventlog.pipeline.outbox import events_alias
from eventlog.privacy import keyring
from eventlog.privacy.encryption import destroy
from eventlog.privacy.envelopes import Subject
from eventlog.retention.partitions import ALONE, become_owner
from eventlog.retention.restore import PUTTING_BACK, TABLE
from eventlog.subjects import archived, holding, replay, rows, tables
from eventlog.subjects.gathering import person_of
from eventlog.subjects.parts import Found, change_of
from eventlog.subjects.person import Person, fingerprint
from eventlog.subjects.settling import settle
from eventlog.subjects.sources import everywhere
from eventlog.subjects.sources import tables as tables_of_events

ENTITY: Final = "subject_request"
BY_NAME: Final = "username"  # as the key of who acted and has no account is called


class Step(NamedTuple):
    """Where it was, and how many rows were changed there."""

    where: str
    rows: int


def request_for(username: str = "", entity: tuple[str, str] = ("", ""), *, by: str) -> SubjectRequest:
    """For who may do it by himself, at the command line; one that waits, or was begun and not done, is continued."""
    about = {"username": username, "entity_type": entity[0], "entity_id": entity[1]}
    requests, decided = SubjectRequest.objects.using(events_alias()), {"decided_by": by, "decided_at": timezone.now()}
    known = requests.pending().about(**about).filter(kind=ERASE).order_by("state", "received_at").first()
    if known is None:
        return requests.create(kind=ERASE, state=CONFIRMED, asked_by=by, entered_by=by, **about, **decided)
    requests.filter(pk=known.pk, state=OPEN).update(state=CONFIRMED, **decided)
    return known


def run(request: SubjectRequest) -> Iterator[Step]:
    """May be ended anywhere and run again. Raises Held where a legal hold keeps something of it, OSError where a file
    cannot be read, a process does not store what it has or several people are meant, and `django.db.Error`."""
    using = events_alias()
    settle()
    person = planned(request, using)
    if person is None:
        return
    done = Counter[str]()
    for where, step in STEPS:
        for number in step(person, request.pk, using):
            done[where] += number
            yield Step(where, number)
            refuse_held(person, using)
    finish(request, person, done, using)


def carry_out(request: SubjectRequest) -> bool:
    """As `run`, by itself: what stands in its way is written down, and it is tried again."""
    try:
        for _ in run(request):
            continue
    except (OSError, Error) as problem:  # what the database says may name somebody
        said = str(problem) if isinstance(problem, OSError) else type(problem).__name__
        SubjectRequest.objects.using(events_alias()).to_erase().filter(pk=request.pk).update(reason=said)
        return False
    return True


def planned(request: SubjectRequest, using: str) -> Person | None:
    """Whom it is about: as it was known when it was begun. None where it is done, by another process.

    Raises Held before anything is touched, or written down."""
    request.refresh_from_db(using=using)
    if request.state != CONFIRMED:
        return None
    if request.plan is not None:
        person = Person.read(request.plan)
        refuse_held(person, using)
        return person
    person = person_of(request.username, request.entity_type, request.entity_id, using=using)
    refuse_held(person, using)
    refuse_held_events(person, using)
    return written_down(request, person, using)


def written_down(request: SubjectRequest, person: Person, using: str) -> Person | None:
    """What another process has written down meanwhile counts: it may have begun to erase."""
    about = fingerprint(request.username, request.entity_type, request.entity_id)
    with transaction.atomic(using=using):
        locked = SubjectRequest.objects.using(using).select_for_update().get(pk=request.pk)
        if locked.state != CONFIRMED:
            return None
        if locked.plan is not None:
            return Person.read(locked.plan)
        locked.plan, locked.fingerprint = person.written(), about
        locked.save(using=using, update_fields=["plan", "fingerprint"])
    return person


# --- holds ---
def refuse_held(person: Person, using: str) -> None:
    """Before each step: also a hold that was placed since the last."""
    with connections[using].cursor() as cursor:
        holding.refuse(holding.of_person(cursor, person))


def refuse_held_events(person: Person, using: str) -> None:
    """Wherever there are events, before any of them is touched."""
    if not Hold.objects.using(using).in_force().exists():
        return
    found = set[int]()
    for cursor, table in everywhere(using):
        for some in rows.each_some(cursor, table, person):
            if changed := [row for row in some if change_of(row, person) is not None]:
                found |= holding.of_rows(cursor, table, rows.span(changed))
    holding.refuse(found)


# --- events ---
def events(person: Person, request: UUID, using: str) -> Iterator[int]:
    """Looked for without a lock: it takes as long as it takes to read all."""
    for table in tables_of_events(using):
        with connections[using].cursor() as cursor:
            for found in rows.each_some(cursor, table, person):
                yield erased(table, found, person, request, using)


def put_back(person: Person, request: UUID, using: str) -> Iterator[int]:
    """Once more, where something came out of a file of the archive before that was written anew."""
    with transaction.atomic(using=using), connections[using].cursor() as cursor:
        cursor.execute(PUTTING_BACK)  # who began before, and has read the file of before, is waited for
    received = SubjectRequest.objects.using(using).values_list("received_at", flat=True).get(pk=request)
    if Archive.objects.using(using).filter(restored_at__gte=received).exists():
        yield from events(person, request, using)


def erased(table: str, found: list[Found], person: Person, request: UUID, using: str) -> int:
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
    ("tables", tables.dead_letters),  # first: one may be stored after all meanwhile
    ("events", events),
    ("archive", archived.in_files),
    ("events", put_back),
    ("tables", tables.erase),
    ("keys", destroyed),
)


def keys_missing(using: str) -> int:
    """How many there are that hide something from us: nobody has looked into that."""
    ring = keyring.at_hand()
    return SubjectKey.objects.using(using).in_use().exclude(master_key__in=ring.secrets if ring else []).count()


# --- the end ---
def finish(request: SubjectRequest, person: Person, done: Counter[str], using: str) -> None:
    """The request names nobody from now on, and the event says that it was done; of two that did it, one says so.

    The ledger is outside before: else what cannot be written there now would be missing where it is needed."""
    replay.publish(using, ending=request.pk)
    with transaction.atomic(using=using):
        locked = SubjectRequest.objects.using(using).select_for_update().get(pk=request.pk)
        if locked.state == DONE:
            return
        tables.forget_request(locked, person, using)
        told = {name: done[name] for name, _step in STEPS}
        tell(catalog.SUBJECT_ERASED, request.pk, {**told, "keys_missing": keys_missing(using)}, using)


def tell(event_type: str, request: UUID, data: dict[str, Any], using: str) -> None:
    """Nobody is named."""
    record_event(event_type, {"entity_type": ENTITY, "entity_id": str(request), "event_data": data}, using=using)

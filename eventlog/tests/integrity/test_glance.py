"""What the console says at once of whether an event is as it was stored."""

from typing import Any

import pytest
from django.db import connection

from eventlog.integrity import glance, removals
from eventlog.integrity.glance import Seen
from eventlog.models import Checkpoint, Event, EventBatch
from eventlog.tests.altering import altering
from eventlog.tests.conftest import Change
from eventlog.tests.integrity.conftest import OTHER_KEY, checkpoint, event, id_of, write

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.usefixtures("signing")]


@pytest.fixture
def stored() -> Event:
    """One of three, signed."""
    record = event(username="ani")
    write(record, event(), event())
    checkpoint()
    return Event.objects.get(id=id_of(record))


def seen(stored: Event) -> Seen:
    return glance.see(stored, using="default")


def altered(stored: Event, **columns: Any) -> str:
    with altering():
        Event.objects.filter(id=stored.id).update(**columns)
    return seen(stored).verdict


def test_one_that_is_as_it_was_stored(stored: Event) -> None:
    batch, signed = EventBatch.objects.get(), Checkpoint.objects.get()
    assert seen(stored) == Seen("valid", batch.pk, batch.stored_at, signed.made_at)


def test_before_the_next_checkpoint_it_is_only_sealed() -> None:
    record = event()
    write(record)
    found = seen(Event.objects.get(id=id_of(record)))
    assert (found.verdict, found.signed_at) == ("valid", None)


@pytest.mark.parametrize(
    ("columns", "verdict"),
    [
        ({"reason": "another"}, "modified"),
        ({"username": "another"}, "modified"),
        ({"actor_salt": None, "username": ""}, "modified"),
        ({"recorded_at": "2026-01-01T00:00:00Z"}, "modified"),
        ({"batch_id": None}, "added"),
        ({"batch_id": "00000000-0000-0000-0000-000000000001"}, "added"),
    ],
)
def test_one_that_was_altered(stored: Event, columns: dict[str, Any], verdict: str) -> None:
    assert altered(stored, **columns) == verdict


def test_one_whose_batch_was_altered(stored: Event) -> None:
    with altering():
        EventBatch.objects.update(dropped_count=7)
    assert seen(stored).verdict == "modified"


def test_one_that_another_batch_is_said_to_hold(stored: Event) -> None:
    other = write(event())
    assert altered(stored, batch_id=other.pk) == "added"


def test_one_that_was_erased_is_not_whole(stored: Event) -> None:
    with altering(), connection.cursor() as cursor:
        Event.objects.update(username="", actor_salt=None, erased_at=stored.recorded_at)
        removals.write(cursor, removals.of_erasure([stored.pk], part="actor"))
    assert (seen(stored).verdict, seen(stored).is_whole) == ("valid", False)


def test_one_of_before_there_were_proofs(stored: Event) -> None:
    nothing = dict.fromkeys(("digest", "actor_commitment", "actor_salt", "subject_commitment", "subject_salt"))
    with altering():
        EventBatch.objects.update(seal=None, leaves=None, root=None)
    assert altered(stored, **nothing) == "unproven"


def test_one_without_a_proof_that_was_stored_when_all_had_one(stored: Event) -> None:
    record = event()
    write(record)
    later = Event.objects.get(id=id_of(record))
    assert altered(later, digest=None, batch_id=None) == "added"


def test_a_checkpoint_of_another_key(stored: Event, signing: Change) -> None:
    signing(SIGNING_KEY=[OTHER_KEY])
    assert seen(stored).verdict == "signature bad"


def test_without_a_key_the_seals_are_what_counts(stored: Event, signing: Change) -> None:
    signing(SIGNING_KEY=[])
    assert seen(stored).verdict == "valid"

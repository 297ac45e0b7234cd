"""What the store seals: each event by its digest, each batch by its root and its place in a chain."""

from typing import Any

import pytest
from django.db import connection, models

from eventlog.integrity import canonical, merkle, seals
from eventlog.models import Event
from eventlog.tests.integrity.conftest import event, id_of, write

pytestmark = pytest.mark.django_db


def columns(row: models.Model) -> dict[str, Any]:
    return {str(field.column): getattr(row, field.attname) for field in row._meta.concrete_fields}


def test_each_event_has_the_digest_of_what_is_stored() -> None:
    write(event(username="ani", entity_name="Ahmad", response_time_ms=12.0, event_data={"n": 1e16, "m": -0.0}))
    stored = columns(Event.objects.get())
    facts, actor, subject = canonical.grouped(stored)
    commitments = (
        canonical.commitment(stored["actor_salt"], actor),
        canonical.commitment(stored["subject_salt"], subject),
    )
    assert commitments == (bytes(stored["actor_commitment"]), bytes(stored["subject_commitment"]))
    assert canonical.digest(facts, *commitments) == bytes(stored["digest"])


def test_a_batch_keeps_its_leaves_in_the_order_of_ids() -> None:
    batch = write(*[event() for _ in range(5)])
    leaves = list(seals.leaves_of(batch.leaves))
    stored = Event.objects.order_by("id").values_list("id", "digest")
    assert [(leaf.id, leaf.digest) for leaf in leaves] == [(key, bytes(digest)) for key, digest in stored]
    assert merkle.root(merkle.leaf_hash(leaf.entry) for leaf in leaves) == bytes(batch.root)


def test_the_seal_is_of_the_row_as_it_is_stored() -> None:
    batch = write(event(), event())
    assert seals.seal(columns(batch)) == bytes(batch.seal)


def test_an_empty_batch_is_sealed_too() -> None:
    batch = write()
    assert bytes(batch.root) == merkle.EMPTY and seals.seal(columns(batch)) == bytes(batch.seal)


@pytest.mark.parametrize("column", [name for name in seals.SEALED if name != "id"])
def test_any_other_value_in_a_batch_is_another_seal(column: str) -> None:
    batch = columns(write(event()))
    assert seals.seal({**batch, column: "another"}) != bytes(batch["seal"])


def test_batches_of_a_thread_are_a_chain() -> None:
    first, second = write(event()), write(event())
    assert second.sealer == first.sealer and second.sealer_place == (first.sealer_place or 0) + 1
    assert bytes(second.previous_seal) == bytes(first.seal)


def test_what_was_there_already_is_in_its_first_batch_alone() -> None:
    known, new = event(), event()
    write(known)
    batch = write(known, new)
    assert [leaf.id for leaf in seals.leaves_of(batch.leaves)] == [id_of(new)]


def test_what_the_database_refuses_is_in_no_seal() -> None:
    good, bad = event(), event().replace(b'"MAINTENANCE"', b'"' + b"x" * 200 + b'"')
    batch = write(good, bad)
    assert batch.dead_count == 1 and [leaf.id for leaf in seals.leaves_of(batch.leaves)] == [id_of(good)]


def test_a_record_that_cannot_be_proven_is_left_to_the_database() -> None:
    good, bad = event(), b'{"id":"none"}'
    first, second = seals.proven([good, bad])
    assert first.id == id_of(good) and second == seals.Proven(bad)


def test_leaves_that_are_not_whole_are_refused() -> None:
    with pytest.raises(ValueError, match="not whole"):
        list(seals.leaves_of(b"x" * 47))


def test_a_chain_does_not_fork() -> None:
    batch = write(event())
    with connection.cursor() as cursor, pytest.raises(Exception, match="event_batches_chain"):
        cursor.execute(
            "INSERT INTO event_batches (id, writer, sealer, sealer_place, outbox_count, event_count, dead_count,"
            " duplicate_count, dropped_count) VALUES (gen_random_uuid(), '', %s, %s, 0, 0, 0, 0, 0)",
            [batch.sealer, batch.sealer_place],
        )

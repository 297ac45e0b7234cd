"""Sensitive events are encrypted while they are stored, under keys of their subjects, which can be destroyed."""

import logging
from collections.abc import Callable
from threading import Thread
from typing import Any
from uuid import uuid4

import orjson
import pytest
from django.db import connection, connections, transaction
from pytest_django import DjangoAssertNumQueries

from eventlog.admin.repairing import RepairForm
from eventlog.integrity.verify import Question, total, verify
from eventlog.logger import log_event
from eventlog.models import DeadLetter, Event, OutboxEvent, SubjectKey
from eventlog.pipeline import refused
from eventlog.pipeline.store import Batch, write
from eventlog.pipeline.writer import current
from eventlog.privacy.encryption import destroy, encrypted
from eventlog.privacy.envelopes import COLUMNS, Subject, is_envelope
from eventlog.privacy.keyring import Unusable
from eventlog.privacy.opening import Covered, open_event
from eventlog.tests.conftest import Change
from eventlog.tests.privacy.keys import LOST, NEW, OLD, PLAIN, VALUES, name_of, sensitive, stored
from eventlog.tests.retention.archives import verified

pytestmark = pytest.mark.django_db
SIWI = Subject("penghasilan", "3")


@pytest.fixture(autouse=True)
def encrypting(event_log: Change) -> None:
    event_log(ENCRYPTION_KEYS=[NEW])


def opened(event: Event) -> Event:
    open_event(event, may_read=True)
    return event


def text_of(table: str) -> str:
    """All that the database says of it."""
    with connection.cursor() as cursor:
        cursor.execute(f"SELECT coalesce(string_agg(t::text, ' '), '') FROM {table} t")
        return str(cursor.fetchone()[0])


# --- storing ---
def test_the_values_are_encrypted_and_the_facts_are_not() -> None:
    (event,) = stored(sensitive(request_body=VALUES, previous_values=VALUES, event_data=VALUES, reason="May"))
    assert all(is_envelope(getattr(event, name)) for name in COLUMNS)
    assert (event.entity_id, event.reason) == ("3", "May") and PLAIN not in text_of("events")
    assert [getattr(opened(event), name) for name in COLUMNS] == [VALUES] * 4


def test_what_is_not_sensitive_stays_as_it_is() -> None:
    (event,) = stored(sensitive(is_sensitive=False, event_data={"is_sensitive": True}))
    assert event.new_values == VALUES and not SubjectKey.objects.exists()


def test_without_keys_nothing_is_encrypted(event_log: Change) -> None:
    event_log(ENCRYPTION_KEYS=[])
    (event,) = stored(sensitive())
    assert event.new_values == VALUES


def test_a_subject_has_one_key_and_another_another() -> None:
    events = [*stored(sensitive(), sensitive()), *stored(sensitive(), sensitive(entity_id="4"))]
    keys = [event.new_values["encrypted"]["key"] for event in events]
    assert len(set(keys[:3])) == 1 and keys[3] != keys[0]
    assert SubjectKey.objects.count() == 2


def test_an_event_of_many_records_is_found_by_each_of_them() -> None:
    data = {"keys": ["3", "4"], "count": 2, "complete": True, "assigned": VALUES}
    (event,) = stored(sensitive("PENGHASILAN_BULK_UPDATE", entity_id="", event_data=data, username="guru"))
    assert list(Event.objects.about_record(["penghasilan"], "4")) == [event]
    assert PLAIN not in text_of("events") and opened(event).event_data == data


@pytest.mark.parametrize("value", ["a", ["a"], 1.5, True, {"\0": "\0"}], ids=repr)
def test_what_is_no_object_is_encrypted_too(value: Any) -> None:
    record = orjson.dumps({**orjson.loads(sensitive()), "new_values": value})
    (event,) = stored(record)
    assert is_envelope(event.new_values) and opened(event).new_values == value


@pytest.mark.django_db(transaction=True)
def test_proofs_hold_without_any_key(event_log: Change) -> None:
    stored(sensitive())
    event_log(ENCRYPTION_KEYS=[])
    assert verified().verdict == "valid"
    destroy(SIWI)
    assert total(list(verify(Question(), using="default"))).verdict == "valid"


def test_an_event_that_is_refused_is_refused_encrypted_and_retried_with_its_values() -> None:
    bad = orjson.dumps({**orjson.loads(sensitive()), "response_status": 7})
    write(Batch([bad], "w", 1, 1))
    letter = DeadLetter.objects.get()
    assert PLAIN not in letter.record and set(refused.suspects(letter)) == {"response_status"}
    assert isinstance(refused.closed_columns(letter)["new_values"], Covered)
    refused.retry(letter.pk, {"response_status": None}, by=None)
    event = Event.objects.get(entity_id="3", entity_type="penghasilan")
    assert PLAIN not in text_of("events") and opened(event).new_values == VALUES


def test_who_retries_it_cannot_have_it_stored_in_plain_text() -> None:
    record = sensitive(reason="May").decode()
    letter = DeadLetter.objects.create(batch_id=uuid4(), reason="anything", record=record)
    assert "reason" in refused.suspects(letter) and "is_sensitive" not in RepairForm(refused.suspects(letter)).fields
    refused.retry(letter.pk, {"is_sensitive": False}, by=None)
    assert PLAIN not in text_of("events")


def test_it_waits_for_a_key_that_is_missing(event_log: Change) -> None:
    bad = orjson.dumps({**orjson.loads(sensitive()), "response_status": 7})
    write(Batch([bad]))
    event_log(ENCRYPTION_KEYS=[OLD])
    with pytest.raises(refused.NotPossible, match="not in ENCRYPTION_KEYS"):
        refused.retry(DeadLetter.objects.get().pk, {"response_status": None}, by=None)
    event_log(ENCRYPTION_KEYS=[OLD, NEW])
    refused.retry(DeadLetter.objects.get().pk, {"response_status": None}, by=None)
    assert opened(Event.objects.get(entity_type="penghasilan")).new_values == VALUES


def test_searching_finds_no_value() -> None:
    (event,) = stored(sensitive(reason="May"))
    assert PLAIN not in event.search_text and "May" in event.search_text


# --- several at once ---
@pytest.mark.django_db(transaction=True)
def test_writers_that_meet_at_the_same_new_subjects_do_not_wait_for_each_other() -> None:
    def encrypt(*numbers: int) -> None:
        with transaction.atomic(), connection.cursor() as cursor:
            encrypted([sensitive(entity_id=str(number)) for number in numbers], cursor)

    def in_another_thread() -> None:
        encrypt(3, 2, 1)
        connections.close_all()

    with transaction.atomic():
        encrypt(1, 2, 3)
        thread = Thread(target=in_another_thread)
        thread.start()
        thread.join(20)
        assert not thread.is_alive()
    assert SubjectKey.objects.count() == 6  # two each, and each does
    assert destroy(*(Subject("penghasilan", str(number)) for number in (1, 2, 3))) == 6


@pytest.mark.django_db(transaction=True)
def test_a_key_that_is_about_to_be_destroyed_encrypts_nothing_more() -> None:
    stored(sensitive())

    def in_another_thread() -> None:
        write(Batch([sensitive(new_values={"late": 1})]))
        connections.close_all()

    with transaction.atomic():
        destroy(SIWI)
        thread = Thread(target=in_another_thread)
        thread.start()
        thread.join(20)
        assert not thread.is_alive()
    values = [opened(event).new_values for event in Event.objects.order_by("id")]
    assert values == [{"encrypted": "erased"}, {"late": 1}]


@pytest.mark.django_db(transaction=True)
def test_what_a_transaction_has_not_committed_leaves_no_key() -> None:
    with pytest.raises(ZeroDivisionError), transaction.atomic():
        write(Batch([sensitive()]))
        raise ZeroDivisionError
    assert not SubjectKey.objects.exists() and not Event.objects.exists()


# --- destroying ---
def test_a_destroyed_key_leaves_nothing_to_read_and_nothing_of_whose_it_was() -> None:
    mine, other = stored(sensitive(), sensitive(entity_id="4"))
    assert destroy(SIWI) == 1 and destroy(SIWI) == 0
    assert opened(mine).new_values == {"encrypted": "erased"}
    assert opened(other).new_values == VALUES
    gone = SubjectKey.objects.get(destroyed_at__isnull=False)
    assert (gone.entity_id, gone.wrapped) == ("", None)


def test_all_keys_of_a_subject_go(event_log: Change) -> None:
    event_log(ENCRYPTION_KEYS=[OLD])
    stored(sensitive())
    event_log(ENCRYPTION_KEYS=[NEW])
    stored(sensitive())
    assert destroy(SIWI, Subject("user", "7")) == 2


# --- keys that are missing ---
def test_new_events_are_encrypted_where_an_old_key_is_missing(event_log: Change) -> None:
    event_log(ENCRYPTION_KEYS=[LOST])
    (old,) = stored(sensitive())
    event_log(ENCRYPTION_KEYS=[NEW])
    (new,) = stored(sensitive())
    assert opened(old).new_values == {"encrypted": "key missing"}
    assert opened(new).new_values == VALUES
    assert SubjectKey.objects.counts_by_master() == {name_of(LOST): 1, name_of(NEW): 1}


def test_a_key_that_somebody_has_altered_does_not_stop_the_log() -> None:
    (old,) = stored(sensitive())
    SubjectKey.objects.update(wrapped=b"x" * 60)
    (new,) = stored(sensitive())
    assert opened(old).new_values == {"encrypted": "damaged"}
    assert opened(new).new_values == VALUES


def test_a_key_that_somebody_has_taken_out_does_not_stop_the_log() -> None:
    (old,) = stored(sensitive())
    SubjectKey.objects.update(wrapped=None)
    (new,) = stored(sensitive())
    assert opened(old).new_values == {"encrypted": "damaged"}
    assert opened(new).new_values == VALUES


NO_OBJECT = b'[{"is_sensitive":true}]'
BAD = ({"entity_type": "x" * 101}, {"entity_id": "x" * 256}, {"entity_id": "\0"}, {"id": None}, NO_OBJECT)


@pytest.mark.parametrize("change", BAD, ids=range(len(BAD)))
def test_one_that_the_database_does_not_take_is_refused_alone(change: Any) -> None:
    bad = change if change is NO_OBJECT else orjson.dumps({**orjson.loads(sensitive()), **change})
    done = write(Batch([sensitive(), bad]))
    assert (done.events, done.dead) == (1, 1) and PLAIN not in DeadLetter.objects.get().record


def test_with_keys_that_cannot_be_used_nothing_is_stored_in_plain_text(event_log: Change) -> None:
    event_log(ENCRYPTION_KEYS=["short"])
    with pytest.raises(Unusable, match="key 1 of ENCRYPTION_KEYS is not 32 bytes in base64"):
        write(Batch([sensitive()]))
    assert not Event.objects.exists()


def test_a_further_key_that_is_ill_formed_stops_nothing(event_log: Change) -> None:
    event_log(ENCRYPTION_KEYS=[NEW, "short"])
    (event,) = stored(sensitive())
    assert is_envelope(event.new_values) and opened(event).new_values == VALUES


@pytest.mark.parametrize("deep", ["[" * 2000 + f'"{PLAIN}"' + "]" * 2000, '{"a":' * 1500 + PLAIN + "}" * 1500])
def test_what_is_nested_deeper_than_can_be_read_is_encrypted_too(deep: str) -> None:
    raw = sensitive().replace(b'{"gaji_ayah":4000000}', deep.encode())
    write(Batch([raw]))
    event = Event.objects.get(entity_type="penghasilan")
    assert PLAIN not in text_of("events") and PLAIN not in text_of("event_dead_letters")
    assert is_envelope(event.new_values) and opened(event).new_values.replace(" ", "") == deep


def test_until_then_it_stays_in_the_journal_and_the_outbox(
    event_log: Change, direct: Callable[[], None], caplog: pytest.LogCaptureFixture
) -> None:
    event_log(ENCRYPTION_KEYS=["short"])
    log_event("PREDICTION_SINGLE", is_sensitive=True, event_data=VALUES)
    with transaction.atomic():
        log_event("PENGHASILAN_UPDATE", entity_id="3", entity_type="penghasilan", new_values=VALUES)
    with caplog.at_level(logging.WARNING, "eventlog"):
        current().turn(urgent=True)
    assert "key 1 of ENCRYPTION_KEYS is not 32 bytes" in caplog.text and PLAIN not in caplog.text
    assert not Event.objects.exists() and OutboxEvent.objects.count() == 1
    event_log(ENCRYPTION_KEYS=[NEW])
    current().retry_at = 0
    direct()
    assert Event.objects.filter(is_sensitive=True).count() == 2 and PLAIN not in text_of("events")


def test_nothing_is_asked_for_events_that_are_not_sensitive(django_assert_num_queries: DjangoAssertNumQueries) -> None:
    record = sensitive(is_sensitive=False)
    with connection.cursor() as cursor, django_assert_num_queries(0):
        assert encrypted([record], cursor) == [record]

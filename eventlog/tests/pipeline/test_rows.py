"""What triggers have written becomes the events that signals would have made."""

import json
from typing import Any
from uuid import UUID

import pytest

from eventlog.pipeline import rows
from eventlog.pipeline.outbox import Row
from eventlog.tests.zoo.models import Animal

AT = "2026-11-25T10:00:00.123456+07:00"
KEY = "019ab000-0000-7000-8000-00000000000"
ORIGIN = {"role": "clerk", "address": "10.0.0.7", "application": "psql", "began": "2026-11-25T02:59:59+00:00"}


def row(number: int = 1, **facts: Any) -> Row:
    change = {"model": "zoo.tag", "operation": "UPDATE", "key": [7], "at": AT, "transaction": "42", **facts}
    return Row(f"{KEY}{number}", "", json.dumps(change))


def made(*given: Row) -> list[dict[str, Any]]:
    return [json.loads(record) for record in rows.records(given)]


def test_an_event_made_in_python_is_stored_as_it_lies() -> None:
    assert rows.records([Row(KEY + "1", '{"id":"x"}', None)]) == [b'{"id":"x"}']


def test_an_update_is_told_with_both_values() -> None:
    (event,) = made(row(earlier={"word": "a"}, later={"word": "b"}))
    assert (event["event_type"], event["entity_type"], event["entity_id"]) == ("TAG_UPDATE", "tag", "7")
    assert (event["previous_values"], event["new_values"], event["changed_fields"]) == (
        {"word": "a"},
        {"word": "b"},
        ["word"],
    )


def test_its_id_and_time_are_the_triggers() -> None:
    (event,) = made(row())
    assert UUID(event["id"]) == UUID(KEY + "1") and event["timestamp"] == "2026-11-25T03:00:00.123456+00:00"


def test_the_context_is_the_applications() -> None:
    context = {"columns": {"username": "ada", "auth_method": "jwt", "request_id": "r"}, "record": None}
    (event,) = made(row(context=context))
    assert (event["username"], event["auth_method"], event["request_id"]) == ("ada", "jwt", "r")


def test_values_have_the_form_that_signals_give_them() -> None:
    later = {"weight": "1.50", "seen": "2026-01-01T19:00:00+07:00", "asleep": "1 day 02:00:00", "tame": True}
    (event,) = made(row(model="zoo.animal", later=later))
    assert event["new_values"] == {
        "weight": "1.50",
        "tame": True,
        "seen": "2026-01-01T12:00:00+00:00",
        "asleep": "1 day, 2:00:00",
    }


def test_a_column_that_the_model_has_no_more_is_kept_as_it_is() -> None:
    (event,) = made(row(earlier={"gone": 1}, later={"gone": 2}))
    assert event["new_values"] == {"gone": 2}


def test_the_rows_of_a_child_and_its_parents_are_one_event() -> None:
    saved = {
        "record": {"model": "zoo.Parrot", "key": "7", "name": "Polly", "names": {}, "files": {}, "save": 1},
        "columns": {},
    }
    given = [
        row(1, model="zoo.animal", earlier={"name": "a"}, later={"name": "b"}, context=saved),
        row(2, model="zoo.parrot", earlier={"words": 1}, later={"words": 2}, context=saved),
    ]
    (event,) = made(*given)
    assert (event["event_type"], event["entity_name"]) == ("PARROT_UPDATE", "Polly")
    assert event["new_values"] == {"name": "b", "words": 2}


def test_two_saves_of_one_record_stay_two_events() -> None:
    assert len(made(row(1, later={"word": "a"}), row(2, later={"word": "b"}))) == 2


# --- changes that nobody has vouched for ---
def test_a_change_without_context_is_told_with_the_databases_role() -> None:
    event, _ = made(row(origin=ORIGIN))
    assert (event["username"], event["auth_method"], event["ip_address"]) == ("clerk", "database", "10.0.0.7")


def test_a_change_without_context_is_a_finding() -> None:
    _, finding = made(row(origin=ORIGIN))
    assert (finding["event_type"], finding["event_category"]) == ("OUT_OF_BAND_CHANGE", "SECURITY")
    assert finding["event_data"] == {"application": "psql", "changes": 1, "transaction": "42"}


def test_a_transaction_is_one_finding_a_kind_of_record() -> None:
    given = [row(1, origin=ORIGIN), row(2, key=[8], origin=ORIGIN), row(3, model="zoo.club", origin=ORIGIN)]
    assert [event["event_type"] for event in made(*given)].count("OUT_OF_BAND_CHANGE") == 2


def test_a_finding_is_the_same_however_often_it_is_found() -> None:
    first, again = made(row(1, origin=ORIGIN))[1], made(row(2, origin=ORIGIN))[1]
    assert (first["id"], first["timestamp"]) == (again["id"], again["timestamp"])


@pytest.mark.django_db
def test_a_change_of_the_application_is_no_finding() -> None:
    assert len(made(row(context={"columns": {}, "record": None}))) == 1 and Animal.objects.count() == 0

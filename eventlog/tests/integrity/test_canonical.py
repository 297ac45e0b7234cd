"""The canonical form: the same from the record that is stored and from the row, and another for anything else."""

import json
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

import orjson
import pytest
from django.db import connection
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from eventlog.integrity import canonical
from eventlog.models import Event
from eventlog.models.event import ACTOR_COLUMNS, SUBJECT_COLUMNS, UNPROVEN_COLUMNS
from eventlog.pipeline import store
from eventlog.record import make_record
from eventlog.tests.altering import forget

texts = st.text(st.characters(codec="utf-8", exclude_characters="\0"), max_size=20)
numbers = st.integers(-(2**63), 2**63 - 1) | st.floats(allow_nan=False, allow_infinity=False)
values = st.recursive(
    st.none() | st.booleans() | numbers | texts,
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(texts, inner, max_size=4),
    max_leaves=12,
)


untimed = settings(deadline=None, suppress_health_check=[HealthCheck.too_slow])  # a busy machine is no fault


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        (1e16, "10000000000000000"),
        (1e22, "10000000000000000000000"),
        (-0.0, "0"),
        (0.0, "0"),
        (12.0, "12"),
        (12.5, "12.5"),
        (1e-7, "0.0000001"),
        (10**30, "1" + 30 * "0"),
        (Decimal("1.500"), "1.5"),
        (Decimal("1.00000000000000000001"), "1.00000000000000000001"),
        (True, "true"),
        (None, "null"),
        ("é\n\x01\x7f", '"é\\n\\u0001\x7f"'),
        ({"b": [1, {}], "a": ":1.0,"}, '{"a":":1.0,","b":[1,{}]}'),
        ({"b": [1.0, {"c": 1e16, "a": -0.0}], "a": 1e-7}, '{"a":0.0000001,"b":[1,{"a":0,"c":10000000000000000}]}'),
        ({"\U0001f600": 1, "\uffee": 2}, '{"\uffee":2,"\U0001f600":1}'),
    ],
)
def test_each_kind_of_value_has_one_form(value: Any, expected: str) -> None:
    assert canonical.canonical(value) == expected.encode()


@untimed
@given(value=values)
def test_the_quick_way_and_the_long_way_are_the_same(value: Any) -> None:
    assert canonical.canonical(value) == canonical.written(value).encode()


@untimed
@given(value=values)
def test_it_survives_being_written_and_read(value: Any) -> None:
    read = json.loads(orjson.dumps(value), parse_float=Decimal)
    assert canonical.canonical(read) == canonical.canonical(value)


@untimed
@given(value=st.dictionaries(texts, st.none() | st.booleans() | st.integers(-(2**63), 2**63 - 1) | texts | values))
def test_columns_have_the_same_form(value: dict[str, Any]) -> None:
    spelled = {name: canonical.measured_inside(each) for name, each in value.items()}
    assert canonical.canonical_columns(spelled) == canonical.written(value).encode()


def test_what_is_nothing_of_json_is_refused() -> None:
    with pytest.raises(TypeError):
        canonical.canonical({"when": {1, 2}})


# --- the columns ---
def test_each_column_is_in_one_group() -> None:
    columns = {field.column for field in Event._meta.concrete_fields}
    named = [*ACTOR_COLUMNS, *SUBJECT_COLUMNS, *UNPROVEN_COLUMNS]
    assert len(set(named)) == len(named) and set(named) <= columns
    assert set(canonical.groups()) == columns - set(UNPROVEN_COLUMNS)


def test_what_holds_its_default_is_left_out() -> None:
    said = canonical.grouped({"severity": "info", "tags": [], "reason": "", "user_id": None, "event_type": "LOGIN"})
    assert said == ({"event_type": "LOGIN"}, {}, {})


@pytest.mark.parametrize("name", [*canonical.JSON, "severity", "event_status", "reason", "is_sensitive", "risk_score"])
def test_a_column_is_left_out_for_its_default_alone(name: str) -> None:
    default = canonical.defaults()[name]
    assert canonical.grouped({name: default}) == canonical.grouped({name: None}) == ({}, {}, {})
    others = [value for value in ("", 0, False, {}, [], "info", "SUCCESS") if value != default]
    assert all(any(canonical.grouped({name: value})) for value in others)


def test_two_proofs_of_the_same_differ_by_their_salts() -> None:
    first, second = (canonical.prove({"event_type": "LOGIN"}, salts) for salts in canonical.new_salts(2))
    assert first.actor_commitment != second.actor_commitment and first.digest != second.digest


# --- through the database ---
JSON_COLUMNS = ("event_data", "previous_values", "new_values", "query_params", "request_headers", "request_body")
given_columns = st.fixed_dictionaries(
    {},
    optional={
        **dict.fromkeys(JSON_COLUMNS, values),
        **dict.fromkeys(("username", "user_agent", "reason", "entity_name", "stack_trace", "endpoint"), texts),
        **{name: st.floats(0, 1e12) for name in ("response_time_ms", "cpu_time_ms", "memory_usage_mb", "db_time_ms")},
        "ip_address": st.ip_addresses().map(str) | st.just("::ffff:10.0.0.1"),
        "response_size_bytes": st.integers(0, 2**63 - 1),
        "timestamp": st.datetimes(datetime(1970, 1, 2), datetime(2199, 1, 1), timezones=st.just(UTC)),
        "user_id": st.integers(1, 2**31 - 1),
    },
)


def row() -> dict[str, Any]:
    """The only event, as a reader who trusts no float reads it."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT * FROM events")
        names = [column.name for column in cursor.description]
        (found,) = cursor.fetchall()
    json_columns = {field.column for field in Event._meta.concrete_fields if field.get_internal_type() == "JSONField"}
    return {
        name: json.loads(value, parse_float=Decimal) if name in json_columns and value is not None else value
        for name, value in zip(names, found, strict=True)
    }


@pytest.mark.django_db
@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)
@given(columns=given_columns)
def test_the_row_has_the_form_of_the_record(columns: dict[str, Any]) -> None:
    forget()
    record = make_record("LOGIN", {**columns, "user_role": "guru"}).to_json()
    store.write(store.Batch(records=[record]))
    from_record, from_row = (canonical.grouped(each) for each in (orjson.loads(record), row()))
    assert list(map(canonical.canonical, from_record)) == list(map(canonical.canonical, from_row))


def test_anything_else_in_a_group_is_another_commitment() -> None:
    proof = canonical.prove({"username": "ani", "event_type": "LOGIN"}, (b"\1" * 16, b"\2" * 16))
    assert canonical.commitment(proof.actor_salt, {"username": "ani"}) == proof.actor_commitment
    assert canonical.commitment(proof.actor_salt, {"username": "ina"}) != proof.actor_commitment


def test_a_digest_is_what_it_was_when_the_first_were_stored() -> None:
    """Whoever changes this one can verify nothing that is stored."""
    record = {
        "id": "0198f2c4-0000-7000-8000-000000000001",
        "timestamp": "2026-11-26T08:00:00.123456+07:00",
        **{"event_type": "LOGIN", "severity": "info", "tags": [], "search_text": "x", "user_id": 7},
        **{"response_time_ms": 12.0, "db_time_ms": 0.00005, "cpu_time_ms": 1.25, "ip_address": "::ffff:10.0.0.1"},
        **{"username": "Ni Luh É\n", "request_headers": {"b": "1.0", "a": [1e16, {"z": -0.0, "y": 1e-7}]}},
        **{"event_data": {"n": 2.0, "m": 0.5, "k": {"x": [True, None]}}, "new_values": 3.0, "unknown": 1},
    }
    facts, actor, subject = canonical.grouped(record)
    commitments = canonical.commitment(b"\1" * 16, actor), canonical.commitment(b"\2" * 16, subject)
    expected = "65fcc05d4911ad86217100cb07d63d4544a6703e23b5b4c52f526ddaf494d700"
    assert canonical.digest(facts, *commitments).hex() == expected

"""A record is what PostgreSQL can store, whatever it was made from."""

import asyncio
import uuid
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from typing import Any

import orjson
import pytest
from django.utils import timezone
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from eventlog import catalog
from eventlog.cleaning import canonical_address
from eventlog.columns import CLEANERS
from eventlog.models import DeadLetter, Event
from eventlog.models.event import moment_of
from eventlog.pipeline import store
from eventlog.record import make_record


class Stubborn:
    def __str__(self) -> str:
        raise RuntimeError("no")


ANY_TEXT = st.text(max_size=50)  # surrogates and NUL included
ANY_VALUE = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats()
    | ANY_TEXT
    | st.binary(max_size=20)
    | st.decimals()
    | st.datetimes()
    | st.uuids()
    | st.just(Stubborn()),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(ANY_TEXT | st.integers(), inner, max_size=4),
    max_leaves=12,
)


@given(st.dictionaries(st.sampled_from([*CLEANERS, "timestamp", "event_category", "stray"]), ANY_VALUE, max_size=8))
@settings(max_examples=200, deadline=None)
def test_anything_becomes_a_record_that_is_json(columns: dict[str, Any]) -> None:
    record = make_record("MAINTENANCE", columns)
    assert orjson.loads(record.to_json())["id"] == str(record.id)


@given(st.lists(st.dictionaries(st.sampled_from(sorted(CLEANERS)), ANY_VALUE, max_size=8), min_size=1, max_size=10))
@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_anything_becomes_a_row(db: None, rows: list[dict[str, Any]]) -> None:
    records = [make_record("MAINTENANCE", columns).to_json() for columns in rows]
    assert store.write(store.Batch(records)).events == len(rows)
    assert not DeadLetter.objects.exists()


def test_the_id_is_a_uuid7_that_carries_the_time() -> None:
    record = make_record("LOGIN", {"timestamp": datetime(2026, 3, 4, 5, 6, 7, 89_000, tzinfo=UTC)})
    assert record.id.version == 7
    assert moment_of(record.id) == record.timestamp


def test_a_naive_time_is_in_the_projects_time_zone() -> None:
    assert make_record("LOGIN", {"timestamp": datetime(2026, 3, 4, 7)}).timestamp == datetime(2026, 3, 4, 0, tzinfo=UTC)


@pytest.mark.parametrize("time", ["yesterday", 12, date(2026, 1, 1), datetime(1969, 1, 1), datetime(9999, 1, 1)])
def test_an_unusable_time_gives_way_to_now(time: Any) -> None:
    record = make_record("LOGIN", {"timestamp": time})
    assert timezone.now() - record.timestamp < timedelta(seconds=5)
    assert record.tags == ["bad_timestamp"]


def test_nul_and_lone_surrogates_are_replaced_visibly() -> None:
    record = make_record("LOGIN", {"username": "a\0b", "event_data": {"k\ud800": "v\0"}})
    assert record.username == "a\\x00b"
    assert record.event_data == {"k?": "v\\x00"}
    assert record.tags == ["sanitised"]


def test_what_is_too_long_is_cut_with_a_mark() -> None:
    record = make_record("LOGIN", {"username": "x" * 500})
    assert len(record.username) == 150
    assert record.username.endswith("…")
    assert "truncated" in record.tags


def test_nesting_5000_deep_is_cut() -> None:
    value: Any = "core"
    for _ in range(5000):
        value = [value]
    record = make_record("LOGIN", {"event_data": {"deep": value}})
    assert b"[too deep]" in record.to_json()


def test_a_value_that_contains_itself_ends() -> None:
    loop: dict[str, Any] = {}
    loop["again"] = loop
    assert "truncated" in make_record("LOGIN", {"event_data": loop}).tags


def test_a_huge_value_is_cut_to_a_bounded_record() -> None:
    record = make_record("LOGIN", {"event_data": {str(n): "x" * 1000 for n in range(10_000)}})
    assert len(record.to_json()) < 100_000


@pytest.mark.parametrize(
    ("value", "kept"),
    [
        (float("nan"), "nan"),
        (float("-inf"), "-inf"),
        (2**70, str(2**70)),
        (Decimal("1.50"), "1.50"),
        (b"\x00\xff", "<2 bytes>"),
        ({3}, [3]),
        (uuid.UUID(int=1), str(uuid.UUID(int=1))),
        (date(2026, 1, 2), "2026-01-02"),
        (Stubborn(), "<Stubborn>"),
    ],
)
def test_values_that_json_does_not_know_are_written_as_text(value: Any, kept: Any) -> None:
    assert make_record("LOGIN", {"event_data": {"v": value}}).event_data == {"v": kept}


@pytest.mark.parametrize("column", ["response_time_ms", "response_status", "memory_delta_kb", "risk_score"])
def test_a_number_that_is_none_leaves_the_column_empty(column: str) -> None:
    record = make_record("LOGIN", {column: float("inf")})
    assert column not in record.columns
    assert "bad_number" in record.tags


@pytest.mark.parametrize(
    ("given", "kept"),
    [
        ("192.0.2.1", "192.0.2.1"),
        ("::ffff:192.0.2.1", "192.0.2.1"),
        ("2001:DB8::1%eth0", "2001:db8::1"),
        ("nonsense", None),
        ("1.2.3.4, 5.6.7.8", None),
    ],
)
def test_addresses_are_canonical_or_nothing(given: str, kept: str | None) -> None:
    assert canonical_address(given) == kept


@pytest.mark.parametrize("user_id", ["abc", 2**40, -(2**40), object(), "1\0", True, b"1"])
def test_what_cannot_be_a_users_key_is_not_kept_as_one(db: None, user_id: Any) -> None:
    record = make_record("LOGIN", {"user_id": user_id})
    assert store.write(store.Batch([record.to_json()])).events == 1


def test_an_unknown_type_is_kept_and_marked() -> None:
    record = make_record("COFFEE_BREWED", {})
    assert (record.event_type, record.event_category, record.tags) == ("COFFEE_BREWED", "SYSTEM", ["unknown_type"])


def test_an_unknown_type_is_warned_of_once(caplog: pytest.LogCaptureFixture) -> None:
    for _ in range(2):
        make_record("TEA_BREWED", {})
    assert [record.levelname for record in caplog.records if "TEA_BREWED" in record.message] == ["WARNING"]


def test_an_unknown_column_is_kept_in_the_data() -> None:
    assert make_record("LOGIN", {"colour": "red", "event_data": {"size": 1}}).event_data == {"size": 1, "colour": "red"}


def test_secrets_are_masked_before_anything_else_sees_them() -> None:
    record = make_record(
        "LOGIN",
        {
            "event_data": {"password": "hunter2", "note": "card 4111 1111 1111 1111"},
            "error_message": "login failed: password=hunter2",
            "request_path": "/reset?token=hunter2",
            "request_headers": {"Authorization": "Bearer hunter2hunter2", "Cookie": "sessionid=hunter2"},
        },
    )
    assert b"hunter2" not in record.to_json()
    assert b"4111" not in record.to_json()


def test_a_secret_at_the_cut_is_masked_before_it_is_cut() -> None:
    text = "x" * 3990 + " password=hunter2hunter2"
    assert b"hunter" not in make_record("LOGIN", {"error_message": text}).to_json()


def test_the_words_people_look_for_are_searchable() -> None:
    record = make_record("SISWA_UPDATE", {"entity_name": "Ahmad Fauzi", "reason": "moved", "username": "ada"})
    assert record.search_text == "Ahmad Fauzi moved"


def test_a_request_without_a_fault_has_nothing_to_search() -> None:
    assert make_record("HTTP_REQUEST", {"event_name": "GET /"}).search_text is None


def test_a_record_awaited_is_the_record() -> None:
    record = make_record("MAINTENANCE", {})

    async def use() -> bool:
        return await record is record

    assert asyncio.run(use())


def test_columns_are_attributes() -> None:
    record = make_record("LOGIN", {"username": "ada"})
    assert record.username == "ada"
    assert record.severity == catalog.INFO
    assert record.trace_id is None
    with pytest.raises(AttributeError):
        _ = record.nonsense


def test_every_column_that_may_be_given_is_a_column_of_the_table() -> None:
    columns = {field.column for field in Event._meta.concrete_fields}
    assert set(CLEANERS) <= columns
    ours = {"id", "timestamp", "event_type", "event_category", "recorded_at", "batch_id", "erased_at", "digest"}
    assert columns - set(CLEANERS) == ours | {
        f"{who}_{what}" for who in ("actor", "subject") for what in ("salt", "commitment")
    }

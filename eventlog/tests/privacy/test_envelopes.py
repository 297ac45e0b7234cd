"""Envelopes: what goes in comes out, nowhere else, and only as it was."""

from base64 import b64decode, b64encode
from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from eventlog.privacy import keyring
from eventlog.privacy.envelopes import COLUMNS, EMPTY, DataKey, Subject, closed, closed_again, is_envelope, opened
from eventlog.privacy.keyring import Damaged, KeyMissing, Keyring, Wrapped

SIWI = Subject("penghasilan", "3")
KEY = DataKey("0198f2c4-a1b2-7c3e-9d00-000000000001", SIWI, b"k" * 32)
EVENT = "0198f2c4-a1b2-7c3e-9d00-000000000000"
TEXT = st.text(st.characters(exclude_categories=["Cs"]))
LEAVES = (
    st.none()
    | st.booleans()
    | st.integers(-(2**63), 2**64 - 1)
    | st.floats(allow_nan=False, allow_infinity=False)
    | TEXT
)
JSON = st.recursive(LEAVES, lambda inner: st.lists(inner) | st.dictionaries(TEXT, inner), max_leaves=20)


def sealed(value: Any, column: str = "new_values", key: DataKey = KEY) -> Any:
    return closed({"id": EVENT, column: value}, key)[column]


def read(envelope: Any, key: DataKey = KEY, event: str = EVENT, column: str = "new_values") -> Any:
    return opened(envelope, key, event=event, column=column)


@settings(deadline=None)
@given(JSON.filter(lambda value: value not in EMPTY), st.sampled_from(COLUMNS))
def test_any_value_comes_back_as_it_was(value: Any, column: str) -> None:
    envelope = sealed(value, column)
    assert is_envelope(envelope)
    assert read(envelope, column=column) == value


@pytest.mark.parametrize("nothing", EMPTY)
def test_nothing_needs_no_envelope(nothing: Any) -> None:
    assert sealed(nothing) == nothing


def test_the_same_value_never_looks_the_same() -> None:
    assert sealed("a")["encrypted"]["text"] != sealed("a")["encrypted"]["text"]


def test_which_records_it_is_about_stays_readable() -> None:
    data = {"keys": ["3"], "count": 1, "complete": True, "filter": {"total": 4}, "page": 1}
    envelope = sealed(data, "event_data")
    assert envelope.keys() == {"encrypted", "keys", "count", "complete"}
    assert read(envelope, column="event_data") == data


@pytest.mark.parametrize("column", ["request_body", "previous_values", "new_values"])
def test_a_records_own_fields_of_such_names_do_not(column: str) -> None:
    assert sealed({"keys": ["secret"], "count": 4_000_000, "complete": True}, column).keys() == {"encrypted"}


@settings(deadline=None)
@given(st.sampled_from(["nonce", "text"]), st.data())
def test_any_flipped_bit_is_refused(part: str, data: st.DataObject) -> None:
    envelope = sealed({"gaji": 1})
    raw = bytearray(b64decode(envelope["encrypted"][part]))
    bit = data.draw(st.integers(0, len(raw) * 8 - 1))
    raw[bit // 8] ^= 1 << bit % 8
    envelope["encrypted"][part] = b64encode(raw).decode()
    with pytest.raises(Damaged):
        read(envelope)


@pytest.mark.parametrize(
    "elsewhere",
    [
        {"event": EVENT[:-1] + "9"},
        {"column": "previous_values"},
        {"key": replace(KEY, secret=b"x" * 32)},
        {"key": replace(KEY, subject=Subject("penghasilan", "4"))},
        {"key": replace(KEY, subject=Subject("penghasilan3"))},
    ],
    ids=lambda given: next(iter(given)),
)
def test_it_is_read_nowhere_else(elsewhere: dict[str, Any]) -> None:
    with pytest.raises(Damaged):
        read(sealed("a"), **elsewhere)


@pytest.mark.parametrize("change", [{"v": 2}, {"nonce": "?"}, {"text": None}, {"nonce": ""}], ids=str)
def test_an_envelope_that_cannot_be_read_is_refused(change: dict[str, Any]) -> None:
    envelope = sealed("a")
    with pytest.raises(Damaged):
        read({"encrypted": {**envelope["encrypted"], **change}})


@pytest.mark.parametrize(
    ("columns", "whose"),
    [
        ({"entity_type": "siswa", "entity_id": "3", "user_id": 7}, Subject("siswa", "3")),
        ({"entity_type": "siswa", "entity_id": "", "user_id": 7}, Subject("siswa")),
        ({"user_id": 7, "username": "guru"}, Subject("user", "7")),
        ({"username": "guru"}, Subject("username", "guru")),
        ({}, Subject("nobody")),
    ],
)
def test_the_subject_is_the_record_or_its_kind_else_who_acted(columns: dict[str, Any], whose: Subject) -> None:
    assert Subject.of(columns) == whose


SEALED = {"v": 1, "key": KEY.id, "nonce": "bm9uY2Vub25jZQ==", "text": "dGV4dA=="}


@pytest.mark.parametrize(
    "value",
    [
        {"encrypted": {}},
        {"encrypted": {"v": 1, "key": "x"}, "payload": "visible"},
        {"encrypted": SEALED, "payload": "visible"},
        {"encrypted": {**SEALED, "nonce": 5}},
        {"encrypted": {**SEALED, "more": ""}},
        {"encrypted": True},
    ],
    ids=str,
)
def test_what_only_looks_like_an_envelope_is_none(value: Any) -> None:
    assert is_envelope({"encrypted": SEALED, "keys": ["3"]}) and not is_envelope(value)


def test_what_is_left_of_a_value_is_closed_alike_each_time_and_otherwise_for_another_text() -> None:
    before = sealed({"keys": ["3"], "a": 1}, "event_data")
    one, again, other = (
        closed_again(plain, before, KEY, event=EVENT, column="event_data")
        for plain in (b'{"keys":["3"]}', b'{"keys":["3"]}', b'{"keys":["4"]}')
    )
    assert one == again and read(one, column="event_data") == {"keys": ["3"]} and one["keys"] == ["3"]
    assert len({each["encrypted"]["nonce"] for each in (before, one, other)}) == 3


# --- keys of keys ---
def test_a_wrapped_key_is_that_of_its_subject_alone() -> None:
    ring = Keyring("a", {"a": b"a" * 32, "b": b"b" * 32})
    wrapped = ring.wrap(b"s" * 32, keyring.about("subject key", "1", "siswa", "3"))
    assert ring.unwrap(wrapped, keyring.about("subject key", "1", "siswa", "3"), what="it") == b"s" * 32
    with pytest.raises(Damaged):
        ring.unwrap(wrapped, keyring.about("subject key", "1", "siswa", "4"), what="it")
    with pytest.raises(Damaged):
        ring.unwrap(Wrapped("b", wrapped.text), keyring.about("subject key", "1", "siswa", "3"), what="it")


def test_a_missing_key_is_named_with_what_it_is_missing_for() -> None:
    with pytest.raises(KeyMissing, match="archive file a.parquet .* key 0123456789abcdef"):
        Keyring("a", {}).unwrap(Wrapped("0123456789abcdef", b""), b"", what="archive file a.parquet")

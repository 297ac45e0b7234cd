"""Reading rows for their digests: exactly, whatever a double cannot hold."""

from decimal import Decimal

import pytest

from eventlog.integrity import reading


@pytest.mark.parametrize(
    ("raw", "value"),
    [
        ('{"n": 0.1}', {"n": 0.1}),
        ('{"n": 0.10000000000000000001}', {"n": Decimal("0.10000000000000000001")}),
        ("[1, -2.50]", [1, Decimal("-2.50")]),
        ("[10000000000000000000000001]", [10000000000000000000000001]),
        ('{"n": -1234567890123456789012}', {"n": -1234567890123456789012}),
        ("1.00", Decimal("1.00")),
        ('{"n": [{"m": 2.0}]}', {"n": [{"m": 2}]}),
        (f"[1{'0' * 400}]", [10**400]),
        ("18446744073709551616", 2**64),
        ('{"agent": "Mozilla/5.0, 1.5"}', {"agent": "Mozilla/5.0, 1.5"}),
    ],
)
def test_numbers_are_read_exactly(raw: str, value: object) -> None:
    assert repr(reading.exact(raw)) == repr(value)


def test_an_address_that_the_store_never_writes_is_another() -> None:
    assert reading.address("10.0.0.1") == "10.0.0.1"
    assert reading.address("::ffff:10.0.0.1") == "::ffff:10.0.0.1"
    assert reading.address("10.0.0.0/8") is None

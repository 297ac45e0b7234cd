"""The log as it lies in the database: a proof is made of the roots that stand with its entries."""

from collections.abc import Callable
from importlib import import_module
from pathlib import Path
from types import SimpleNamespace
from typing import Any
from uuid import uuid4

import pytest
from django.db import connection

from eventlog import migrations
from eventlog.integrity import log, merkle
from eventlog.integrity.log import Entry
from eventlog.models import LogEntry
from eventlog.tests.altering import altering

pytestmark = pytest.mark.django_db
SIZE = 37


@pytest.fixture
def leaves() -> list[bytes]:
    """Those of a log that grew in two steps."""
    entries = [Entry("batch", uuid4(), bytes([number])) for number in range(SIZE)]
    with connection.cursor() as cursor:
        frontier = log.add(cursor, entries[:20], merkle.Frontier())
        log.add(cursor, entries[20:], frontier)
    return [entry.leaf for entry in entries]


def test_a_proof_of_each_entry_at_each_size_is_that_of_its_leaves(leaves: list[bytes]) -> None:
    with connection.cursor() as cursor:
        for size in (1, 2, 7, 8, 16, 31, SIZE):
            for place in range(size):
                expected = merkle.inclusion_proof(leaves[:size], place)
                assert log.inclusion_proof(cursor, place, size) == expected


@pytest.fixture
def filling(monkeypatch: pytest.MonkeyPatch) -> Any:
    """The migration, in steps of a few entries."""
    (file,) = Path(migrations.__path__[0]).glob("*_fill_nodes.py")
    migration = import_module(f"eventlog.migrations.{file.stem}")
    monkeypatch.setattr(migration, "AT_ONCE", 7)
    return migration


def nodes() -> list[bytes]:
    return list(map(bytes, LogEntry.objects.order_by("place").values_list("nodes", flat=True)))


def test_a_log_of_before_there_were_nodes_is_given_them(leaves: list[bytes], filling: Any) -> None:
    made = nodes()
    with altering():
        LogEntry.objects.update(nodes=b"")
    filling.fill(None, SimpleNamespace(connection=connection))
    assert nodes() == made


@pytest.mark.django_db(transaction=True)
def test_what_was_ended_while_it_gave_them_goes_on(
    leaves: list[bytes], filling: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    made = nodes()
    with altering():
        LogEntry.objects.update(nodes=b"")
    with pytest.raises(KeyboardInterrupt), monkeypatch.context() as ended:
        ended.setattr(filling, "filled", ended_after(2, filling.filled))
        filling.fill(None, SimpleNamespace(connection=connection))
    assert nodes() == [*made[:14], *[b""] * (SIZE - 14)]
    filling.fill(None, SimpleNamespace(connection=connection))
    assert nodes() == made


def ended_after(steps: int, step: Callable[..., Any]) -> Callable[..., Any]:
    left = iter(range(steps))

    def some(*given: Any) -> Any:
        if next(left, None) is None:
            raise KeyboardInterrupt
        return step(*given)

    return some

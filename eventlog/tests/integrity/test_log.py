"""The log as it lies in the database: a proof is made of the roots that stand with its entries."""

from importlib import import_module
from pathlib import Path
from types import SimpleNamespace
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


def test_a_log_of_before_there_were_nodes_is_given_them(leaves: list[bytes]) -> None:
    made = list(LogEntry.objects.order_by("place").values_list("nodes", flat=True))
    with altering():
        LogEntry.objects.update(nodes=b"")
    (migration,) = Path(migrations.__path__[0]).glob("*_nodes.py")
    import_module(f"eventlog.migrations.{migration.stem}").fill(None, SimpleNamespace(connection=connection))
    assert list(LogEntry.objects.order_by("place").values_list("nodes", flat=True)) == made

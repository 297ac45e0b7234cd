"""The event log as its tests have it."""

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from django.db import connection
from pytest_django import Settings

from eventlog.capture import actors
from eventlog.models import Event
from eventlog.pipeline import outbox, store, writer

Change = Callable[..., None]


@pytest.fixture(autouse=True)
def event_log(settings: Settings, tmp_path: Path) -> Iterator[Change]:
    """Events are stored at once, on the test's connection; faults are raised; the journal is the test's own.

    The fixture's value changes settings: `event_log(BATCH_SIZE=3)`.
    """

    def change(**values: Any) -> None:
        settings.EVENTLOG = {**settings.EVENTLOG, **values}

    actors.forget_roles()
    outbox.exists.cache_clear()
    change(ENABLED=True, PIPELINE="sync", RAISE_ERRORS=True, SPOOL_DIR=tmp_path / "spool")
    yield change
    writer.stop()


@pytest.fixture
def direct(transactional_db: None, event_log: Change) -> Iterator[Callable[[], None]]:
    """The real pipeline: journal, outbox and writer thread. The value stores all that waits, now."""
    event_log(PIPELINE="direct")

    def settle() -> None:
        writer.stop()
        while store.write(store.Batch(claim_outbox=True)).from_outbox:
            continue

    yield settle
    writer.stop()
    with connection.cursor() as cursor:
        cursor.execute("TRUNCATE events, event_batches, event_outbox, event_dead_letters")


@pytest.fixture
def the_event() -> Callable[..., Event]:
    """The only event of a type: `the_event("LOGIN")`."""

    def only(event_type: str) -> Event:
        return Event.objects.get(event_type=event_type)

    return only

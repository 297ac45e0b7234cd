"""The event log as its tests have it."""

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from pytest_django import Settings

from eventlog import context
from eventlog.capture import sessions
from eventlog.models import Event
from eventlog.pipeline import outbox, roles, store, writer

Change = Callable[..., None]
pytest.register_assert_rewrite("eventlog.tests.zoo.tables")


@pytest.fixture(autouse=True)
def event_log(
    request: pytest.FixtureRequest, settings: Settings, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> Iterator[Change]:
    """Events are stored at once, on the test's connection; faults are raised; the journal is the test's own.

    The fixture's value changes settings: `event_log(BATCH_SIZE=3)`.
    """

    def change(**values: Any) -> None:
        settings.EVENTLOG = {**settings.EVENTLOG, **values}

    use_database_first(request)
    roles.forget()
    sessions.forget_all()
    monkeypatch.setattr(context, "_serves", False)  # the test's process, until a test says that it serves
    outbox.exists.cache_clear()
    change(ENABLED=True, PIPELINE="sync", RAISE_ERRORS=True, DETECT_BEHAVIOUR=False)
    change(SPOOL_DIR=tmp_path / "spool", CHECKPOINT_DIR=tmp_path / "checkpoints")
    yield change
    sessions.stop()
    writer.stop()
    change(ENABLED=False)


def use_database_first(request: pytest.FixtureRequest) -> None:
    """So that the event log is off again before the database is emptied, which makes the groups anew."""
    request.getfixturevalue("_django_db_marker")
    for name in ("transactional_db", "db"):
        if name in request.fixturenames:
            request.getfixturevalue(name)


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


@pytest.fixture
def the_event() -> Callable[..., Event]:
    """The only event of a type: `the_event("LOGIN")`."""

    def only(event_type: str) -> Event:
        return Event.objects.get(event_type=event_type)

    return only

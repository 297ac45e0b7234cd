"""The proof as its tests have it: a key to sign with, a folder outside of the database, and events that are stored."""

import base64
from collections.abc import Callable
from pathlib import Path
from typing import Any
from uuid import UUID

import pytest

from eventlog.integrity import checkpoints
from eventlog.models import Checkpoint, EventBatch
from eventlog.pipeline import store
from eventlog.pipeline.store import Batch
from eventlog.record import make_record
from eventlog.tests.conftest import Change
from eventlog.tests.finished import wait_for_others

KEY = base64.b64encode(bytes(range(32))).decode()
OTHER_KEY = base64.b64encode(bytes(range(1, 33))).decode()


def event(**columns: Any) -> bytes:
    return make_record("MAINTENANCE", columns).to_json()


def id_of(record: bytes) -> UUID:
    return UUID(record[7:43].decode())


def write(*records: bytes) -> EventBatch:
    before = set(EventBatch.objects.values_list("pk", flat=True))
    store.write(Batch(records=records))
    return EventBatch.objects.exclude(pk__in=before).get()


def checkpoint() -> Checkpoint:
    """Of all that is stored."""
    wait_for_others()
    made = checkpoints.make(using="default")
    assert made is not None
    return made


@pytest.fixture
def outside(tmp_path: Path) -> Path:
    return tmp_path / "checkpoints"


@pytest.fixture
def signing(event_log: Change, outside: Path) -> Callable[..., None]:
    """Checkpoints are signed, and written to `outside`; called, it changes settings."""
    event_log(SIGNING_KEY=[KEY], CHECKPOINT_DIR=outside)
    return event_log

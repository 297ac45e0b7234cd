"""Events that are stored and committed, and sinks to send them to."""

import base64
import json
from collections.abc import Callable, Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from django.utils import timezone

from eventlog.export.formats import FORMATS
from eventlog.forwarding import forwarder
from eventlog.forwarding.parcels import Parcel, packed
from eventlog.models import Event, EventForward
from eventlog.pipeline import store
from eventlog.record import EventRecord, make_record
from eventlog.tests.conftest import Change
from eventlog.tests.finished import wait_for_others
from eventlog.tests.forwarding.receivers import WebhookServer, webhook_server

SECRET = "whsec_" + base64.b64encode(b"a secret of these tests alone").decode()


def stored(*names: str, **columns: Any) -> None:
    """One batch, an event each millisecond: within one their order is by chance."""
    now = timezone.now()
    moments = (now + timedelta(milliseconds=number) for number in range(len(names)))
    given = [{"event_name": name, "timestamp": moment} for name, moment in zip(names, moments, strict=True)]
    records = [make_record("MAINTENANCE", {**each, **columns}).to_json() for each in given]
    store.write(store.Batch(records))
    wait_for_others()


def parcels(*names: str) -> list[Parcel]:
    """Of events that are in no database."""
    records = [make_record("MAINTENANCE", {"event_name": name}) for name in names]
    return packed([event_of(record) for record in records], FORMATS["ndjson"])


def event_of(record: EventRecord) -> Event:
    own = {name: getattr(record, name) for name in ("id", "timestamp", "event_type", "event_category")}
    return Event(recorded_at=record.timestamp, **own, **record.columns)


def state(sink: str = "sink") -> EventForward:
    return EventForward.objects.get(pk=sink)


def lines(path: Path) -> list[dict[str, Any]]:
    return [json.loads(line) for line in path.read_bytes().splitlines()] if path.exists() else []


def names(path: Path) -> list[str]:
    return [line["event_name"] for line in lines(path)]


def try_again(sink: str = "sink") -> None:
    """As if the pause after a failure were over."""
    EventForward.objects.filter(pk=sink).update(retry_at=None)
    forwarder.forward()


@pytest.fixture
def sink(transactional_db: None, event_log: Change) -> Callable[..., None]:
    """FORWARD_TO with one sink, from the oldest event on: `sink(kind="file", path=…)`."""

    def change(**options: Any) -> None:
        event_log(FORWARD_TO={"sink": {"from": "oldest", **options}})

    return change


@pytest.fixture
def log_file(sink: Callable[..., None], tmp_path: Path) -> Path:
    path = tmp_path / "events.ndjson"
    sink(kind="file", path=str(path))
    return path


@pytest.fixture
def receiver(sink: Callable[..., None]) -> Iterator[WebhookServer]:
    with webhook_server() as server:
        sink(kind="webhook", url=server.url, secret=SECRET, private=True, timeout=0.5)
        yield server

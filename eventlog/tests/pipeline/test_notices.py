"""What the pipeline tells by itself says where it happened, and a death is told once."""

import os
import socket
from collections.abc import Iterator
from pathlib import Path

import pytest

from eventlog.pipeline import notices
from eventlog.pipeline.segments import Segment
from eventlog.record import EventRecord
from eventlog.tests.conftest import Change

PID = 4711


@pytest.fixture
def segment(tmp_path: Path) -> Iterator[Segment]:
    """What a killed process has left."""
    path = tmp_path / "segment"
    path.touch()
    fd = os.open(path, os.O_RDWR)
    yield Segment(path, fd, "ab" * 16, PID, first=1, last=0)
    os.close(fd)


def where(record: EventRecord) -> tuple[str, int, str, str]:
    return record.server_name, record.process_id, record.application_version, record.environment


def test_a_death_is_told_once_though_adopted_twice(segment: Segment) -> None:
    first, second = notices.unclean_stop(segment), notices.unclean_stop(segment)
    assert (first.id, first.timestamp) == (second.id, second.timestamp)
    assert first.id.version == 7


def test_a_death_says_where_the_process_ran(segment: Segment, event_log: Change) -> None:
    event_log(ENVIRONMENT="production", APPLICATION_VERSION="2.0")
    assert where(notices.unclean_stop(segment)) == (socket.gethostname(), PID, "2.0", "production")


def test_dropped_events_say_where_they_were_dropped(event_log: Change) -> None:
    event_log(ENVIRONMENT="production", APPLICATION_VERSION="2.0")
    record = notices.events_dropped({"SYSTEM debug": 3})
    assert where(record) == (socket.gethostname(), os.getpid(), "2.0", "production")
    assert record.event_data["dropped"] == {"SYSTEM debug": 3}

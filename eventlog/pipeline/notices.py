"""What the pipeline itself has to tell: a process that was killed, and events that it had to drop."""

import os
import socket
from collections.abc import Mapping
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any, Protocol

from eventlog import catalog
from eventlog.conf import conf
from eventlog.models import EventBatch
from eventlog.models.event import fixed_id
from eventlog.pipeline.outbox import events_alias
from eventlog.pipeline.segments import Segment
from eventlog.record import EventRecord, make_record


def is_told(segment: Segment) -> bool:
    """Whether its writer's last segment is another, which somebody has stored, and told of its death, already."""
    batches = EventBatch.objects.using(events_alias())
    return batches.filter(writer=segment.writer, first_sequence__gt=segment.first).exists()


def unclean_stop(segment: Segment) -> EventRecord:
    """The event of a process's death, always the same for the same process, so that twice is once."""
    died = datetime.fromtimestamp(os.fstat(segment.fd).st_mtime, UTC)
    columns = {"timestamp": died, **here(segment.pid), "event_data": {"writer": segment.writer}}
    record = make_record(catalog.UNCLEAN_STOP, columns)
    return replace(record, id=fixed_id(record.id, int(segment.writer, 16)))


def events_dropped(numbers: Mapping[str, int]) -> EventRecord:
    """`numbers` of dropped events by category and severity."""
    data = {"dropped": dict(numbers), "limit_bytes": conf.SPOOL_MAX_BYTES}
    return make_record(catalog.EVENTS_DROPPED, {**here(os.getpid()), "event_data": data})


def of_process(pid: int, *, environment: str, version: str) -> dict[str, Any]:
    """Where a process of this machine runs, or ran: the folder of the journal is on a local disk."""
    return {
        "server_name": socket.gethostname(),
        "process_id": pid,
        "application_version": version,
        "environment": environment,
    }


def here(pid: int) -> dict[str, Any]:
    return of_process(pid, environment=conf.ENVIRONMENT, version=conf.APPLICATION_VERSION)


class Teller(Protocol):
    """Tells what it has counted and what is due; at the end of the process all of it."""

    def __call__(self, *, ending: bool) -> None: ...


_tellers: list[Teller] = []


def keep_telling(tell: Teller) -> None:
    """Have each process's writer ask `tell` about every second, and at its end."""
    if tell not in _tellers:
        _tellers.append(tell)


def tell_counts(*, ending: bool) -> None:
    for tell in _tellers:
        tell(ending=ending)

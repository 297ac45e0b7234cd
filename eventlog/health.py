"""How the event log itself is: for health checks and metrics. Quick, however much is stored, and the same whichever
process is asked."""

import os
import time
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import timedelta
from itertools import takewhile
from pathlib import Path

from django.db import connections, transaction
from django.utils import timezone

from eventlog.conf import conf
from eventlog.models import EventBatch, OutboxEvent
from eventlog.models.event import moment_of
from eventlog.pipeline import segments
from eventlog.pipeline.databases import Database
from eventlog.pipeline.outbox import events_alias
from eventlog.retention import partitions
from eventlog.retention.partitions import Month

TIMEOUT = "2s"  # of each statement
LONG_WAIT = 60.0  # seconds; a writer stores after five, and whatever a dead process left within half a minute
MOST_COUNTED = 100_000  # of the outbox


@dataclass(frozen=True, slots=True)
class Journal:
    """The folder on this machine. `share` is of `SPOOL_MAX_BYTES`, from 0; beyond 0.8 events begin to be dropped.
    `waits` is how many seconds ago the oldest segment that is not stored yet was last written to."""

    writable: bool
    bytes: int
    share: float
    waits: float


@dataclass(frozen=True, slots=True)
class Store:
    """The database's side. Seconds, for those that are `float`; `last_batch` is the age of the newest batch, None where
    nothing was ever stored. `partitions_ahead` is the number of months after this one that have theirs; -1 says that
    even this one has none."""

    outbox: int
    waits: float
    last_batch: float | None
    partitions_ahead: int


def journal() -> Journal:
    folder = conf.SPOOL_DIR
    size = segments.size_on_disk(folder)
    return Journal(is_writable(folder), size, size / conf.SPOOL_MAX_BYTES, age_of_oldest(folder))


def is_writable(folder: Path) -> bool:
    """One that is not there yet is made with the first event."""
    while not folder.exists() and folder != folder.parent:
        folder = folder.parent
    return os.access(folder, os.W_OK | os.X_OK)


def age_of_oldest(folder: Path) -> float:
    """By what the folder says of its files: none is opened, for a process would let go of the locks of its own."""
    times = [time.time(), *written(folder)]
    return max(times[0] - min(times), 0.0)


def written(folder: Path) -> Iterator[float]:
    """When each segment for this database that holds something was last written to, as Unix time."""
    mine = Database.now().identities
    for file in segments.files(folder):
        try:
            found = file.path.stat()
        except OSError:  # stored meanwhile
            continue
        if file.database in mine and found.st_size:
            yield found.st_mtime


def store() -> Store:
    """Raises `django.db.Error` where the database does not answer in time."""
    alias = events_alias()
    with transaction.atomic(using=alias), connections[alias].cursor() as cursor:
        cursor.execute(f"SET LOCAL statement_timeout = '{TIMEOUT}'")
        newest = EventBatch.objects.using(alias).order_by("-stored_xid", "-id").values_list("stored_at", flat=True)
        stored_at = newest.first()
        waiting = OutboxEvent.objects.using(alias).order_by("id").values_list("id", flat=True)
        oldest, now = waiting.first(), timezone.now()
        waits = now - moment_of(oldest) if oldest is not None and oldest.version == 7 else timedelta()
        months = set(partitions.existing(cursor))
        return Store(
            outbox=waiting[:MOST_COUNTED].count(),
            waits=max(waits.total_seconds(), 0.0),
            last_batch=None if stored_at is None else max((now - stored_at).total_seconds(), 0.0),
            partitions_ahead=months_ahead(months),
        )


def months_ahead(months: set[Month]) -> int:
    this = Month.of(timezone.now())
    wanted = (this.plus(ahead) for ahead in range(len(months) + 1))
    return len(list(takewhile(months.__contains__, wanted))) - 1


def faults(journal: Journal) -> Iterator[str]:
    """What this machine cannot go on with: events would be in memory alone, or dropped."""
    if not journal.writable:
        yield "the event log's journal cannot be written"
    if journal.share >= 1:
        yield "the event log's journal is full"


def worries(journal: Journal, store: Store) -> Iterator[str]:
    """What somebody should look after soon."""
    if 0.8 <= journal.share < 1:
        yield f"the event log's journal is {journal.share:.0%} full"
    if max(journal.waits, store.waits) > LONG_WAIT:
        yield f"an event has been waiting to be stored for {max(journal.waits, store.waits):.0f} seconds"
    if store.partitions_ahead < 1:
        yield "the event log has no partition for the next month"

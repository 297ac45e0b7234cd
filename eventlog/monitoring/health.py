"""How the event log itself is: for health checks and metrics. Quick, however much is stored, and the same whichever
process is asked."""

import os
import time
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import timedelta
from itertools import starmap
from pathlib import Path

from django.db import connections, transaction
from django.utils import timezone

from eventlog.conf import conf
from eventlog.models.event import moment_of
from eventlog.pipeline import segments
from eventlog.pipeline.databases import Database
from eventlog.pipeline.outbox import events_alias
from eventlog.retention import partitions
from eventlog.retention.periods import Part

TIMEOUT = "2s"  # of each statement
LEAST_ROOM = 1 << 20  # bytes; with less the disk is taken to be full
LONG_WAIT = 60.0  # seconds; a writer stores after five, and whatever a dead process left within half a minute
MOST_COUNTED = 100_000  # of the outbox
# In one go: a limit of its own, what waits, and which stretches of time have a partition.
STORE = f"""
SET LOCAL statement_timeout = '{TIMEOUT}';
SELECT (SELECT stored_at FROM event_batches ORDER BY stored_xid DESC, id DESC LIMIT 1),
    (SELECT id FROM event_outbox ORDER BY id LIMIT 1),
    (SELECT count(*) FROM (SELECT FROM event_outbox LIMIT {MOST_COUNTED}) waiting),
    ARRAY(SELECT p.start FROM ({partitions.PARTS}) p WHERE p.start IS NOT NULL ORDER BY 1),
    ARRAY(SELECT p.finish FROM ({partitions.PARTS}) p WHERE p.start IS NOT NULL ORDER BY p.start),
    ARRAY(SELECT p.name FROM ({partitions.PARTS}) p WHERE p.start IS NOT NULL ORDER BY p.start)"""


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
    nothing was ever stored. `partitions_ahead` is the number of months (weeks, days) after this one that have
    theirs; -1 says that even this one has none."""

    outbox: int
    waits: float
    last_batch: float | None
    partitions_ahead: int


def journal() -> Journal:
    folder = conf.SPOOL_DIR
    size = segments.size_on_disk(folder)
    return Journal(is_writable(folder), size, size / conf.SPOOL_MAX_BYTES, age_of_oldest(folder))


def is_writable(folder: Path) -> bool:
    """Whether it may be written, and its disk has room. One that is not there yet is made with the first event."""
    while not folder.exists() and folder != folder.parent:
        folder = folder.parent
    return os.access(folder, os.W_OK | os.X_OK) and room(folder) >= LEAST_ROOM


def room(folder: Path) -> int:
    """Free bytes, for others than root."""
    disk = os.statvfs(folder)
    return disk.f_bavail * disk.f_frsize


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
        cursor.execute(STORE)
        (stored_at, oldest, waiting, *parts), now = cursor.fetchone(), timezone.now()
        waits = now - moment_of(oldest) if oldest is not None and oldest.version == 7 else timedelta()
        return Store(
            outbox=waiting,
            waits=max(waits.total_seconds(), 0.0),
            last_batch=None if stored_at is None else max((now - stored_at).total_seconds(), 0.0),
            partitions_ahead=partitions.ahead(starmap(Part, zip(*parts, strict=True))),
        )


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
        yield "the event log has no partition for the time to come"

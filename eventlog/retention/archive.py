"""Copying events into the archive: a day at a time, once it lies ARCHIVE_AFTER_DAYS back.

A file goes this way, and whatever ends the process in between, nothing is lost or there twice:

1. its row, WRITING, is committed: by it the next run finds what a dead one has left, and removes that;
2. in one snapshot its events are written under a temporary name, read again and compared; the file gets its name;
3. the row is KEPT, by the transaction of the snapshot, which also writes its sum down in the log that is signed.

A day's further file has what was stored since: by transactions from that of the snapshot before (`Archive`).
"""

from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from typing import Any, Final
from uuid import UUID

import uuid_utils
from django.db import Error, connections, transaction
from django.db.backends.utils import CursorWrapper
from django.db.models import Max
from django.utils import timezone

from eventlog import catalog
from eventlog.conf import conf
from eventlog.integrity import removals
from eventlog.logger import log_event
from eventlog.models import Archive, Event
from eventlog.models.archive import EXPIRED, EXPIRING, KEPT, WRITING, start_of
from eventlog.models.epoch import HORIZON
from eventlog.pipeline.outbox import events_alias
from eventlog.retention import contents, filekeys, lines
from eventlog.retention.lines import Hash
from eventlog.retention.shelf import PART, Shelf, shelf

ROWS_AT_ONCE: Final = 10_000  # a row group, and what is in memory
DAY: Final = timedelta(days=1)
LOCK: Final = "SELECT pg_try_advisory_xact_lock(hashtext('eventlog archive'))"
SNAPSHOT: Final = "SET TRANSACTION ISOLATION LEVEL REPEATABLE READ"
# Batches with an event of long ago: one that was stored after its day was archived is among them.
LATE: Final = """
SELECT DISTINCT a.day FROM (
    SELECT day, max(until_xid) AS until_xid FROM event_archives WHERE until_xid IS NOT NULL GROUP BY day
) a JOIN (
    SELECT stored_xid, first_timestamp, last_timestamp FROM event_batches
    WHERE stored_at - first_timestamp > interval '1 day'
) b ON b.stored_xid >= a.until_xid::text::xid8
    AND b.first_timestamp < (a.day + 1)::timestamp AT TIME ZONE 'UTC'
    AND b.last_timestamp >= a.day::timestamp AT TIME ZONE 'UTC'
ORDER BY a.day"""


class Busy(OSError):
    """Another process is at it."""

    def __init__(self) -> None:
        super().__init__("another process is archiving or removing archive files")


class NotEqual(OSError):
    """What was read again is not what was written."""


@dataclass(frozen=True, slots=True)
class Step:
    """One file that was made, or removed."""

    archive: Archive
    is_removal: bool = False


def run(now: datetime | None = None) -> Iterator[Step]:
    """Archive the days that are due, and remove the files that are past their time. May be interrupted anywhere.

    Raises OSError where the folder cannot be used or another process is at it: the database stays as it is.
    """
    now, using = now or timezone.now(), events_alias()
    where, done = shelf(), list[Step]()
    try:
        for step in steps(where, now, using):
            done.append(step)
            yield step
    finally:
        if done:
            tell(done)


def steps(where: Shelf, now: datetime, using: str) -> Iterator[Step]:
    clear(where, using)
    for day in due(now, using):
        if (made := copy(where, day, using)) is not None:
            yield Step(made)
    yield from expire(where, now, using)


def tell(done: list[Step]) -> None:
    made = [step.archive for step in done if not step.is_removal]
    data = {
        "files": [archive.path for archive in made],
        "rows": sum(archive.row_count for archive in made),
        "bytes": sum(archive.byte_count for archive in made),
        "removed": [step.archive.path for step in done if step.is_removal],
    }
    log_event(catalog.EVENTS_ARCHIVED, event_data=data)


# --- what is due ---
def due(now: datetime, using: str) -> list[date]:
    """The days, in UTC, that are to be archived, and those of which more came since."""
    last = (now - timedelta(days=conf.ARCHIVE_AFTER_DAYS)).astimezone(UTC).date() - DAY
    known = dict(Archive.objects.using(using).made().values_list("day").annotate(Max("until_xid")))
    with connections[using].cursor() as cursor:
        cursor.execute(LATE)
        late = {row[0] for row in cursor.fetchall()}
    return [day for day in days(last, using) if day not in known or day in late]


def days(last: date, using: str) -> Iterator[date]:
    """Those that have events, up to `last`."""
    events = Event.objects.using(using).order_by("timestamp")
    found = events.first()
    while found is not None and (day := found.timestamp.astimezone(UTC).date()) <= last:
        yield day
        found = events.since(start_of(day + DAY)).first()


# --- a file ---
@contextmanager
def alone(using: str) -> Iterator[CursorWrapper]:
    """A transaction in one snapshot that no other process archives in. Raises Busy."""
    with transaction.atomic(using=using), connections[using].cursor() as cursor:
        cursor.execute(SNAPSHOT)
        cursor.execute(LOCK)  # waiting for it would be in a snapshot of before
        if not cursor.fetchone()[0]:
            raise Busy
        yield cursor


def clear(where: Shelf, using: str) -> None:
    """Remove what a process has left that ended while it wrote, or removed, a file."""
    with alone(using):
        for archive in Archive.objects.using(using).filter(state=WRITING):
            drop(where, archive, using)


def drop(where: Shelf, archive: Archive, using: str) -> None:
    """The file first: by the row it is found."""
    where.remove(archive.path)
    Archive.objects.using(using).filter(pk=archive.pk, state=WRITING).delete()


def copy(where: Shelf, day: date, using: str) -> Archive | None:
    """Make a day's next file. None where there is nothing for it."""
    archive = begin(day, using)
    try:
        return filled(where, archive, using)
    except Exception:  # a process that is killed leaves it to the next run
        with suppress(Error, OSError):
            drop(where, archive, using)
        raise


def filled(where: Shelf, archive: Archive, using: str) -> Archive | None:
    with alone(using) as cursor:
        if not Archive.objects.using(using).filter(pk=archive.pk, state=WRITING).exists():
            raise Busy  # it cleared this one away
        cursor.execute(f"SELECT {HORIZON}::text")
        archive.until_xid = int(cursor.fetchone()[0])
        write(where, archive, cursor)
        if not archive.row_count:
            forget(where, archive, using)
            return None
        where.rename(archive.path)
        keep(archive, cursor, using)
    return archive


def begin(day: date, using: str) -> Archive:
    key = UUID(str(uuid_utils.uuid7()))
    path = f"year={day.year:04d}/month={day.month:02d}/day={day.day:02d}/{key}.parquet"
    before = Archive.objects.using(using).made().filter(day=day).aggregate(Max("until_xid"))["until_xid__max"]
    archive = Archive(id=key, day=day, path=path, from_xid=before or 0, begun_at=timezone.now())
    filekeys.give(archive)
    archive.save(using=using, force_insert=True)
    return archive


def write(where: Shelf, archive: Archive, cursor: CursorWrapper) -> None:
    """Write and read again; in the archive's row stand its facts. Raises NotEqual."""
    written, batches = Hash(), set[str]()
    with where.written(archive.path) as file:
        writer = contents.writer(file, archive)
        xids = archive.from_xid, archive.until_xid or 0
        for found in lines.of_day(cursor, (archive.begin, archive.end), xids, ROWS_AT_ONCE):
            written.update(found)
            batches |= {line[lines.place("batch_id")] for line in found}
            note(archive, found)
            writer.write(found)
        writer.close()
    archive.batch_count, archive.rows_sha256 = len(batches), written.digest()
    archive.sha256, archive.byte_count = where.sum(archive.path + PART)
    if again(where, archive) != (archive.row_count, archive.rows_sha256):
        raise NotEqual(f"{archive.path}: what was read again is not what was written")
    archive.verified_at = timezone.now()


def note(archive: Archive, found: list[lines.Line]) -> None:
    first, last = (lines.moment(found[number][lines.place("timestamp")]) for number in (0, -1))
    archive.first_timestamp, archive.last_timestamp = archive.first_timestamp or first, last
    archive.row_count += len(found)


def again(where: Shelf, archive: Archive) -> tuple[int, bytes]:
    """How many events the file has that was written, and their sum."""
    summed, rows = Hash(), 0
    with where.opened(archive.path + PART) as file:
        for found in contents.read(file, archive):
            summed.update(found)
            rows += len(found)
    return rows, summed.digest()


def forget(where: Shelf, archive: Archive, using: str) -> None:
    """All was in the file before already, which is so for what was stored up to now."""
    drop(where, archive, using)
    newest = Archive.objects.using(using).made().filter(day=archive.day).order_by("-until_xid").first()
    if newest is not None:
        newest.until_xid = archive.until_xid
        newest.save(using=using, update_fields=["until_xid"])


def keep(archive: Archive, cursor: CursorWrapper, using: str) -> None:
    archive.state = KEPT
    archive.save(using=using, force_update=True)
    removals.write(cursor, removals.of_archive(made=str(archive.id), **facts(archive)))


def facts(archive: Archive) -> dict[str, Any]:
    return {"path": archive.path, "sha256": bytes(archive.sha256 or b"").hex(), "rows": archive.row_count}


# --- the end of the files ---
def expire(where: Shelf, now: datetime, using: str) -> Iterator[Step]:
    """Remove the files that are older than ARCHIVE_RETENTION_DAYS; the row says beforehand that it goes."""
    for archive in past(now, using):
        with alone(using) as cursor:
            if not Archive.objects.using(using).filter(pk=archive.pk, state=KEPT).update(state=EXPIRING):
                continue
            removals.write(cursor, removals.of_archive(removed=str(archive.id), **facts(archive)))
    for archive in Archive.objects.using(using).filter(state=EXPIRING):
        where.remove(archive.path)
        archive.state, archive.expired_at = EXPIRED, timezone.now()
        archive.save(using=using, update_fields=["state", "expired_at"])
        yield Step(archive, is_removal=True)


def past(now: datetime, using: str) -> list[Archive]:
    if conf.ARCHIVE_RETENTION_DAYS is None:
        return []
    day = (now - timedelta(days=conf.ARCHIVE_RETENTION_DAYS)).astimezone(UTC).date()
    return list(Archive.objects.using(using).kept().filter(day__lt=day))

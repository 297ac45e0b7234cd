"""Removing what is past its time: whole partitions dropped, the rest deleted in bounded batches."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.db import connections, transaction
from django.utils import timezone

from eventlog import catalog
from eventlog.conf import conf
from eventlog.logger import log_event
from eventlog.models import Event
from eventlog.pipeline.outbox import events_alias
from eventlog.retention import partitions

ROWS_AT_ONCE = 5_000  # a delete of this size holds its locks for well under a second
DELETE_SOME = """
DELETE FROM events WHERE (id, timestamp) IN (
    SELECT id, timestamp FROM events WHERE timestamp < %s ORDER BY timestamp LIMIT %s)"""


@dataclass(frozen=True, slots=True)
class Removal:
    """`partition` is the table dropped; empty where rows were deleted one by one."""

    rows: int
    partition: str = ""


def cutoff() -> datetime:
    return timezone.now() - timedelta(days=conf.LOG_RETENTION_DAYS)


def planned(before: datetime) -> list[Removal]:
    """What `clean_up` would remove now."""
    alias = events_alias()
    with connections[alias].cursor() as cursor:
        whole = [month for month in partitions.existing(cursor) if month.plus(1).start <= before]
    counts = {month: counted(month.start, month.plus(1).start) for month in whole}
    rest = Event.objects.using(alias).older_than(before).count() - sum(counts.values())
    return [*(Removal(rows, month.table) for month, rows in counts.items()), *([Removal(rest)] if rest else [])]


def counted(start: datetime, end: datetime) -> int:
    return Event.objects.using(events_alias()).filter(timestamp__gte=start, timestamp__lt=end).count()


def clean_up(before: datetime) -> Iterator[Removal]:
    """Remove the events before `before`, step by step; may be interrupted anywhere and run twice.

    The last step records what was done, so that the log says itself where it begins.
    """
    done: list[Removal] = []
    try:
        for removal in steps(before):
            done.append(removal)
            yield removal
    finally:
        if done:
            tell(before, done)


def tell(before: datetime, done: list[Removal]) -> None:
    dropped = [removal.partition for removal in done if removal.partition]
    data = {"before": before.isoformat(), "partitions": dropped, "rows": sum(removal.rows for removal in done)}
    log_event(catalog.EVENTS_CLEANUP, event_data=data)


def steps(before: datetime) -> Iterator[Removal]:
    alias = events_alias()
    for name, rows in partitions.drop_before(before, using=alias):
        yield Removal(rows, name)
    while rows := delete_some(before, alias):
        yield Removal(rows)


def delete_some(before: datetime, alias: str) -> int:
    with transaction.atomic(using=alias), connections[alias].cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock(hashtext('eventlog cleanup'))")
        cursor.execute(DELETE_SOME, [before, ROWS_AT_ONCE])
        return int(cursor.rowcount)

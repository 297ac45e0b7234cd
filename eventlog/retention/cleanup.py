"""Removing what is past its time: whole partitions dropped, the rest deleted in bounded batches."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.db import connections, transaction
from django.utils import timezone

from eventlog import catalog
from eventlog.conf import conf
from eventlog.logger import log_event
from eventlog.models import DeadLetter, Event
from eventlog.pipeline.outbox import events_alias
from eventlog.retention import partitions

ROWS_AT_ONCE = 5_000  # a delete of this size holds its locks for well under a second
DELETE_EVENTS = """
DELETE FROM events WHERE (id, timestamp) IN (
    SELECT id, timestamp FROM events WHERE timestamp < %s ORDER BY timestamp LIMIT %s)"""
DELETE_DEAD_LETTERS = """
DELETE FROM event_dead_letters WHERE id IN (
    SELECT id FROM event_dead_letters WHERE refused_at < %s ORDER BY refused_at LIMIT %s)"""


@dataclass(frozen=True, slots=True)
class Removal:
    """`partition` is the table dropped; empty where rows were deleted one by one.

    `dead_letters` is how many events went that the database had refused; they are none of `rows`.
    """

    rows: int = 0
    partition: str = ""
    dead_letters: int = 0


def cutoff() -> datetime:
    return timezone.now() - timedelta(days=conf.LOG_RETENTION_DAYS)


def planned(before: datetime) -> list[Removal]:
    """What `clean_up` would remove now."""
    alias = events_alias()
    with connections[alias].cursor() as cursor:
        whole = [month for month in partitions.existing(cursor) if month.plus(1).start <= before]
    counts = {month: counted(month.start, month.plus(1).start) for month in whole}
    rest = Event.objects.using(alias).older_than(before).count() - sum(counts.values())
    dead = DeadLetter.objects.using(alias).filter(refused_at__lt=before).count()
    return [
        *(Removal(rows, month.table) for month, rows in counts.items()),
        *([Removal(rest)] if rest else []),
        *([Removal(dead_letters=dead)] if dead else []),
    ]


def counted(start: datetime, end: datetime) -> int:
    return Event.objects.using(events_alias()).filter(timestamp__gte=start, timestamp__lt=end).count()


def clean_up(before: datetime) -> Iterator[Removal]:
    """Remove the events before `before`, and those refused before it, step by step.

    May be interrupted anywhere and run twice. The last step records what was done, so that the log says itself where
    it begins.
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
    data = {"before": before.isoformat(), "partitions": dropped, **totals(done)}
    log_event(catalog.EVENTS_CLEANUP, event_data=data)


def totals(removals: list[Removal]) -> dict[str, int]:
    return {name: sum(getattr(removal, name) for removal in removals) for name in ("rows", "dead_letters")}


def steps(before: datetime) -> Iterator[Removal]:
    alias = events_alias()
    for name, rows in partitions.drop_before(before, using=alias):
        yield Removal(rows, name)
    while rows := delete_some(DELETE_EVENTS, before, alias):
        yield Removal(rows)
    while rows := delete_some(DELETE_DEAD_LETTERS, before, alias):
        yield Removal(dead_letters=rows)


def delete_some(sql: str, before: datetime, alias: str) -> int:
    with transaction.atomic(using=alias), connections[alias].cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock(hashtext('eventlog cleanup'))")
        cursor.execute(sql, [before, ROWS_AT_ONCE])
        return int(cursor.rowcount)

"""Removing what is past its time and under no hold: whole partitions dropped, the rest deleted in bounded batches.

Counts survive (`models/rollup.py`): totals and charts know of events that are gone.
"""

from collections import Counter
from collections.abc import Generator, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from functools import partial
from typing import Any, Final

from django.db import OperationalError, connections, transaction
from django.db.backends.utils import CursorWrapper

from eventlog import catalog
from eventlog.integrity import guards, removals
from eventlog.logger import log_event
from eventlog.models import Alert, DeadLetter, EventFinding, Hold
from eventlog.pipeline.outbox import events_alias
from eventlog.retention import partitions
from eventlog.retention.keeping import OWN, PLANNED, Keeping
from eventlog.retention.periods import Part, Span

ALERTS_AT_ONCE = 200  # with all that hangs on them
ROWS_AT_ONCE = 5_000  # a delete of this size holds its locks for well under a second
LOCK_TIMEOUT_OF_OLD: Final = "3s"  # nobody stores into what is past its time; autovacuum gives way after a second
BEGINNING: Final = datetime.min.replace(tzinfo=UTC)
DELETE_EVENTS = "DELETE FROM events WHERE id = ANY(%s::uuid[]) AND timestamp BETWEEN %s AND %s"
DELETE_DEAD_LETTERS = """
DELETE FROM event_dead_letters WHERE id IN (
    SELECT id FROM event_dead_letters WHERE refused_at < %s ORDER BY refused_at LIMIT %s)"""
# Whether a batch has come in since that a count has not seen, with an event of this time. Snapshots know the cluster's
# own ids, without the shift of its epoch; what is of an epoch before was there.
STORED_SINCE = """
SELECT EXISTS (SELECT FROM (
    SELECT greatest(stored_xid::text::bigint - shift, 0)::text::xid8 AS xid, first_timestamp, last_timestamp
    FROM event_batches, (SELECT eventlog_shift() AS shift) epoch
    WHERE stored_xid >= (pg_snapshot_xmin(%(seen)s::pg_snapshot)::text::bigint + shift)::text::xid8) b
WHERE NOT pg_visible_in_snapshot(xid, %(seen)s::pg_snapshot)
    AND xid IS DISTINCT FROM pg_current_xact_id_if_assigned()
    AND first_timestamp < %(end)s AND last_timestamp >= %(start)s)"""


class InTheWay(OperationalError):
    """Somebody used a table for too long that was to be dropped: a dump, or a reader who has gone home."""

    def __init__(self, table: str) -> None:
        super().__init__(f"{table} is in use for too long: it, and what is as old, is left to the next run")
        self.table = table


@dataclass(frozen=True, slots=True)
class Removal:
    """`partition` is the table dropped; empty where rows were deleted one by one.

    `dead_letters` is how many events went that the database had refused, `alerts` how many closed alerts; they are none
    of `rows`.
    """

    by_category: Mapping[str, int] = field(default_factory=dict)
    partition: str = ""
    dead_letters: int = 0
    alerts: int = 0

    @property
    def rows(self) -> int:
        return sum(self.by_category.values())


# --- what would be done ---
@dataclass(frozen=True, slots=True)
class Line:
    """Of the events of one partition and category that are past their time: how many would go, how many holds keep."""

    partition: str
    category: str
    rows: int
    held: int


@dataclass(frozen=True, slots=True)
class Plan:
    """`kept_by` is (hold, reason, events past their time that it keeps)."""

    lines: list[Line]
    kept_by: list[tuple[int, str, int]]
    removals: list[Removal]


def planned(keeping: Keeping) -> Plan:
    """What `clean_up` would remove now."""
    alias = events_alias()
    with connections[alias].cursor() as cursor:
        parts = partitions.existing(cursor)
        whole = {part.table: rows for part in parts if (rows := keeping.all_may_go(cursor, part)) is not None}
        cursor.execute(PLANNED, keeping.values)
        lines = [Line(*row) for row in cursor.fetchall()]
        kept_by = keeping.kept_by(cursor)
    rest = Counter[str]()
    for line in lines:
        if line.partition not in whole and line.rows:
            rest[line.category] += line.rows
    dead = 0 if Hold.objects.using(alias).in_force(keeping.now).exists() else refused_before(keeping, alias)
    alerts = Alert.objects.using(alias).past(keeping.refused_before).count()
    removals = [
        *(Removal(rows, table) for table, rows in whole.items()),
        *([Removal(dict(rest))] if rest else []),
        *([Removal(dead_letters=dead)] if dead else []),
        *([Removal(alerts=alerts)] if alerts else []),
    ]
    return Plan(lines, kept_by, removals)


def refused_before(keeping: Keeping, alias: str) -> int:
    return DeadLetter.objects.using(alias).filter(refused_at__lt=keeping.refused_before).count()


# --- doing it ---
def clean_up(keeping: Keeping | None = None) -> Iterator[Removal]:
    """Remove what is past its time, step by step.

    May be interrupted anywhere and run twice. The last step records what was done, so that the log says itself where
    it begins. Raises InTheWay when all else is done.
    """
    keeping, done, in_the_way = keeping or Keeping(), list[Removal](), ""
    with connections[events_alias()].cursor() as cursor:
        held = keeping.held(cursor)
    try:
        for removal in steps(keeping):
            done.append(removal)
            yield removal
    except InTheWay as problem:
        in_the_way = problem.table
        raise
    finally:
        if done or in_the_way:
            tell(keeping, done, held, in_the_way)


def tell(keeping: Keeping, done: list[Removal], held: Mapping[str, int], in_the_way: str) -> None:
    dropped, numbers = [removal.partition for removal in done if removal.partition], totals(done)
    removed = numbers.pop("by_category")
    categories = [  # not as keys: AUTH looks like the name of a secret
        {"category": category, "days": days, "rows": removed.get(category, 0), "held": held.get(category, 0)}
        for category, days in keeping.periods.items()
    ]
    what = {"as_of": keeping.now.isoformat(), "partitions": dropped, **numbers, "held": sum(held.values())}
    if in_the_way:
        what["in_the_way"] = in_the_way
    log_event(catalog.EVENTS_CLEANUP, event_data={**what, "categories": categories})


def totals(removals: list[Removal]) -> dict[str, Any]:
    by_category = Counter[str]()
    for removal in removals:
        by_category.update(removal.by_category)
    numbers = {name: sum(getattr(each, name) for each in removals) for name in ("rows", "dead_letters", "alerts")}
    return {**numbers, "by_category": dict(by_category)}


def steps(keeping: Keeping) -> Iterator[Removal]:
    alias = events_alias()
    with connections[alias].cursor() as cursor:
        past = [part for part in partitions.existing(cursor) if part.end <= keeping.earliest]
    problem = yield from partitions_dropped(past, keeping, alias)
    since = past[-1].end if problem else BEGINNING  # a whole month is not deleted row by row
    for group in (*catalog.CATEGORIES, OWN):
        yield from events_removed(keeping, group, since, alias)
    while number := delete_dead_letters(keeping, alias):
        yield Removal(dead_letters=number)
    while alerts := remove_alerts(keeping.refused_before, alias):
        yield Removal(alerts=alerts)
    EventFinding.objects.using(alias).filter(alert=None, last_seen__lt=keeping.refused_before).delete()
    if problem:
        raise problem


def partitions_dropped(past: list[Part], keeping: Keeping, alias: str) -> Generator[Removal, None, InTheWay | None]:
    """Up to the one that cannot be: who is in its way is in the way of the others, too."""
    for part in past:
        try:
            rows = partitions.with_short_locks(alias, Dropping(keeping), part)
        except OperationalError as error:
            if not partitions.is_of_a_lock(error):
                raise
            return InTheWay(part.table)
        if rows is not None:
            yield Removal(rows, part.table)
    return None


@dataclass(frozen=True, slots=True)
class Dropping:
    keeping: Keeping

    def __call__(self, cursor: CursorWrapper, span: Span) -> dict[str, int] | None:
        """Drop one partition and return how many rows of each category it had; None where another process was first,
        or it has something that is to be kept.

        The removal explains whatever was of that time: a partition of which a hold keeps one event is no whole one.
        """
        if not partitions.is_there(cursor, span):
            return None
        cursor.execute("SELECT pg_current_snapshot()::text")
        seen = cursor.fetchone()[0]
        counts = self.keeping.all_may_go(cursor, span)  # before the lock: it may take longer than a writer should wait
        if counts is None:
            return None
        drop = partial(self.drop, cursor, span, counts, seen)
        return partitions.patiently(cursor.db.alias, drop, tries=partitions.TRIES_WITHIN)

    def drop(self, cursor: CursorWrapper, span: Span, counts: dict[str, int], seen: str) -> dict[str, int] | None:
        cursor.execute(f"SET LOCAL lock_timeout = '{LOCK_TIMEOUT_OF_OLD}'")
        cursor.execute(f"LOCK TABLE {span.table} IN SHARE ROW EXCLUSIVE MODE")  # whoever stores into it has committed
        cursor.execute(f"SET LOCAL lock_timeout = '{partitions.LOCK_TIMEOUT}'")
        cursor.execute(STORED_SINCE, {"seen": seen, "start": span.start, "end": span.end})
        if cursor.fetchone()[0]:
            return None
        facts = {"rows": sum(counts.values()), "by_category": counts, "as_of": self.keeping.now.isoformat()}
        removals.write(cursor, removals.of_range(span.start, span.end, partition=span.table, **facts))
        partitions.detach_and_drop(cursor, span)
        return counts


def events_removed(keeping: Keeping, group: str, since: datetime, alias: str) -> Iterator[Removal]:
    """Batch by batch, each from where the last one has got to: what holds keep is not looked at again and again."""
    place: datetime | None = since
    while place is not None:
        removal, place = delete_events(keeping, group, place, alias)
        if removal.rows:
            yield removal


def delete_events(keeping: Keeping, group: str, since: datetime, alias: str) -> tuple[Removal, datetime | None]:
    """Some, and which in the same transaction: so the proof knows why they are gone. And where to go on."""
    with one_at_a_time(alias) as cursor:
        rows = keeping.some_to_remove(cursor, group, since, ROWS_AT_ONCE)
        if not rows:
            return Removal(), None
        ids = sorted(row.id for row in rows)
        with guards.allowing("DELETE events", using=alias):
            cursor.execute(DELETE_EVENTS, [list(map(str, ids)), rows[0].timestamp, rows[-1].timestamp])
        why = {"category": group, "days": keeping.periods[group]} if group else {"days": "own"}
        removals.write(cursor, removals.of_events(ids, as_of=keeping.now.isoformat(), **why))
        return Removal(Counter(row.category for row in rows)), rows[-1].timestamp


def delete_dead_letters(keeping: Keeping, alias: str) -> int:
    """None while a hold is in force: what it is about cannot be told of an event that could not be stored."""
    with one_at_a_time(alias) as cursor:
        if Hold.objects.using(alias).in_force(keeping.now).exists():
            return 0
        cursor.execute(DELETE_DEAD_LETTERS, [keeping.refused_before, ROWS_AT_ONCE])
        return int(cursor.rowcount)


@contextmanager
def one_at_a_time(alias: str) -> Iterator[CursorWrapper]:
    """A transaction beside which nothing is moved or removed, and no hold placed."""
    with transaction.atomic(using=alias), connections[alias].cursor() as cursor:
        cursor.execute(partitions.ALONE)
        yield cursor


def remove_alerts(before: datetime, alias: str) -> int:
    """Some closed ones, with their findings and notifications."""
    alerts = Alert.objects.using(alias)
    chosen = list(alerts.past(before).order_by("last_seen").values_list("pk", flat=True)[:ALERTS_AT_ONCE])
    _rows, by_model = alerts.filter(pk__in=chosen).delete()
    return by_model.get("eventlog.Alert", 0)

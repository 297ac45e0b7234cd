"""The partitions of `events`: one for each month, week or day (`PARTITION_BY`), made ahead.

A later partition is made as a table of its own and attached, because `CREATE TABLE … PARTITION OF` would lock the
parent longer. Events of a time that has no partition lie in `events_default`; they move when theirs is made. Where
`PARTITION_BY` is changed the partitions that are there stay, and new ones are made for what none of them covers.
"""

import random
import time
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from functools import partial
from typing import Any, TypeVar

from django.db import OperationalError, connections, migrations, transaction
from django.db.backends.base.schema import BaseDatabaseSchemaEditor
from django.db.backends.utils import CursorWrapper
from django.utils import timezone

from eventlog.conf import conf
from eventlog.integrity import guards
from eventlog.retention.periods import KINDS, TABLE, Month, Part, Span, uncovered

Result = TypeVar("Result")
DEFAULT = "events_default"
LOCK_TIMEOUT = "100ms"  # a waiting lock stops every writer behind it
LOCK_NOT_AVAILABLE = "55P03"
TRIES = 20
TRIES_WITHIN = 20  # before what was moved or counted is so again
PARTS = f"""
SELECT c.oid, c.oid::regclass::text AS name, span[1]::timestamptz AS start, span[2]::timestamptz AS finish
FROM pg_inherits i JOIN pg_class c ON c.oid = i.inhrelid,
    regexp_match(pg_get_expr(c.relpartbound, c.oid), $$FROM \\('([^']+)'\\) TO \\('([^']+)'\\)$$) AS span
WHERE i.inhparent = '{TABLE}'::regclass"""
SIZES = f"""
SELECT p.name, pg_total_relation_size(c.oid), c.reltuples::bigint,
    p.name = '{DEFAULT}' AND NOT EXISTS (SELECT FROM {DEFAULT})
FROM ({PARTS}) p JOIN pg_class c USING (oid) ORDER BY p.start NULLS LAST"""
OWNER = """
SELECT quote_ident(pg_get_userbyid(relowner)) FROM pg_class
WHERE oid = %s::regclass AND relowner <> current_user::regrole"""
ALONE = "SELECT pg_advisory_xact_lock(hashtext('eventlog lifecycle'))"


def existing(cursor: CursorWrapper) -> list[Part]:
    """All but the default one, oldest first."""
    cursor.execute(f"SELECT p.start, p.finish, p.name FROM ({PARTS}) p WHERE p.start IS NOT NULL ORDER BY 1")
    return [Part(*row) for row in cursor.fetchall()]


@dataclass(frozen=True, slots=True)
class Size:
    """`rows` is PostgreSQL's estimate, None before its first look; `is_empty` is exact, and asked of the default
    partition alone."""

    name: str
    bytes: int
    rows: int | None
    is_empty: bool

    @property
    def is_default(self) -> bool:
        return self.name == DEFAULT


def sizes(cursor: CursorWrapper) -> list[Size]:
    """Of all partitions, with their indexes; the oldest first, the default one last."""
    cursor.execute(SIZES)
    return [Size(name, size, None if rows < 0 else rows, is_empty) for name, size, rows, is_empty in cursor]


def ahead(there: Iterable[Span]) -> int:
    """How many periods after this one are ready without a gap; -1 where even this one is not."""
    this, known, number = KINDS[conf.PARTITION_BY].of(timezone.now()), list(there), 0
    while not any(uncovered(this.plus(number), known)):
        number += 1
    return number - 1


def make_ahead(*, using: str) -> list[str]:
    """Make what is missing for this period and the next ones; return the names of those that were made."""
    kind = KINDS[conf.PARTITION_BY]
    this = kind.of(timezone.now())
    with connections[using].cursor() as cursor:
        there = existing(cursor)
    missing = [part for number in range(kind.ahead + 1) for part in uncovered(this.plus(number), there)]
    return [part.table for part in missing if with_short_locks(using, attach, part)]


def attach(cursor: CursorWrapper, span: Span) -> bool:
    """Make one partition, with what of it lies in `events_default`; False where another process was first.

    Only the last step locks what others use. For it all is prepared: indexes that need not be built, a constraint that
    spares PostgreSQL from looking through the table, and nearly all rows moved, which others see where they were until
    the transaction ends.
    """
    if is_there(cursor, span):
        return False
    cursor.execute(
        f"CREATE TABLE {span.table} (LIKE {TABLE} INCLUDING DEFAULTS INCLUDING CONSTRAINTS INCLUDING INDEXES,"
        f" CONSTRAINT {span.table}_span CHECK (timestamp >= %s AND timestamp < %s))",
        [span.start, span.end],
    )
    cursor.execute(guards.guarded(span.table))
    move(cursor, span)
    patiently(cursor.db.alias, partial(take_over, cursor, span), tries=TRIES_WITHIN)
    cursor.execute(f"ALTER TABLE {span.table} DROP CONSTRAINT {span.table}_span")
    return True


def move(cursor: CursorWrapper, span: Span) -> None:
    """Out of the default partition, as far as this transaction sees them."""
    with guards.allowing(f"DELETE {DEFAULT}", using=cursor.db.alias):
        cursor.execute(
            f"WITH moved AS (DELETE FROM {DEFAULT} WHERE timestamp >= %s AND timestamp < %s RETURNING *)"
            f" INSERT INTO {span.table} SELECT * FROM moved",
            [span.start, span.end],
        )


def take_over(cursor: CursorWrapper, span: Span) -> None:
    """From here on the default partition is locked: else a writer adds to what is just being moved."""
    cursor.execute(f"LOCK TABLE {DEFAULT} IN ACCESS EXCLUSIVE MODE")
    move(cursor, span)
    bounds = [span.start, span.end]
    cursor.execute(f"ALTER TABLE {TABLE} ATTACH PARTITION {span.table} FOR VALUES FROM (%s) TO (%s)", bounds)


def is_there(cursor: CursorWrapper, span: Span) -> bool:
    """Whether it has its table. Until this transaction ends nobody else makes or drops one, moves or removes events,
    or places a hold."""
    cursor.execute(ALONE)
    cursor.execute("SELECT to_regclass(%s)", [span.table])
    return cursor.fetchone()[0] is not None


def detach_and_drop(cursor: CursorWrapper, span: Span) -> None:
    cursor.execute(f"ALTER TABLE {TABLE} DETACH PARTITION {span.table}")
    cursor.execute(f"DROP TABLE {span.table}")


def with_short_locks(using: str, change: Callable[[CursorWrapper, Any], Result], span: Span) -> Result:
    """Run `change(cursor, span)`, as the tables' owner, in a transaction that waits for no lock for long; again and
    again."""

    def step() -> Result:
        with connections[using].cursor() as cursor:
            cursor.execute(f"SET LOCAL lock_timeout = '{LOCK_TIMEOUT}'")
            become_owner(cursor)
            return change(cursor, span)

    return patiently(using, step, tries=TRIES)


def patiently(using: str, step: Callable[[], Result], *, tries: int) -> Result:
    """Run it in a transaction (a savepoint, where one is open) until it gets its locks."""
    for attempt in range(tries):
        try:
            with transaction.atomic(using=using):
                return step()
        except OperationalError as error:
            if not is_of_a_lock(error) or attempt == tries - 1:
                raise
            time.sleep(random.uniform(0.05, 0.5))
    raise AssertionError("unreachable")


def is_of_a_lock(error: OperationalError) -> bool:
    """Whether somebody else held what it wanted, for too long."""
    return getattr(error.__cause__, "pgcode", "") == LOCK_NOT_AVAILABLE


def become_owner(cursor: CursorWrapper) -> None:
    """Until the transaction ends: who owns the table owns its partitions, too, and nobody else may attach one."""
    cursor.execute(OWNER, [TABLE])
    if owner := cursor.fetchone():
        cursor.execute(f"SET LOCAL ROLE {owner[0]}")


class CreatePartitionedModel(migrations.CreateModel):
    """`CreateModel` for a table that is partitioned by RANGE of its `timestamp`.

    To Django the primary key is `id`; PostgreSQL wants the partition key in it, so there it is (id, timestamp).
    Backwards drops the table with all its partitions.
    """

    def database_forwards(
        self, app_label: str, schema_editor: BaseDatabaseSchemaEditor, from_state: Any, to_state: Any
    ) -> None:
        model = to_state.apps.get_model(app_label, self.name)
        if not self.allow_migrate_model(schema_editor.connection.alias, model):
            return
        sql, params = schema_editor.table_sql(model)
        schema_editor.execute(partitioned(sql), params or None)
        for index in model._meta.indexes:
            schema_editor.add_index(model, index)
        for sql in first_partitions():  # all by the editor, which only prints them in `sqlmigrate`
            schema_editor.execute(sql)


def first_partitions() -> Iterator[str]:
    """The statements that give a table just made its partitions; nobody waits for a lock on it yet."""
    yield f"CREATE TABLE {DEFAULT} PARTITION OF {TABLE} DEFAULT"
    this = Month.of(timezone.now())
    for month in (this.plus(number) for number in range(KINDS["month"].ahead + 1)):
        bounds = f"FROM ('{month.start.isoformat()}') TO ('{month.end.isoformat()}')"
        yield f"CREATE TABLE {month.table} PARTITION OF {TABLE} FOR VALUES {bounds}"


def partitioned(create_table: str) -> str:
    """Django's `CREATE TABLE` with the key and the partitioning that PostgreSQL needs."""
    if create_table.count(" PRIMARY KEY") != 1:
        raise ValueError("the model must have exactly one primary key column")
    columns = create_table.replace(" PRIMARY KEY", "").removesuffix(")")
    return f'{columns}, PRIMARY KEY ("id", "timestamp")) PARTITION BY RANGE ("timestamp")'

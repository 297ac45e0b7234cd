"""The monthly partitions of `events`: made ahead, dropped whole when they are past their time.

A later partition is made as a table of its own and attached, because `CREATE TABLE … PARTITION OF` would lock the
parent longer. Events of a month that has no partition lie in `events_default`; they move when their partition is made.
"""

import random
import re
import time
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from django.db import OperationalError, connections, migrations, transaction
from django.db.backends.base.schema import BaseDatabaseSchemaEditor
from django.db.backends.utils import CursorWrapper
from django.utils import timezone

TABLE = "events"
DEFAULT = "events_default"
NAME = re.compile(r"events_(\d{4})_(\d{2})")
MONTHS_AHEAD = 3
LOCK_TIMEOUT = "200ms"  # a waiting lock stops every writer behind it
LOCK_NOT_AVAILABLE = "55P03"
TRIES = 20


@dataclass(frozen=True, slots=True, order=True)
class Month:
    """A calendar month in UTC."""

    year: int
    month: int

    @classmethod
    def of(cls, moment: datetime) -> "Month":
        moment = moment.astimezone(UTC)
        return cls(moment.year, moment.month)

    def plus(self, months: int) -> "Month":
        year, month = divmod(self.year * 12 + self.month - 1 + months, 12)
        return Month(year, month + 1)

    @property
    def start(self) -> datetime:
        return datetime(self.year, self.month, 1, tzinfo=UTC)

    @property
    def table(self) -> str:
        return f"{TABLE}_{self.year:04d}_{self.month:02d}"


def existing(cursor: CursorWrapper) -> list[Month]:
    """The months that have a partition, oldest first."""
    cursor.execute("SELECT inhrelid::regclass::text FROM pg_inherits WHERE inhparent = %s::regclass", [TABLE])
    names = [NAME.fullmatch(name) for (name,) in cursor.fetchall()]
    return sorted(Month(int(name[1]), int(name[2])) for name in names if name)


def make_ahead(*, using: str, months: int = MONTHS_AHEAD) -> list[str]:
    """Make the partitions of this month and the next `months`; return the names of those that were missing."""
    this = Month.of(timezone.now())
    with connections[using].cursor() as cursor:
        there = set(existing(cursor))
    missing = [month for month in (this.plus(ahead) for ahead in range(months + 1)) if month not in there]
    return [month.table for month in missing if with_short_locks(using, attach, month)]


def attach(cursor: CursorWrapper, month: Month) -> bool:
    """Make one partition, with what of it lies in `events_default`; False where another process was first."""
    if is_there(cursor, month):
        return False
    bounds = [month.start, month.plus(1).start]
    cursor.execute(f"LOCK TABLE {DEFAULT} IN ACCESS EXCLUSIVE MODE")  # else a writer adds to what is just being moved
    cursor.execute(f"CREATE TABLE {month.table} (LIKE {TABLE} INCLUDING DEFAULTS INCLUDING CONSTRAINTS)")
    cursor.execute(
        f"WITH moved AS (DELETE FROM {DEFAULT} WHERE timestamp >= %s AND timestamp < %s RETURNING *)"
        f" INSERT INTO {month.table} SELECT * FROM moved",
        bounds,
    )
    cursor.execute(f"ALTER TABLE {TABLE} ATTACH PARTITION {month.table} FOR VALUES FROM (%s) TO (%s)", bounds)
    return True


def drop_before(moment: datetime, *, using: str) -> Iterator[tuple[str, int]]:
    """Drop the partitions that lie wholly before `moment`; yield (name, rows) of each."""
    with connections[using].cursor() as cursor:
        past = [month for month in existing(cursor) if month.plus(1).start <= moment]
    for month in past:
        rows = with_short_locks(using, drop, month)
        if rows is not None:
            yield month.table, rows


def is_there(cursor: CursorWrapper, month: Month) -> bool:
    """Whether the month has its table; nobody else makes or drops one until this transaction ends."""
    cursor.execute("SELECT pg_advisory_xact_lock(hashtext('eventlog partitions'))")
    cursor.execute("SELECT to_regclass(%s)", [month.table])
    return cursor.fetchone()[0] is not None


def drop(cursor: CursorWrapper, month: Month) -> int | None:
    """Drop one partition and return how many rows it had; None where another process was first."""
    if not is_there(cursor, month):
        return None
    cursor.execute(f"SELECT count(*) FROM {month.table}")
    rows: int = cursor.fetchone()[0]
    cursor.execute(f"ALTER TABLE {TABLE} DETACH PARTITION {month.table}")
    cursor.execute(f"DROP TABLE {month.table}")
    return rows


def with_short_locks(using: str, change: Any, month: Month) -> Any:
    """Run `change(cursor, month)` in a transaction that gives up a lock after 200 ms, again and again."""
    for attempt in range(TRIES):
        try:
            with transaction.atomic(using=using), connections[using].cursor() as cursor:
                cursor.execute(f"SET LOCAL lock_timeout = '{LOCK_TIMEOUT}'")
                return change(cursor, month)
        except OperationalError as error:
            if getattr(error.__cause__, "pgcode", "") != LOCK_NOT_AVAILABLE or attempt == TRIES - 1:
                raise
            time.sleep(random.uniform(0.05, 0.5))
    raise AssertionError("unreachable")


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
    for month in (this.plus(ahead) for ahead in range(MONTHS_AHEAD + 1)):
        bounds = f"FROM ('{month.start.isoformat()}') TO ('{month.plus(1).start.isoformat()}')"
        yield f"CREATE TABLE {month.table} PARTITION OF {TABLE} FOR VALUES {bounds}"


def partitioned(create_table: str) -> str:
    """Django's `CREATE TABLE` with the key and the partitioning that PostgreSQL needs."""
    if create_table.count(" PRIMARY KEY") != 1:
        raise ValueError("the model must have exactly one primary key column")
    columns = create_table.replace(" PRIMARY KEY", "").removesuffix(")")
    return f'{columns}, PRIMARY KEY ("id", "timestamp")) PARTITION BY RANGE ("timestamp")'

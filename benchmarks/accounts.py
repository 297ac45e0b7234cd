"""Where every event of a log is, asked of its tables in SQL and of its archive in DuckDB, without any of its code."""

from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import duckdb
from django.db import connection, transaction

WRITTEN: Final = "SELECT sum(event_count) FROM event_batches"
# Past its time before there were files.
EXPIRED: Final = """
SELECT coalesce(sum(coalesce(length(ids) / 16, (facts ->> 'rows')::bigint)), 0) FROM event_removals
WHERE kind IN ('events', 'range') AND made_at < coalesce((SELECT min(begun_at) FROM event_archives), 'infinity')"""
KEPT: Final = "COPY (SELECT id FROM events) TO STDOUT"
IN_FILES: Final = "SELECT coalesce(sum(row_count), 0) FROM event_archives WHERE state = 'kept'"
ARCHIVED: Final = """
SELECT count(*), count(DISTINCT a.id), count(*) FILTER (WHERE k.id IS NULL)
FROM (SELECT id::uuid AS id FROM read_parquet('{files}', hive_partitioning = false)) a
LEFT JOIN (SELECT column0::uuid AS id FROM read_csv('{kept}', header = false, all_varchar = true)) k ON k.id = a.id"""


@dataclass(frozen=True, slots=True)
class Account:
    """`archived`: in a file, and no longer in the table. `is_right`: no event is twice in the files, and
    `event_archives` counts as DuckDB does."""

    written: int
    kept: int
    archived: int
    expired: int
    is_right: bool

    @property
    def is_even(self) -> bool:
        return self.is_right and self.kept + self.archived + self.expired == self.written

    @property
    def cells(self) -> tuple[str, ...]:
        return tuple(f"{each:,}" for each in (self.kept, self.archived, self.expired, self.written))


def taken(folder: Path, kept: Path) -> Account:
    """At one moment; `kept` is a file to put the ids of the table into."""
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ")
        written, expired, counted = (int(answer(cursor, sql)) for sql in (WRITTEN, EXPIRED, IN_FILES))
        with kept.open("wb") as file:
            cursor.copy_expert(KEPT, file)
            rows = cursor.rowcount
    found, distinct, archived = in_files(folder, kept)
    return Account(written, rows, archived, expired, is_right=found == distinct == counted)


def answer(cursor: Any, sql: str) -> Any:
    cursor.execute(sql)
    return cursor.fetchone()[0]


def in_files(folder: Path, kept: Path) -> tuple[int, int, int]:
    """(events, those of them that differ, those that are no longer in the table)"""
    if not any(folder.rglob("*.parquet")):
        return 0, 0, 0
    asked = duckdb.connect().execute(ARCHIVED.format(files=f"{folder}/**/*.parquet", kept=kept))
    [found] = asked.fetchall()
    return found[0], found[1], found[2]

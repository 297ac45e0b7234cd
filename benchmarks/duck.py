"""The same events in DuckDB: a column store, as far as counting without counts made beforehand can go."""

import time
from collections.abc import Callable, Sequence
from datetime import UTC, datetime
from typing import Any

import duckdb
from django.db import connection

from benchmarks import FOLDER
from benchmarks.measure import say

COLUMNS = (
    "event_type",
    "event_category",
    "severity",
    "event_status",
    "user_id",
    "username",
    "host(ip_address) AS ip_address",
    "endpoint",
    "server_name",
    "error_code",
    "response_status",
    "response_time_ms",
    "cpu_time_ms",
    "memory_usage_mb",
    "db_query_count",
    "db_time_ms",
)
TAKEN = f"""COPY (SELECT timestamp AT TIME ZONE 'UTC' AS timestamp, {", ".join(COLUMNS)} FROM events ORDER BY timestamp)
TO STDOUT WITH (FORMAT csv, HEADER)"""


class Duck:
    """The rows that questions read, in a Parquet file in the benchmark's own folder."""

    def __init__(self) -> None:
        started = time.perf_counter()
        text, parquet = FOLDER / "events.csv", FOLDER / "events.parquet"
        with connection.cursor() as cursor, text.open("wb") as file:
            cursor.copy_expert(TAKEN, file)
        self.database = duckdb.connect()
        self.database.execute(f"COPY (FROM read_csv('{text}')) TO '{parquet}' (FORMAT parquet)")
        text.unlink()
        self.database.execute(f"CREATE VIEW events AS FROM '{parquet}'")
        say(f"… Parquet of {parquet.stat().st_size / 1e6:.0f} MB, {time.perf_counter() - started:.0f} s")

    def asking(self, sql: str, params: Sequence[datetime]) -> Callable[[], list[Any]]:
        """Its times have no zone, since that would need an extension."""
        text, moments = sql.replace("%s", "?"), [moment.astimezone(UTC).replace(tzinfo=None) for moment in params]
        return lambda: self.database.execute(text, moments).fetchall()

"""An archive as its tests have it: a folder, and events that are old enough for it."""

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import duckdb
from django.db import connection
from django.utils import timezone

from eventlog.integrity import verify
from eventlog.integrity.verdicts import Verified
from eventlog.integrity.verify import Question
from eventlog.models import Archive, Event
from eventlog.record import make_record
from eventlog.retention import archive, cleanup
from eventlog.retention.keeping import Keeping
from eventlog.retention.restore import Restored, Wanted, restore
from eventlog.tests.finished import wait_for_others
from eventlog.tests.integrity.conftest import write

ALWAYS = datetime(1970, 1, 1, tzinfo=UTC), datetime(2200, 1, 1, tzinfo=UTC)


def noon(days_ago: int) -> datetime:
    return timezone.now().astimezone(UTC).replace(hour=12, minute=0, second=0, microsecond=0) - timedelta(days=days_ago)


def old_event(days_ago: int = 50, **columns: Any) -> bytes:
    """On no time of its own: all of a day are of the same noon."""
    return make_record("MAINTENANCE", {"timestamp": noon(days_ago), **columns}).to_json()


def an_odd_event(days_ago: int = 50) -> bytes:
    """With what is written differently in JSON, jsonb, COPY, Python and Parquet."""
    data = {"n": 1e16, "m": -0.0, "x": 0.1 + 0.2, "tiny": 1e-7, "whole": 2**60, "text": "1.50\t\\N\n€", "none": None}
    lists = {"threats": [{"score": 1.0}], "tags": ["a"], "changed_fields": [], "is_sensitive": True}
    who = {"username": "ani", "ip_address": "2001:db8::1", "user_agent": "x\\y", "request_headers": {}}
    numbers = {"response_time_ms": 1e-5, "memory_usage_mb": 3e20, "response_size_bytes": 2**40, "risk_score": 7}
    return old_event(days_ago, event_data=data, reason="a\tb\\N\r\n\x0b", **lists, **who, **numbers)


def stored(*records: bytes) -> None:
    write(*records)
    wait_for_others()


def archived() -> list[Archive]:
    return [step.archive for step in archive.run()]


def restored(**wanted: Any) -> list[Restored]:
    return list(restore(Wanted(*ALWAYS, **wanted)))


def verified() -> Verified:
    return verify.total(list(verify.verify(Question(), using="default")))


def rows(event_type: str = "MAINTENANCE") -> list[dict[str, Any]]:
    return list(Event.objects.filter(event_type=event_type).order_by("id").values())


def remove_all() -> None:
    """As retention does."""
    list(cleanup.clean_up(Keeping(days=1)))


def asked(query: str, folder: Path) -> Sequence[Any]:
    """The row that DuckDB finds in the whole folder, which is called `events` there."""
    files = f"read_parquet('{folder}/**/*.parquet', hive_partitioning = true)"
    return duckdb.sql(f"WITH events AS (SELECT * FROM {files}) {query}").fetchall()[0]


def asked_here(query: str) -> Sequence[Any]:
    with connection.cursor() as cursor:
        cursor.execute(query)
        return cursor.fetchone() or ()

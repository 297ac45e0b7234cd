"""More than a year of events as the years go by: after each step each is accounted for, by plain SQL and by DuckDB."""

from collections.abc import Iterator
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import duckdb
import pytest
from django.db import DEFAULT_DB_ALIAS, connection
from django.utils import timezone

from eventlog.models import Hold
from eventlog.record import make_record
from eventlog.retention import cleanup, holds, partitions
from eventlog.retention.keeping import Keeping
from eventlog.retention.periods import Month
from eventlog.tests.conftest import Change
from eventlog.tests.retention.archives import archived, restored, stored, verified

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.usefixtures("signing")]

DAYS = {"AUTH": 365, "CRUD": 1095, "SECURITY": 1825}
KINDS = (("LOGIN", "AUTH"), ("NILAI_UPDATE", "CRUD"), ("MAINTENANCE", "SYSTEM"), ("SQL_INJECTION", "SECURITY"))
OLDEST = 15  # months ago
WRITTEN = "SELECT substr(leaves, 48 * n + 1, 16) FROM event_batches, generate_series(0, length(leaves) / 48 - 1) n"
KEPT = "SELECT decode(replace(id::text, '-', ''), 'hex') FROM events"
REMOVED = """
SELECT substr(ids, 16 * n + 1, 16) FROM event_removals, generate_series(0, length(ids) / 16 - 1) n
WHERE kind = 'events'"""
# Nobody can tell by ids which events went with a month, where they were in no file.
BEFORE_FILES = "made_at < coalesce((SELECT min(begun_at) FROM event_archives), 'infinity')"
DROPPED = f"SELECT sum((facts ->> 'rows')::int) FROM event_removals WHERE kind = 'range' AND {BEFORE_FILES}"
HELD = f"""{KEPT} WHERE request_id = 'a-request' OR timestamp >= %(begin)s AND timestamp < %(end)s AND (
    username = 'ani' OR entity_type = 'nilai' AND entity_id = '7' OR timestamp < %(begin)s + interval '1 day')"""


@pytest.fixture
def months(event_log: Change) -> Iterator[list[Month]]:
    """Past ones, which have their partitions; the oldest first."""
    event_log(LOG_RETENTION_DAYS=90, RETENTION_DAYS_BY_CATEGORY=DAYS)
    this = Month.of(timezone.now())
    months = [this.plus(-number) for number in range(OLDEST, 1, -1)]
    for month in months:
        partitions.with_short_locks(DEFAULT_DB_ALIAS, partitions.attach, month)
    yield months
    with connection.cursor() as cursor:
        there = {part.table for part in partitions.existing(cursor)}
    for month in months:
        if month.table in there:
            partitions.with_short_locks(DEFAULT_DB_ALIAS, partitions.detach_and_drop, month)
    partitions.make_ahead(using=DEFAULT_DB_ALIAS)


def happened(month: Month, place: int, number: int) -> bytes:
    """On one of two days of the month; of the oldest nothing is kept for more than a year."""
    kinds = KINDS if place else KINDS[::2]
    event_type, category = kinds[number % len(kinds)]
    columns = {
        "timestamp": month.start + timedelta(days=14 * (number % 2), minutes=number),
        "event_category": category,
        "username": "ani" if number % 10 == 0 else "budi",
        "entity_type": "nilai" if category == "CRUD" else "",
        "entity_id": str(number % 30) if category == "CRUD" else "",
        "request_id": "a-request" if (place, number) == (7, 50) else "another",
        "retention_days": 10 if number % 25 == 0 else None,
    }
    return make_record(event_type, columns).to_json()


def place_holds(begin: datetime, end: datetime) -> None:
    span: dict[str, Any] = {"begin": begin, "end": end}
    for about in (
        {"username": "ani", **span},
        {"entity_type": "nilai", "entity_id": "7", **span},
        {"request_id": "a-request"},
        {"begin": begin, "end": begin + timedelta(days=1)},
    ):
        holds.place(Hold(reason="letter of the police", **about), by="ada")


def years(months: list[Month], event_log: Change, folder: Path) -> Iterator[str]:
    """What was done; the holds are on the fourth and fifth of the months."""
    event_log(ARCHIVE_DIR="")
    for place, month in enumerate(months):
        stored(*(happened(month, place, number) for number in range(200)))
    place_holds(months[3].start, months[4].end)
    yield "stored"
    cleaned_up(years=0)
    yield "cleaned up without an archive"
    event_log(ARCHIVE_DIR=str(folder))
    archived()
    yield "archived"
    cleaned_up(years=1)
    yield "cleaned up a year later"
    restored()
    yield "brought back"
    cleaned_up(years=6)
    yield "cleaned up six years later"


def cleaned_up(*, years: int) -> None:
    list(cleanup.clean_up(Keeping(now=timezone.now() + timedelta(days=366 * years))))


def ids(query: str, values: dict[str, Any] | None = None) -> list[bytes]:
    with connection.cursor() as cursor:
        cursor.execute(query, values)
        return [bytes(row[0]) for row in cursor.fetchall()]


def in_files(folder: Path) -> list[bytes]:
    if not any(folder.rglob("*.parquet")):
        return []
    found = duckdb.sql(f"SELECT replace(id, '-', '') FROM read_parquet('{folder}/**/*.parquet')").fetchall()
    return [bytes.fromhex(row[0]) for row in found]


def number(query: str) -> int:
    with connection.cursor() as cursor:
        cursor.execute(query)
        return cursor.fetchone()[0] or 0


def test_after_each_step_every_event_is_kept_archived_or_expired(
    months: list[Month], event_log: Change, folder: Path
) -> None:
    for step in years(months, event_log, folder):
        written, kept, files = ids(WRITTEN), ids(KEPT), in_files(folder)
        assert len(files) == len(set(files)) == number("SELECT sum(row_count) FROM event_archives"), step
        archived = set(files) - set(kept)
        expired = set(ids(REMOVED)) - archived - set(kept)
        assert set(kept) | archived | expired <= set(written), step
        assert len(kept) + len(archived) + len(expired) + number(DROPPED) == len(written), step
    assert verified().findings == () and number(DROPPED) == 200


def test_what_holds_are_about_outlasts_the_years_alone(months: list[Month], event_log: Change, folder: Path) -> None:
    story = years(months, event_log, folder)
    next(story)
    held = ids(HELD, {"begin": months[3].start, "end": months[4].end})
    for _step in story:
        pass
    assert set(ids(f"{KEPT} WHERE timestamp < %(end)s", {"end": months[-1].end})) == set(held)
    assert len(held) > 100

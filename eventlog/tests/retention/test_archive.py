"""The archive: what is old enough is copied, read again, and found there by others."""

import json
import re
from io import StringIO
from pathlib import Path

import pytest
from django.core.management import CommandError, call_command

from eventlog import tasks
from eventlog.models import Archive, Event
from eventlog.retention import archive, cleanup, parquet, partitions
from eventlog.retention.keeping import Keeping
from eventlog.retention.periods import Month
from eventlog.tests.conftest import Change
from eventlog.tests.retention.archives import archived, asked, asked_here, noon, old_event, rows, stored

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.usefixtures("folder")]


def test_what_is_old_enough_is_copied_and_stays(folder: Path) -> None:
    stored(old_event(50), old_event(50), old_event(29))
    [made] = archived()
    assert (made.row_count, made.state, made.day) == (2, "kept", noon(50).date())
    assert (folder / made.path).stat().st_size == made.byte_count
    assert Event.objects.filter(event_type="MAINTENANCE").count() == 3


def test_what_is_archived_is_not_archived_again(folder: Path) -> None:
    stored(old_event())
    archived()
    assert archived() == []
    assert len(list(folder.rglob("*.*"))) == 1


def test_what_comes_late_is_in_a_further_file() -> None:
    stored(old_event())
    [first] = archived()
    stored(old_event(), old_event(1))
    [late] = archived()
    assert (late.row_count, late.day) == (1, first.day) and late.from_xid == first.until_xid
    assert archived() == []


def test_each_day_has_its_folder(folder: Path) -> None:
    stored(old_event(50), old_event(51))
    days = [made.path.rpartition("/")[0] for made in archived()]
    assert days == [f"year={day:%Y}/month={day:%m}/day={day:%d}" for day in (noon(51), noon(50))]


def test_many_events_are_in_row_groups(monkeypatch: pytest.MonkeyPatch, folder: Path) -> None:
    monkeypatch.setattr(archive, "ROWS_AT_ONCE", 2)
    stored(*(old_event() for _ in range(5)))
    assert archived()[0].row_count == 5
    assert asked("SELECT count(DISTINCT id) FROM events", folder) == (5,)


def test_duckdb_counts_what_sql_counts(folder: Path) -> None:
    stored(*(old_event(50 + number % 3, username=f"u{number % 4}", response_time_ms=number) for number in range(12)))
    archived()
    query = (
        "SELECT count(*), count(DISTINCT username), sum(response_time_ms), min(timestamp), max(id::text) FROM events"
    )
    assert list(asked(query, folder)) == list(asked_here(f"{query} WHERE event_type = 'MAINTENANCE'"))
    day = noon(51)
    in_folder = f"year = {day.year} AND month = {day.month} AND day = {day.day}"
    assert asked(f"SELECT count(*) FROM events WHERE {in_folder}", folder) == (4,)


def test_it_is_told(folder: Path) -> None:
    stored(old_event())
    [made] = archived()
    data = Event.objects.get(event_type="EVENTS_ARCHIVED").event_data
    assert (data["files"], data["rows"], data["bytes"]) == ([made.path], 1, made.byte_count)


def test_without_a_folder_nothing_is_archived(event_log: Change) -> None:
    event_log(ARCHIVE_DIR="")
    stored(old_event())
    with pytest.raises(OSError, match="archiving is off"):
        archived()


def test_a_store_that_needs_a_library_says_so(event_log: Change) -> None:
    event_log(ARCHIVE_DIR="s3://bucket/events")
    with pytest.raises(OSError, match="s3fs"):
        archived()


def test_files_go_when_their_time_is_over(event_log: Change, folder: Path) -> None:
    stored(old_event(50), old_event(40))
    archived()
    event_log(ARCHIVE_RETENTION_DAYS=45)
    [step] = archive.run()
    assert step.is_removal and step.archive.state == "expired"
    assert [path.name for path in folder.rglob("*.parquet")] == [f"{Archive.objects.kept().get().pk}.parquet"]


def test_only_what_is_archived_is_removed() -> None:
    stored(old_event(100), old_event(100))
    archived()
    stored(old_event(100))  # late
    list(cleanup.clean_up())
    assert len(rows()) == 1
    archived()
    list(cleanup.clean_up())
    assert rows() == []


def test_a_month_that_is_not_wholly_archived_is_not_dropped() -> None:
    stored(old_event(200))
    past = Month.of(noon(200))
    partitions.with_short_locks("default", partitions.attach, past)
    list(cleanup.clean_up())
    assert len(rows()) == 1
    archived()
    assert [removal.partition for removal in cleanup.clean_up()] == [past.table]


def test_what_is_removed_after_its_file_counts_as_archived(event_log: Change) -> None:
    event_log(ARCHIVE_RETENTION_DAYS=45)
    stored(old_event(100))
    archived()
    list(cleanup.clean_up())
    assert rows() == []


def test_without_a_folder_all_that_is_past_its_time_is_removed(event_log: Change) -> None:
    event_log(ARCHIVE_DIR="")
    stored(old_event(100))
    list(cleanup.clean_up())
    assert rows() == []


def test_the_guide_names_each_column_with_its_type() -> None:
    guide = (Path(__file__).parents[3] / "docs" / "archive.md").read_text()
    rows = re.findall(r"^\| `([^`]+)` \| (`.*) \|$", guide, re.MULTILINE)
    told = {name: kind for kind, names in rows for name in re.findall(r"`(\w+)`", names)}
    assert told == {field.name: str(field.type) for field in parquet.schema()}


def test_the_job_and_the_command_archive(folder: Path) -> None:
    stored(old_event(50))
    assert tasks.archive() == 1
    stored(old_event(51))
    out = StringIO()
    call_command("eventlog_archive", "--json", stdout=out)
    facts = json.loads(out.getvalue())
    assert (facts["rows"], len(facts["files"]), facts["removed"]) == (1, 1, [])


def test_without_a_folder_the_job_does_nothing(event_log: Change) -> None:
    event_log(ARCHIVE_DIR="")
    assert tasks.archive() == 0
    with pytest.raises(CommandError, match="ARCHIVE_DIR is empty"):
        call_command("eventlog_archive")


def test_the_plan_leaves_out_what_is_not_archived() -> None:
    stored(old_event(100))
    assert [(line.rows, line.held) for line in cleanup.planned(Keeping()).lines] == [(0, 0)]
    archived()
    assert [(line.rows, line.held) for line in cleanup.planned(Keeping()).lines] == [(1, 0)]

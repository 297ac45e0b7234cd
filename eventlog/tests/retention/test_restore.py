"""Out of the archive and back: as it was, once, and no count changes."""

from io import StringIO
from pathlib import Path
from uuid import uuid4

import pyarrow.parquet as pq
import pytest
from django.core.management import CommandError, call_command
from django.db.models import Sum

from eventlog.models import Archive, Event, Rollup
from eventlog.retention import partitions
from eventlog.retention.periods import Month
from eventlog.retention.shelf import shelf
from eventlog.search.terms import condition
from eventlog.tests.conftest import Change
from eventlog.tests.integrity.conftest import checkpoint
from eventlog.tests.retention.archives import (
    an_odd_event,
    archived,
    asked,
    asked_here,
    noon,
    old_event,
    remove_all,
    restored,
    rows,
    stored,
    verified,
)

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.usefixtures("folder", "signing")]


def test_all_columns_come_back_as_they_were() -> None:
    stored(an_odd_event(), old_event())
    before = rows()
    archived()
    remove_all()
    assert rows() == []
    assert [(each.found, each.added) for each in restored()] == [(2, 2)]
    assert rows() == before


def test_nothing_is_counted_or_sealed_again() -> None:
    stored(old_event(), old_event())
    checkpoint()
    archived()
    assert verified().findings == ()
    remove_all()
    assert verified().findings == ()
    counted = Rollup.objects.filter(event_type="MAINTENANCE").aggregate(Sum("event_count"))
    restored()
    assert Rollup.objects.filter(event_type="MAINTENANCE").aggregate(Sum("event_count")) == counted
    checkpoint()
    assert verified().findings == ()


def test_twice_is_once() -> None:
    stored(old_event(), old_event())
    archived()
    assert [(each.found, each.added) for each in restored()] == [(2, 0)]
    assert len(rows()) == 2


def test_only_what_is_asked_for_comes_back() -> None:
    stored(old_event(username="ani"), old_event(username="budi"))
    archived()
    remove_all()
    restored(condition=condition("actor:ani"), query="actor:ani")
    assert [row["username"] for row in rows()] == ["ani"]
    assert Event.objects.get(event_type="EVENTS_RESTORED").event_data["filter"] == "actor:ani"


def test_a_table_beside_it_takes_them() -> None:
    stored(old_event(), old_event())
    archived()
    remove_all()
    for _ in range(2):
        restored(table="audit_2026")
    assert asked_here("SELECT count(*) FROM audit_2026") == (2,) and rows() == []
    asked_here("DROP TABLE audit_2026; SELECT 1")


@pytest.mark.parametrize("name", ["auth_user", "x; DROP TABLE events", "Ä"])
def test_no_other_table_is_taken(name: str) -> None:
    with pytest.raises(ValueError, match="table"):
        restored(table=name)


def test_a_flipped_byte_is_refused_by_name(folder: Path) -> None:
    stored(old_event())
    [made] = archived()
    remove_all()
    content = bytearray((folder / made.path).read_bytes())
    content[len(content) // 2] ^= 1
    (folder / made.path).write_bytes(content)
    with pytest.raises(OSError, match=made.path):
        restored()
    assert rows() == []


def test_a_file_that_is_gone_is_named(folder: Path) -> None:
    stored(old_event())
    [made] = archived()
    (folder / made.path).unlink()
    with pytest.raises(OSError, match=f"{made.path} is not there"):
        restored()


def test_a_file_of_before_a_column_was_there_gives_its_default(folder: Path) -> None:
    stored(old_event())
    [made] = archived()
    before = rows()
    remove_all()
    older = pq.read_table(folder / made.path, partitioning=None).drop_columns(["trace_id", "tags", "risk_score"])
    pq.write_table(older, folder / made.path)
    Archive.objects.update(sha256=shelf().sum(made.path)[0])
    restored()
    assert rows() == before


def test_the_command_brings_back_and_says_so() -> None:
    stored(old_event(username="ani"), old_event(username="budi"))
    archived()
    remove_all()
    out = StringIO()
    span = ["--from", "2020-01-01", "--to", "2100-01-01T00:00Z"]
    call_command("eventlog_restore", *span, "--filter", "actor:ani", stdout=out)
    assert out.getvalue() == "Restored 1 events from 1 files into events; 0 were there already.\n"


@pytest.mark.parametrize("wrong", [["--filter", "status:soon"], ["--table", "auth_user"]])
def test_the_command_says_what_is_wrong(wrong: list[str]) -> None:
    with pytest.raises(CommandError):
        call_command("eventlog_restore", "--from", "2020-01-01", "--to", "2100-01-01", *wrong)


def test_a_store_of_objects_will_do(event_log: Change) -> None:
    event_log(ARCHIVE_DIR=f"memory://{uuid4()}/events")
    stored(an_odd_event())
    before = rows()
    archived()
    remove_all()
    restored()
    assert rows() == before


def test_a_dropped_month_comes_back_goes_again_and_every_event_is_accounted_for(folder: Path) -> None:
    stored(*(old_event(200) for _ in range(5)))
    partitions.with_short_locks("default", partitions.attach, Month.of(noon(200)))
    before = rows()
    archived()
    remove_all()
    assert rows() == [] and asked("SELECT count(DISTINCT id) FROM events", folder) == (5,)
    restored()
    assert rows() == before and archived() == []
    remove_all()
    found = verified()
    assert rows() == [] and found.findings == () and found.removed == 5


def test_what_comes_between_two_archives_is_in_one_of_them(folder: Path) -> None:
    for _ in range(3):
        stored(old_event(), old_event(45))
        archived()
    assert asked("SELECT count(*), count(DISTINCT id) FROM events", folder) == (6, 6)
    remove_all()
    assert sum(each.added for each in restored()) == 6

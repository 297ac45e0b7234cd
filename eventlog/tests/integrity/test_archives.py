"""Verification of the archive: each thing that somebody may do to its files is named."""

import json
from datetime import UTC, datetime
from io import StringIO
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from django.core.management import call_command

from eventlog.integrity import archives, verify
from eventlog.models import Archive, Removal
from eventlog.retention import archive
from eventlog.tests.altering import altering
from eventlog.tests.conftest import Change
from eventlog.tests.retention.archives import an_odd_event, archived, old_event, remove_all, stored
from eventlog.tests.retention.conftest import folder

__all__ = ["folder"]
pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.usefixtures("folder", "signing")]


def found() -> list[str]:
    return [f"{each.verdict}: {each.what}" for each in verify.total(list(archives.check(using="default"))).ordered]


def made() -> Archive:
    stored(an_odd_event(), old_event())
    return archived()[0]


def test_what_was_archived_is_valid_even_when_it_is_gone_from_the_database() -> None:
    made()
    remove_all()
    assert found() == []


def test_the_command_looks_at_the_files() -> None:
    made()
    out = StringIO()
    call_command("eventlog_verify", "--archives", "--json", stdout=out)
    facts = json.loads(out.getvalue())
    assert (facts["verdict"], facts["files"], facts["archived"]) == ("valid", 1, 2)


def test_a_flipped_byte_is_named(folder: Path) -> None:
    path = made().path
    content = bytearray((folder / path).read_bytes())
    content[100] ^= 1
    (folder / path).write_bytes(content)
    assert found() == [f"modified: archive file {path}"]


def test_a_file_that_is_gone_is_named(folder: Path) -> None:
    path = made().path
    (folder / path).unlink()
    assert found() == [f"missing: archive file {path}"]


def test_a_file_whose_row_is_gone_too_is_named() -> None:
    path = made().path
    Archive.objects.all().delete()
    assert found() == [f"missing: archive file {path}"]


def test_a_file_that_was_said_to_be_past_its_time_is_named() -> None:
    path = made().path
    Archive.objects.update(state="expired")
    assert found() == [f"missing: archive file {path}"]


def test_a_file_that_is_past_its_time_is_not_missing(event_log: Change) -> None:
    made()
    event_log(ARCHIVE_RETENTION_DAYS=45)
    list(archive.run())
    assert found() == []


def altered(folder: Path, column: str, value: Any) -> Archive:
    """The file written anew, and its row with it."""
    one = made()
    table = pq.read_table(folder / one.path, partitioning=None)
    place = table.schema.get_field_index(column)
    field = table.schema.field(place)
    pq.write_table(table.set_column(place, field, pa.array([value] * len(table), field.type)), folder / one.path)
    one.sha256, _size = archive.shelf().sum(one.path)
    one.save()
    return one


def test_a_file_that_was_written_anew_is_not_what_the_log_says(folder: Path) -> None:
    one = altered(folder, "username", "budi")
    assert found() == [f"modified: archive file {one.path}"]


def altered_with_the_log(folder: Path, column: str, value: Any) -> Archive:
    one = altered(folder, column, value)
    with altering():
        Removal.objects.update(facts={"made": str(one.pk), **archive.facts(one)})
    return one


@pytest.mark.parametrize(("column", "value"), [("severity", "high"), ("recorded_at", datetime(2026, 1, 1, tzinfo=UTC))])
def test_an_altered_event_is_not_what_was_sealed(folder: Path, column: str, value: Any) -> None:
    altered_with_the_log(folder, column, value)
    named = found()
    assert len(named) == 2 and all(name.startswith("modified: event ") for name in named)


def test_a_file_that_cannot_be_read_is_named(folder: Path) -> None:
    one = altered_with_the_log(folder, "actor_salt", None)
    assert found() == [f"modified: archive file {one.path}"]

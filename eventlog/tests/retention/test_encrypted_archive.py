"""Archive files with ENCRYPTION_KEYS: nothing in them is readable without the key, everything with it."""

import base64
from io import StringIO
from pathlib import Path

import duckdb
import pytest
from django.core.management import CommandError, call_command

from eventlog.models import Archive
from eventlog.privacy.keyring import Damaged, KeyMissing
from eventlog.retention import filekeys
from eventlog.tests.conftest import Change
from eventlog.tests.privacy.keys import LOST, NEW, OLD, PLAIN, name_of, sensitive
from eventlog.tests.retention.archives import (
    an_odd_event,
    archived,
    noon,
    remove_all,
    restored,
    rows,
    stored,
    verified,
)

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.usefixtures("signing")]


@pytest.fixture
def made(event_log: Change, folder: Path) -> Archive:
    """A file with an event of every kind of value, and a sensitive one."""
    event_log(ENCRYPTION_KEYS=[NEW])
    stored(an_odd_event(), sensitive(timestamp=noon(50), reason="since May"))
    [made] = archived()
    return made


def test_nothing_of_it_is_readable_on_the_disk(made: Archive, folder: Path) -> None:
    raw = (folder / made.path).read_bytes()
    assert raw[:4] == b"PARE" and not any(word in raw for word in (b"MAINTENANCE", b"event_type", b"since May"))
    assert made.key_name == name_of(NEW)


def test_it_comes_back_as_it_was_and_is_verified(made: Archive) -> None:
    before = [rows(), rows("PENGHASILAN_UPDATE")]
    assert verified().verdict == "valid"
    remove_all()
    assert restored()[0].added == 2 and [rows(), rows("PENGHASILAN_UPDATE")] == before


def test_archives_are_verified_with_their_key(made: Archive) -> None:
    out = StringIO()
    call_command("eventlog_verify", "--archives", stdout=out)
    assert "valid" in out.getvalue().split()[0]


def test_duckdb_reads_it_with_the_key_of_the_file(made: Archive, folder: Path) -> None:
    key = base64.b64encode(filekeys.secret_of(made) or b"").decode()
    with duckdb.connect() as connection:
        connection.sql(f"PRAGMA add_parquet_key('file', '{key}')")
        read = f"read_parquet('{folder / made.path}', encryption_config = {{footer_key: 'file'}})"
        connection.sql(f"CREATE TABLE found AS FROM {read}")
        [found] = connection.sql("SELECT reason, new_values FROM found WHERE entity_id = '3'").fetchall()
    assert found[0] == "since May" and "encrypted" in found[1] and PLAIN not in found[1]


def test_each_file_has_a_key_of_its_own(made: Archive) -> None:
    stored(sensitive(timestamp=noon(51)))
    [other] = archived()
    assert filekeys.secret_of(other) != filekeys.secret_of(made)


@pytest.mark.parametrize("keys", [[], [LOST]], ids=["off", "another"])
@pytest.mark.parametrize("command", [["eventlog_restore", "--from=2020-01-01", "--to=2100-01-01"], ["eventlog_verify"]])
def test_a_missing_key_is_told_with_the_name_of_the_file(
    event_log: Change, made: Archive, keys: list[str], command: list[str]
) -> None:
    event_log(ENCRYPTION_KEYS=keys)
    more = ["--archives"] if command == ["eventlog_verify"] else []
    with pytest.raises(CommandError, match=f"{made.path} is encrypted with the key {name_of(NEW)}, which is not in"):
        call_command(*command, *more, stdout=StringIO())


def test_a_file_of_before_is_read_as_before(event_log: Change, folder: Path) -> None:
    stored(an_odd_event())
    [old] = archived()
    event_log(ENCRYPTION_KEYS=[NEW])
    assert old.key_name == "" and verified().verdict == "valid"
    before = rows()
    remove_all()
    assert restored()[0].added == 1 and rows() == before


def test_the_key_of_another_file_is_refused(event_log: Change, made: Archive) -> None:
    event_log(ENCRYPTION_KEYS=[NEW, OLD])
    stored(sensitive(timestamp=noon(51)))
    [other] = archived()
    made.wrapped_key = other.wrapped_key
    with pytest.raises(Damaged):
        filekeys.secret_of(made)


def test_the_error_of_a_missing_key_stops_no_archiving(event_log: Change, made: Archive) -> None:
    event_log(ENCRYPTION_KEYS=[OLD])
    stored(sensitive(timestamp=noon(51)))
    [other] = archived()
    assert other.key_name == name_of(OLD)
    with pytest.raises(KeyMissing):
        filekeys.secret_of(made)

"""Checks of journal, archive and keys."""

from pathlib import Path
from typing import Any

import pytest

from eventlog import checks
from eventlog.tests.checks.found import ids
from eventlog.tests.conftest import Change
from eventlog.tests.privacy.keys import NEW, OLD


def test_a_journal_that_cannot_be_written_is_a_warning(event_log: Change, tmp_path: Path) -> None:
    (tmp_path / "file").write_text("in the way")
    event_log(SPOOL_DIR=tmp_path / "file" / "spool")
    assert ids(checks.keeping.journal_is_writable(None)) == ["eventlog.W002"]


@pytest.mark.parametrize(
    ("given", "expected"),
    [
        ({"ARCHIVE_DIR": ""}, []),
        ({"ARCHIVE_DIR": "var/archive"}, []),
        ({"ARCHIVE_DIR": "s3://bucket/events"}, ["eventlog.E015"]),
        ({"ARCHIVE_DIR": "nowhere://x"}, ["eventlog.E015"]),
        ({"ARCHIVE_DIR": "var/archive", "ARCHIVE_RETENTION_DAYS": 30}, ["eventlog.E016"]),
        ({"ARCHIVE_DIR": "var/archive", "ARCHIVE_RETENTION_DAYS": 31}, []),
    ],
)
def test_an_archive_that_cannot_be_used_is_an_error(
    event_log: Change, given: dict[str, Any], expected: list[str]
) -> None:
    event_log(**given)
    assert ids(checks.keeping.archive_can_be_used(None)) == expected


@pytest.mark.parametrize(
    ("keys", "expected"),
    [
        ([], []),
        ("", []),
        (["a2V5" * 8], ["eventlog.E017"]),
        (["?"], ["eventlog.E017"]),
        (5, ["eventlog.E017"]),
        ([None], ["eventlog.E017"]),
        ([NEW, "c2hvcnQ="], ["eventlog.E017"]),
        (["?", NEW, "c2hvcnQ="], ["eventlog.E017"] * 2),
        (f"{NEW},{OLD}", []),
    ],
)
def test_keys_that_cannot_be_used_are_told(event_log: Change, keys: Any, expected: list[str]) -> None:
    event_log(ENCRYPTION_KEYS=keys)
    assert ids(checks.keeping.encryption_can_be_used(None)) == expected


def test_a_bad_key_is_not_shown(event_log: Change) -> None:
    event_log(ENCRYPTION_KEYS=["almost-a-key"])
    (found,) = checks.keeping.encryption_can_be_used(None)
    assert "almost" not in str(found) and "key 1" in found.msg


@pytest.mark.parametrize(("keys", "said"), [(["?", NEW], "wait in the journal"), ([NEW, "?"], "cannot be read")])
def test_what_a_bad_key_stops_is_told(event_log: Change, keys: Any, said: str) -> None:
    event_log(ENCRYPTION_KEYS=keys)
    (found,) = checks.keeping.encryption_can_be_used(None)
    assert said in str(found.hint)


@pytest.mark.parametrize(("keys", "expected"), [([], ["eventlog.W018"]), ([NEW], [])])
def test_deploying_without_encryption_is_told(event_log: Change, keys: Any, expected: list[str]) -> None:
    event_log(ENCRYPTION_KEYS=keys)
    assert ids(checks.keeping.sensitive_events_are_encrypted(None)) == expected

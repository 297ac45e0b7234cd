"""A new master key: all data keys come under it, whatever ends the work in between, and what they encrypt stays."""

import json
from io import StringIO
from pathlib import Path
from typing import Any

import pytest
from django.core.management import CommandError, call_command

from eventlog.models import Archive, Event, SubjectKey
from eventlog.privacy import rewrapping
from eventlog.privacy.encryption import destroy
from eventlog.privacy.envelopes import Subject
from eventlog.privacy.opening import open_event
from eventlog.retention import filekeys
from eventlog.tests.conftest import Change
from eventlog.tests.privacy.keys import LOST, NEW, OLD, VALUES, name_of, sensitive, stored
from eventlog.tests.retention.archives import archived, noon
from eventlog.tests.retention.archives import stored as stored_and_committed
from eventlog.tests.retention.conftest import folder, outside, signing
from eventlog.tests.retention.test_archive_faults import killed

__all__ = ["folder", "outside", "signing"]
pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def events(event_log: Change) -> list[Event]:
    """Of five subjects, under the old key."""
    event_log(ENCRYPTION_KEYS=[OLD])
    found = stored(*(sensitive(entity_id=str(number)) for number in range(5)))
    event_log(ENCRYPTION_KEYS=[NEW, OLD])
    return found


def rewrap() -> Any:
    out = StringIO()
    call_command("eventlog_subject", "rewrap", "--json", stdout=out)
    return json.loads(out.getvalue())


def values(events: list[Event]) -> list[Any]:
    for event in events:
        open_event(event, may_read=True)
    return [event.new_values for event in events]


def test_afterwards_the_old_key_can_go(event_log: Change, events: list[Event]) -> None:
    said = rewrap()
    assert said == {
        "does": "rewrap",
        "key": name_of(NEW),
        "subjects": 5,
        "files": 0,
        "held_by": {name_of(NEW): {"subjects": 5, "files": 0}},
    }
    event_log(ENCRYPTION_KEYS=[NEW])
    assert values(events) == [VALUES] * 5


def test_twice_is_once(events: list[Event]) -> None:
    rewrap()
    before = list(SubjectKey.objects.order_by("pk").values())
    assert rewrap()["subjects"] == 0 and list(SubjectKey.objects.order_by("pk").values()) == before


@pytest.mark.parametrize(
    ("step", "after", "left"),
    [
        ("wrapped_anew", True, 5),  # in the first step
        ("some_subjects", True, 3),  # between the first and the second
        ("waiting_files", False, 0),
    ],
)
def test_killed_it_goes_on(
    event_log: Change, events: list[Event], monkeypatch: pytest.MonkeyPatch, step: str, after: bool, left: int
) -> None:
    monkeypatch.setattr(rewrapping, "AT_ONCE", 2)
    killed(lambda: list(rewrapping.rewrap()), rewrapping, step, after=after)
    assert SubjectKey.objects.wrapped_by_others(name_of(NEW)).count() == left
    assert rewrap()["subjects"] == left
    event_log(ENCRYPTION_KEYS=[NEW])
    assert values(events) == [VALUES] * 5


def test_what_was_destroyed_stays_so(events: list[Event]) -> None:
    destroy(Subject("penghasilan", "0"))
    assert rewrap()["subjects"] == 4
    assert values(events) == [{"encrypted": "erased"}, *[VALUES] * 4]


def test_what_cannot_be_unwrapped_is_told_and_left(event_log: Change, events: list[Event]) -> None:
    event_log(ENCRYPTION_KEYS=[LOST])
    out = StringIO()
    with pytest.raises(SystemExit):
        call_command("eventlog_subject", "rewrap", stdout=out)
    assert f"Left: 5 of subjects and 0 of files under {name_of(OLD)}" in out.getvalue()
    event_log(ENCRYPTION_KEYS=[NEW, OLD])
    assert rewrap()["subjects"] == 5 and values(events) == [VALUES] * 5


def test_without_a_key_it_says_so(event_log: Change) -> None:
    event_log(ENCRYPTION_KEYS=[])
    with pytest.raises(CommandError, match="ENCRYPTION_KEYS is empty"):
        rewrap()


def test_that_it_was_done_is_an_event(events: list[Event]) -> None:
    rewrap()
    assert Event.objects.get(event_type="CONFIG_CHANGED").event_data["rewrapped"]["subjects"] == 5


def test_the_keys_of_files_come_along(event_log: Change, folder: Path) -> None:
    event_log(ENCRYPTION_KEYS=[OLD])
    stored_and_committed(sensitive(timestamp=noon(50)))
    [made] = archived()
    secret, before = filekeys.secret_of(made), (folder / made.path).read_bytes()
    event_log(ENCRYPTION_KEYS=[NEW, OLD])
    assert rewrap()["files"] == 1
    event_log(ENCRYPTION_KEYS=[NEW])
    after = Archive.objects.get()
    assert (filekeys.secret_of(after), after.key_name) == (secret, name_of(NEW))
    assert (folder / after.path).read_bytes() == before

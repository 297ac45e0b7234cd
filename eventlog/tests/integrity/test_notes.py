"""Checkpoints as text, and who has signed them."""

from base64 import b64encode
from datetime import UTC, datetime
from uuid import UUID

import pytest

from eventlog.integrity import notes
from eventlog.integrity.keys import Signer, verifier
from eventlog.integrity.notes import Statement
from eventlog.tests.integrity.conftest import KEY, OTHER_KEY

SAID = Statement("school/eventlog", 3, b"\7" * 32, datetime(2026, 11, 26, 8, 0, tzinfo=UTC), 42, UUID(int=9))
NOTE = notes.signed(SAID, Signer.of(KEY))


def test_a_note_says_what_was_signed() -> None:
    assert notes.read(NOTE, [verifier(KEY)]) == SAID


def test_it_is_written_as_others_read_it() -> None:
    assert NOTE.splitlines()[:6] == [
        *("school/eventlog", "3", "BwcHBwcHBwcHBwcHBwcHBwcHBwcHBwcHBwcHBwcHBwc=", "time 2026-11-26T08:00:00.000000Z"),
        *("settled 42 00000000-0000-0000-0000-000000000009", ""),
    ]
    assert NOTE.splitlines()[6].startswith("— school/eventlog ")


def test_another_key_has_not_signed_it() -> None:
    with pytest.raises(ValueError, match="no key"):
        notes.read(NOTE, [verifier(OTHER_KEY)])


def test_an_old_key_still_verifies_by_its_public_half() -> None:
    public = "public:" + b64encode(verifier(KEY).public).decode()
    assert notes.read(NOTE, [verifier(OTHER_KEY), verifier(public)]) == SAID


@pytest.mark.parametrize("place", range(0, len(NOTE) - 1, 7))
def test_whatever_is_changed_in_it_it_is_refused(place: int) -> None:
    other = "A" if NOTE[place] != "A" else "B"
    with pytest.raises(ValueError):
        notes.read(NOTE[:place] + other + NOTE[place + 1 :], [verifier(KEY)])


def test_a_file_holds_one_behind_the_other() -> None:
    assert list(notes.split(f"\n\n{NOTE}\n\n{NOTE}")) == [NOTE, NOTE]


def test_what_a_crash_has_cut_off_hides_nothing_behind_it() -> None:
    assert list(notes.split(f"{NOTE}\n\n{NOTE[:40]}\n\n{NOTE}")) == [NOTE, NOTE]

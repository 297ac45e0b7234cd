"""Copies of checkpoints are read however they were kept."""

from collections.abc import Callable
from datetime import UTC, datetime
from email.message import EmailMessage
from email.policy import SMTP
from pathlib import Path
from uuid import UUID

import orjson
import pytest

from eventlog.integrity import copies, notes
from eventlog.integrity.keys import Signer
from eventlog.integrity.notes import Statement
from eventlog.tests.integrity.conftest import KEY

NOTES = [
    notes.signed(
        Statement("school/eventlog", size, b"\7" * 32, datetime(2026, 11, 26, 8, tzinfo=UTC), 42, UUID(int=9)),
        Signer.of(KEY),
    )
    for size in (1, 2)
]


def letter(note: str) -> str:
    return f"What the event log was.\nKeep this.\n\n{note}\nTo compare, save it.\n"


def mail(note: str, encoding: str) -> bytes:
    made = EmailMessage(policy=SMTP.clone(max_line_length=998))
    made["Subject"], made["To"] = "Checkpoint", "arsip@school.example"
    made.set_content(letter(note), cte=encoding)
    made.add_alternative(f"<pre>{note}</pre>", subtype="html")
    return bytes(made)


def body(note: str) -> bytes:
    return orjson.dumps({"type": "eventlog.checkpoint", "data": {"size": 1, "note": note}})


WAYS: dict[str, Callable[[list[str]], bytes]] = {
    "a day's file": lambda kept: "".join(f"\n\n{note}" for note in kept).encode(),
    "texts of mails": lambda kept: "\n\n".join(map(letter, kept)).encode(),
    "texts with other ends of lines": lambda kept: "".join(map(letter, kept)).replace("\n", " \r\n").encode(),
    "mails in an mbox": lambda kept: b"".join(b"From us Thu\n" + mail(each, "base64") + b"\n" for each in kept),
    "mails that are quoted": lambda kept: b"".join(b"From us\n" + mail(each, "quoted-printable") for each in kept),
    "mails as they are": lambda kept: b"".join(b"From us Thu\n" + mail(each, "8bit") + b"\n" for each in kept),
    "bodies, one a line": lambda kept: b"\n".join(map(body, kept)) + b"\n",
}


@pytest.mark.parametrize("way", WAYS)
def test_each_note_is_found_once(way: str, tmp_path: Path) -> None:
    file = tmp_path / "kept"
    file.write_bytes(WAYS[way](NOTES))
    assert [note for _name, note in copies.published(file)] == NOTES


@pytest.mark.parametrize("content", [mail(NOTES[0], "base64"), body(NOTES[0])], ids=["mail", "body"])
def test_one_alone_is_found(content: bytes, tmp_path: Path) -> None:
    (tmp_path / "one").write_bytes(content)
    assert list(copies.published(tmp_path)) == [("one", NOTES[0])]


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"\xff\0",
        b"{",
        b'{"data": []}',
        b'{"data": {"note": 1}}',
        b"From x",
        b"A: b",
        b"{}\n[1]",
        b"x" * 10**6,
        b" " * 10**6,
    ],
)
def test_what_is_no_copy_has_none(content: bytes, tmp_path: Path) -> None:
    (tmp_path / "other").write_bytes(content)
    assert list(copies.published(tmp_path)) == []

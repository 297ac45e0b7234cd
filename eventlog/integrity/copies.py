"""Copies of checkpoints outside of the database: the files of `CHECKPOINT_DIR`, and what an anchor was sent, as it was
saved: a mail, many of them in an mbox, its text alone, or the bodies of webhooks, one a line."""

import re
from collections.abc import Iterator
from contextlib import suppress
from email import message_from_bytes, policy
from itertools import chain
from pathlib import Path
from typing import Any, Final

import orjson

from eventlog.integrity import notes

FROM: Final = re.compile(rb"^From [^\n]*\n", re.MULTILINE)  # between the mails of an mbox
HEADER: Final = re.compile(rb"\s*[A-Za-z][A-Za-z0-9-]*:[ \t]")


def published(where: Path) -> Iterator[tuple[str, str]]:
    """(the name of the file, a note) of a file, or of all files of a folder, oldest first. Raises OSError."""
    paths = [where] if where.is_file() else sorted(path for path in where.iterdir() if is_kept(path))
    for path in paths:
        for note in chain.from_iterable(map(notes.split, texts(path.read_bytes()))):
            yield path.name, note


def is_kept(path: Path) -> bool:
    return path.is_file() and not path.name.startswith(".")


def texts(content: bytes) -> Iterator[str]:
    """In which a note may be."""
    pieces = FROM.split(content) if FROM.match(content) else [content]
    mails = [message_from_bytes(piece, policy=policy.default) for piece in pieces if HEADER.match(piece)]
    if content.lstrip().startswith(b"{"):
        yield from bodies(content)
    elif any("Content-Type" in mail for mail in mails):
        for part in chain.from_iterable(mail.walk() for mail in mails):
            if part.get_content_type() == "text/plain":
                yield tidied(part.get_payload(decode=True))
    else:
        yield tidied(content)


def tidied(content: object) -> str:
    """Ends of lines as notes have them, whatever has saved it."""
    text = content.decode(errors="replace") if isinstance(content, bytes) else ""
    return "\n".join(line.rstrip(" \t\r") for line in text.split("\n"))


def bodies(content: bytes) -> Iterator[str]:
    for found in parsed(content):
        data = found.get("data") if isinstance(found, dict) else None
        if isinstance(data, dict) and isinstance(data.get("note"), str):
            yield data["note"]


def parsed(content: bytes) -> Iterator[Any]:
    """One of several lines, or one in each line."""
    try:
        yield orjson.loads(content)
    except ValueError:
        for line in content.splitlines():
            with suppress(ValueError):
                yield orjson.loads(line)

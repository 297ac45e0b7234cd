"""Checkpoints as text: C2SP's tlog-checkpoint, a signed note. Whoever knows the public key can read one without us.

    edupro.school.example/eventlog
    1042
    kQ2rV…=
    time 2026-11-26T08:00:00.000000Z
    settled 73911 0193…

    — edupro.school.example/eventlog Yx3…=

The lines are the log's name, its size, its root, and two of ours: when that was so, and up to where in the store order
everything is in the log.
"""

import base64
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from itertools import groupby, takewhile
from typing import Final
from uuid import UUID

from eventlog.integrity.keys import HASH_BYTES, Signer, Verifier

SIGNATURE: Final = "— "
TIME: Final = "%Y-%m-%dT%H:%M:%S.%fZ"
ROOT_BYTES: Final = 32


@dataclass(frozen=True, slots=True)
class Statement:
    """What a checkpoint says."""

    name: str
    size: int
    root: bytes
    made_at: datetime
    settled_xid: int
    settled_id: UUID

    def written(self) -> str:
        lines = [
            *(self.name, str(self.size), base64.b64encode(self.root).decode()),
            f"time {self.made_at.astimezone(UTC).strftime(TIME)}",
            f"settled {self.settled_xid} {self.settled_id}",
        ]
        return "\n".join(lines) + "\n"

    @classmethod
    def read(cls, text: str) -> "Statement":
        """Raises ValueError where it is none, or is not written as we write it."""
        name, size, root, time, settled = text.removesuffix("\n").split("\n")
        xid, key = settled.removeprefix("settled ").split(" ")
        made_at = datetime.strptime(time.removeprefix("time "), TIME).replace(tzinfo=UTC)
        said = cls(name, int(size), base64.b64decode(root, validate=True), made_at, int(xid), UUID(key))
        if said.written() != text or len(said.root) != ROOT_BYTES:
            raise ValueError("not a checkpoint as it is written")
        return said


def signed(statement: Statement, signer: Signer) -> str:
    text = statement.written()
    packed = signer.verifier.hash(statement.name) + signer.sign(text.encode())
    return f"{text}\n{SIGNATURE}{statement.name} {base64.b64encode(packed).decode()}\n"


def told(note: str) -> Statement:
    """What the note says, whoever has signed it. Raises ValueError."""
    try:
        return Statement.read(note.rpartition("\n\n")[0] + "\n")
    except ValueError:
        raise ValueError("it cannot be read") from None


def read(note: str, verifiers: Sequence[Verifier]) -> Statement:
    """What the note says, if one of these keys has signed it. Raises ValueError with the reason."""
    statement = told(note)
    text, _, signatures = note.rpartition("\n\n")
    if not any(is_signed(f"{text}\n", line, verifiers) for line in signatures.splitlines()):
        raise ValueError("no key of SIGNING_KEY has signed it")
    return statement


def is_signed(text: str, line: str, verifiers: Sequence[Verifier]) -> bool:
    name, _, packed = line.removeprefix(SIGNATURE).rpartition(" ")
    try:
        signature = base64.b64decode(packed, validate=True)
    except ValueError:
        return False
    fitting = [each for each in verifiers if each.hash(name) == signature[:HASH_BYTES]]
    return any(each.verifies(signature[HASH_BYTES:], text.encode()) for each in fitting)


def split(text: str) -> Iterator[str]:
    """The notes of a text, whatever stands around them. What a crash has cut off before its signature is left out."""
    before, gap = list[str](), 0
    for is_written, group in groupby(text.split("\n")[:-1], bool):
        lines = list(group)
        if not is_written:
            gap = len(lines)
            continue
        signatures = list(takewhile(lambda line: line.startswith(SIGNATURE), lines))
        if before and gap == 1 and signatures:
            yield "\n".join([*before, "", *signatures, ""])
        before = lines

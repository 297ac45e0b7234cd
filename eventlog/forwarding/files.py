"""File: a line an event, appended and forced to the disk.

It is opened anew for each batch, so that whoever rotates logs may rename it at any time.
"""

import os
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from eventlog.forwarding.parcels import Parcel
from eventlog.forwarding.sinks import Refused
from eventlog.pipeline import segments

FLAGS = os.O_RDWR | os.O_APPEND | os.O_CREAT | os.O_CLOEXEC


@dataclass(frozen=True, slots=True)
class FileSink:
    path: Path

    @property
    def is_private(self) -> bool:
        return True

    def send(self, parcels: Sequence[Parcel]) -> None:
        try:
            append(self.path, b"".join(each.line + b"\n" for each in parcels))
        except OSError as error:
            raise Refused(f"{type(error).__name__}: {error}") from error


def append(path: Path, lines: bytes) -> None:
    """All or nothing, as long as this process lives; what one that was killed has left of a line is ended first."""
    is_new = not path.exists()
    fd = os.open(path, FLAGS, 0o600)
    try:
        size = os.fstat(fd).st_size
        if size and os.pread(fd, 1, size - 1) != b"\n":
            lines = b"\n" + lines
        try:
            write_all(fd, lines)
            os.fsync(fd)
        except OSError:
            os.ftruncate(fd, size)
            raise
    finally:
        os.close(fd)
    if is_new:
        segments.sync_folder(path.parent)


def write_all(fd: int, data: bytes) -> None:
    rest = memoryview(data)
    while rest:
        rest = rest[os.write(fd, rest) :]

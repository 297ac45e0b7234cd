"""The journal's segments: append-only files that outlive their process, and what others make of them then.

A segment is locked with `lockf` for as long as its process lives: a POSIX lock belongs to the process (`flock` would
survive in a forked child), so the kernel says who is dead. It is also lost when the process closes *any* descriptor of
that file: a process therefore never opens a segment of its own a second time.

    <database>.<writer>.<pid>.<first sequence>.journal   being written, or left behind by a process that was killed
    <database>.<writer>.<pid>.<first sequence>.closed    left by a process that ended in order without its database

The database is told by 8 hexadecimal digits (see `databases`). Only who works on it adopts, counts and removes its
segments; those without these digits are of an earlier version, and belong to the configured database.

One record is one line: `1 <crc32> <writer> <sequence> <JSON>`; 1 is the version of this format, and whatever comes
later begins with its own number, too, so that an older version of this app leaves it alone. A torn or damaged line
spoils only itself.
"""

import fcntl
import os
import re
import time
import zlib
from collections.abc import Collection, Iterator
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Self

LARGEST = 4 << 20  # bytes, unless the journal's room asks for more
VERSION = b"1"
OTHER_VERSION = re.compile(rb"^(\d+) ", re.MULTILINE)
SKIPPED = b"-"  # in the place of a record: the numbers up to this one were given to records that were dropped
NAME = re.compile(r"(?:([0-9a-f]{8})\.)?([0-9a-f]{32})\.(\d+)\.(\d+)\.(?:journal|closed)")
UNNAMED = re.compile(r"(?:[0-9a-f]{8}\.)?[0-9a-f]{32}\.\d+\.\d+\.new")
UNNAMED_SECONDS = 3600  # a living process gives the name at once


@dataclass(frozen=True, slots=True)
class File:
    """A segment that lies in the folder, as its name tells of it."""

    path: Path
    database: str  # empty in the names of earlier versions
    writer: str
    pid: int
    first: int

    @classmethod
    def named(cls, path: Path) -> Self | None:
        name = NAME.fullmatch(path.name)
        return name and cls(path, name[1] or "", name[2], int(name[3]), int(name[4]))


@dataclass(slots=True)
class Segment:
    """A file of the journal whose lock this process holds, and the sequence numbers `first` to `last` given in it.

    `records` are (sequence, JSON) pairs still in memory; None means that they are on disk only. `on_disk` is False
    where some could not be written (disk full), so that memory is all there is; `path` is None where none could.
    """

    path: Path | None
    fd: int
    writer: str
    pid: int
    first: int
    last: int
    size: int = 0
    largest: int = LARGEST  # the size at which the next one begins
    records: list[tuple[int, bytes]] | None = field(default_factory=list)
    on_disk: bool = True
    synced: bool = False  # each line is forced to disk

    def read(self) -> list[tuple[int, bytes]]:
        """The records, in order, without the lines that are torn or do not fit their checksum."""
        if self.records is not None:
            return self.records
        content = os.pread(self.fd, os.fstat(self.fd).st_size, 0)
        return parsed(content, self.writer)[0]

    def is_of_later_version(self) -> bool:
        """Whether a later version of this app wrote it, in a format that this one cannot read."""
        start = os.pread(self.fd, len(VERSION) + 1, 0)
        return start != VERSION + b" " and is_of_later_version(os.pread(self.fd, os.fstat(self.fd).st_size, 0))

    def bytes_in_memory(self) -> int:
        return sum(len(record) for _, record in self.records or ())

    def release_memory(self) -> None:
        """Forget the records where the disk has them."""
        if self.on_disk:
            self.records = None

    def remove(self) -> None:
        """Unlink before the lock goes with the descriptor, so that nobody adopts what is stored."""
        if self.path is not None:
            self.path.unlink(missing_ok=True)
            os.close(self.fd)

    def leave(self, *, worthless: bool = False) -> None:
        """Leave it for another process to store, marked as left in order; a worthless one is unlinked. Its lock goes
        with this process: the writer's thread may still be storing it."""
        with suppress(OSError):  # somebody removed the folder
            if self.path is not None and worthless:
                self.path.unlink(missing_ok=True)
            elif self.path is not None:
                self.path = self.path.rename(self.path.with_suffix(".closed"))

    def abandon(self) -> None:
        """Let go of it unchanged."""
        if self.path is not None:
            os.close(self.fd)

    def append(self, row: bytes) -> None:
        """Write `row` whole or not at all: a short write (disk full) is cut back to the last whole line."""
        if self.path is None:
            return
        try:
            written = os.write(self.fd, row)
            if written < len(row):
                os.ftruncate(self.fd, self.size)
                self.on_disk = False
                return
            if self.synced:
                os.fdatasync(self.fd)
        except OSError:
            self.on_disk = False
            return
        self.size += len(row)


def line(writer: str, sequence: int, record: bytes) -> bytes:
    body = f"{writer} {sequence} ".encode() + record
    return b"%b %08x %b\n" % (VERSION, zlib.crc32(body), body)


def parsed(content: bytes, writer: str) -> tuple[list[tuple[int, bytes]], int]:
    """((sequence, JSON) of each good line, number of bad lines)."""
    records, bad = [], 0
    for row in content.split(b"\n"):
        if not row:
            continue
        record = parsed_line(row, writer.encode())
        if record is None:
            bad += 1
        else:
            records.append(record)
    return records, bad


def parsed_line(row: bytes, writer: bytes) -> tuple[int, bytes] | None:
    version, _, rest = row.partition(b" ")
    checksum, _, body = rest.partition(b" ")
    if version != VERSION or b"%08x" % zlib.crc32(body) != checksum:
        return None
    owner, sequence, record = body.split(b" ", 2)
    return (int(sequence), record) if owner == writer else None


def is_of_later_version(content: bytes) -> bool:
    """Whether lines begin with the number of another format, and none with ours: damage would not befall all."""
    versions = set(OTHER_VERSION.findall(content))
    return bool(versions) and VERSION not in versions


def locked(fd: int) -> bool:
    try:
        fcntl.lockf(fd, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError:
        return False
    return True


def orphans(directory: Path, databases: Collection[str], *, own_writer: str = "") -> Iterator[Segment]:
    """The segments of dead processes for these databases, oldest first, each locked until the caller removes or
    abandons it.

    After locking, the file is looked at again: its owner, or another adopter, may have stored and unlinked it
    between the listing and the lock, and a lock on an unlinked file protects nothing.
    """
    for file in files(directory):
        if file.database in databases and file.writer != own_writer:
            segment = adopted(file)
            if segment is not None:
                yield segment


def adopted(file: File) -> Segment | None:
    try:
        fd = os.open(file.path, os.O_RDWR | os.O_CLOEXEC | os.O_NOFOLLOW)
    except OSError:
        return None
    if not locked(fd) or not is_still(file.path, fd):
        os.close(fd)
        return None
    segment = Segment(file.path, fd, file.writer, file.pid, first=file.first, last=file.first - 1, records=None)
    segment.size = os.fstat(fd).st_size
    return segment


def is_still(path: Path, fd: int) -> bool:
    """Whether `path` still names the file behind `fd`."""
    held = os.fstat(fd)
    try:
        named = os.stat(path, follow_symlinks=False)
    except FileNotFoundError:
        return False
    return held.st_nlink > 0 and (held.st_dev, held.st_ino) == (named.st_dev, named.st_ino)


def files(directory: Path) -> list[File]:
    """All segments in the folder, by the time they were last written to."""
    try:
        with os.scandir(directory) as entries:
            found = [(entry.stat(follow_symlinks=False).st_mtime, entry.path) for entry in entries if is_segment(entry)]
    except OSError:
        return []
    return [file for _, path in sorted(found) if (file := File.named(Path(path)))]


def newest(directory: Path) -> set[Path]:
    """The last segment of each writer: the one it was writing when it ended."""
    last: dict[str, File] = {}
    for file in files(directory):
        if file.writer not in last or file.first > last[file.writer].first:
            last[file.writer] = file
    return {file.path for file in last.values()}


def sync_folder(directory: Path) -> None:
    fd = os.open(directory, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    try:
        os.fsync(fd)
    finally:
        os.close(fd)


def remove_unnamed(directory: Path) -> None:
    """Remove what processes have left that were killed between making a segment and giving it its name."""
    long_ago = time.time() - UNNAMED_SECONDS
    for path in directory.glob("*.new"):
        with suppress(OSError):
            if UNNAMED.fullmatch(path.name) and path.lstat().st_mtime < long_ago:
                remove_unlocked(path)


def remove_unlocked(path: Path) -> None:
    fd = os.open(path, os.O_RDWR | os.O_CLOEXEC | os.O_NOFOLLOW)
    try:
        if locked(fd):
            path.unlink()
    finally:
        os.close(fd)


def is_segment(entry: os.DirEntry[str]) -> bool:
    return NAME.fullmatch(entry.name) is not None and entry.is_file(follow_symlinks=False)


def size_on_disk(directory: Path) -> int:
    try:
        with os.scandir(directory) as entries:
            return sum(entry.stat(follow_symlinks=False).st_size for entry in entries if is_segment(entry))
    except OSError:
        return 0

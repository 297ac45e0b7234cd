"""The journal: each process's append-only files, which outlive the process.

A process appends to one *segment* at a time; `cut` closes it and starts the next, so that a batch is exactly one
closed segment. A segment is locked with `lockf` for as long as its process lives: a POSIX lock belongs to the process
(`flock` would survive in a forked child), so the kernel says who is dead. It is also lost when the process closes *any*
descriptor of that file: a process therefore never opens a segment of its own a second time.

    <writer>.<pid>.<first sequence>.journal      being written, or left behind by a process that was killed
    <writer>.<pid>.<first sequence>.closed       left by a process that ended in order while the database was away

One record is one line: `1 <crc32> <writer> <sequence> <JSON>`; 1 is the version of this format. A torn or damaged line
spoils only itself.
"""

import fcntl
import os
import re
import uuid
import zlib
from collections import deque
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from threading import Lock

from eventlog.conf import conf

MAX_SEGMENT_RECORDS = 10_000  # one transaction's worth
MAX_SEGMENT_BYTES = 4 << 20
MAX_SEGMENTS = 256  # of one process within SPOOL_MAX_BYTES: each keeps a descriptor open, and 1024 is a usual limit
SEGMENTS_IN_MEMORY = 8  # closed segments beyond this are read back from disk
MAX_STRANDED_BYTES = 64 << 20  # of records that the disk refused: they are in memory alone
VERSION = b"1"
SKIPPED = b"-"  # in the place of a record: the numbers up to this one were given to records that were dropped
NAME = re.compile(r"([0-9a-f]{32})\.(\d+)\.(\d+)\.(journal|closed)")


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
    largest: int = MAX_SEGMENT_BYTES  # the size at which the next one begins
    records: list[tuple[int, bytes]] | None = field(default_factory=list)
    on_disk: bool = True
    synced: bool = False  # each line is forced to disk

    def read(self) -> list[tuple[int, bytes]]:
        """The records, in order, without the lines that are torn or do not fit their checksum."""
        if self.records is not None:
            return self.records
        content = os.pread(self.fd, os.fstat(self.fd).st_size, 0)
        return parsed(content, self.writer)[0]

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

    def leave(self) -> None:
        """Leave it for another process to store, marked as left in order. Its lock goes with this process: the
        writer's thread may still be storing it."""
        if self.path is not None:
            with suppress(OSError):  # somebody removed the folder
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


def locked(fd: int) -> bool:
    try:
        fcntl.lockf(fd, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError:
        return False
    return True


class Journal:
    """The segments of one process. Every method that changes them holds the append lock."""

    def __init__(self, directory: Path) -> None:
        self.directory = directory
        self.writer = uuid.uuid4().hex
        self.pid = os.getpid()
        self.lock = Lock()
        self.sequence = 0  # the last number given
        self.segment: Segment | None = None  # being written
        self.closed: deque[Segment] = deque()  # not stored yet, oldest first
        self.pressure = 0  # 0 (room) to 4 (none), see `pressure_of`

    def append(self, record: bytes) -> int:
        """Give `record` the next sequence number and write it, in one `write`; return how many are in the segment.

        Where the disk refuses, the record stays in memory, and `Segment.on_disk` says so.
        """
        with self.lock:
            segment = self.segment
            if segment is None or self._is_full(segment):
                segment = self._next_segment()
            self.sequence += 1
            segment.last = self.sequence
            assert segment.records is not None  # only closed segments forget theirs
            segment.records.append((self.sequence, record))
            segment.append(line(self.writer, self.sequence, record))
            return len(segment.records)

    def skip(self) -> None:
        """Give a number to a record that is dropped, so that the accounts show the gap."""
        with self.lock:
            segment = self.segment or self._next_segment()
            self.sequence += 1
            segment.last = self.sequence

    def cut(self) -> None:
        """Close the current segment, if it has anything, and begin the next: a batch is exactly one closed segment."""
        with self.lock:
            if self.segment is not None and self.segment.last >= self.segment.first:
                self._next_segment()

    def end(self) -> None:
        """As `cut`, and nothing is open afterwards; an empty segment is removed."""
        with self.lock:
            if self.segment is not None and self.segment.last >= self.segment.first:
                self._close_segment()
            elif self.segment is not None:
                self.segment.remove()
                self.segment = None

    def stored(self, segment: Segment) -> None:
        """The oldest closed segment is in the database: remove its file."""
        with self.lock:
            self.closed.remove(segment)
        segment.remove()

    def bound(self) -> None:
        """Keep few records in memory, and feel how much room is left for more."""
        for segment in list(self.closed)[SEGMENTS_IN_MEMORY:]:
            segment.release_memory()
        taken = size_on_disk(self.directory) if len(self.closed) > 1 else 0
        stranded = sum(segment.bytes_in_memory() for segment in list(self.closed) if not segment.on_disk)
        self.pressure = max(pressure_of(taken, conf.SPOOL_MAX_BYTES), pressure_of(stranded, MAX_STRANDED_BYTES))

    def forget_inherited(self) -> None:
        """In a forked child: close the parent's descriptors (its locks are its own and stay)."""
        for segment in [*self.closed, *([self.segment] if self.segment else [])]:
            segment.abandon()

    def _is_full(self, segment: Segment) -> bool:
        assert segment.records is not None
        return len(segment.records) >= MAX_SEGMENT_RECORDS or segment.size >= segment.largest

    def _next_segment(self) -> Segment:
        if self.segment is not None:
            self._close_segment()
        self.segment = self._opened()
        return self.segment

    def _close_segment(self) -> None:
        assert self.segment is not None
        written = self.segment.records[-1][0] if self.segment.records else self.segment.first - 1
        if self.segment.last > written:
            self.segment.append(line(self.writer, self.segment.last, SKIPPED))
        if self.segment.path is not None and conf.SPOOL_SYNC != "never":
            try:
                os.fdatasync(self.segment.fd)
            except OSError:
                self.segment.on_disk = False  # memory keeps it
        self.closed.append(self.segment)
        self.segment = None
        if len(self.closed) > SEGMENTS_IN_MEMORY:
            self.bound()  # here too, in the request: the thread that looks each second may hang in the database

    def _opened(self) -> Segment:
        """A new segment. It gets its name only once it is locked, so that no adopter ever sees it unlocked.

        Where the folder cannot be written, the segment is in memory alone.
        """
        first = self.sequence + 1
        path = self.directory / f"{self.writer}.{self.pid}.{first:012d}.journal"
        unnamed = path.with_suffix(".new")
        flags = os.O_RDWR | os.O_CREAT | os.O_EXCL | os.O_APPEND | os.O_CLOEXEC | os.O_NOFOLLOW
        segment = Segment(None, -1, self.writer, self.pid, first=first, last=self.sequence, on_disk=False)
        segment.largest = max(MAX_SEGMENT_BYTES, conf.SPOOL_MAX_BYTES // MAX_SEGMENTS)
        fd = -1
        try:
            self.directory.mkdir(mode=0o700, parents=True, exist_ok=True)
            fd = os.open(unnamed, flags, 0o600)
            fcntl.lockf(fd, fcntl.LOCK_EX | fcntl.LOCK_NB)
            unnamed.rename(path)
        except OSError:
            if fd >= 0:
                os.close(fd)
            return segment
        segment.path, segment.fd, segment.on_disk = path, fd, True
        segment.synced = conf.SPOOL_SYNC == "always"
        return segment


def orphans(directory: Path, *, own_writer: str = "") -> Iterator[Segment]:
    """The segments of dead processes, oldest first, each locked until the caller removes or abandons it.

    After locking, the file is looked at again: its owner, or another adopter, may have stored and unlinked it
    between the listing and the lock, and a lock on an unlinked file protects nothing.
    """
    for path in segment_files(directory):
        name = NAME.fullmatch(path.name)
        if name is None or name[1] == own_writer:
            continue
        segment = adopted(path, writer=name[1], pid=int(name[2]), first=int(name[3]))
        if segment is not None:
            yield segment


def adopted(path: Path, *, writer: str, pid: int, first: int) -> Segment | None:
    try:
        fd = os.open(path, os.O_RDWR | os.O_CLOEXEC | os.O_NOFOLLOW)
    except OSError:
        return None
    if not locked(fd) or not is_still(path, fd):
        os.close(fd)
        return None
    segment = Segment(path, fd, writer, pid, first=first, last=first - 1, records=None)
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


def segment_files(directory: Path) -> list[Path]:
    """All segments in the folder, by the time they were last written to."""
    try:
        with os.scandir(directory) as entries:
            found = [(entry.stat(follow_symlinks=False).st_mtime, entry.path) for entry in entries if is_segment(entry)]
    except OSError:
        return []
    return [Path(path) for _, path in sorted(found)]


def newest_segments(directory: Path) -> set[Path]:
    """The last segment of each writer: the one it was writing when it ended."""
    newest: dict[str, tuple[int, Path]] = {}
    for path in segment_files(directory):
        name = NAME.fullmatch(path.name)
        if name is not None:
            newest[name[1]] = max(newest.get(name[1], (0, path)), (int(name[3]), path))
    return {path for _, path in newest.values()}


def is_segment(entry: os.DirEntry[str]) -> bool:
    return NAME.fullmatch(entry.name) is not None and entry.is_file(follow_symlinks=False)


def size_on_disk(directory: Path) -> int:
    try:
        with os.scandir(directory) as entries:
            return sum(entry.stat(follow_symlinks=False).st_size for entry in entries if is_segment(entry))
    except OSError:
        return 0


def pressure_of(taken: int, allowed: int) -> int:
    """0 below 80 % of `allowed`, then 1, 2 and 3 in steps of 7 %, 4 when it is full."""
    return sum(taken >= allowed * share for share in (0.80, 0.87, 0.94, 1.0))

"""The journal: each process's append-only files, which outlive the process.

A process appends to one *segment* at a time; `cut` closes it and starts the next, so that a batch is exactly one
closed segment.
"""

import fcntl
import os
import uuid
from collections import deque
from pathlib import Path
from threading import Lock

from eventlog import catalog
from eventlog.conf import conf
from eventlog.pipeline import segments
from eventlog.pipeline.segments import Segment
from eventlog.record import EventRecord

MAX_SEGMENT_RECORDS = 10_000  # one transaction's worth
MAX_SEGMENTS = 256  # of one process within SPOOL_MAX_BYTES: each keeps a descriptor open, and 1024 is a usual limit
SEGMENTS_IN_MEMORY = 8  # closed segments beyond this are read back from disk
MAX_STRANDED_BYTES = 64 << 20  # of records that the disk refused: they are in memory alone
IMPORTANT = (catalog.AUTH, catalog.SECURITY, catalog.CRUD)


class Journal:
    """The segments of one process for one database. Every method that changes them holds the append lock."""

    def __init__(self, directory: Path, *, database: str) -> None:
        self.directory = directory
        self.database = database  # its digits in the segments' names
        self.writer = uuid.uuid4().hex
        self.pid = os.getpid()
        self.lock = Lock()
        self.sequence = 0  # the last number given
        self.segment: Segment | None = None  # being written
        self.closed: deque[Segment] = deque()  # not stored yet, oldest first
        # A folder that is full already stays so until the database has taken something: else each of the workers that
        # a server replaces all the time would add what it can before it knows.
        self.least_pressure = int(segments.size_on_disk(directory) >= conf.SPOOL_MAX_BYTES)
        self.pressure = self.least_pressure  # 0 (room) to 4 (none), see `pressure_of`

    def append(self, record: bytes) -> int:
        """Give `record` the next sequence number and write it, in one `write`; return how many are in the segment.

        Where the disk refuses, the record stays in memory, and `Segment.on_disk` says so.
        """
        with self.lock:
            segment = self.segment
            if segment is None or self._is_full(segment):
                segment = self._next_segment()
            row = segments.line(self.writer, self.sequence + 1, record)  # before a number is given: deep calls end here
            self.sequence += 1
            segment.last = self.sequence
            assert segment.records is not None  # only closed segments forget theirs
            segment.records.append((self.sequence, record))
            segment.append(row)
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

    def bound(self, *, away: bool = False) -> None:
        """Keep few records in memory, and feel how much room is left for more.

        `away` says that the database is: then one's own segments are few, but other processes' may fill the folder.
        """
        for segment in list(self.closed)[SEGMENTS_IN_MEMORY:]:
            segment.release_memory()
        taken = segments.size_on_disk(self.directory) if away or len(self.closed) > 1 else 0
        stranded = sum(segment.bytes_in_memory() for segment in list(self.closed) if not segment.on_disk)
        felt = (pressure_of(taken, conf.SPOOL_MAX_BYTES), pressure_of(stranded, MAX_STRANDED_BYTES))
        self.pressure = max(self.least_pressure, *felt)

    def is_on_disk(self) -> bool:
        """Whether the disk has all that is not stored yet."""
        current = self.segment
        return all(segment.on_disk for segment in [*self.closed, *([current] if current else [])])

    def forget_inherited(self) -> None:
        """In a forked child: close the parent's descriptors (its locks are its own and stay), each once: the fork may
        have come when a segment was among the closed ones already and was still the current one, too."""
        inherited = {segment.fd: segment for segment in (*self.closed, self.segment) if segment is not None}
        for segment in inherited.values():
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
            self.segment.append(segments.line(self.writer, self.segment.last, segments.SKIPPED))
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
        path = self.directory / f"{self.database}.{self.writer}.{self.pid}.{first:012d}.journal"
        unnamed = path.with_suffix(".new")
        flags = os.O_RDWR | os.O_CREAT | os.O_EXCL | os.O_APPEND | os.O_CLOEXEC | os.O_NOFOLLOW
        segment = Segment(None, -1, self.writer, self.pid, first=first, last=self.sequence, on_disk=False)
        segment.largest = max(segments.LARGEST, conf.SPOOL_MAX_BYTES // MAX_SEGMENTS)
        fd = -1
        try:
            self.directory.mkdir(mode=0o700, parents=True, exist_ok=True)
            fd = os.open(unnamed, flags, 0o600)
            fcntl.lockf(fd, fcntl.LOCK_EX | fcntl.LOCK_NB)
            unnamed.rename(path)
            if conf.SPOOL_SYNC != "never":
                segments.sync_folder(self.directory)  # else the machine may forget the name of what it has kept
        except OSError:
            if fd >= 0:
                os.close(fd)
            return segment
        segment.path, segment.fd, segment.on_disk = path, fd, True
        segment.synced = conf.SPOOL_SYNC == "always"
        return segment


def pressure_of(taken: int, allowed: int) -> int:
    """0 below 80 % of `allowed`, then 1, 2 and 3 in steps of 7 %, 4 when it is full."""
    return sum(taken >= allowed * share for share in (0.80, 0.87, 0.94, 1.0))


def importance(record: EventRecord) -> int:
    """0 (debug, info) to 3 (sign-ins, changes, attacks); what is below the journal's pressure is dropped."""
    if record.event_category in IMPORTANT and record.event_type != catalog.HTTP_REQUEST:
        return 3
    return {catalog.HIGH: 2, catalog.CRITICAL: 2, catalog.LOW: 1, catalog.MEDIUM: 1}.get(record.severity, 0)

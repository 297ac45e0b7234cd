"""The writer: one thread a process, which moves the journal's segments and the outbox into the table.

It starts with the first event of a process and is keyed by PID and database: a forked child gets one of its own, and so
does a process whose database gets another name. While the database is away the segments stay on disk, and it tries
again with growing pauses; a request never waits for it.
"""

import atexit
import logging
import os
import random
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import suppress
from multiprocessing import parent_process
from multiprocessing.util import Finalize
from pathlib import Path
from threading import Event, Lock, Thread
from time import monotonic

from django.db import Error, connections, reset_queries

from eventlog.conf import conf
from eventlog.context import recording
from eventlog.models import OutboxEvent
from eventlog.pipeline import notices, outbox, segments, store, watches
from eventlog.pipeline.databases import Database
from eventlog.pipeline.journal import Journal, importance
from eventlog.pipeline.segments import Segment
from eventlog.privacy.keyring import Unusable
from eventlog.record import EventRecord

logger = logging.getLogger("eventlog")

TICK = 1.0  # seconds between looks at the outbox
FIRST_TICK = 0.1  # seconds; a worker that is soon replaced must learn, too, that the database is away
ORPHAN_INTERVAL = 15.0  # seconds between looks for what dead processes left
EXIT_DEADLINE = 4.0  # seconds; servers kill what takes longer than about 5
STRANDED_DEADLINE = 25.0  # seconds more for what the disk has refused: it would be lost
FIRST_PAUSE, LONGEST_PAUSE = 0.25, 5.0  # seconds between tries while the database is away
HANGS_AFTER = 1.0  # seconds in one transaction after which the database is taken to hang
_draining = Lock()
_chores: list[Callable[[], Callable[[], None]]] = []


def have_done(begin: Callable[[], Callable[[], None]]) -> None:
    """Have each writer do what `begin()` gives about every second, while the database takes events. It must be quick,
    and may raise `django.db.Error`."""
    if begin not in _chores:
        _chores.append(begin)


class Writer:
    """The journal of this process and the thread that stores it."""

    def __init__(self) -> None:
        self.database = Database.now()
        self.journal = Journal(conf.SPOOL_DIR, database=self.database.identity)
        self.pid = os.getpid()
        self.wake = Event()
        self.stopping = False
        self.dropped: Counter[str] = Counter()
        self.warned: set[tuple[str, Path | None]] = set()
        self.pause = 0.0  # seconds; grows while the database is away
        self.retry_at = 0.0  # monotonic
        self.busy_since: float | None = None  # monotonic; while the thread waits for the database
        self.cut_at = monotonic()
        self.orphans_at = 0.0
        self.chores = [begin() for begin in _chores]
        self.last_words: Callable[[], None] | None = None
        self.thread: Thread | None = None
        self.thread_lock = Lock()

    def is_of_here_and_now(self) -> bool:
        """Whether it is this process's, and for the database as it is reached now."""
        return self.pid == os.getpid() and not self.database.has_moved

    # --- the side of the request ---
    def append(self, record: EventRecord, *, urgent: bool = False) -> None:
        """Journal `record`; where the journal's room runs out, the least important are counted instead."""
        if self.journal.pressure and importance(record) < self.journal.pressure:
            self.journal.skip()
            self.dropped[f"{record.event_category} {record.severity}"] += 1
            return
        count = self.journal.append(record.to_json())
        self.see_to_it()
        if urgent or count == conf.BATCH_SIZE:
            self.wake.set()

    def see_to_it(self) -> None:
        """Have the thread running, which sees to journal and outbox."""
        if self.thread is None or not self.thread.is_alive():
            self.start()

    def start(self) -> None:
        """Start the thread; at interpreter shutdown there is none to be had, and the journal keeps the events."""
        with self.thread_lock:
            if self.stopping or (self.thread is not None and self.thread.is_alive()):
                return
            thread = Thread(target=self.run, name="eventlog-writer", daemon=True)
            with suppress(RuntimeError):
                thread.start()
                self.thread = thread

    # --- the thread ---
    def run(self) -> None:
        recording.now = True
        tick = FIRST_TICK
        while not self.stopping:
            urgent = self.wake.wait(tick)
            tick = min(TICK, conf.FLUSH_INTERVAL)
            self.wake.clear()
            self.turn(urgent=urgent)
            reset_queries()  # with DEBUG on, Django would keep every statement, values and all
            if not self.database.is_configured:
                connections.close_all()  # else the test runner could not drop it
        self.turn(urgent=True)
        connections.close_all()

    def turn(self, *, urgent: bool) -> None:
        """One look at everything that may be due."""
        if self.database.has_moved:
            return  # the connection would lead to another; these segments are for whoever works on this one
        now = monotonic()
        self.journal.bound(away=bool(self.pause))
        if not self.journal.is_on_disk():
            self.warn_once("The disk refuses the journal in %s: events are in memory alone.", self.journal.directory)
        self.tell_dropped()
        notices.tell_counts(ending=self.stopping)
        if now < self.retry_at and not self.stopping:
            return  # nothing is cut either: what waits long waits in few large segments
        due = urgent or now - self.cut_at >= conf.FLUSH_INTERVAL
        if due and (self.stopping or not self.pause or not self.journal.closed):
            self.journal.cut()
            self.cut_at = now
        try:
            self.store_pending()
            self.adopt_orphans(now)
            self.do_chores()
        except (Error, OSError) as error:
            self.back_off(error)
        else:
            self.pause, self.journal.least_pressure = 0.0, 0
        finally:
            self.busy_since = None

    def gets_through(self) -> bool:
        """Whether the database took what it was given last, and does not keep the thread waiting now."""
        since = self.busy_since
        return not self.pause and (since is None or monotonic() - since < HANGS_AFTER)

    def store_pending(self) -> None:
        """Everything that is closed, then the outbox until it is empty; raises `django.db.Error`."""
        while self.journal.closed and not self.database.has_moved:
            self.busy_since = monotonic()
            store_segment(self.journal.closed[0])
            self.journal.stored(self.journal.closed[0])
        self.busy_since = monotonic()
        while store_outbox().from_outbox == store.OUTBOX_LIMIT and not self.stopping:
            self.busy_since = monotonic()
        self.busy_since = None

    def adopt_orphans(self, now: float) -> None:
        if now < self.orphans_at or self.stopping:
            return
        self.orphans_at = now + ORPHAN_INTERVAL * random.uniform(0.8, 1.2)  # so that processes take turns
        for _ in drain_orphans(self):
            continue

    def do_chores(self) -> None:
        self.busy_since = monotonic()
        for chore in () if self.stopping else self.chores:
            chore()

    def back_off(self, error: Exception) -> None:
        """Let go of the connection, which may be broken in ways a ping does not show, and wait longer each time."""
        if not self.pause and store.sqlstate(error) != store.UNDEFINED_TABLE:  # before the first `migrate`
            said = str(error) if isinstance(error, Unusable) else type(error).__name__
            logger.warning("The database does not take events (%s); they wait in the journal.", said)
        self.pause = min(LONGEST_PAUSE, max(FIRST_PAUSE, self.pause * 2))
        self.retry_at = monotonic() + self.pause * random.uniform(0.5, 1.0)
        connections[outbox.events_alias()].close()
        self.journal.bound(away=True)

    def tell_dropped(self) -> None:
        if self.dropped:
            dropped, self.dropped = self.dropped, Counter()
            self.journal.append(notices.events_dropped(dropped).to_json())

    def warn_once(self, message: str, about: Path | None) -> None:
        if (message, about) not in self.warned:
            self.warned.add((message, about))
            logger.warning(message, about)

    # --- the end ---
    def stop(self, deadline: float = EXIT_DEADLINE) -> None:
        """Store what is left, at most `deadline` seconds; the rest stays in the journal for another process."""
        self.stopping = True
        self.wake.set()
        if self.thread is not None:
            self.thread.join(deadline)
            if not self.journal.is_on_disk():
                self.thread.join(STRANDED_DEADLINE)  # it ends at once where the database is away as well
        self.leave()

    def leave(self) -> None:
        """Have the thread end, and leave what it has not stored for another process; of a test's database nothing."""
        self.stopping = True
        self.wake.set()
        self.journal.end()
        with self.journal.lock:  # the thread may still be storing them
            for segment in self.journal.closed:
                segment.leave(worthless=self.database.has_moved and not self.database.is_configured)
            stranded = sum(len(segment.records or ()) for segment in self.journal.closed if not segment.on_disk)
        if stranded:
            logger.critical("%d events are lost: neither the disk nor the database took them.", stranded)


def store_segment(segment: Segment) -> store.Stored:
    """Store one closed segment. Raises `django.db.Error`; nothing of it is stored then."""
    records = segment.read()
    last = max([segment.last, *(sequence for sequence, _ in records)])
    if last < segment.first:
        return store.Stored()
    return store.write(
        store.Batch(
            records=[record for _, record in records if record != segments.SKIPPED],
            writer=segment.writer,
            first_sequence=segment.first,
            last_sequence=last,
        )
    )


def drain_orphans(own: Writer, *moved_from: str) -> Iterator[store.Stored]:
    """Store the segments of dead processes, one a step; an UNCLEAN_STOP for each process that was killed.

    `moved_from` are the digits of further databases, whose segments are to be stored in this one.
    Raises `django.db.Error` where the database does not take them, or Unusable; they are then left as they were.
    """
    directory = own.journal.directory
    newest = segments.newest(directory)
    databases = own.database.identities.union(moved_from)
    with _draining:  # POSIX locks do not keep the threads of one process apart
        segments.remove_unnamed(directory)
        for segment in segments.orphans(directory, databases, own_writer=own.journal.writer):
            if own.database.has_moved:
                segment.abandon()
                return
            if segment.is_of_later_version():
                own.warn_once("%s is of a later version of the event log, which must store it.", segment.path)
                segment.abandon()
                continue
            try:
                yield store_segment(segment)
                reset_queries()
            except (Error, Unusable):
                segment.abandon()
                raise
            if segment.path in newest and segment.path.suffix == ".journal" and not notices.is_told(segment):
                own.append(notices.unclean_stop(segment))
            segment.remove()


def store_outbox() -> store.Stored:
    """Move up to `OUTBOX_LIMIT` committed events of changes into the table."""
    if not OutboxEvent.objects.using(outbox.events_alias()).exists():
        return store.Stored()
    return store.write(store.Batch(claim_outbox=True))


_writer: Writer | None = None
_creating = Lock()


def current() -> Writer:
    """This process's writer; a new one after a fork, and where the database has got another name."""
    writer = _writer
    return writer if writer is not None and writer.is_of_here_and_now() else begun()


def begun() -> Writer:
    global _writer
    with _creating:
        if _writer is None or not _writer.is_of_here_and_now():
            if _writer is not None and _writer.pid == os.getpid():
                _writer.leave()
            elif _writer is not None:
                _writer.journal.forget_inherited()
            if parent_process() is not None:
                Finalize(None, stop, exitpriority=10)  # children of `multiprocessing` run these and not atexit's
            _writer = Writer()
        return _writer


def before_end(say: Callable[[], None]) -> None:
    """Call `say` when this process ends in order, in time for what it records."""
    current().last_words = say


def stop(deadline: float = EXIT_DEADLINE) -> None:
    """Store what is left, for at most `deadline` seconds, and end the thread. Runs at exit; another event begins
    anew."""
    global _writer
    end = monotonic() + deadline
    if _writer is not None and _writer.pid == os.getpid():
        if _writer.last_words is not None and not _writer.database.has_moved:
            _writer.last_words()
        _writer.stop(deadline)
        _writer = None
    watches.end(max(0.0, end - monotonic()))


def new_locks_in_child() -> None:
    global _creating, _draining
    _creating, _draining = Lock(), Lock()  # another thread of the parent may have held them


os.register_at_fork(after_in_child=new_locks_in_child)
atexit.register(stop)

"""Before anything is erased: all that waits is stored, so that it lies nowhere but in the table."""

import time
from pathlib import Path
from typing import Final

from django.db import models

from eventlog.conf import conf
from eventlog.models import OutboxEvent
from eventlog.pipeline import drain, segments, writer
from eventlog.pipeline.outbox import events_alias
from eventlog.pipeline.segments import File

PATIENCE: Final = 30.0  # seconds beyond FLUSH_INTERVAL, in which a living process stores what it has
PAUSE: Final = 0.2


class Unsettled(OSError):
    """Something waits that only its own process, or who is storing it, can store."""

    def __init__(self, waiting: list[File]) -> None:
        processes = ", ".join(sorted({str(each.pid) for each in waiting}))
        where = f"the journal has events that process {processes}" if waiting else "the outbox has events that somebody"
        super().__init__(f"{where} has not stored yet; see eventlog_status, then try again")


def settle() -> None:
    """Store the outbox and what dead processes have left; wait until the living ones have stored what they had.

    Raises Unsettled where they do not, and `django.db.Error`.
    """
    drain.drain()
    own, end = writer.current(), time.monotonic() + conf.FLUSH_INTERVAL + PATIENCE
    waiting, taken = with_content(own), set(outbox_rows().values_list("pk", flat=True))
    while (waiting := [each for each in waiting if size_of(each.path)]) or outbox_rows().filter(pk__in=taken).exists():
        if time.monotonic() > end:
            raise Unsettled(waiting)
        if any(each.writer == own.journal.writer for each in waiting):
            own.see_to_it()
            own.wake.set()
        time.sleep(PAUSE)
        drain.drain()


def outbox_rows() -> "models.QuerySet[OutboxEvent]":
    """Until it is stored a row is there, also while somebody is storing it."""
    return OutboxEvent.objects.using(events_alias())


def with_content(own: writer.Writer) -> list[File]:
    """The segments for this database that have something in them now."""
    found = segments.files(own.journal.directory)
    return [each for each in found if each.database in own.database.identities and size_of(each.path)]


def size_of(path: Path) -> int:
    """0 where it has been stored; a process that ends renames what it leaves."""
    for name in (path, path.with_suffix(".closed")):
        try:
            return name.stat().st_size
        except FileNotFoundError:
            continue
    return 0

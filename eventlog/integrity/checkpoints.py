"""Checkpoints: what the log is, signed each minute, also where nothing happened, and kept outside of the database too.

The outside copies are what proves that the whole database was not put back, or written anew.
"""

import os
from dataclasses import dataclass
from datetime import datetime
from typing import Final
from urllib.parse import urlsplit

from django.db import connections, transaction
from django.db.backends.utils import CursorWrapper
from django.utils import timezone

from eventlog.conf import conf
from eventlog.integrity import keys, log, notes
from eventlog.integrity.log import Settled
from eventlog.integrity.merkle import HASH_BYTES, Frontier
from eventlog.integrity.notes import Statement
from eventlog.models import Checkpoint
from eventlog.models.event import moment_of

LOCK: Final = "SELECT pg_advisory_xact_lock(hashtext('eventlog checkpoint'))"
TITLE: Final = "eventlog"


def make(*, using: str) -> Checkpoint | None:
    """Take up what has settled, and sign what the log is now. None without a key to sign with.

    What `CHECKPOINT_DIR` is not given, since the process dies in between, the next checkpoint covers. Anchors get it by
    `anchors.py`, each in its time.
    """
    signer = keys.signer()
    if signer is None:
        return None
    with transaction.atomic(using=using), connections[using].cursor() as cursor:
        cursor.execute(LOCK)
        checkpoint = grown(cursor, Checkpoint.objects.using(using).order_by("-id").first())
        checkpoint.note = notes.signed(stated(checkpoint), signer)
        checkpoint.save(using=using)
    publish(checkpoint)
    return checkpoint


@dataclass(frozen=True, slots=True)
class Standing:
    """When the newest checkpoint was made, and since when what was stored first after it waits to be in one."""

    made_at: datetime | None = None
    waits_since: datetime | None = None


def standing(*, using: str) -> Standing:
    with connections[using].cursor() as cursor:
        made_at, waiting = log.oldest_waiting(cursor)
    return Standing(made_at, None if waiting is None else moment_of(waiting))


def grown(cursor: CursorWrapper, before: Checkpoint | None) -> Checkpoint:
    frontier, settled = Frontier(), Settled()
    if before is not None:
        frontier = Frontier(before.size, unpacked(before.peaks))
        settled = Settled(int(before.settled_xid), before.settled_id)
    frontier, settled = log.take_up(cursor, frontier, settled)
    return Checkpoint(
        size=frontier.size,
        root=frontier.root(),
        peaks=b"".join(frontier.peaks),
        settled_xid=settled.xid,
        settled_id=settled.id,
        made_at=timezone.now(),
        key_name=log_name(),
    )


def unpacked(peaks: bytes | memoryview) -> tuple[bytes, ...]:
    packed = bytes(peaks)
    return tuple(packed[place : place + HASH_BYTES] for place in range(0, len(packed), HASH_BYTES))


def stated(checkpoint: Checkpoint) -> Statement:
    return Statement(
        checkpoint.key_name,
        checkpoint.size,
        bytes(checkpoint.root),
        checkpoint.made_at,
        int(checkpoint.settled_xid),
        checkpoint.settled_id,
    )


def log_name() -> str:
    """What the log and its keys are called, such as edupro.school.example/eventlog."""
    return f"{urlsplit(conf.SITE_URL).hostname or 'localhost'}/{TITLE}"


# --- outside of the database ---
def publish(checkpoint: Checkpoint) -> None:
    """Append it to the day's file, and wait until the disk has it. Raises OSError."""
    if conf.CHECKPOINT_DIR is None:
        return
    conf.CHECKPOINT_DIR.mkdir(parents=True, exist_ok=True)
    path = conf.CHECKPOINT_DIR / f"{checkpoint.made_at:%Y-%m-%d}.txt"
    file = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o644)
    try:
        os.write(file, f"\n\n{checkpoint.note}".encode())  # behind one that may have been cut off
        os.fsync(file)
    finally:
        os.close(file)

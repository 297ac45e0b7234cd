"""What a page can say of one event at once: whether it, and its batch, are what was sealed, and where they are signed.

In three short queries; whether the log itself is what was signed is for the verification, which reads all of it.
"""

from dataclasses import dataclass
from datetime import datetime
from typing import Final
from uuid import UUID

from django.db import connections
from django.db.backends.utils import CursorWrapper

from eventlog.integrity import keys, notes, reading
from eventlog.integrity.checking import Batch, wrong_in_batch, wrong_in_row
from eventlog.integrity.evidence import OF_EVENT, batch_of
from eventlog.integrity.ledger import NOTHING, Erased, Ledger
from eventlog.integrity.reading import Row
from eventlog.integrity.verdicts import ADDED, MODIFIED, SIGNATURE_BAD, VALID
from eventlog.models import Event

UNPROVEN: Final = "unproven"  # of before there were proofs
NOTE: Final = "SELECT made_at, note FROM event_checkpoints WHERE size > %s ORDER BY size, id LIMIT 1"
FIRST_SIGNED: Final = "SELECT made_at FROM event_checkpoints ORDER BY id LIMIT 1"


@dataclass(frozen=True, slots=True)
class Seen:
    """`verdict` is one of the verification's, or UNPROVEN. `signed_at` is None until the first checkpoint that holds
    it; whether that is signed is told only where there is a key to verify with."""

    verdict: str
    batch: UUID | None = None
    sealed_at: datetime | None = None
    signed_at: datetime | None = None
    is_whole: bool = True  # False: a part of it was erased


def see(event: Event, *, using: str) -> Seen:
    with connections[using].cursor() as cursor:
        row = next(reading.rows(cursor, OF_EVENT, [str(event.pk), event.timestamp]), None)
        found = None if row is None or row.batch_id is None else batch_of(cursor, row.batch_id)
        if row is None or found is None or not (found[0].seal or row.digest):
            return Seen(UNPROVEN if is_of_before(cursor, event, row) else ADDED)
        batch, place = found
        note = None if place is None else first_note(cursor, place)
        erased = Ledger(cursor, frozenset()).erased(row.id) if row.is_erased else NOTHING
        verdict = judged(row, batch, erased)
        if verdict == VALID and note is not None and not is_signed(note[1]):
            verdict = SIGNATURE_BAD
        signed_at = None if note is None else note[0]
        return Seen(verdict, batch.id, batch.columns["stored_at"], signed_at, is_whole=not row.is_erased)


def is_of_before(cursor: CursorWrapper, event: Event, row: Row | None) -> bool:
    """Whether an event that has no proof needs none: nothing was signed yet when it was stored."""
    if row is not None and row.digest:
        return False
    cursor.execute(FIRST_SIGNED)
    first = cursor.fetchone()
    return first is None or event.recorded_at <= first[0]


def judged(row: Row, batch: Batch, erased: Erased) -> str:
    leaf = batch.leaves.get(row.key)
    if leaf is None:
        return ADDED
    if wrong := wrong_in_batch(batch):
        return wrong[0]
    return MODIFIED if wrong_in_row(row, batch, leaf, erased) else VALID


def first_note(cursor: CursorWrapper, place: int) -> tuple[datetime, str] | None:
    """Of the first checkpoint that holds this place of the log."""
    cursor.execute(NOTE, [place])
    found: tuple[datetime, str] | None = cursor.fetchone()
    return found


def is_signed(note: str) -> bool:
    """True also where there is no key to verify with: the web may do without one."""
    verifiers = keys.verifiers()
    try:
        return not verifiers or bool(notes.read(note, verifiers))
    except ValueError:
        return False

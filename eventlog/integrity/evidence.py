"""The proof of one event, for somebody who trusts neither us nor the database: from its columns to a signed checkpoint.

What is hashed is given as text, byte for byte, so nobody has to write JSON canonically to check it; `docs/verify.md`
says how it hangs together, and `docs/verify_event.py` checks it.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final
from uuid import UUID

from django.db import connections
from django.db.backends.utils import CursorWrapper

from eventlog.export.rows import HIDDEN_INSIDES
from eventlog.integrity import keys, merkle, notes, reading, seals
from eventlog.integrity.canonical import canonical, canonical_columns
from eventlog.integrity.canonical import commitment as committed
from eventlog.integrity.checking import BATCHES, Batch
from eventlog.integrity.log import Entry, inclusion_proof
from eventlog.integrity.reading import Row
from eventlog.integrity.seals import SEALED
from eventlog.models import Event
from eventlog.models.proof import BATCH

FORMAT: Final = "eventlog proof 1"
OF_EVENT: Final = "id = %s AND timestamp = %s"
OF_BATCH: Final = BATCHES + " AND b.id = %s"
CHECKPOINT: Final = "SELECT size, key_name, note FROM event_checkpoints WHERE size > %s ORDER BY size, id LIMIT 1"


class Altered(ValueError):
    """The log's rows do not lead to what was signed."""


@dataclass(frozen=True, slots=True)
class Logged:
    """The batch's place in the log, and the first checkpoint that holds it."""

    place: int
    size: int
    path: list[bytes]
    key_name: str
    note: str


def of(event: Event, *, sees_insides: bool, using: str) -> dict[str, Any] | None:
    """None where there is none: the event is of before there were proofs. Without `log` it is in no checkpoint yet.
    Raises Altered: a proof that proves nothing is not given out.

    Who may not see insides (`export/rows.py`) gets of a part that has some the commitment alone, as if it were erased.
    """
    with connections[using].cursor() as cursor:  # in whatever transaction: none of this is ever changed
        row = next(reading.rows(cursor, OF_EVENT, [str(event.pk), event.timestamp]), None)
        found = None if row is None or row.batch_id is None else batch_of(cursor, row.batch_id)
        if row is None or found is None or row.key not in found[0].leaves:
            return None
        batch, place = found
        return {
            "format": FORMAT,
            **told_of_event(row, sees_insides=sees_insides),
            **told_of_batch(batch, row.key),
            **told_of_log(logged(cursor, place, batch) if place is not None else None),
        }


def batch_of(cursor: CursorWrapper, key: UUID) -> tuple[Batch, int | None] | None:
    cursor.execute(OF_BATCH, [str(UUID(int=0)), str(UUID(int=2**128 - 1)), str(key)])
    row = cursor.fetchone()
    return None if row is None else (Batch.read(row), row[-1])


def logged(cursor: CursorWrapper, place: int, batch: Batch) -> Logged | None:
    cursor.execute(CHECKPOINT, [place])
    found = cursor.fetchone()
    if found is None:
        return None
    size, key_name, note = found
    try:
        path = inclusion_proof(cursor, place, size)
        root = merkle.root_from_inclusion(Entry(BATCH, batch.id, batch.seal).leaf, place, size, path)
        said = notes.told(note)
    except (KeyError, ValueError) as why:
        raise Altered(str(why)) from None
    if (said.size, said.root) != (size, root):
        raise Altered("not the root that was signed")
    return Logged(place, size, path, key_name, note)


# --- as it is told ---
def told_of_event(row: Row, *, sees_insides: bool) -> dict[str, Any]:
    facts, actor, subject = row.groups
    subject_salt = row.subject_salt if sees_insides or not HIDDEN_INSIDES.keys() & subject.keys() else b""
    return {
        "id": str(row.id),
        "facts": canonical_columns(facts).decode(),
        "actor": part(actor, salt=row.actor_salt, commitment=row.actor_commitment),
        "subject": part(subject, salt=subject_salt, commitment=row.subject_commitment),
        "digest": row.digest.hex(),
    }


def part(group: Mapping[str, Any], *, salt: bytes, commitment: bytes) -> dict[str, str | None]:
    """Without columns and salt where it was erased, or something of it: then only the commitment is left to show."""
    if salt and committed(salt, group) != commitment:
        salt = b""
    columns = canonical_columns(group).decode() if salt else None
    return {"columns": columns, "salt": salt.hex() or None, "commitment": commitment.hex()}


def told_of_batch(batch: Batch, key: bytes) -> dict[str, Any]:
    place = list(batch.leaves).index(key)
    leaves = [merkle.leaf_hash(leaf.entry) for leaf in batch.leaves.values()]
    columns = canonical({name: seals.spelled(batch.columns[name]) for name in SEALED}).decode()
    path = [each.hex() for each in merkle.inclusion_proof(leaves, place)]
    return {"batch": {"columns": columns, "seal": batch.seal.hex(), "place": place, "size": len(leaves), "path": path}}


def told_of_log(found: Logged | None) -> dict[str, Any]:
    if found is None:
        return {"log": None, "checkpoint": None, "keys": []}
    log = {"place": found.place, "size": found.size, "path": [each.hex() for each in found.path]}
    public = [each.written(found.key_name) for each in keys.verifiers()]
    return {"log": log, "checkpoint": found.note, "keys": public}

"""What holds batches together: each thread's chain of seals, the log of all of them, and the checkpoints of the log."""

from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any, Final
from uuid import UUID

from django.db.backends.utils import CursorWrapper

from eventlog.integrity import copies, keys, ledger, notes, removals
from eventlog.integrity.checking import Signed
from eventlog.integrity.checkpoints import unpacked
from eventlog.integrity.keys import Verifier
from eventlog.integrity.log import Entry
from eventlog.integrity.merkle import Frontier
from eventlog.integrity.notes import Statement
from eventlog.integrity.verdicts import (
    CHECKPOINT_MISMATCH,
    MISSING,
    MODIFIED,
    SIGNATURE_BAD,
    Finding,
    Verified,
)
from eventlog.models.proof import REMOVAL

BROKEN: Final = """
SELECT id, sealer_place, before_place FROM (
    SELECT id, sealer_place, previous_seal, lag(sealer_place) OVER chain AS before_place, lag(seal) OVER chain
        AS before_seal
    FROM event_batches WHERE seal IS NOT NULL WINDOW chain AS (PARTITION BY sealer ORDER BY sealer_place)
) linked
WHERE sealer_place <> coalesce(before_place, 0) + 1 OR previous_seal IS DISTINCT FROM before_seal"""
LOST: Final = """
SELECT e.place, e.kind, e.ref FROM event_log_entries e
LEFT JOIN event_batches b ON b.id = e.ref AND e.kind = 'batch'
LEFT JOIN event_removals r ON r.id = e.ref AND e.kind = 'removal'
WHERE b.id IS NULL AND r.id IS NULL ORDER BY e.place"""
ENTRIES: Final = "SELECT place, leaf, nodes FROM event_log_entries ORDER BY place"
NOTES: Final = """
SELECT id, note, peaks, key_name, size, root, made_at, settled_xid, settled_id FROM event_checkpoints ORDER BY id"""
FETCHED: Final = 5000
Said = tuple[str, Statement]  # where the checkpoint is, and what it says


def check_log(cursor: CursorWrapper, kept: Path | None) -> tuple[Verified, Signed]:
    """`kept` has checkpoints from outside of the database: a file, or a folder of them."""
    findings: list[Finding] = []
    verifiers = keys.verifiers()
    said = [*inside(cursor, verifiers, findings), *outside(kept, verifiers, findings)]
    entries = grown(cursor, said, findings)
    first_size = min((statement.size for _where, statement in said), default=None)
    wrong = dict(wrong_removals(cursor, verifiers, first_size))
    findings += [*wrong.values(), *lost(cursor), *broken(cursor)]
    signed = orders([statement for _where, statement in said], refused=frozenset(wrong))
    return Verified(entries=entries, checkpoints=len(said), findings=tuple(findings)), signed


# --- checkpoints ---
def inside(cursor: CursorWrapper, verifiers: Sequence[Verifier], findings: list[Finding]) -> Iterator[Said]:
    cursor.execute(NOTES)
    for key, note, peaks, *row in cursor.fetchall():
        what = f"checkpoint {key}"
        try:
            statement = notes.read(note, verifiers)
        except ValueError as why:
            findings.append(Finding(SIGNATURE_BAD, what, str(why)))
            continue
        if not is_row_of(statement, row, unpacked(peaks)):
            findings.append(Finding(MODIFIED, what, "its row is not what was signed: the next would go on from it"))
        yield what, statement


def is_row_of(statement: Statement, row: Sequence[Any], peaks: tuple[bytes, ...]) -> bool:
    name, size, root, *more = row
    is_grown = len(peaks) == statement.size.bit_count() and Frontier(statement.size, peaks).root() == statement.root
    return Statement(name, size, bytes(root), *more) == statement and is_grown


def outside(where: Path | None, verifiers: Sequence[Verifier], findings: list[Finding]) -> Iterator[Said]:
    for name, note in copies.published(where) if where is not None and where.exists() else ():
        try:
            yield f"a checkpoint of {name}", notes.read(note, verifiers)
        except ValueError as why:
            findings.append(Finding(SIGNATURE_BAD, f"a checkpoint of {name}", str(why)))


def orders(said: list[Statement], *, refused: frozenset[UUID]) -> Signed:
    """Up to where the first and the newest checkpoint go in the store order."""
    if not said:
        return Signed(refused=refused)
    by_time = sorted(said, key=lambda statement: statement.made_at)
    first, newest = by_time[0], by_time[-1]
    return Signed((first.settled_xid, first.settled_id), (newest.settled_xid, newest.settled_id), refused)


# --- the log ---
def grown(cursor: CursorWrapper, said: list[Said], findings: list[Finding]) -> int:
    """Let the tree grow again, and look whether it has each checkpoint's root at its size; how many entries it has."""
    waiting = sorted(said, key=lambda each: each[1].size, reverse=True)
    frontier, known, wrong = Frontier(), len(findings), list[int]()
    compare(frontier, waiting, findings)
    for place, leaf, nodes in entries(cursor):
        if place != frontier.size:
            findings.append(Finding(MISSING, f"entry {frontier.size} of the log", f"after it comes {place}"))
            return frontier.size
        completed = frontier.completed(leaf)
        if b"".join(completed[1:]) != nodes:
            wrong.append(place)
        frontier = frontier.with_completed(completed)
        compare(frontier, waiting, findings)
    findings += behind(frontier, waiting)
    if len(findings) == known:  # else the leaves themselves are not those that were signed
        why = "the roots of subtrees that stand with it are not those of the leaves"
        findings += [Finding(MODIFIED, f"entry {place} of the log", why) for place in wrong]
    return frontier.size


def behind(frontier: Frontier, waiting: list[Said]) -> Iterator[Finding]:
    for where, statement in reversed(waiting):
        why = (
            f"it is of {statement.size} entries, and the log has {frontier.size}: its end is gone, or all was put back"
        )
        yield Finding(CHECKPOINT_MISMATCH, where, why)


def compare(frontier: Frontier, waiting: list[Said], findings: list[Finding]) -> None:
    root = frontier.root() if waiting and waiting[-1][1].size == frontier.size else b""
    while waiting and waiting[-1][1].size == frontier.size:
        where, statement = waiting.pop()
        if statement.root != root:
            why = f"the log's first {frontier.size} entries are not those that were signed"
            findings.append(Finding(CHECKPOINT_MISMATCH, where, why))


def entries(cursor: CursorWrapper) -> Iterator[tuple[int, bytes, bytes]]:
    cursor.execute(ENTRIES)
    while some := cursor.fetchmany(FETCHED):
        for place, leaf, nodes in some:
            yield place, bytes(leaf), bytes(nodes)


def lost(cursor: CursorWrapper) -> Iterator[Finding]:
    cursor.execute(LOST)
    for place, kind, ref in cursor.fetchall():
        yield Finding(MISSING, f"{kind} {ref}", f"it is entry {place} of the log")


def broken(cursor: CursorWrapper) -> Iterator[Finding]:
    cursor.execute(BROKEN)
    for key, place, before in cursor.fetchall():
        if place != (before or 0) + 1:
            yield Finding(MISSING, f"the batch before batch {key}", f"its chain has no {place - 1}")
        else:
            yield Finding(MODIFIED, f"batch {key}", "it does not continue the batch before it in its chain")


# --- removals ---
def wrong_removals(
    cursor: CursorWrapper, verifiers: Sequence[Verifier], first_size: int | None
) -> Iterator[tuple[UUID, Finding]]:
    for hashed, more in ledger.removal_rows(cursor):
        if (wrong := wrong_in_removal(hashed, more, verifiers, first_size)) is not None:
            yield hashed["id"], Finding(wrong[0], f"removal {hashed['id']}", wrong[1])


def wrong_in_removal(
    hashed: Mapping[str, Any], more: Mapping[str, Any], verifiers: Sequence[Verifier], first_size: int | None
) -> tuple[str, str] | None:
    kept = bytes(more["hash"])
    if removals.hashed(hashed) != kept:
        return MODIFIED, "it is not what was hashed"
    if more["leaf"] is not None and Entry(REMOVAL, UUID(str(hashed["id"])), kept).leaf != bytes(more["leaf"]):
        return MODIFIED, "it is not what is in the log"
    # Of before there was a key nothing is signed.
    if first_size is None or (more["place"] is not None and more["place"] < first_size):
        return None
    signature = bytes(more["signature"] or b"")
    if not any(each.verifies(signature, kept) for each in verifiers):
        return SIGNATURE_BAD, "no key of SIGNING_KEY has signed it"
    return None

"""Verification: everything that is stored compared with what was sealed, the seals with the log, the log with its
checkpoints, here and outside. It only reads.

Stretches of batches are looked at by two processes, each in a snapshot of its own, so nothing that is stored, moved or
removed meanwhile is in the way.
"""

import multiprocessing
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from functools import partial
from pathlib import Path
from typing import Final
from uuid import UUID

from django.db import connections

from eventlog.conf import conf
from eventlog.integrity import chains, checking
from eventlog.integrity.checking import Signed, Stretch
from eventlog.integrity.ledger import milliseconds
from eventlog.integrity.verdicts import Finding, Verified

BATCHES_AT_ONCE: Final = 200
FIRST, LAST = UUID(int=0), UUID(int=2**128 - 1)
BORDERS: Final = """
SELECT id FROM (SELECT id, row_number() OVER (ORDER BY id) AS place FROM event_batches b WHERE TRUE{0}) numbered
WHERE place %% %s = 0 ORDER BY id"""
PROCESSES: Final = 2
Spread = Callable[[Callable[[Stretch], Verified], list[Stretch]], Iterable[Verified]]


@dataclass(frozen=True, slots=True)
class Question:
    """All, or what happened from `begin` to before `end`; `kept` has checkpoints from outside of the database."""

    begin: datetime | None = None
    end: datetime | None = None
    event: UUID | None = None
    kept: Path | None = None

    @classmethod
    def of_event(cls, event: UUID, kept: Path | None) -> "Question":
        begin = datetime.fromtimestamp(milliseconds(event) / 1000, UTC)
        return cls(begin, begin + timedelta(milliseconds=1), event, kept)


def verify(question: Question, *, using: str, processes: int = PROCESSES) -> Iterator[Verified]:
    """What was found, part by part; add them up."""
    with checking.snapshot(using) as cursor:
        log, signed = chains.check_log(cursor, question.kept or conf.CHECKPOINT_DIR)
        parts = stretches(question, signed, using)
    yield log
    with spread(processes if len(parts) > 1 else 1, using) as over:
        for found in over(partial(checking.check, signed=signed, using=using), parts):
            yield found if question.event is None else about(question.event, found)


def stretches(question: Question, signed: Signed, using: str) -> list[Stretch]:
    times = None if question.begin is None or question.end is None else (question.begin, question.end)
    with connections[using].cursor() as cursor:
        where = checking.IN_TIME if times else ""
        cursor.execute(BORDERS.format(where), [*((times[1], times[0]) if times else ()), BATCHES_AT_ONCE])
        borders = [FIRST, *(row[0] for row in cursor.fetchall()), LAST]
    return [
        Stretch(after, until, question.begin, question.end, is_first=after == FIRST)
        for after, until in zip(borders, borders[1:], strict=False)
    ]


def about(event: UUID, found: Verified) -> Verified:
    """Without what is wrong with others of the same moment."""
    named = f"event {event}"
    return replace(found, findings=tuple(each for each in found.findings if is_about(each, named)))


def is_about(finding: Finding, named: str) -> bool:
    return finding.what == named or not finding.what.startswith("event ")


@contextmanager
def spread(processes: int, using: str) -> Iterator[Spread]:
    """A `map` over processes, in any order; over none, where there is little to do."""
    if processes == 1:
        yield map
        return
    with multiprocessing.get_context("fork").Pool(processes, forget, [using]) as pool:
        yield pool.imap_unordered


def forget(using: str) -> None:
    """In a new process: the connection is its parent's."""
    connections[using].connection = None


def total(parts: Sequence[Verified]) -> Verified:
    return sum(parts, Verified())

"""What a verification says."""

from collections.abc import Sequence
from dataclasses import dataclass, field, fields
from typing import Final

VALID: Final = "valid"
MODIFIED: Final = "modified"
MISSING: Final = "missing"
ADDED: Final = "added"
REORDERED: Final = "reordered"
CHECKPOINT_MISMATCH: Final = "checkpoint mismatch"
SIGNATURE_BAD: Final = "signature bad"
# The most telling first: what is named by one of the first is often the cause of the last.
VERDICTS: Final = (MODIFIED, REORDERED, MISSING, ADDED, CHECKPOINT_MISMATCH, SIGNATURE_BAD)


@dataclass(frozen=True, slots=True)
class Finding:
    """`what` is the event, or the narrowest thing that can be named."""

    verdict: str
    what: str
    why: str

    def __str__(self) -> str:
        return f"{self.verdict}: {self.what}: {self.why}"


@dataclass(frozen=True, slots=True)
class Verified:
    """What was looked at, and what is not as it was. `unproven` events are of before there were proofs; `removed` and
    `erased` ones are explained by removals; `waiting` batches are in no checkpoint yet. `archived` events are in
    `files` of the archive."""

    events: int = 0
    batches: int = 0
    unproven: int = 0
    removed: int = 0
    erased: int = 0
    waiting: int = 0
    entries: int = 0
    checkpoints: int = 0
    files: int = 0
    archived: int = 0
    findings: Sequence[Finding] = field(default_factory=tuple)

    def __add__(self, other: "Verified") -> "Verified":
        numbers = {
            each.name: getattr(self, each.name) + getattr(other, each.name)
            for each in fields(self)
            if each.name != "findings"
        }
        return Verified(**numbers, findings=(*self.findings, *other.findings))

    @property
    def ordered(self) -> list[Finding]:
        return sorted(self.findings, key=lambda finding: (VERDICTS.index(finding.verdict), finding.what))

    @property
    def verdict(self) -> str:
        return self.ordered[0].verdict if self.findings else VALID

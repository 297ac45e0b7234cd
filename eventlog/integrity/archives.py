"""The files of the archive, compared with what the signed log says of them and their events with what was sealed."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any, Final
from uuid import UUID

from django.db.backends.utils import CursorWrapper

from eventlog.integrity import checking
from eventlog.integrity.checking import Batch
from eventlog.integrity.ledger import NOTHING, Ledger
from eventlog.integrity.reading import Row
from eventlog.integrity.verdicts import ADDED, MISSING, MODIFIED, Finding, Verified
from eventlog.models import Archive, Removal
from eventlog.models.archive import EXPIRED, EXPIRING
from eventlog.models.proof import ARCHIVE
from eventlog.retention import archive as archiving
from eventlog.retention import contents, lines
from eventlog.retention.shelf import Shelf, shelf

BATCHES: Final = f"{checking.BATCHES_WHERE} b.id = ANY(%s::uuid[])"


@dataclass(slots=True)
class File:
    """One file, as it is looked at."""

    archive: Archive
    findings: list[Finding] = field(default_factory=list)
    rows: int = 0
    unproven: int = 0

    def say(self, verdict: str, why: str, event: UUID | None = None) -> None:
        name = f"archive file {self.archive.path}"
        what = name if event is None else f"event {event} in {name}"
        self.findings.append(Finding(verdict, what, why))

    def verified(self) -> Verified:
        return Verified(files=1, archived=self.rows, unproven=self.unproven, findings=tuple(self.findings))


def check(*, using: str) -> Iterator[Verified]:
    """All files, one by one. Raises OSError where the folder cannot be used, `KeyMissing` for a file's key."""
    yield from check_files(Archive.objects.using(using).made(), using=using)
    yield lost(using=using)


def check_files(files: Iterable[Archive], *, using: str) -> Iterator[Verified]:
    """In their order. Raises OSError where folder or file cannot be used, `KeyMissing` for a file's key."""
    made, removed = logged(using)
    where = shelf()
    for archive in files:
        yield check_file(where, archive, made.get(archive.pk), archive.pk in removed, using)


def lost(*, using: str) -> Verified:
    """Files of which the log alone knows."""
    made, _removed = logged(using)
    known = set(Archive.objects.using(using).made().values_list("pk", flat=True))
    why = "the log says that it was made, and knows of no removal"
    gone = [Finding(MISSING, f"archive file {made[key]['path']}", why) for key in made if key not in known]
    return Verified(findings=tuple(gone))


def logged(using: str) -> tuple[dict[UUID, Mapping[str, Any]], set[UUID]]:
    """What the log says: of the files that were made, by their keys, and the keys of those that were removed."""
    facts = list(Removal.objects.using(using).filter(kind=ARCHIVE).order_by("id").values_list("facts", flat=True))
    made = {UUID(each["made"]): each for each in facts if "made" in each}
    return made, {UUID(each["removed"]) for each in facts if "removed" in each}


def check_file(
    where: Shelf, archive: Archive, facts: Mapping[str, Any] | None, is_removed: bool, using: str
) -> Verified:
    file = File(archive)
    if facts is None:
        file.say(ADDED, "the log does not say that it was made")
    elif not archiving.facts(archive).items() <= facts.items():
        file.say(MODIFIED, "its row is not what the log says of it")
    if archive.state in (EXPIRING, EXPIRED):
        if not is_removed:
            file.say(MISSING, "its row says that it was removed after its time, and the log does not")
        return file.verified()
    look_at_bytes(where, file)
    if not file.findings:
        try:
            look_at_events(where, file, using)
        except ValueError as problem:
            file.say(MODIFIED, f"it cannot be read: {problem}")
    return file.verified()


def look_at_bytes(where: Shelf, file: File) -> None:
    try:
        summed, _size = where.sum(file.archive.path)
    except FileNotFoundError:
        file.say(MISSING, "it is not there")
        return
    if summed != bytes(file.archive.sha256 or b""):
        file.say(MODIFIED, "its SHA-256 is another")


def look_at_events(where: Shelf, file: File, using: str) -> None:
    with checking.snapshot(using) as cursor, where.opened(file.archive.path) as opened:
        ledger = Ledger(cursor, frozenset())
        for some in contents.read(opened, file.archive):
            found = [lines.row(line) for line in some]
            batches = batches_of(cursor, found)
            for row in found:
                look_at_event(file, row, batches.get(row.batch_id) if row.batch_id else None, ledger)
            file.rows += len(found)


def batches_of(cursor: CursorWrapper, found: list[Row]) -> dict[UUID, Batch]:
    cursor.execute(BATCHES, [[str(key) for key in {row.batch_id for row in found} if key is not None]])
    return {batch.id: batch for batch in map(Batch.read, cursor.fetchall())}


def look_at_event(file: File, row: Row, batch: Batch | None, ledger: Ledger) -> None:
    leaf = None if batch is None else batch.leaves.get(row.key)
    if batch is None or leaf is None:
        if batch is not None and not batch.seal and not row.digest:
            file.unproven += 1
        else:
            file.say(ADDED, "no batch holds it", row.id)
    elif wrong := checking.wrong_in_row(row, batch, leaf, ledger.erased(row.id) if row.is_erased else NOTHING):
        file.say(MODIFIED, wrong, row.id)

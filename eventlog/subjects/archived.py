"""Erasing a person from the files of the archive: a file in which he is, is written anew, and counts once it was read
again and found equal.

A file goes this way, and whatever ends the process in between, the next run completes it:

1. the new one is written under the next name (`….r1.parquet`), read again and compared;
2. the file's row, the sum in the signed log and the ledger are of the new one, by one transaction;
3. the old one is removed; a run that finds the new one removes the old one, too.
"""

import re
from collections.abc import Iterator
from contextlib import closing, suppress
from typing import Final
from uuid import UUID

from django.db import connections, transaction
from django.db.backends.utils import CursorWrapper
from django.utils import timezone

from eventlog.integrity import removals
from eventlog.integrity.removals import Removed
from eventlog.models import Archive
from eventlog.models.archive import KEPT
from eventlog.retention import archive as archiving
from eventlog.retention import contents, lines
from eventlog.retention.archive import NotEqual
from eventlog.retention.lines import Hash
from eventlog.retention.shelf import PART, Shelf
from eventlog.subjects.parts import change_of
from eventlog.subjects.person import Person
from eventlog.subjects.rows import each_some, erase
from eventlog.subjects.sources import ARCHIVING, LOADED, files, row_groups

NAME: Final = re.compile(r"(.+?)(?:\.r(\d+))?\.parquet")
READ_BACK: Final = "SELECT {0} FROM {1} e ORDER BY e.timestamp, e.id"


def in_files(person: Person, request: UUID, using: str) -> Iterator[int]:
    """One file a step; how many events in it were changed. Raises OSError."""
    where, kept = files(using)
    for archive in kept:
        assert where is not None
        yield in_file(where, archive.pk, person, request, using)


def in_file(where: Shelf, key: UUID, person: Person, request: UUID, using: str) -> int:
    with transaction.atomic(using=using), connections[using].cursor() as cursor:
        cursor.execute(ARCHIVING)
        archive = Archive.objects.using(using).select_for_update().filter(pk=key, state=KEPT).first()
        if archive is None:
            return 0  # its time was over
        before, after = archive.path, renamed(archive.path, 1)
        remove_leftovers(where, archive.path)
        if not is_concerned(cursor, where, archive, person):
            return 0
        try:
            removed = written(where, archive, after, cursor, person, request)
        except Exception:  # a process that is killed leaves it to the next run
            with suppress(OSError):
                where.remove(after)
            raise
        keep(archive, removed, cursor, using)
    let_go(where, before)
    return len({event for each in removed for event in each.ids or ()})


def renamed(path: str, more: int) -> str:
    """Of the same file before or after it was written anew; the first one has no number."""
    found = NAME.fullmatch(path)
    assert found is not None
    number = int(found[2] or 0) + more
    return f"{found[1]}.r{number}.parquet" if number else f"{found[1]}.parquet"


def number(path: str) -> int:
    found = NAME.fullmatch(path)
    return int(found[2] or 0) if found is not None else 0


def let_go(where: Shelf, path: str) -> None:
    where.remove(path)


def remove_leftovers(where: Shelf, path: str) -> None:
    where.remove(renamed(path, 1))
    if number(path):
        where.remove(renamed(path, -1))


def is_concerned(cursor: CursorWrapper, where: Shelf, archive: Archive, person: Person) -> bool:
    return any(
        change_of(row, person) is not None
        for _ in row_groups(cursor, where, archive)
        for found in each_some(cursor, LOADED, person)
        for row in found
    )


def written(
    where: Shelf, archive: Archive, path: str, cursor: CursorWrapper, person: Person, request: UUID
) -> list[Removed]:
    """Write and read again; in the archive's row stand its facts. Raises NotEqual, and Held."""
    summed, removed = Hash(), list[Removed]()
    query = READ_BACK.format(", ".join(map(lines.selected, lines.fields())), LOADED)
    with where.written(path) as file, closing(contents.writer(file, archive)) as writer:
        for _ in row_groups(cursor, where, archive):
            for found in each_some(cursor, LOADED, person):
                removed += erase(cursor, LOADED, found, person, request)
            left = lines.copied(cursor, query)
            summed.update(left)
            writer.write(left)
    archive.path, archive.rows_sha256 = path, summed.digest()
    archive.sha256, archive.byte_count = where.sum(path + PART)
    if archiving.again(where, archive) != (archive.row_count, archive.rows_sha256):
        raise NotEqual(f"{path}: what was read again is not what was written")
    archive.verified_at = timezone.now()
    where.rename(path)
    return removed


def keep(archive: Archive, removed: list[Removed], cursor: CursorWrapper, using: str) -> None:
    archive.save(using=using, force_update=True)
    facts = {"bytes": archive.byte_count, "rows_sha256": bytes(archive.rows_sha256 or b"").hex()}
    removals.write(cursor, removals.of_archive(made=str(archive.id), **archiving.facts(archive), **facts))
    for each in removed:
        removals.write(cursor, each)

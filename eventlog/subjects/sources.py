"""Wherever there are rows of events: the table, those beside it that a restore has made, and the files of the archive.

A file is looked at by the database, a row group at a time in a temporary table: so one question will do for all.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any, Final

from django.db import connections, transaction
from django.db.backends.utils import CursorWrapper

from eventlog.models import Archive
from eventlog.retention import contents, lines
from eventlog.retention.lines import Line
from eventlog.retention.restore import MARK, TABLE
from eventlog.retention.shelf import Shelf, shelf

LOADED: Final = "event_looked_at"
MAKE: Final = f"CREATE TEMPORARY TABLE IF NOT EXISTS {LOADED} (LIKE events INCLUDING DEFAULTS) ON COMMIT DROP"
RESTORED: Final = """
SELECT c.oid::regclass::text FROM pg_class c
WHERE c.relkind = 'r' AND obj_description(c.oid, 'pg_class') = %s ORDER BY 1"""
ARCHIVING: Final = "SELECT pg_advisory_xact_lock(hashtext('eventlog archive'))"


def tables(using: str) -> list[str]:
    """`events` first, then those that a restore has made."""
    with connections[using].cursor() as cursor:
        cursor.execute(RESTORED, [MARK])
        return [TABLE, *(row[0] for row in cursor.fetchall())]


def files(using: str) -> tuple[Shelf | None, list[Archive]]:
    """Once nobody archives: what was read before an erasure is in a file by then. Raises OSError where the folder
    cannot be used, and there are files."""
    with transaction.atomic(using=using), connections[using].cursor() as cursor:
        cursor.execute(ARCHIVING)
        kept = list(Archive.objects.using(using).kept().order_by("day", "until_xid"))
    return (shelf() if kept else None), kept


def everywhere(using: str) -> Iterator[tuple[CursorWrapper, str]]:
    """(cursor, table) of each; a question is to be asked before the next is taken."""
    for table in tables(using):
        with connections[using].cursor() as cursor:
            yield cursor, table
    where, kept = files(using)
    for archive in kept:
        assert where is not None
        with transaction.atomic(using=using), connections[using].cursor() as cursor:
            for _ in row_groups(cursor, where, archive):
                yield cursor, LOADED


def row_groups(cursor: CursorWrapper, where: Shelf, archive: Archive) -> Iterator[list[Line]]:
    """Of a file, each in the temporary table, too. Raises OSError."""
    cursor.execute(MAKE)
    path = archive.path
    with where.opened(path) as file, readable(path):
        for found in contents.read(file, archive):
            cursor.execute(f"TRUNCATE {LOADED}")
            lines.put(cursor, LOADED, found)
            cursor.execute(f"ANALYZE {LOADED}")
            yield found


@contextmanager
def readable(path: str) -> Iterator[Any]:
    try:
        yield
    except ValueError as problem:
        raise OSError(f"{path} cannot be read: {problem}") from problem

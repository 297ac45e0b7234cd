"""Events out of the archive and back: into `events`, or into a table beside it.

They come back as they were, with their batch and their proof: no count changes, nothing is sealed anew, and readers in
store order have passed them long ago. What is there already stays, so that a run may be ended and repeated.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from django.db import connections, transaction
from django.db.backends.utils import CursorWrapper
from django.db.models import Q
from django.utils import timezone

from eventlog import catalog
from eventlog.integrity import erasures
from eventlog.integrity.ledger import Ledger
from eventlog.logger import log_event
from eventlog.models import Archive, Event
from eventlog.pipeline.outbox import events_alias
from eventlog.retention import contents, lines
from eventlog.retention.lines import Line
from eventlog.retention.partitions import become_owner
from eventlog.retention.shelf import Shelf, shelf

NAME: Final = re.compile(r"[a-z_][a-z0-9_]{0,62}")
TABLE: Final = Event._meta.db_table
MARK: Final = "restored from the archive of the event log"
MARK_OF: Final = "SELECT obj_description(to_regclass(%s), 'pg_class')"
PUTTING_BACK: Final = "SELECT pg_advisory_xact_lock(hashtext('eventlog restore'))"
INCOMING: Final = "event_restoring"
MAKE_INCOMING: Final = f"CREATE TEMPORARY TABLE {INCOMING} (LIKE events INCLUDING DEFAULTS) ON COMMIT DROP"


class Damaged(OSError):
    """A file is not what it was when it was found equal."""


class NotOurs(ValueError):
    """A table of that name is there, and was not made by a restore."""


@dataclass(frozen=True, slots=True)
class Wanted:
    """The events from `begin` to before `end` for which `condition` holds; `query` is how that was asked."""

    begin: datetime
    end: datetime
    condition: Q = Q()
    query: str = ""
    table: str = TABLE


@dataclass(frozen=True, slots=True)
class Restored:
    """Of one file: how many events are asked for, and how many of them were not there."""

    archive: Archive
    found: int
    added: int


def wanted_files(wanted: Wanted) -> list[Archive]:
    return list(Archive.objects.using(events_alias()).kept().between(wanted.begin, wanted.end))


def restore(wanted: Wanted) -> Iterator[Restored]:
    """File by file. Raises Damaged, NotOurs, keyring.KeyMissing, and OSError where a file cannot be read."""
    using, where, done = events_alias(), shelf(), list[Restored]()
    prepare(wanted.table, using)
    try:
        for archive in wanted_files(wanted):
            done.append(of_file(where, archive, wanted, using))
            yield done[-1]
    finally:
        if done:
            tell(wanted, done)


def tell(wanted: Wanted, done: list[Restored]) -> None:
    data = {
        "from": wanted.begin.isoformat(),
        "to": wanted.end.isoformat(),
        "filter": wanted.query,
        "table": wanted.table,
        "files": [each.archive.path for each in done],
        "rows": sum(each.added for each in done),
    }
    log_event(catalog.EVENTS_RESTORED, event_data=data)


def prepare(table: str, using: str) -> None:
    """Make the table beside `events`, where it is not there."""
    if table == TABLE:
        return
    if not NAME.fullmatch(table):
        raise NotOurs(f"{table!r} is no name for a table: small letters, digits and _ (at most 63)")
    with transaction.atomic(using=using), connections[using].cursor() as cursor:
        become_owner(cursor)
        cursor.execute("SELECT to_regclass(%s) IS NULL", [table])
        if cursor.fetchone()[0]:
            cursor.execute(f"CREATE TABLE {table} (LIKE events INCLUDING DEFAULTS, PRIMARY KEY (id, timestamp))")
            cursor.execute(f"COMMENT ON TABLE {table} IS '{MARK}'")
        cursor.execute(MARK_OF, [table])
        if cursor.fetchone()[0] != MARK:
            raise NotOurs(f"there is a table {table} already, and no restore has made it")


def of_file(where: Shelf, archive: Archive, wanted: Wanted, using: str) -> Restored:
    """All of a file at once: it is put back wholly or not at all."""
    archive.refresh_from_db(using=using)  # an erasure may have written it anew
    check(where, archive)
    try:
        found, added = put_all(where, archive, wanted, using)
    except ValueError as problem:
        raise Damaged(f"{archive.path} cannot be read: {problem}") from problem
    return Restored(archive, found, added)


def put_all(where: Shelf, archive: Archive, wanted: Wanted, using: str) -> tuple[int, int]:
    found = added = 0
    with transaction.atomic(using=using), connections[using].cursor() as cursor:
        if wanted.table != TABLE:
            become_owner(cursor)  # who has made it
        cursor.execute(PUTTING_BACK)  # for who erases: it looks again at what came out of a file of before
        cursor.execute(MAKE_INCOMING)
        ledger = Ledger(cursor, frozenset()) if erasures.there_are_any(cursor) else None
        with where.opened(archive.path) as file:
            for some in contents.read(file, archive):
                more_found, more_added = put(cursor, some, wanted, ledger)
                found, added = found + more_found, added + more_added
        Archive.objects.using(using).filter(pk=archive.pk).update(restored_at=timezone.now())
    return found, added


def check(where: Shelf, archive: Archive) -> None:
    try:
        is_equal = where.sum(archive.path)[0] == bytes(archive.sha256 or b"")
    except FileNotFoundError as problem:
        raise Damaged(f"{archive.path} is not there") from problem
    if not is_equal:
        raise Damaged(f"{archive.path} is not what it was: its SHA-256 is another")


def put(cursor: CursorWrapper, some: list[Line], wanted: Wanted, ledger: Ledger | None) -> tuple[int, int]:
    """(how many of these are asked for, how many of those were not there). What was erased since they were archived
    does not come back, nor is it found by it."""
    cursor.execute(f"TRUNCATE {INCOMING}")
    lines.put(cursor, INCOMING, some)
    if ledger is not None:
        erasures.apply(cursor, INCOMING, "TRUE", [], ledger)
    queryset = Event.objects.filter(wanted.condition, timestamp__gte=wanted.begin, timestamp__lt=wanted.end)
    chosen, values = queryset.order_by().values("id").query.sql_with_params()
    cursor.execute(  # by the name of `events` the query reads what comes in
        f"DELETE FROM {INCOMING} WHERE id NOT IN (WITH events AS (SELECT * FROM {INCOMING}) {chosen})", values
    )
    names = ", ".join(lines.names())
    cursor.execute(
        f"INSERT INTO {wanted.table} ({names}) SELECT {names} FROM {INCOMING} ON CONFLICT (id, timestamp) DO NOTHING"
    )
    added = int(cursor.rowcount)
    cursor.execute(f"SELECT count(*) FROM {INCOMING}")
    return int(cursor.fetchone()[0]), added

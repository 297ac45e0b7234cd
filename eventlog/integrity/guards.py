"""Guards: triggers that refuse to change or remove what is stored, whoever asks, the tables' owner included.

They stop mistakes and SQL that got in from outside, not who means to get past them: that is what seals and checkpoints
find. A step of the lifecycle says beforehand what it does (`allowing`); whoever else must, does the same in SQL:

    BEGIN; SELECT set_config('eventlog.allows', 'DELETE events', true); DELETE FROM events WHERE …; COMMIT;
"""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Final

from django.db import connections, transaction

EVERYTHING: Final = "everything"
ALLOW: Final = "SELECT set_config('eventlog.allows', %s, true)"
FUNCTION: Final = """
CREATE FUNCTION eventlog_guard() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF TG_LEVEL = 'STATEMENT'
        AND current_setting('eventlog.allows', true) IN (TG_OP || ' ' || TG_TABLE_NAME, 'everything')
    THEN
        RETURN NULL;
    END IF;
    RAISE EXCEPTION 'the event log refuses % on %', TG_OP, TG_TABLE_NAME USING
        ERRCODE = 'insufficient_privilege',
        HINT = 'What is stored is never changed; manage.py eventlog_cleanup removes what is past its time. '
            'docs/verify.md says how to allow it all the same.';
END $$"""
# All there is of `events`: a statement's triggers are those of the table that it names.
PARTITIONS: Final = """
DO $$
DECLARE part regclass;
BEGIN
    FOR part IN SELECT relid FROM pg_partition_tree('events') LOOP
        EXECUTE format('{0}', part);
    END LOOP;
END $$"""
ONLY_ADDED: Final = ("event_checkpoints", "event_log_entries", "event_removals")
# Its own transaction finishes a batch, and seals it with that; nothing else is ever allowed, for every role that stores
# has the right to.
BATCHES: Final = """
CREATE TRIGGER eventlog_guard_finished BEFORE UPDATE ON event_batches FOR EACH ROW
WHEN (OLD.seal IS NOT NULL OR OLD.stored_xid <> {0}) EXECUTE FUNCTION eventlog_guard()"""
OWN: Final = "pg_current_xact_id()"
OWN_IN_EPOCH: Final = "(pg_current_xact_id()::text::bigint + eventlog_shift())::text::xid8"
UNGUARDED: Final = """
SELECT g.relid::regclass::text FROM (
    SELECT relid FROM pg_partition_tree('events')
    UNION ALL SELECT to_regclass(name) FROM unnest(%s) AS name
) g WHERE g.relid IS NOT NULL AND NOT EXISTS (
    SELECT FROM pg_trigger t WHERE t.tgrelid = g.relid AND t.tgname = 'eventlog_guard' AND t.tgenabled IN ('O', 'A')
) ORDER BY 1"""

# What a role can do to events that nobody but `migrate` needs. A worker is who is not the owner, but can become it.
POWERS: Final = """
WITH tables AS (
    SELECT t.relid, c.relowner FROM pg_partition_tree(to_regclass('events')) t JOIN pg_class c ON c.oid = t.relid
), role AS (
    SELECT r.rolsuper AS is_super, bool_or(pg_has_role(relowner, 'USAGE')) AS owns,
        bool_or(pg_has_role(relowner, 'MEMBER')) AS is_worker,
        bool_or(has_any_column_privilege(relid, 'UPDATE')) AS updates,
        bool_or(has_table_privilege(relid, 'DELETE')) AS deletes,
        bool_or(has_table_privilege(relid, 'TRUNCATE')) AS truncates
    FROM tables, pg_roles r WHERE r.rolname = current_user GROUP BY r.rolsuper
)
SELECT current_user, array_remove(ARRAY[
    CASE WHEN is_super THEN 'is a superuser' END, CASE WHEN owns AND NOT is_super THEN 'owns events' END,
    CASE WHEN updates THEN 'may UPDATE them' END,
    CASE WHEN deletes AND (owns OR NOT is_worker) THEN 'may DELETE them' END,
    CASE WHEN truncates THEN 'may TRUNCATE them' END], NULL) FROM role"""


def guarded(table: str, operations: str = "UPDATE OR DELETE OR TRUNCATE") -> str:
    return (
        f"CREATE TRIGGER eventlog_guard BEFORE {operations} ON {table}"
        " FOR EACH STATEMENT EXECUTE FUNCTION eventlog_guard()"
    )


def installed() -> Iterator[str]:
    """The statements that put all guards up; `partitions.attach` puts up those of later partitions."""
    yield FUNCTION
    yield PARTITIONS.format(guarded("%s"))
    yield from map(guarded, ONLY_ADDED)
    yield guarded("event_batches", "DELETE OR TRUNCATE")
    yield BATCHES.format(OWN)


def installed_for_epochs() -> Iterator[str]:
    """Those of `models/epoch.py`, and what takes the place of one that knows of no epochs."""
    yield guarded("event_epochs")
    yield "DROP TRIGGER eventlog_guard_finished ON event_batches"
    yield BATCHES.format(OWN_IN_EPOCH)


def installed_without_epochs() -> Iterator[str]:
    yield "DROP TRIGGER eventlog_guard_finished ON event_batches"
    yield BATCHES.format(OWN)


def missing(*, using: str) -> list[str]:
    """The tables whose guard is not there, or switched off."""
    with connections[using].cursor() as cursor:
        cursor.execute(UNGUARDED, [["event_batches", "event_epochs", *ONLY_ADDED]])
        return [row[0] for row in cursor.fetchall()]


def powers(*, using: str) -> tuple[str, list[str]]:
    """The role that is connected, and what it can do to events without need; that is said in English."""
    with connections[using].cursor() as cursor:
        cursor.execute(POWERS)
        role, found = cursor.fetchone() or ("", [])
        return role, found


@contextmanager
def allowing(what: str, *, using: str) -> Iterator[None]:
    """A transaction (a savepoint, where one is open) that may do `what` inside of the block: an operation and the table
    that the statement names, as "DELETE events", or EVERYTHING."""
    with transaction.atomic(using=using), connections[using].cursor() as cursor:
        cursor.execute("SELECT coalesce(current_setting('eventlog.allows', true), '')")
        before = cursor.fetchone()[0]
        cursor.execute(ALLOW, [what])
        yield
        cursor.execute(ALLOW, [before])

"""A process is killed at the worst moment: what it had recorded is there afterwards, once."""

import signal

import pytest

from eventlog.tests.faults.servers import Site, eventually

MOMENTS = {
    "after the append": "writer.stop = die",
    "in the middle of the store's transaction": "insert, store.insert = store.insert, lambda *a: die(insert(*a))",
    "before the COMMIT": "store.Stored = die",
    "after the COMMIT, before the segment goes": "segments.Segment.remove = die",
}


@pytest.mark.parametrize("moment", MOMENTS)
def test_nothing_is_lost_or_doubled_by_a_kill(site: Site, moment: str) -> None:
    killed = site.script(MOMENTS[moment] + "\nfor n in range(150): record(n)\nwriter.stop()")
    assert killed.wait() == -signal.SIGKILL, killed.said()
    site.drain()
    site.assert_notes(150)
    assert site.rows("SELECT process_id FROM events WHERE event_type = 'UNCLEAN_STOP'") == [(killed.pid,)]


CHANGES = """
from django.contrib.auth.models import Group
from django.db import transaction
with transaction.atomic(): Group.objects.create(name="kept")
with transaction.atomic():
    Group.objects.create(name="lost")
    die()
"""


def test_a_kill_in_a_transaction_keeps_its_change_and_its_event_together(site: Site) -> None:
    try:
        assert site.script(CHANGES).wait() == -signal.SIGKILL
        site.drain()
        assert site.rows("SELECT name FROM auth_group WHERE name IN ('kept', 'lost')") == [("kept",)]
        assert site.rows("SELECT entity_name FROM events WHERE event_type = 'GROUP_CREATE'") == [("kept",)]
    finally:
        site.rows("DELETE FROM auth_group WHERE name IN ('kept', 'lost')")


SLEEPS_IN_COMMIT = """
CREATE FUNCTION dawdle() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN PERFORM pg_sleep(20); RETURN NULL; END $$;
CREATE CONSTRAINT TRIGGER dawdle AFTER INSERT ON event_batches
DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION dawdle()"""
WAKE_UP = "DROP TRIGGER dawdle ON event_batches; DROP FUNCTION dawdle()"
# A COMMIT that waits for a standby is in the database already; cut off then, its client never hears so.
WAITS_FOR_STANDBY = ["ALTER SYSTEM SET synchronous_standby_names = 'nobody'", "SELECT pg_reload_conf()"]
WAITS_FOR_NOBODY = ["ALTER SYSTEM RESET synchronous_standby_names", "SELECT pg_reload_conf()"]
COMMITS = {
    "undone": ([SLEEPS_IN_COMMIT], [WAKE_UP], "wait_event = 'PgSleep'"),
    "done": (WAITS_FOR_STANDBY, WAITS_FOR_NOBODY, "wait_event = 'SyncRep'"),
}


@pytest.mark.parametrize("outcome", COMMITS)
def test_a_connection_lost_during_commit_stores_each_event_once(own_site: Site, outcome: str) -> None:
    before, after, waits = COMMITS[outcome]
    for statement in before:
        own_site.rows(statement)
    code = "for n in range(100): record(n)\nsys.stdin.read()"
    own_site.script(code)
    victims = f"SELECT pid FROM pg_stat_activity WHERE {waits} AND pid <> pg_backend_pid()"
    assert eventually(lambda: own_site.rows(victims), seconds=20)
    own_site.rows(f"SELECT pg_terminate_backend(pid) FROM ({victims}) found")
    for statement in after:
        own_site.rows(statement)
    assert eventually(lambda: own_site.count("event_type = 'MAINTENANCE'") == 100, seconds=20)
    assert eventually(lambda: not own_site.waiting(), seconds=60), own_site.waiting()
    own_site.assert_notes(100)

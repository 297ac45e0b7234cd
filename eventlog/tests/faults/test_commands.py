"""A management command needs no database for being recorded, and waits for none."""

import os
import pwd
import signal
import time
from collections.abc import Iterator

import pytest

from eventlog.capture.commands import PATIENCE
from eventlog.tests.faults import servers
from eventlog.tests.faults.conftest import url_of
from eventlog.tests.faults.database import Database
from eventlog.tests.faults.servers import Site

COMMANDS = [("check",), ("makemigrations", "--check", "--dry-run")]
SLACK = 3.0  # seconds by which a busy machine may be late


@pytest.fixture
def empty_site(site: Site) -> Iterator[Site]:
    """Its database has no tables."""
    servers.rows(site.url, "CREATE DATABASE commands")
    empty = Site(url_of("commands"), site.folder)
    with servers.destroyed_after(empty):
        yield empty
    servers.rows(site.url, "DROP DATABASE commands WITH (FORCE)")


def seconds(site: Site, *command: str) -> float:
    started = time.monotonic()
    site.manage(*command)
    return time.monotonic() - started


@pytest.mark.parametrize("command", COMMANDS)
def test_without_a_database_the_journal_keeps_it(site: Site, command: tuple[str, ...]) -> None:
    with site.without_database():
        site.manage(*command)
    assert len(site.waiting()) == 1
    site.drain()
    assert site.count("event_type = 'COMMAND' AND event_data->>'command' = %s", command[0]) == 1


def test_before_the_first_migrate_the_journal_keeps_it(empty_site: Site) -> None:
    empty_site.manage("check")
    empty_site.manage("migrate", "--verbosity=0", seconds=60)
    empty_site.drain()
    told = empty_site.rows("SELECT event_data->>'command' FROM events WHERE event_type = 'COMMAND' ORDER BY timestamp")
    assert told == [("check",), ("migrate",), ("eventlog_drain",)]


def test_a_database_that_hangs_keeps_no_command_waiting(own_site: Site, database: Database) -> None:
    database.signal(signal.SIGSTOP)
    try:
        told = seconds(own_site, "check")
        own_site.environment["EVENTLOG_ENABLED"] = "off"
        untold = seconds(own_site, "check")
    finally:
        database.signal(signal.SIGCONT)
    assert told < untold + PATIENCE + SLACK


def test_a_command_is_stored_when_it_ends(site: Site) -> None:
    site.manage("check")
    assert site.count("event_type = 'COMMAND' AND event_data->>'exit_status' = '0'") == 1
    assert site.waiting() == []


def test_a_script_acts_for_the_systems_user(site: Site) -> None:
    site.ran("record(1)")
    me = pwd.getpwuid(os.getuid()).pw_name
    assert site.rows("SELECT username, auth_method FROM events") == [(me, "system")]

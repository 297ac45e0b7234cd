"""Processes of different databases share one folder, and none touches what is another's."""

import signal

import pytest

from eventlog.tests.faults.servers import Site

NOWHERE = "postgresql://postgres@127.0.0.1:1/none"
DIES = "for n in range(5): record(n)\nos.kill(os.getpid(), signal.SIGKILL)"


@pytest.fixture
def left(site: Site) -> Site:
    """5 events of a process that was killed without its database."""
    with site.without_database():
        assert site.script(DIES).wait() == -signal.SIGKILL
    return site


def test_a_test_run_leaves_the_events_of_the_site_alone_and_can_drop_its_database(left: Site) -> None:
    waiting = left.waiting()
    left.manage("test", "eventlog.tests.faults.under_django", "--noinput", seconds=60)
    assert left.waiting() == waiting
    left.drain()
    left.assert_notes(5)


def test_what_was_left_for_a_database_at_its_old_address_is_stored_when_asked_for(site: Site) -> None:
    url, site.url = site.url, NOWHERE
    assert site.script(DIES).wait() == -signal.SIGKILL
    site.url = url
    site.drain()
    assert site.count("event_type = 'MAINTENANCE'") == 0
    (waiting,) = site.waiting()
    site.manage("eventlog_drain", "--moved-from", waiting.partition(".")[0])
    site.assert_notes(5)


def test_segments_of_an_earlier_version_are_stored_by_the_site(left: Site) -> None:
    (path,) = left.spool.iterdir()
    path.rename(path.with_name(path.name.partition(".")[2]))
    left.drain()
    left.assert_notes(5)

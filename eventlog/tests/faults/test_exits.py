"""A process that ends in order, however it is told to, leaves nothing in its journal."""

import os
import signal

import pytest

from eventlog.tests.faults.people import Person, mixed_requests
from eventlog.tests.faults.servers import Process, Site, eventually

DEADLINE = 15  # seconds, on a slow machine too: a server that waits for something gives up after 30
TASKS = 20
SLOWEST_END = """
SELECT extract(epoch FROM max(batch.stored_at - event.timestamp))
FROM events event JOIN event_batches batch ON batch.id = event.batch_id WHERE event_type = 'APP_SHUTDOWN'"""


def pids_of(site: Site, event_type: str) -> set[int]:
    return {row[0] for row in site.rows("SELECT process_id FROM events WHERE event_type = %s", event_type)}


def assert_nothing_waits(site: Site) -> None:
    assert site.waiting() == []
    assert pids_of(site, "APP_START") == pids_of(site, "APP_SHUTDOWN") != set()
    assert site.count("event_type = 'UNCLEAN_STOP'") == 0
    assert site.rows(SLOWEST_END)[0][0] < DEADLINE
    site.assert_accounts_are_exact()


@pytest.mark.parametrize("how", [signal.SIGTERM, signal.SIGQUIT, signal.SIGINT])
def test_gunicorn_told_to_end_stores_all(site: Site, people: list[Person], how: signal.Signals) -> None:
    server = site.gunicorn("-w", "2", "--preload")
    answers = server.ask_all(mixed_requests(people, 60))
    assert server.end(how) < DEADLINE
    assert None not in answers
    assert site.count("event_type = 'HTTP_REQUEST'") == 60
    assert_nothing_waits(site)


@pytest.mark.parametrize("how", [signal.SIGTERM, signal.SIGINT])
def test_uvicorn_told_to_end_stores_all(site: Site, people: list[Person], how: signal.Signals) -> None:
    server = site.uvicorn()
    answers = server.ask_all(mixed_requests(people, 60))
    assert server.end(how) < DEADLINE
    assert None not in answers
    assert site.count("event_type = 'HTTP_REQUEST'") == 60
    assert_nothing_waits(site)


def test_gunicorn_replacing_a_worker_after_max_requests_stores_all(site: Site, people: list[Person]) -> None:
    server = site.gunicorn("-w", "1", "--max-requests", "20")
    answers = server.ask_all(mixed_requests(people, 40), at_once=1)
    assert None not in answers
    assert eventually(lambda: len(pids_of(site, "APP_SHUTDOWN")) == 2, seconds=DEADLINE)
    assert site.count("event_type = 'HTTP_REQUEST'") == 40
    server.end()
    assert_nothing_waits(site)


def test_gunicorn_aborting_a_slow_worker_stores_all_and_the_request_that_was_cut(
    site: Site, people: list[Person]
) -> None:
    server = site.gunicorn("-w", "1", "--preload", "--timeout", "2")
    assert None not in server.ask_all(mixed_requests(people, 20), at_once=2)
    assert server.get("/faults/sleep/30/").status == 500  # gunicorn says so
    assert eventually(lambda: pids_of(site, "APP_SHUTDOWN"), seconds=DEADLINE)
    assert site.count("event_type = 'HTTP_REQUEST'") == 21
    assert site.count("request_path = '/faults/sleep/30/' AND event_status = 'ERROR'") == 1
    server.end()
    assert_nothing_waits(site)


def test_a_management_command_stores_all_before_it_ends(site: Site) -> None:
    site.manage("shell", "-c", "from eventlog import *\nfor n in range(150): EventLogger().log_event('MAINTENANCE')")
    assert site.count("event_type = 'MAINTENANCE'") == 150
    assert site.waiting() == []
    site.assert_accounts_are_exact()


def test_celery_workers_told_to_end_store_all(site: Site) -> None:
    """All three at once: by itself each takes 5 seconds to end."""
    workers = [celery_worker(site, pool) for pool in ("prefork", "solo", "threads")]
    assert eventually(lambda: all(worker.said().count("succeeded") == TASKS for worker in workers), seconds=30)
    for worker in workers:
        os.kill(worker.pid, signal.SIGTERM)
    for worker in workers:
        worker.wait(seconds=30)
    assert site.count("event_type = 'MAINTENANCE'") == 3 * TASKS
    assert len(pids_of(site, "APP_START")) == 5  # prefork's parent and its two children
    assert_nothing_waits(site)


def celery_worker(site: Site, pool: str) -> Process:
    """With tasks to do."""
    worker = site.celery(pool, "-c", "2")
    site.ran(f"from eventlog.tests.faults.tasks import note\nfor n in range({TASKS}): note.delay(n)")
    return worker


@pytest.mark.parametrize("kind", ["gunicorn", "uvicorn"])
def test_the_event_log_takes_over_no_signal(site: Site, kind: str) -> None:
    server = getattr(site, kind)()
    handlers = server.get("/faults/handlers/").body.decode()
    assert kind in handlers or "asyncio" in handlers
    assert "eventlog" not in handlers


def test_what_a_command_recorded_outlives_its_end_by_a_signal(site: Site) -> None:
    assert site.script("record(1)\nos.kill(os.getpid(), signal.SIGTERM)").wait() == -signal.SIGTERM
    assert len(site.waiting()) == 1
    site.drain()
    site.assert_notes(1)

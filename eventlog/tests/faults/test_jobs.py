"""Real workers of Celery: every pool runs each task for who has caused it."""

import os
import signal
from collections.abc import Iterator

import pytest

from eventlog.tests.faults import servers
from eventlog.tests.faults.servers import Site, eventually

POOLS = ("prefork", "threads", "solo")
SEND = """
from celery import chain, chord, group
from eventlog import bound
from eventlog.tests.faults import tasks
with bound(actor=f"ada-{sys.argv[1]}", request_id=f"r-{sys.argv[1]}", reason="correction"):
    tasks.answer.delay(1)
    chain(tasks.note.si(2), tasks.note.si(3), group(tasks.note.si(4), tasks.note.si(5))).delay()
    chord([tasks.answer.s(6), tasks.answer.s(7)])(tasks.sum_up.s())
    tasks.try_again.delay(8)
    tasks.cause.delay(9)
    tasks.note.apply_async([10], countdown=0.3)
    tasks.fail.delay()
    tasks.note.apply_async([11], expires=-1)
    tasks.note.app.send_task("no.such.task")
"""
NOTES = [1, 2, 3, 4, 5, 6, 7, 8, 8, 9, 10, 13]  # tried twice: 8; the sum: 13
KILLED = """
from eventlog import bound
from eventlog.tests.faults import tasks
with bound(actor="budi"):
    tasks.die.delay()
    tasks.sleep.apply_async([30], time_limit=1)
    tasks.leave.delay()
"""
FROM_OUTSIDE = """
import os, sys
from celery import Celery
from kombu.transport import TRANSPORT_ALIASES
TRANSPORT_ALIASES["filesystem"] = "edupro.filequeue:Transport"  # else a worker may read half a message, and end
app = Celery(broker="filesystem://")
queue = os.environ["FAULTS_QUEUE"]
folders = {"data_folder_in": queue, "data_folder_out": queue, "control_folder": queue + "-control"}
app.conf.broker_transport_options = folders
app.send_task("eventlog.tests.faults.tasks.cause", [100])
"""


@pytest.fixture(scope="module")
def worked(database_url: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    """The three pools at once, each with a queue of its own, have done what they were sent."""
    servers.rows(database_url, servers.EMPTY)
    with servers.destroyed_after(Site(database_url, tmp_path_factory.mktemp("jobs"))) as site:
        site.environment["EVENTLOG_FLUSH_INTERVAL"] = "0.5"
        for pool in POOLS:
            site.celery(pool, "-c", "2", "-n", f"{pool}@school")
            site.ran(SEND, pool)
            if pool == "prefork":
                site.ran(KILLED)
                outside = site.run(*site.python, "-c", FROM_OUTSIDE, name="outside")
                assert outside.wait() == 0, outside.said()
        wanted = len(POOLS) * len(NOTES) + 1
        assert eventually(lambda: site.count("event_type = 'MAINTENANCE'") >= wanted, seconds=120)
        assert eventually(
            lambda: site.count("event_type = 'TASK_FAILED'") >= 3 * len(POOLS) + 3, seconds=30
        )  # Celery takes 10 s
        yield site


@pytest.mark.parametrize("pool", POOLS)
def test_each_task_acts_for_who_has_caused_it(worked: Site, pool: str) -> None:
    """Its retries, its chain, group and chord, its countdown and what it causes too."""
    sql = "SELECT reason, username, auth_method FROM events WHERE event_type = 'MAINTENANCE' AND request_id = %s"
    told = worked.rows(sql, f"r-{pool}")
    assert sorted(int(reason.split()[1]) for reason, _, _ in told) == NOTES
    assert {(username, method) for _, username, method in told} == {(f"ada-{pool}", "system")}


@pytest.mark.parametrize("pool", POOLS)
def test_each_run_is_one_event_with_who_and_why(worked: Site, pool: str) -> None:
    sql = "SELECT event_type, event_data->>'task', count(*) FROM events WHERE request_id = %s AND reason = 'correction'"
    found = worked.rows(f"{sql} AND username = %s GROUP BY 1, 2", f"r-{pool}", f"ada-{pool}")
    told = {(kind, task.rpartition(".")[2]): number for kind, task, number in found if task}
    assert told == {
        ("TASK_SUCCESS", "answer"): 3,
        ("TASK_SUCCESS", "note"): 6,
        ("TASK_SUCCESS", "sum_up"): 1,
        ("TASK_SUCCESS", "cause"): 1,
        ("TASK_SUCCESS", "try_again"): 1,
        ("TASK_RETRY", "try_again"): 1,
        ("TASK_FAILED", "fail"): 1,
        ("TASK_FAILED", "note"): 1,
        ("TASK_FAILED", "task"): 1,
    }


@pytest.mark.parametrize("pool", POOLS)
def test_a_task_that_never_runs_is_told_with_the_reason(worked: Site, pool: str) -> None:
    sql = "SELECT event_data->>'task', error_code FROM events WHERE event_type = 'TASK_FAILED' AND request_id = %s"
    told = {(task.rpartition(".")[2], code) for task, code in worked.rows(sql, f"r-{pool}")}
    assert told == {("fail", "LookupError"), ("note", "Expired"), ("task", "NotRegistered")}


def test_a_task_whose_process_is_killed_is_told_once_by_the_parent(worked: Site) -> None:
    sql = "SELECT event_data->>'task', error_code FROM events WHERE event_type = 'TASK_FAILED' AND username = 'budi'"
    told = sorted((task.rpartition(".")[2], code) for task, code in worked.rows(sql))
    assert told == [("die", "WorkerLostError"), ("leave", "WorkerLostError"), ("sleep", "TimeLimitExceeded")]


def test_what_comes_from_outside_and_what_it_causes_is_celerys_and_one_timeline(worked: Site) -> None:
    notes = worked.rows("SELECT username, request_id FROM events WHERE reason = 'note 100'")
    cause = worked.rows("SELECT username, request_id FROM events WHERE event_data->>'task' LIKE '%cause'"
                        " AND username = 'celery'")  # fmt: skip
    assert notes == cause and len(notes) == 1


def test_a_workers_process_that_has_worked_for_somebody_forgets_whom(worked: Site) -> None:
    """The process's own end is nobody's.

    A pool's process that was killed while it held the lock of the results' queue leaves billiard waiting for that lock
    for good, after everything of ours has ended: such a worker is not waited for.
    """
    alive = [process for process in worked.started if process.is_alive()]
    for process in alive:
        os.kill(process.pid, signal.SIGTERM)
    eventually(lambda: not any(process.is_alive() for process in alive), seconds=15)
    assert worked.count("event_type = 'APP_SHUTDOWN'") >= len(alive)
    found = worked.rows("SELECT DISTINCT username, request_id FROM events WHERE event_type LIKE 'APP%'")
    assert found == [("", "")]

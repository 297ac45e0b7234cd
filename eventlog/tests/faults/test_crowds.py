"""The wrong actor never appears: threads, coroutines and Celery's processes write at the same time, by signals, by bulk
writes and under triggers."""

from collections.abc import Iterator

import pytest

from eventlog.tests.faults import servers
from eventlog.tests.faults.crowd import TASKS, TOTAL
from eventlog.tests.faults.servers import Site, eventually

CHANGES = "event_category = 'CRUD' AND event_type <> 'HTTP_REQUEST' AND action <> 'CREATE'"
NAMED = "coalesce(new_values->>'kelas', event_data->'assigned'->>'kelas', new_values->>'hadir', new_values->>'izin')"


@pytest.fixture
def triggered(site: Site) -> Iterator[Site]:
    """Attendance is watched by triggers."""
    site.environment.update(EVENTLOG_TRIGGER_MODELS="school.Presensi", EVENTLOG_FLUSH_INTERVAL="1")
    site.manage("pgtrigger", "install")
    yield site
    for process in site.started:
        process.destroy()
    del site.environment["EVENTLOG_TRIGGER_MODELS"]
    site.manage("pgtrigger", "install")  # those of the project again, and no others
    servers.rows(site.url, "DELETE FROM school_presensi")


def test_ten_thousand_writes_at_once_are_each_by_whom_the_row_names(triggered: Site) -> None:
    triggered.celery("prefork", "-c", "3")
    triggered.ran("from eventlog.tests.faults import crowd\ncrowd.all_at_once()", seconds=60)
    assert eventually(lambda: triggered.count("event_type = 'TASK_SUCCESS'") == TASKS, seconds=60)
    assert eventually(lambda: triggered.count(CHANGES) == TOTAL, seconds=20), triggered.count(CHANGES)
    assert TOTAL == 10_000
    wrong = f"SELECT event_type, username, {NAMED} FROM events WHERE {CHANGES} AND username IS DISTINCT FROM"
    assert triggered.rows(f"{wrong} 'actor-' || {NAMED} LIMIT 10") == []

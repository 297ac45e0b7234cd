"""The journal's folder cannot be written, or the disk is full: the site answers, and events go from memory."""

import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from eventlog.pipeline import segments
from eventlog.tests.faults.people import Person, mixed_requests
from eventlog.tests.faults.servers import Request, Site

NOBODY = 65534
# Able to read what is under /root (there is often no Python elsewhere), but not to write.
AS_NOBODY = [
    *("setpriv", f"--reuid={NOBODY}", f"--regid={NOBODY}", "--clear-groups"),
    *("--inh-caps=+dac_read_search", "--ambient-caps=+dac_read_search"),
]


def assert_works_from_memory(site: Site, people: list[Person]) -> None:
    server = site.gunicorn("-w", "2", "--preload")
    answers = server.ask_all(mixed_requests(people, 200))
    server.end(seconds=60)
    assert {answer.status if answer else None for answer in answers} == {200, 201, 302, 403, 404}
    assert site.count("event_type = 'HTTP_REQUEST'") == 200
    said = server.said()
    assert "could not be recorded" not in said and "Traceback" not in said
    site.python, site.environment["EVENTLOG_SPOOL_DIR"] = [sys.executable], str(site.folder / "elsewhere")
    site.assert_accounts_are_exact()


def test_a_folder_that_may_not_be_written_stops_nothing(site: Site, people: list[Person]) -> None:
    site.spool.mkdir(mode=0o500)
    if os.geteuid() == 0:
        if not shutil.which("setpriv"):
            pytest.skip("root may write everywhere, and setpriv is missing: apt install util-linux")
        site.python = [*AS_NOBODY, sys.executable]
        os.chown(site.spool, NOBODY, NOBODY)
    assert_works_from_memory(site, people)


def test_a_file_in_the_place_of_the_folder_stops_nothing(site: Site, people: list[Person]) -> None:
    site.spool.touch()
    site.environment["EVENTLOG_SPOOL_DIR"] = str(site.spool / "deeper")
    assert_works_from_memory(site, people)


@pytest.fixture
def full(site: Site) -> Iterator[Site]:
    """The journal on a disk of its own without a free byte."""
    site.spool.mkdir()
    mount = ["mount", "-t", "tmpfs", "-o", "size=64k,mode=0777", "none", str(site.spool)]
    if os.geteuid() != 0 or subprocess.run(mount, check=False, capture_output=True).returncode:
        pytest.skip("only root may mount a small disk")
    try:
        fill(site.spool / "rubbish")
        yield site
        (site.spool / "rubbish").unlink()
    finally:
        site.destroy()
        subprocess.run(["umount", str(site.spool)], check=True)


def fill(path: Path) -> None:
    with path.open("wb", buffering=0) as file:
        try:
            while file.write(b"x" * 4096):
                continue
        except OSError:
            return


def test_a_full_disk_stops_nothing(full: Site, people: list[Person]) -> None:
    server = full.gunicorn("-w", "2", "--preload")
    answers = server.ask_all(mixed_requests(people, 200))
    server.end(seconds=60)
    assert {answer.status if answer else None for answer in answers} == {200, 201, 302, 403, 404}
    assert full.count("event_type = 'HTTP_REQUEST'") == 200
    assert [name for name in full.waiting() if name != "rubbish"] == []
    assert "could not be recorded" not in server.said()
    full.assert_accounts_are_exact()


def test_a_full_disk_is_told(full: Site) -> None:
    server = full.gunicorn("-w", "1")
    answer = server.get("/health/ready")
    server.end(seconds=60)
    assert answer.status == 503 and b"journal cannot be written" in answer.body


ENDS_AT_ONCE = """
for n in range(500):
    record(n)
writer.stop(deadline=0)
"""


def test_a_process_that_ends_stores_what_a_full_disk_has_refused(full: Site) -> None:
    said = full.ran(ENDS_AT_ONCE)
    assert "The disk refuses the journal" in said and "are lost" not in said
    assert full.count("event_type = 'MAINTENANCE'") == 500


RUNS_INTO_ITS_LIMIT = """
resource.setrlimit(resource.RLIMIT_FSIZE, (10_000, 10_000))
refused = False
for n in range(500):
    record(n)
    segment = writer.current().journal.segment  # the thread may be beginning another
    refused = refused or (segment is not None and not segment.on_disk)
print("refused", refused)
"""


def test_a_segment_that_may_not_grow_goes_on_in_memory(site: Site) -> None:
    said = site.ran(RUNS_INTO_ITS_LIMIT)
    assert "refused True" in said.splitlines() and "The disk refuses the journal" in said
    site.assert_notes(500)


def test_workers_that_are_replaced_all_the_time_keep_to_the_journals_limit(site: Site) -> None:
    """Each of them has but one small segment; together they fill the folder."""
    site.environment |= {"EVENTLOG_SPOOL_MAX_BYTES": str(1 << 20)}
    with site.without_database():
        server = site.gunicorn("-w", "2", "--max-requests", "300")
    server.ask_all([Request(headers={"User-Agent": "many words " * 90})] * 2000)
    assert 0.8 < segments.size_on_disk(site.spool) / (1 << 20) < 2  # a new one learns it within a moment
    server.end()

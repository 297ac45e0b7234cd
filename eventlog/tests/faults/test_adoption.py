"""What a dead process leaves is stored by others, once; what a living one has is its own."""

import signal
from pathlib import Path

import pytest

from eventlog.pipeline import segments
from eventlog.tests.faults.servers import Site, eventually

LEAVES_30_SEGMENTS = """
for n in range(3000):
    record(n)
    if n % 100 == 99: writer.current().journal.cut()
os.kill(os.getpid(), signal.SIGKILL)
"""
ROTATES = """
ended = time.monotonic() + 2.5
number = 0
while time.monotonic() < ended:
    record(number)
    if number % 5 == 4: writer.current().journal.cut()
    number += 1
    time.sleep(0.002)
print("RECORDED", number, flush=True)
sys.stdin.read() or time.sleep(60)
"""
DRAINS_AT_ONCE = """
while not os.path.exists(sys.argv[1]): time.sleep(0.01)
print("STORED", drain.drain().events)
"""


@pytest.fixture
def left(site: Site) -> Site:
    """3000 events of a process that was killed without a database."""
    with site.without_database():
        assert site.script(LEAVES_30_SEGMENTS).wait() == -signal.SIGKILL
    assert len(site.waiting()) >= 30
    return site


def test_two_processes_that_adopt_at_once_store_each_event_once(left: Site) -> None:
    begin = left.folder / "begin"
    adopters = [left.script(DRAINS_AT_ONCE, str(begin)) for _ in range(3)]
    begin.touch()
    for adopter in adopters:
        assert adopter.wait() == 0, adopter.said()

    left.assert_notes(3000)
    assert left.count("event_type = 'UNCLEAN_STOP'") == 1
    left.assert_status_says_so()


def test_an_adopter_killed_in_the_middle_leaves_the_rest_to_the_next(left: Site) -> None:
    code = """
remove, removed = segments.Segment.remove, []
def dies(segment):
    removed.append(segment)
    os.kill(os.getpid(), signal.SIGKILL) if len(removed) == 10 else remove(segment)
segments.Segment.remove = dies
drain.drain()
"""
    assert left.script(code).wait() == -signal.SIGKILL
    left.drain()
    left.assert_notes(3000)


def test_a_living_process_keeps_its_segments_through_every_rotation(site: Site) -> None:
    with site.without_database():
        living = site.script(ROTATES)
    assert eventually(site.waiting)
    site.ran("ends = time.monotonic() + 2\nwhile time.monotonic() < ends: drain.drain()")
    assert site.count("event_type = 'MAINTENANCE'") == 0
    assert eventually(lambda: "RECORDED" in living.said())
    living.end(signal.SIGKILL)
    site.drain()
    number = int(living.said().partition("RECORDED ")[2].split()[0])
    assert number > 200
    site.assert_notes(number)


@pytest.mark.parametrize("successor", [None, b"another file"])
def test_a_segment_that_goes_between_the_listing_and_the_lock_is_let_be(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, successor: bytes | None
) -> None:
    path = tmp_path / f"{'0' * 8}.{'a' * 32}.1.000000000001.journal"
    path.write_bytes(segments.line("a" * 32, 1, b"{}"))
    lock = segments.locked

    def goes(fd: int) -> bool:
        path.unlink()
        if successor is not None:
            path.write_bytes(successor)
        return lock(fd)

    monkeypatch.setattr(segments, "locked", goes)
    assert list(segments.orphans(tmp_path, ["0" * 8])) == []


SPOOLS = """
for n in range(int(sys.argv[1])): record(n, words="many words " * 200)
os.kill(os.getpid(), signal.SIGKILL)
"""
DRAINS_AND_MEASURES = """
def peak(): return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024
peaks = []
write = store.write
def measured(batch):
    try: return write(batch)
    finally: peaks.append(peak())
store.write = measured
drain.drain()
print("PEAKS", peaks[len(peaks) // 4], peaks[-1], len(peaks))
"""


@pytest.mark.parametrize(("debug", "number"), [("off", 20_000), ("on", 10_000)])
def test_what_is_spooled_drains_in_constant_memory(site: Site, debug: str, number: int) -> None:
    site.environment["DEBUG"] = debug
    with site.without_database():
        assert site.script(SPOOLS, str(number)).wait() == -signal.SIGKILL
    said = site.ran(DRAINS_AND_MEASURES, seconds=60).partition("PEAKS ")[2]
    early, last, batches = (int(part) for part in said.split()[:3])
    assert batches >= 5  # enough to tell growth from size
    assert last - early < number * 2300 / 3 / 1_000_000  # MB; a third of what the journal has
    site.assert_notes(number)

"""Segments on disk: whole lines, and locks that die with their process."""

import fcntl
import os
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from eventlog.pipeline import segments
from eventlog.pipeline.journal import Journal
from eventlog.pipeline.segments import Segment, line, parsed

WRITER = "0" * 32
DATABASE = "0a1b2c3d"
JSON = st.binary(max_size=50).map(lambda raw: raw.replace(b"\n", b" "))


@pytest.fixture
def journal(tmp_path: Path) -> Iterator[Journal]:
    made = Journal(tmp_path / "spool", database=DATABASE)
    yield made
    made.end()
    made.forget_inherited()


def content(found: list[Segment]) -> list[bytes]:
    return [record for segment in found for _, record in segment.read()]


@given(st.lists(JSON, max_size=10))
def test_lines_read_back_as_written(records: list[bytes]) -> None:
    raw = b"".join(line(WRITER, number, record) for number, record in enumerate(records, 1))
    assert parsed(raw, WRITER) == (list(enumerate(records, 1)), 0)


@given(st.lists(JSON, min_size=1, max_size=6), st.data())
def test_a_torn_tail_spoils_only_the_last_line(records: list[bytes], data: st.DataObject) -> None:
    lines = [line(WRITER, number, record) for number, record in enumerate(records, 1)]
    kept = data.draw(st.integers(0, len(lines[-1]) - 2))
    found, _ = parsed(b"".join(lines[:-1]) + lines[-1][:kept], WRITER)
    assert found == list(enumerate(records[:-1], 1))


@given(st.lists(JSON, min_size=3, max_size=6), st.data())
def test_a_flipped_byte_spoils_at_most_two_lines(records: list[bytes], data: st.DataObject) -> None:
    raw = bytearray(b"".join(line(WRITER, number, record) for number, record in enumerate(records, 1)))
    place = data.draw(st.integers(0, len(raw) - 1))
    raw[place] ^= data.draw(st.integers(1, 255))
    found, bad = parsed(bytes(raw), WRITER)
    assert bad
    assert len(found) >= len(records) - 2
    assert set(found) <= set(enumerate(records, 1))


def test_a_line_of_another_writer_is_not_taken() -> None:
    assert parsed(line("1" * 32, 1, b"{}"), WRITER) == ([], 1)


def test_a_symlink_planted_in_the_folder_is_not_followed(tmp_path: Path) -> None:
    (tmp_path / "secret").write_text("untouched")
    spool = tmp_path / "spool"
    spool.mkdir()
    (spool / f"{DATABASE}.{WRITER}.1.000000000001.journal").symlink_to(tmp_path / "secret")
    assert list(segments.orphans(spool, [DATABASE])) == []
    assert (tmp_path / "secret").read_text() == "untouched"


CHILD = """
import sys, os
os.environ["DJANGO_SETTINGS_MODULE"] = "edupro.settings"
from pathlib import Path
from eventlog.pipeline.journal import Journal
from eventlog.pipeline.segments import orphans
"""


def in_another_process(code: str, *arguments: str | Path) -> str:
    run = subprocess.run([sys.executable, "-c", CHILD + code, *map(str, arguments)], capture_output=True, text=True)
    assert run.returncode in (0, -9), run.stderr
    return run.stdout.strip()


def test_a_living_processes_segments_are_not_adopted(journal: Journal) -> None:
    journal.append(b"1")
    journal.cut()
    journal.append(b"2")
    adopt = "sys.stdout.write(str(len(list(orphans(Path(sys.argv[1]), ['0a1b2c3d'])))))"
    assert in_another_process(adopt, journal.directory) == "0"


def die_with_events(spool: Path) -> None:
    die = "journal.append(b'1'); journal.append(b'2'); os.kill(os.getpid(), 9)"
    in_another_process(f"journal = Journal(Path(sys.argv[1]), database='{DATABASE}'); {die}", spool)


def test_a_killed_processes_segments_are_adopted(tmp_path: Path) -> None:
    die_with_events(tmp_path)
    (segment,) = segments.orphans(tmp_path, [DATABASE])
    assert content([segment]) == [b"1", b"2"]
    segment.remove()
    assert list(tmp_path.iterdir()) == []


def test_segments_of_another_database_are_not_adopted(tmp_path: Path) -> None:
    die_with_events(tmp_path)
    assert list(segments.orphans(tmp_path, ["ffffffff", ""])) == []
    assert len(list(tmp_path.iterdir())) == 1


def test_segments_of_earlier_versions_name_no_database(tmp_path: Path) -> None:
    (tmp_path / f"{WRITER}.1.000000000001.journal").write_bytes(line(WRITER, 1, b"{}"))
    assert list(segments.orphans(tmp_path, [DATABASE])) == []
    (segment,) = segments.orphans(tmp_path, [DATABASE, ""])
    assert content([segment]) == [b"{}"]


def on_disk(spool: Path, content: bytes) -> Segment:
    """The only segment of a dead process."""
    (spool / f"{DATABASE}.{WRITER}.1.000000000001.journal").write_bytes(content)
    (segment,) = segments.orphans(spool, [DATABASE])
    return segment


def test_a_segment_of_a_later_format_is_told(tmp_path: Path) -> None:
    later = line(WRITER, 1, b"{}").replace(b"1 ", b"2 ", 1)
    assert on_disk(tmp_path, later * 3).is_of_later_version()


@pytest.mark.parametrize("damaged", [b"", b"\0" * 100, b"2 damaged\n", line(WRITER, 1, b"{}")[:9]])
def test_a_damaged_segment_is_not_mistaken_for_a_later_format(tmp_path: Path, damaged: bytes) -> None:
    assert not on_disk(tmp_path, damaged + line(WRITER, 2, b"{}")).is_of_later_version()


def unnamed(spool: Path, *, hours: float) -> Path:
    path = spool / f"{DATABASE}.{WRITER}.1.000000000001.new"
    path.touch()
    made = time.time() - hours * 3600
    os.utime(path, (made, made))
    return path


@pytest.mark.parametrize(("hours", "stays"), [(0.5, True), (2, False)])
def test_what_never_got_its_name_is_removed_after_an_hour(tmp_path: Path, hours: float, stays: bool) -> None:
    path = unnamed(tmp_path, hours=hours)
    segments.remove_unnamed(tmp_path)
    assert path.exists() == stays


def test_what_has_no_name_yet_is_left_while_its_process_holds_it(tmp_path: Path) -> None:
    path = unnamed(tmp_path, hours=2)
    code = "import fcntl, sys; f = open(sys.argv[1], 'r+b'); fcntl.lockf(f, fcntl.LOCK_EX); print(flush=True); input()"
    command = [sys.executable, "-c", code, path]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE) as holder:
        assert holder.stdout and holder.stdout.readline()
        segments.remove_unnamed(tmp_path)
        holder.communicate(b"\n")
    assert path.exists()


def test_a_forked_child_does_not_keep_its_parents_lock(journal: Journal) -> None:
    journal.append(b"1")
    held = journal.segment
    assert held
    child = os.fork()
    if child == 0:
        try:
            fcntl.lockf(held.fd, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError:
            os._exit(0)
        os._exit(1)
    assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 0


def test_a_segment_unlinked_between_listing_and_lock_is_left_alone(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / f"{DATABASE}.{WRITER}.1.000000000001.journal"
    path.write_bytes(line(WRITER, 1, b"{}"))

    def lock_late(fd: int) -> bool:
        path.unlink()  # its owner stores and removes it just before we have the lock
        return True

    monkeypatch.setattr(segments, "locked", lock_late)
    assert list(segments.orphans(tmp_path, [DATABASE])) == []


def test_a_name_used_again_after_an_unlink_is_not_mistaken(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / f"{DATABASE}.{WRITER}.1.000000000001.journal"
    path.write_bytes(line(WRITER, 1, b"old"))

    def lock_late(fd: int) -> bool:
        path.rename(tmp_path / "gone")
        path.write_bytes(line(WRITER, 1, b"new"))
        return True

    monkeypatch.setattr(segments, "locked", lock_late)
    assert list(segments.orphans(tmp_path, [DATABASE])) == []

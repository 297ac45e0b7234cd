"""The journal of one process: exact batches, bounded memory, and no disk that stops it."""

from collections.abc import Iterator
from pathlib import Path
from threading import Thread

import pytest

from eventlog.pipeline import journal as journals
from eventlog.pipeline import segments
from eventlog.pipeline.journal import Journal, importance
from eventlog.pipeline.segments import Segment, parsed
from eventlog.record import make_record
from eventlog.tests.conftest import Change


@pytest.fixture
def journal(tmp_path: Path) -> Iterator[Journal]:
    made = Journal(tmp_path / "spool", database="0a1b2c3d")
    yield made
    made.end()
    made.forget_inherited()


def content(segments: list[Segment]) -> list[bytes]:
    return [record for segment in segments for _, record in segment.read()]


def test_what_is_appended_is_on_disk_at_once(journal: Journal) -> None:
    journal.append(b'{"n":1}')
    (path,) = journal.directory.iterdir()
    assert b'{"n":1}' in path.read_bytes()


def test_files_are_private_to_their_owner(journal: Journal) -> None:
    journal.append(b"{}")
    (path,) = journal.directory.iterdir()
    assert (path.stat().st_mode & 0o777, journal.directory.stat().st_mode & 0o777) == (0o600, 0o700)


def test_a_batch_is_exactly_its_closed_segments(journal: Journal) -> None:
    journal.append(b"1")
    journal.append(b"2")
    journal.cut()
    journal.append(b"3")
    journal.cut()
    first, second = journal.closed
    assert [(segment.first, segment.last) for segment in (first, second)] == [(1, 2), (3, 3)]
    assert (content([first]), content([second])) == ([b"1", b"2"], [b"3"])


def test_a_fork_in_the_middle_of_a_cut_inherits_a_segment_once(journal: Journal) -> None:
    journal.append(b"1")
    assert journal.segment is not None
    journal.closed.append(journal.segment)
    journal.forget_inherited()
    journal.closed.clear()
    journal.segment = None


def test_nothing_falls_between_two_segments_under_threads(journal: Journal, event_log: Change) -> None:
    def append(name: int) -> None:
        for number in range(300):
            journal.append(b"%d %d" % (name, number))

    threads = [Thread(target=append, args=(name,)) for name in range(4)]
    for thread in threads:
        thread.start()
    while any(thread.is_alive() for thread in threads):
        journal.cut()
    journal.end()
    numbers = [sequence for segment in journal.closed for sequence, _ in segment.read()]
    assert numbers == list(range(1, 1201))
    assert len(set(content(list(journal.closed)))) == 1200


def test_a_full_segment_gives_way_to_the_next(journal: Journal, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(journals, "MAX_SEGMENT_RECORDS", 3)
    for number in range(7):
        journal.append(b"%d" % number)
    journal.end()
    assert [segment.last for segment in journal.closed] == [3, 6, 7]


def test_records_are_read_back_from_disk_once_memory_is_released(journal: Journal) -> None:
    journal.append(b"1")
    journal.end()
    (segment,) = journal.closed
    segment.release_memory()
    assert segment.records is None
    assert segment.read() == [(1, b"1")]


def test_a_short_write_is_cut_back_to_whole_lines(journal: Journal, monkeypatch: pytest.MonkeyPatch) -> None:
    journal.append(b"1")
    monkeypatch.setattr(journals.os, "write", lambda fd, row: len(row) // 2)
    journal.append(b"2")
    monkeypatch.undo()
    journal.append(b"3")
    journal.end()
    (segment,) = journal.closed
    assert not segment.on_disk
    assert content([segment]) == [b"1", b"2", b"3"]
    assert segment.path
    assert parsed(segment.path.read_bytes(), journal.writer) == ([(1, b"1"), (3, b"3")], 0)


def test_a_folder_that_cannot_be_made_leaves_the_records_in_memory(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("in the way")
    journal = Journal(tmp_path / "file" / "spool", database="0a1b2c3d")
    journal.append(b"1")
    journal.end()
    (segment,) = journal.closed
    segment.release_memory()
    assert content([segment]) == [b"1"]
    journal.stored(segment)
    assert not journal.closed


def test_records_that_the_disk_refuses_are_bounded(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(journals, "MAX_SEGMENT_RECORDS", 1)
    monkeypatch.setattr(journals, "MAX_STRANDED_BYTES", 100)
    (tmp_path / "file").write_text("in the way")
    journal = Journal(tmp_path / "file" / "spool", database="0a1b2c3d")
    for _ in range(12):
        journal.append(b"x" * 10)
    assert journal.pressure == 4


def test_memory_is_bounded_without_the_writers_help(journal: Journal, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(journals, "MAX_SEGMENT_RECORDS", 1)
    for _ in range(20):
        journal.append(b"1")
    assert sum(segment.records is not None for segment in journal.closed) <= journals.SEGMENTS_IN_MEMORY


@pytest.mark.parametrize(
    ("setting", "at_append", "at_close"),
    [("never", [], []), ("batch", ["folder"], ["segment"]), ("always", ["folder", "segment"], ["segment"])],
)
def test_the_disk_is_forced_as_often_as_the_setting_says(
    journal: Journal, event_log: Change, monkeypatch: pytest.MonkeyPatch, setting: str, at_append: list[str],
    at_close: list[str],
) -> None:  # fmt: skip
    event_log(SPOOL_SYNC=setting)
    forced: list[str] = []
    monkeypatch.setattr(journals.os, "fsync", lambda fd: forced.append("folder"))
    monkeypatch.setattr(journals.os, "fdatasync", lambda fd: forced.append("segment"))
    journal.append(b"1")
    assert forced == at_append
    journal.end()
    assert forced == at_append + at_close


def test_dropped_records_use_up_a_number(journal: Journal) -> None:
    journal.append(b"1")
    journal.skip()
    journal.append(b"3")
    journal.end()
    (segment,) = journal.closed
    assert [sequence for sequence, _ in segment.read()] == [1, 3]
    assert segment.last == 3


@pytest.mark.parametrize(("share", "pressure"), [(0.5, 0), (0.8, 1), (0.9, 2), (0.95, 3), (1.2, 4)])
def test_pressure_grows_as_the_room_runs_out(share: float, pressure: int) -> None:
    assert journals.pressure_of(int(1000 * share), 1000) == pressure


def test_what_other_processes_have_left_takes_room_while_the_database_is_away(
    journal: Journal, event_log: Change
) -> None:
    event_log(SPOOL_MAX_BYTES=1 << 20)
    journal.append(b"1")
    (journal.directory / f"0a1b2c3d.{'0' * 32}.1.000000000001.closed").write_bytes(b"x" * (1 << 20))
    journal.bound(away=False)
    assert journal.pressure == 0
    journal.bound(away=True)
    assert journal.pressure == 4


def test_a_process_that_begins_with_a_full_folder_spares_it_from_the_start(tmp_path: Path, event_log: Change) -> None:
    event_log(SPOOL_MAX_BYTES=1 << 20)
    (tmp_path / f"0a1b2c3d.{'0' * 32}.1.000000000001.closed").write_bytes(b"x" * (1 << 20))
    begun = Journal(tmp_path, database="0a1b2c3d")
    begun.bound(away=False)
    assert begun.pressure == 1
    begun.least_pressure = 0  # the writer says so once the database has taken something
    begun.bound(away=False)
    assert begun.pressure == 0


def test_numbers_skipped_at_the_end_of_a_segment_are_known_to_whoever_adopts_it(journal: Journal) -> None:
    journal.append(b"1")
    journal.skip()
    journal.skip()
    journal.end()
    (segment,) = journal.closed
    segment.release_memory()
    assert segment.read() == [(1, b"1"), (3, segments.SKIPPED)]


def test_a_disk_that_refuses_to_sync_loses_nothing(
    journal: Journal, event_log: Change, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(fd: int) -> None:
        raise OSError(5, "Input/output error")

    event_log(SPOOL_SYNC="batch")
    monkeypatch.setattr(journals.os, "fdatasync", refuse)
    journal.append(b"1")
    journal.cut()
    journal.append(b"2")
    journal.end()
    assert content(list(journal.closed)) == [b"1", b"2"]


@pytest.mark.parametrize(
    ("event_type", "columns", "rank"),
    [
        ("HTTP_REQUEST", {}, 0),
        ("HTTP_REQUEST", {"event_category": "AUTH"}, 0),
        ("SLOW_QUERY", {}, 1),
        ("ERROR_500", {}, 2),
        ("SISWA_CREATE", {}, 3),
        ("LOGIN", {}, 3),
        ("XSS", {}, 3),
    ],
)
def test_importance(event_type: str, columns: dict[str, str], rank: int) -> None:
    assert importance(make_record(event_type, columns)) == rank

"""Files: a line an event, whoever renames the file and whatever was left in it."""

import os
import stat
from collections.abc import Callable
from pathlib import Path

import pytest

from eventlog.forwarding import files, forwarder
from eventlog.forwarding.parcels import LINES
from eventlog.tests.forwarding.conftest import lines, names, state, stored, try_again


def test_a_line_an_event_without_what_proves_it(log_file: Path) -> None:
    stored("a", event_data={"room": 5})
    forwarder.forward()
    (line,) = lines(log_file)
    assert (line["event_type"], line["event_data"]) == ("MAINTENANCE", {"room": 5})
    assert not [name for name in line if name.endswith(("_salt", "_commitment", "digest"))]


@pytest.mark.parametrize(("form", "begin"), [("ocsf", b"{"), ("ecs", b'{"@timestamp"'), ("cef", b"CEF:0|")])
def test_it_may_be_in_other_formats(sink: Callable[..., None], tmp_path: Path, form: str, begin: bytes) -> None:
    sink(kind="file", path=str(tmp_path / "log"), format=form)
    stored("a", "b")
    forwarder.forward()
    written = (tmp_path / "log").read_bytes().splitlines()
    assert len(written) == 2 and all(line.startswith(begin) for line in written)


@pytest.mark.parametrize("form", LINES)
def test_a_huge_number_from_outside_holds_up_nothing(sink: Callable[..., None], tmp_path: Path, form: str) -> None:
    path = tmp_path / "events.log"
    sink(kind="file", path=str(path), format=form)
    stored("huge", request_body={"number": 1e300})
    stored("next")
    forwarder.forward()
    assert state().event_count == 2 and len(path.read_bytes().splitlines()) == 2


def test_only_the_owner_may_read_it(log_file: Path) -> None:
    stored("a")
    forwarder.forward()
    assert stat.S_IMODE(log_file.stat().st_mode) == 0o600


def test_after_a_rotation_it_goes_on_in_a_new_file(log_file: Path) -> None:
    stored("a")
    forwarder.forward()
    log_file.rename(log_file.with_suffix(".1"))
    stored("b")
    forwarder.forward()
    assert (names(log_file.with_suffix(".1")), names(log_file)) == (["a"], ["b"])


def test_half_a_line_of_a_killed_process_is_ended(log_file: Path) -> None:
    log_file.write_bytes(b'{"event_na')
    stored("a")
    forwarder.forward()
    assert log_file.read_bytes().startswith(b'{"event_na\n{"id"')


def test_where_the_disk_is_full_nothing_half_is_left(log_file: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    stored("a")
    forwarder.forward()
    before = log_file.read_bytes()

    def half(fd: int, data: bytes) -> None:
        os.write(fd, data[: len(data) // 2])
        raise OSError(28, "No space left on device")

    with monkeypatch.context() as full:
        full.setattr(files, "write_all", half)
        stored("b")
        forwarder.forward()
    assert log_file.read_bytes() == before
    assert state().last_error == "OSError: [Errno 28] No space left on device"
    try_again()
    assert names(log_file) == ["a", "b"]


def test_a_folder_that_is_gone_is_said(log_file: Path, sink: Callable[..., None], tmp_path: Path) -> None:
    (tmp_path / "logs").mkdir()
    sink(kind="file", path=str(tmp_path / "logs" / "events"))
    stored("a")
    (tmp_path / "logs").rename(tmp_path / "old")
    assert forwarder.forward() == []  # the check says that it cannot be used

"""What ends an archive or a restore in between: nothing is lost, nothing is there twice, the next run completes."""

import os
import signal
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest
from django.db import connections
from fsspec.implementations.local import LocalFileSystem

from eventlog.integrity import removals
from eventlog.models import Archive
from eventlog.retention import archive, lines, parquet, restore
from eventlog.retention.shelf import Shelf
from eventlog.tests.conftest import Change
from eventlog.tests.finished import wait_for_others
from eventlog.tests.retention.archives import (
    archived,
    asked,
    old_event,
    remove_all,
    restored,
    rows,
    stored,
    verified,
)

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.usefixtures("folder", "signing")]


def die(*args: Any, **kwargs: Any) -> None:
    os.kill(os.getpid(), signal.SIGKILL)


def killed(work: Callable[[], Any], owner: Any, step: str, *, after: bool) -> None:
    """In a process of its own that is killed before a step, or right after it."""
    connections.close_all()
    if (pid := os.fork()) == 0:
        original = getattr(owner, step)
        setattr(owner, step, (lambda *args, **kwargs: die(original(*args, **kwargs))) if after else die)
        try:
            work()
        finally:
            os._exit(1)
    assert os.WTERMSIG(os.waitpid(pid, 0)[1]) == signal.SIGKILL
    wait_for_others()


@pytest.mark.parametrize(
    ("owner", "step", "after"),
    [
        (archive, "begin", True),  # only the row is there
        (parquet.Writer, "write", True),  # a part of the file
        (archive, "again", False),  # all of it, not looked at
        (Shelf, "rename", False),
        (Shelf, "rename", True),
        (removals, "write", True),  # all but the COMMIT
    ],
)
def test_an_archive_that_is_killed_is_made_by_the_next_run(owner: Any, step: str, after: bool, folder: Path) -> None:
    stored(old_event(), old_event())
    killed(archived, owner, step, after=after)
    assert len(rows()) == 2 and not Archive.objects.kept().exists()
    [made] = archived()
    assert [path.name for path in folder.rglob("*.*")] == [f"{made.pk}.parquet"]
    assert asked("SELECT count(*) FROM events", folder) == (2,)
    assert Archive.objects.count() == 1 and verified().findings == ()


@pytest.mark.parametrize(("owner", "step", "after"), [(lines, "put", True), (restore, "put", True)])
def test_a_restore_that_is_killed_is_done_by_the_next_run(owner: Any, step: str, after: bool) -> None:
    stored(old_event(), old_event())
    before = rows()
    archived()
    remove_all()
    killed(restored, owner, step, after=after)
    assert rows() == []
    restored()
    assert rows() == before and verified().findings == ()


@pytest.mark.parametrize("after", [False, True])
def test_a_removal_of_files_that_is_killed_is_done_by_the_next_run(
    after: bool, folder: Path, event_log: Change
) -> None:
    stored(old_event())
    archived()
    event_log(ARCHIVE_RETENTION_DAYS=45)
    killed(archived, Shelf, "remove", after=after)
    [step] = archive.run()
    assert step.archive.state == "expired" and not list(folder.rglob("*.parquet"))
    assert list(archive.run()) == []


def test_a_full_disk_leaves_the_database_as_it_was(monkeypatch: pytest.MonkeyPatch, folder: Path) -> None:
    stored(old_event(), old_event())
    before = rows()
    with monkeypatch.context() as patched, pytest.raises(OSError, match="No space left"):
        fill(patched)
        archived()
    assert rows() == before and not Archive.objects.exists() and not list(folder.rglob("*.*"))


def fill(monkeypatch: pytest.MonkeyPatch) -> None:
    """What is written goes where the kernel says that the disk is full."""
    original = LocalFileSystem.open

    def opened(self: Any, path: str, mode: str = "rb", **options: Any) -> Any:
        return Path("/dev/full").open(mode) if mode == "wb" else original(self, path, mode, **options)

    monkeypatch.setattr(LocalFileSystem, "open", opened)


def test_only_one_process_is_at_it() -> None:
    stored(old_event())
    with archive.alone("default"), ThreadPoolExecutor(1) as thread, pytest.raises(OSError, match="another process"):
        thread.submit(with_a_connection_of_its_own, archived).result()
    assert len(archived()) == 1


def with_a_connection_of_its_own(work: Callable[[], Any]) -> Any:
    try:
        return work()
    finally:
        connections.close_all()

"""What tests of retention have."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
from django.db import connection

from eventlog.tests.conftest import Change
from eventlog.tests.integrity.conftest import outside, signing

__all__ = ["outside", "signing"]


@pytest.fixture
def folder(event_log: Change, tmp_path: Path) -> Path:
    """The archive's."""
    event_log(ARCHIVE_DIR=str(tmp_path / "archive"))
    return tmp_path / "archive"


@contextmanager
def beside() -> Iterator[Any]:
    """A cursor of another session."""
    other = connection.copy()
    try:
        with other.cursor() as cursor:
            yield cursor
    finally:
        other.close()

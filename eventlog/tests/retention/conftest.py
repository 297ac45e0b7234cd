"""What tests of retention have."""

from pathlib import Path

import pytest

from eventlog.tests.conftest import Change
from eventlog.tests.integrity.conftest import outside, signing

__all__ = ["outside", "signing"]


@pytest.fixture
def folder(event_log: Change, tmp_path: Path) -> Path:
    """The archive's."""
    event_log(ARCHIVE_DIR=str(tmp_path / "archive"))
    return tmp_path / "archive"

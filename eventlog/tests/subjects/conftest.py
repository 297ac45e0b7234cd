"""What tests of people's rights have: a student whom many events are about, and everything around him."""

import json
from io import StringIO
from pathlib import Path
from typing import Any

import pytest
from django.core.management import call_command

from eventlog.tests.integrity.conftest import outside, signing
from eventlog.tests.retention.conftest import folder

__all__ = ["folder", "outside", "signing"]


@pytest.fixture
def given(tmp_path: Path) -> Any:
    """(lines, page) of an export."""

    def export(*about: str, language: str = "en") -> tuple[list[dict[str, Any]], str]:
        target = tmp_path / f"for {' '.join(about[1:])}"
        where = ["--output", str(target), "--language", language]
        call_command("eventlog_subject", "export", *about, *where, stdout=StringIO())
        kept = (target / "events.ndjson").read_text().splitlines()
        return [json.loads(line) for line in kept], (target / "index.html").read_text()

    return export

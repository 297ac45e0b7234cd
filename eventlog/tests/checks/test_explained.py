"""Each system check leads to the section that explains it."""

import re

from django.core.checks import run_checks

from edupro.reference.tests.pages import DOCS, ROOT, anchors_of, text_of
from edupro.reference.tests.test_documentation import CODE
from eventlog.admin.concerns import ADVICES
from eventlog.checks.explained import SECTIONS
from eventlog.tests.conftest import Change


def test_each_check_has_its_section() -> None:
    told = {name for path in CODE for name in re.findall(r"id=\"(eventlog\.[EW]\d+)\"", path.read_text())}
    assert told == set(SECTIONS)


def test_each_section_is_there() -> None:
    for section in set(SECTIONS.values()):
        page, _, anchor = section.partition("#")
        assert (ROOT / page).exists(), section
        assert not anchor or anchor in anchors_of(ROOT / page), section


def test_a_hint_ends_with_it(event_log: Change) -> None:
    event_log(BATCHSIZE=5)
    (message,) = [message for message in run_checks() if message.id == "eventlog.E002"]
    assert str(message.hint).endswith(". More: README.md#settings")


def test_each_check_and_limit_has_its_row_in_operations() -> None:
    rows = "\n".join(line for line in text_of(DOCS / "operations.md").splitlines() if line.startswith("|"))
    assert [name for name in (*SECTIONS, *ADVICES) if f"`{name}`" not in rows] == []

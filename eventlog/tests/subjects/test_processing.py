"""The record of processing says what is true, and the page in docs/ is what the command prints."""

from io import StringIO
from pathlib import Path

from django.core.management import call_command
from pytest_django import Settings

from eventlog import catalog
from eventlog.subjects import processing
from eventlog.subjects.processing import PURPOSES
from eventlog.subjects.tables import NAMELESS, PLACES
from eventlog.tests.conftest import Change

RECEIVERS = {"event_forwards", "event_anchors"}  # only their faults are kept
PAGE = Path(__file__).parents[3] / "docs" / "processing.md"


def printed() -> str:
    out = StringIO()
    call_command("eventlog_subject", "record", stdout=out)
    return out.getvalue()


def test_the_page_is_what_the_command_prints_with_the_defaults(settings: Settings) -> None:
    settings.EVENTLOG = {}
    assert PAGE.read_text() == printed()


def test_each_category_has_a_purpose_and_each_type_is_there() -> None:
    assert PURPOSES.keys() == catalog.CATEGORIES.keys()
    text = printed()
    assert all(f"`{name}`" in text for name in catalog.TYPES)


def test_the_periods_are_those_in_force(event_log: Change) -> None:
    event_log(LOG_RETENTION_DAYS=33, RETENTION_DAYS_BY_CATEGORY={"AUTH": 777}, ARCHIVE_RETENTION_DAYS=999)
    text = printed()
    assert "| 777 |" in text and "| 33 |" in text and "999 days" in text


def test_each_table_that_can_name_somebody_is_there() -> None:
    told = " ".join(each.where for each in processing.places())
    tables = {place.model._meta.db_table for place in PLACES} - {
        "event_forwards",
        "event_anchors",
    }  # faults of receivers alone
    assert all(f"`{table}`" in told for table in tables) and NAMELESS

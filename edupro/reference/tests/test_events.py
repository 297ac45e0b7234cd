"""`docs/EVENT_TABLE_EDUPRO_2025.md` has every type of event that there is, and its examples are events."""

import json
import re
from io import StringIO

import pytest
from django.apps import apps
from django.conf import settings
from django.core.management import call_command

from edupro.reference.events import recorded
from edupro.reference.examples import CATALOGUED, all_examples, entities
from edupro.reference.examples.records import RECORDS
from eventlog import catalog
from eventlog.models import Event
from eventlog.pipeline import store
from eventlog.tests.test_catalog import SOURCES
from eventlog.tests.test_catalog import recorded as recorded_by
from eventlog.values import fields_of

PAGE = settings.BASE_DIR / "docs" / "EVENT_TABLE_EDUPRO_2025.md"
WHERE = "edupro/reference/examples/"


def test_the_page_is_what_the_code_makes() -> None:
    out = StringIO()
    call_command("edupro_reference", "events", stdout=out)
    again = f"manage.py edupro_reference events > docs/{PAGE.name}"
    assert out.getvalue() == PAGE.read_text(encoding="utf-8"), f"make it anew: {again}"


def test_each_type_of_the_catalogue_has_its_example() -> None:
    assert sorted(each.type for each in CATALOGUED) == sorted(catalog.TYPES), f"one example each, in {WHERE}"


def test_each_kind_of_record_has_its_example() -> None:
    assert {audit.name for audit in entities().values()} == set(RECORDS), f"RECORDS in {WHERE}records.py"


@pytest.mark.parametrize("label", entities())
def test_the_example_of_a_record_has_all_that_is_told_of_it(label: str) -> None:
    audit = entities()[label]
    told = [field.attname for field in fields_of(apps.get_model(label), audit)]
    assert list(RECORDS[audit.name].values) == told, f"{audit.name} in {WHERE}records.py"


@pytest.mark.parametrize("example", CATALOGUED, ids=lambda example: example.type)
def test_whoever_is_said_to_record_it_speaks_of_it(example) -> None:
    if example.by:
        assert re.search(rf"\b{example.type}\b", (settings.BASE_DIR / example.by).read_text()), f"`by`, in {WHERE}"


def test_what_nobody_is_said_to_record_nobody_records() -> None:
    unsaid = {each.type for each in CATALOGUED if not each.by}
    speaking = [path for path in SOURCES if any(name in path.read_text() for name in unsaid)]
    found = [f"{name}: {path}" for path in speaking for name in recorded_by(path) if name in unsaid]
    assert found == [], f"say in {WHERE} by whom"


@pytest.mark.django_db
def test_every_example_is_an_event_that_the_table_takes() -> None:
    records = [recorded(example) for example in all_examples()]
    kept = store.write(store.Batch([record.to_json() for record in records]))
    assert (kept.events, Event.objects.count()) == (len(records), len(records))
    assert not [record.event_type for record in records if {"unknown_type", "truncated"} & {*(record.tags or ())}]


def test_every_block_of_the_page_is_json() -> None:
    blocks = re.findall(r"```json\n(.*?)```", PAGE.read_text(encoding="utf-8"), re.DOTALL)
    assert [json.loads(block)["event_type"] for block in blocks].count("LOGIN") == 1

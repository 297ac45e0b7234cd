"""`docs/reference.md`: commands, metrics, permissions as they are."""

import re
from io import StringIO

import pytest
from django.contrib.auth.models import Permission
from django.core.management import call_command
from django.test import Client
from prometheus_client.parser import text_string_to_metric_families

from edupro.reference.operations import METRICS, PERMISSIONS, all_permissions
from edupro.reference.tests.pages import DOCS, PAGES, prose_of
from eventlog.pipeline import store
from eventlog.record import make_record

TABLES = "in edupro/reference/operations.py"


def test_the_page_is_what_the_code_makes() -> None:
    out = StringIO()
    call_command("edupro_reference", "operations", stdout=out)
    again = "manage.py edupro_reference operations > docs/reference.md"
    assert out.getvalue() == (DOCS / "reference.md").read_text(encoding="utf-8"), f"make it anew: {again}"


@pytest.mark.django_db
def test_every_permission_is_explained_and_no_other() -> None:
    there = {each.codename for each in Permission.objects.filter(content_type__app_label="eventlog")}
    assert there == set(all_permissions()) == set(PERMISSIONS), f"PERMISSIONS {TABLES}"


@pytest.mark.django_db
def test_every_metric_is_explained_and_no_other(client: Client) -> None:
    store.write(store.Batch([make_record("MAINTENANCE", {}).to_json()]))
    families = list(text_string_to_metric_families(client.get("/metrics").content.decode()))
    there = {f"{each.name}_total" if each.type == "counter" else each.name: each.type for each in families}
    assert there == {name: kind for name, _labels, kind, _what in METRICS}, f"METRICS {TABLES}"


def test_no_page_tells_of_a_metric_that_is_not_there() -> None:
    known = {name for name, *_rest in METRICS}
    metric = r"`(eventlog_\w+_(?:total|bytes|share|seconds|ahead|open|events))\b"
    named = {name for page in PAGES for name in re.findall(metric, prose_of(page))}
    assert named - known == set()

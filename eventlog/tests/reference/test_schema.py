"""`docs/event_table_schema.sql` is what the migrations make, can be run, and can be read."""

import re
from io import StringIO
from pathlib import Path

import pytest
from django.core.management import call_command
from django.db import connection, transaction

from eventlog.models import Event
from eventlog.reference.remarks import remarks_of
from eventlog.reference.schema import models_by_table, schema

FILE = Path(__file__).parents[3] / "docs" / "event_table_schema.sql"
MAKE = "Make it anew: manage.py migrate && manage.py eventlog_schema > docs/event_table_schema.sql"

pytestmark = pytest.mark.django_db


def test_the_file_is_what_the_migrations_make() -> None:
    out = StringIO()
    call_command("eventlog_schema", stdout=out)
    assert out.getvalue() == FILE.read_text(encoding="utf-8"), MAKE


def test_the_file_makes_the_same_tables() -> None:
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute("CREATE SCHEMA elsewhere")
        cursor.execute("SET LOCAL search_path = elsewhere, public")
        cursor.execute(FILE.read_text(encoding="utf-8"))
        cursor.execute("SELECT count(*) FROM pg_class WHERE relnamespace = 'elsewhere'::regnamespace AND relkind = 'p'")
        assert cursor.fetchone() == (1,)
        assert schema(using="default") == FILE.read_text(encoding="utf-8"), MAKE
        cursor.execute("DROP SCHEMA elsewhere CASCADE")


def test_each_column_of_an_event_says_what_it_holds() -> None:
    said = remarks_of(Event).fields
    assert [each.name for each in Event._meta.local_fields if not said.get(each.name)] == [], (
        "a comment beside the field"
    )


@pytest.mark.parametrize("table", models_by_table())
def test_each_index_says_whom_it_serves(table: str) -> None:
    model = models_by_table()[table]
    said = remarks_of(model).named
    assert [index.name for index in model._meta.indexes if not said.get(index.name)] == [], "a comment beside the index"


def test_it_names_no_day_and_no_schema_of_this_database() -> None:
    text = re.sub(r"^--.*$", "", FILE.read_text(encoding="utf-8"), flags=re.MULTILINE)
    assert not re.search(r"events_\d{4}|public\.|eventlog_guard_\d", text)

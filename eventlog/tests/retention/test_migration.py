"""The first migration: printed without being run, taken back, and made again."""

from io import StringIO

import pytest
from django.core.management import call_command
from django.db import connection
from django.utils import timezone

from eventlog.models import Event
from eventlog.pipeline import store
from eventlog.record import make_record
from eventlog.retention import partitions
from eventlog.retention.periods import KINDS, Month
from eventlog.tests.conftest import Change

pytestmark = pytest.mark.django_db


def tables() -> set[str]:
    return {name for name in connection.introspection.table_names() if name.startswith("event")}


def migrate(*target: str) -> None:
    call_command("migrate", "eventlog", *target, verbosity=0)


def test_printing_the_migration_runs_none_of_it(event_log: Change) -> None:
    event_log(ENABLED=False)
    migrate("zero")
    printed = StringIO()
    call_command("sqlmigrate", "eventlog", "0001", stdout=printed)
    assert printed.getvalue().count("PARTITION OF") == 1 + 1 + KINDS["month"].ahead
    assert tables() == set()


def test_what_is_printed_makes_the_table_with_its_partitions(event_log: Change) -> None:
    event_log(ENABLED=False)
    printed = StringIO()
    call_command("sqlmigrate", "eventlog", "0001", stdout=printed)
    migrate("zero")
    with connection.cursor() as cursor:
        cursor.execute(printed.getvalue().replace("BEGIN;", "").replace("COMMIT;", ""))
        this = Month.of(timezone.now())
        made = [this.plus(number).table for number in range(1 + KINDS["month"].ahead)]
        assert [part.table for part in partitions.existing(cursor)] == made


def test_the_migration_goes_back_and_forward_again(event_log: Change) -> None:
    event_log(ENABLED=False)
    before = tables()
    migrate("zero")
    assert tables() == set()
    migrate()
    assert tables() == before
    store.write(store.Batch([make_record("MAINTENANCE", {}).to_json()]))
    with connection.cursor() as cursor:
        cursor.execute(f"SELECT count(*) FROM {Month.of(timezone.now()).table}")
        assert (cursor.fetchone()[0], Event.objects.count()) == (1, 1)

"""The checks of the database that holds the events."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from django.db import connection
from django.utils import timezone
from pytest_django import Settings

from eventlog import checks
from eventlog.models import Epoch, EventBatch
from eventlog.tests.altering import altering
from eventlog.tests.checks.found import ids
from eventlog.tests.elsewhere import comes_from_elsewhere, put_at
from eventlog.tests.integrity.conftest import event, write


@pytest.fixture
def of_the_database(db: None) -> Callable[[], list[str]]:
    """What `check --database` says, where the database's role is a superuser, as in these tests."""
    return lambda: ids(checks.database.events_are_guarded(None, databases=["default"]))


def test_a_role_that_can_do_too_much_is_told(of_the_database: Callable[[], list[str]]) -> None:
    assert of_the_database() == ["eventlog.W016"]


def test_missing_guards_are_told(of_the_database: Callable[[], list[str]]) -> None:
    with connection.cursor() as cursor:
        cursor.execute("ALTER TABLE event_removals DISABLE TRIGGER eventlog_guard")
    assert of_the_database() == ["eventlog.W016", "eventlog.W017"]


def test_neither_is_told_on_a_developers_machine(of_the_database: Callable[[], list[str]], settings: Settings) -> None:
    settings.DEBUG = True
    assert of_the_database() == []


def test_migrate_needs_the_owner(of_the_database: Callable[[], list[str]], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("sys.argv", ["manage.py", "migrate"])
    assert of_the_database() == []


def test_the_order_is_whole_without_a_restored_dump(db: None) -> None:
    write(event())
    assert checks.database.store_order_is_whole(None, databases=["default"]) == []


def test_batches_that_came_in_while_a_dump_was_restored_are_told(db: None) -> None:
    early, restored = write(event()), write(event())
    put_at(5, early)
    comes_from_elsewhere(restored)
    write(event())
    assert checks.database.store_order_is_whole(None, databases=["default"]) == []  # a few seconds prove nothing
    with altering():
        EventBatch.objects.filter(pk=early.pk).update(stored_at=timezone.now() + timedelta(hours=1))
    (warning,) = checks.database.store_order_is_whole(None, databases=["default"])
    assert (warning.id, warning.msg[:9]) == ("eventlog.W021", "1 batches") and Epoch.objects.count() == 1


@pytest.mark.parametrize(
    ("given", "expected"),
    [
        ({"CONN_MAX_AGE": 0, "CONN_HEALTH_CHECKS": False}, ["eventlog.W019"]),
        ({"CONN_MAX_AGE": 60, "CONN_HEALTH_CHECKS": False}, ["eventlog.W020"]),
        ({"CONN_MAX_AGE": None, "CONN_HEALTH_CHECKS": False}, ["eventlog.W020"]),
        ({"CONN_MAX_AGE": 60, "CONN_HEALTH_CHECKS": True}, []),
        ({"CONN_MAX_AGE": 0, "CONN_HEALTH_CHECKS": False, "OPTIONS": {"pool": True}}, []),
    ],
)
def test_how_connections_are_kept_is_checked(
    given: dict[str, Any], expected: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    for name, value in given.items():
        monkeypatch.setitem(connection.settings_dict, name, value)
    assert ids(checks.database.connections_are_kept(None)) == expected


def test_another_database_is_an_error(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(checks.database.connections["default"], "vendor", "sqlite")
    assert ids(checks.database.database_is_postgresql(None)) == ["eventlog.E007"]

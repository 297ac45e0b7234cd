"""What every test is given."""

import gc
import os
from collections.abc import Generator
from typing import Any

import hypothesis
import pytest
from django.conf import settings
from django.core.management.commands import flush
from django.db import connection
from django.db.backends.postgresql.operations import DatabaseOperations
from pytest_django import DjangoDbBlocker, Settings

WAITS = {"demo", "test_jobs.py", "test_object_store.py"}  # for people, for Celery's pools, for a bucket
FILLED_BY_MIGRATE = ["django_content_type", "auth_permission", "auth_group", "auth_group_permissions"]

# A run tries this many; `--hypothesis-profile=thorough` tries ten times as many.
# Slow is what others leave of the machine.
SLOW = [hypothesis.HealthCheck.too_slow]
hypothesis.settings.register_profile("suite", max_examples=40, suppress_health_check=SLOW)
hypothesis.settings.register_profile("thorough", max_examples=400, suppress_health_check=SLOW)
hypothesis.settings.load_profile("suite")


def pytest_configure() -> None:
    """The event log is off but in its own tests, which switch it on (`eventlog/tests/conftest.py`), and nobody asks too
    often but in the tests of that."""
    settings.EVENTLOG = {**settings.EVENTLOG, "ENABLED": False}
    settings.REST_FRAMEWORK = {**settings.REST_FRAMEWORK, "DEFAULT_THROTTLE_RATES": {}}


def pytest_xdist_auto_num_workers() -> int:
    """One more than there are processors: many tests wait for servers and browsers."""
    return (os.cpu_count() or 1) + 1


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """The first process of the run begins with what starts servers and kills them, which takes it as long as the others
    take for all the rest: so no two of these wait for the same processor. The second begins with what mostly waits."""
    waits = [item for item in items if WAITS & {*item.path.parts}]
    faults = [item for item in items if "faults" in item.path.parts and item not in waits]
    early = {*faults, *waits}
    rest = [item for item in items if item not in early]
    share = max(len(items) // getattr(config, "workerinput", {"workercount": 1})["workercount"] - len(faults), 0)
    items[:] = [*faults, *rest[:share], *waits, *rest[share:]]


@pytest.hookimpl(wrapper=True)
def pytest_collection() -> Generator[None, object, object]:
    """What is imported and collected is there to the end: garbage is not looked for in it, neither now nor later."""
    gc.disable()
    try:
        return (yield)
    finally:
        gc.enable()
        gc.freeze()


@pytest.fixture(scope="session")
def django_db_setup(django_db_setup: None, django_db_blocker: DjangoDbBlocker) -> None:
    """The database with its tables; what `migrate` has put into some of them is kept aside for `quick_flush`."""
    with django_db_blocker.unblock(), connection.cursor() as cursor:
        cursor.execute("CREATE SCHEMA IF NOT EXISTS as_migrated")
        for table in FILLED_BY_MIGRATE:
            cursor.execute(f"DROP TABLE IF EXISTS as_migrated.{table}")
            cursor.execute(f"CREATE TABLE as_migrated.{table} AS TABLE {table}")


@pytest.fixture(autouse=True, scope="session")
def quick_flush() -> None:
    """Tables of a few rows are emptied fifty times as quickly by DELETE: TRUNCATE makes the files of each partition and
    each index anew. Without triggers and checks of foreign keys, as TRUNCATE does. And what `migrate` fills is filled
    from what was kept aside, in a tenth of the time that its signal takes."""

    def sql_flush(self: DatabaseOperations, style: Any, tables: list[str], **options: Any) -> list[str]:
        emptied = [f"DELETE FROM {self.quote_name(table)}" for table in tables]
        filled = [f"INSERT INTO {table} SELECT * FROM as_migrated.{table}" for table in FILLED_BY_MIGRATE]
        return ["SET LOCAL session_replication_role = replica", *emptied, *filled]

    setattr(DatabaseOperations, "sql_flush", sql_flush)  # noqa: B010  (a method, to the type checker)
    setattr(flush, "emit_post_migrate_signal", lambda *args, **options: None)  # noqa: B010


@pytest.fixture(autouse=True)
def quick_passwords(settings: Settings) -> None:
    settings.PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]

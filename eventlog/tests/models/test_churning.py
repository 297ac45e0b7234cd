"""Autovacuum is told what is different about the tables whose rows come and go."""

import pytest
from django.db import connection

from eventlog.models.churning import OF_COUNTS, OPTIONS


@pytest.mark.parametrize("table", [*OPTIONS, *OF_COUNTS])
def test_the_migrations_have_told_it(db: None, table: str) -> None:
    with connection.cursor() as cursor:
        cursor.execute("SELECT reloptions FROM pg_class WHERE oid = %s::regclass", [table])
        told = cursor.fetchone()[0] or []
    assert told == [f"{name}={value}" for name, value in OPTIONS.get(table, {}).items()]

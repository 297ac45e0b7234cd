"""Starts what a site is made of as real processes, talks to them, and ends them whatever happens."""

import http.client
import json
import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing, contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import psycopg2

ROOT = Path(__file__).resolve().parents[3]
SETTINGS = "eventlog.tests.faults.settings"
KEYS = {"SECRET_KEY": "a-key-of-these-tests-" * 3, "JWT_SECRET_KEY": "another-key-of-these-tests-" * 3}
EMPTIED = (
    *("events", "event_batches", "event_outbox", "event_dead_letters", "event_alerts", "event_findings"),
    *("event_notifications", "event_checkpoints", "event_log_entries", "event_removals", "event_anchors"),
    "event_archives",
)
# Ten times as quick as TRUNCATE, which makes the files of each partition and each index anew.
EMPTY = "; ".join(["SET session_replication_role = replica", *(f"DELETE FROM {table}" for table in EMPTIED)])
PRELUDE = """
import faulthandler, gc, os, resource, signal, sys, threading, time, django
gc.disable()  # a tenth of the start, of which there are two hundred
django.setup()
gc.enable()
from eventlog import EventLogger
from eventlog.pipeline import drain, segments, store, writer
def record(reason, **data): EventLogger().log_event("MAINTENANCE", reason=str(reason), event_data=data)
def die(*args, **kwargs): os.kill(os.getpid(), signal.SIGKILL)
"""


def eventually(condition: Callable[[], Any], *, seconds: float = 10, pause: float = 0.05) -> Any:
    """The condition's value once it is true; the last one when the time is up."""
    deadline = time.monotonic() + seconds
    while not (value := condition()) and time.monotonic() < deadline:
        time.sleep(pause)
    return value


def free_port() -> int:
    with closing(socket.socket()) as sock:
        sock.bind(("127.0.0.1", 0))
        return int(sock.getsockname()[1])


@dataclass(frozen=True)
class Answer:
    status: int
    request_id: str
    seconds: float
    body: bytes
    headers: Mapping[str, str]


@dataclass(frozen=True)
class Request:
    """What to ask; `username` is who it is expected to be recorded for."""

    method: str = "GET"
    path: str = "/"
    headers: dict[str, str] = field(default_factory=dict)
    body: bytes | None = None
    username: str = ""


class Process:
    """A process in a group of its own; what it says goes to a file."""

    def __init__(self, command: list[str], environment: Mapping[str, str], log: Path, **options: Any) -> None:
        self.log = log
        with log.open("ab") as out:
            self.process = subprocess.Popen(
                command, env=environment, cwd=ROOT, stdout=out, stderr=out, start_new_session=True, **options
            )
        self.pid = self.process.pid

    def said(self) -> str:
        return self.log.read_text(errors="replace")

    def is_alive(self) -> bool:
        return self.process.poll() is None

    def end(self, how: int = signal.SIGTERM, *, seconds: float = 10) -> float:
        """Send the signal and wait; how many seconds that took. A process that stays is a failure."""
        started = time.monotonic()
        os.kill(self.pid, how)
        self.wait(seconds=seconds)
        return time.monotonic() - started

    def wait(self, *, seconds: float = 30) -> int:
        try:
            return self.process.wait(seconds)
        except subprocess.TimeoutExpired:
            raise AssertionError(f"{self.process.args} has not ended:\n{self.said()[-3000:]}") from None

    def destroy(self) -> None:
        with suppress(ProcessLookupError):
            os.killpg(self.pid, signal.SIGKILL)
        self.process.wait(10)


class Server(Process):
    """A web server on a port of its own."""

    def __init__(self, command: list[str], environment: Mapping[str, str], log: Path, port: int) -> None:
        super().__init__(command, environment, log)
        self.port = port

    def ask(self, request: Request, *, seconds: float = 30) -> Answer:
        """Raises OSError or HTTPException where there is no answer."""
        started = time.monotonic()
        with closing(http.client.HTTPConnection("127.0.0.1", self.port, timeout=seconds)) as connection:
            connection.request(request.method, request.path, request.body, request.headers)
            response = connection.getresponse()
            body = response.read()
        given = response.headers.get("X-Request-ID", "")
        return Answer(response.status, given, time.monotonic() - started, body, dict(response.headers))

    def get(self, path: str = "/", **headers: str) -> Answer:
        return self.ask(Request(path=path, headers=headers))

    def try_ask(self, request: Request, *, seconds: float = 30) -> Answer | None:
        with suppress(OSError, http.client.HTTPException):
            return self.ask(request, seconds=seconds)
        return None

    def ask_all(self, requests: list[Request], *, at_once: int = 8) -> list[Answer | None]:
        """In the order of the requests; None where none was answered."""
        with ThreadPoolExecutor(at_once) as pool:
            return list(pool.map(self.try_ask, requests))

    def is_up(self) -> bool:
        if not self.is_alive():
            raise AssertionError(f"the server ended:\n{self.said()[-3000:]}")
        with suppress(OSError), socket.create_connection(("127.0.0.1", self.port), 1):
            return True
        return False

    def workers(self) -> list[int]:
        return children(self.pid)


def children(pid: int) -> list[int]:
    return [int(child) for child in Path(f"/proc/{pid}/task/{pid}/children").read_text().split()]


@dataclass
class Site:
    """One database, one journal folder, and the processes that a test starts on them."""

    url: str
    folder: Path
    environment: dict[str, str] = field(default_factory=dict)
    started: list[Process] = field(default_factory=list)
    python: list[str] = field(default_factory=lambda: [sys.executable])

    @property
    def spool(self) -> Path:
        return self.folder / "spool"

    def variables(self) -> dict[str, str]:
        own = {
            "DATABASE_URL": self.url,
            "DJANGO_SETTINGS_MODULE": SETTINGS,
            "EVENTLOG_SPOOL_DIR": str(self.spool),
            "EVENTLOG_CHECKPOINT_DIR": str(self.folder / "checkpoints"),
        }
        clean = {name: value for name, value in os.environ.items() if not name.startswith(("EVENTLOG_", "CELERY_"))}
        quiet = {"PYTHONUNBUFFERED": "1", "DEBUG": "on", "COVERAGE_PROCESS_START": ""}
        return {**clean, **quiet, **KEYS, **own, **self.environment}

    @contextmanager
    def without_database(self) -> Iterator[None]:
        """Processes started meanwhile have no database: theirs, by the same address, refuses them."""
        url = self.url
        self.url += ("&" if "?" in url else "?") + "target_session_attrs=standby"
        try:
            yield
        finally:
            self.url = url

    # --- processes ---
    def run(self, *command: str, name: str = "") -> Process:
        process = Process(list(command), self.variables(), self.log_of(name or Path(command[0]).name))
        self.started.append(process)
        return process

    def log_of(self, name: str) -> Path:
        return self.folder / f"{len(self.started):02d}-{name}.log"

    def serve(self, *command: str, port: int) -> Server:
        server = Server([*self.python, "-m", *command], self.variables(), self.log_of(command[0]), port)
        self.started.append(server)
        assert eventually(server.is_up, seconds=20), server.said()
        return server

    def gunicorn(self, *options: str) -> Server:
        port = free_port()
        standard = ("--bind", f"127.0.0.1:{port}", "--no-control-socket", "--access-logfile", "-", *options)
        return self.serve("gunicorn", "edupro.wsgi", *standard, port=port)

    def uvicorn(self, *options: str) -> Server:
        port = free_port()
        return self.serve("uvicorn", "edupro.asgi:application", "--port", str(port), *options, port=port)

    def celery(self, pool: str, *options: str) -> Process:
        """A worker with a queue of its own, which scripts that are run from now on send to."""
        queue = self.folder / pool
        for folder in (queue, self.folder / f"{pool}-control", self.folder / f"{pool}-results"):
            folder.mkdir(exist_ok=True)
        self.environment["FAULTS_QUEUE"] = str(queue)
        quiet = ("--without-gossip", "--without-mingle", "--without-heartbeat", "-l", "info")
        command = ("-m", "celery", "-A", "edupro", "worker", "-P", pool, *quiet, *options)
        return self.run(*self.python, *command, name=f"celery-{pool}")

    def manage(self, *arguments: str, seconds: float = 30) -> Process:
        """A management command, run to its end, which must be a good one."""
        process = self.run(*self.python, "manage.py", *arguments, name=arguments[0])
        assert process.wait(seconds=seconds) == 0, process.said()
        return process

    def drain(self) -> None:
        self.manage("eventlog_drain", seconds=90)

    def script(self, code: str, *arguments: str) -> Process:
        """Python with Django set up and `PRELUDE`, in a process of its own."""
        return self.run(*self.python, "-c", PRELUDE + code, *arguments, name="script")

    def ran(self, code: str, *arguments: str, seconds: float = 30) -> str:
        """What a script says that ends well."""
        process = self.script(code, *arguments)
        assert process.wait(seconds=seconds) == 0, process.said()
        return process.said()

    def destroy(self) -> None:
        for process in self.started:
            process.destroy()

    # --- what is there ---
    def rows(self, sql: str, *values: Any) -> list[tuple[Any, ...]]:
        return rows(self.url, sql, *values)

    def count(self, condition: str = "true", *values: Any) -> int:
        return int(self.rows(f"SELECT count(*) FROM events WHERE {condition}", *values)[0][0])

    def waiting(self) -> list[str]:
        """The segments in the journal that hold something."""
        with suppress(FileNotFoundError, NotADirectoryError):
            return sorted(path.name for path in self.spool.iterdir() if path.stat().st_size)
        return []

    def assert_notes(self, number: int) -> None:
        """What scripts `record`: so many, each once."""
        found = self.rows("SELECT count(*), count(DISTINCT reason) FROM events WHERE event_type = 'MAINTENANCE'")
        assert found == [(number, number)]
        assert self.waiting() == []
        self.assert_accounts_are_exact()

    def accounts(self) -> dict[str, int]:
        """What the batches say: recorded, and what became of it."""
        names = ("recorded", "stored", "dead", "duplicates", "dropped")
        counts = self.rows(
            "SELECT coalesce(sum(last_sequence - first_sequence + 1), 0) + coalesce(sum(outbox_count), 0),"
            " sum(event_count), sum(dead_count), sum(duplicate_count), sum(dropped_count) FROM event_batches"
        )[0]
        return {name: int(value or 0) for name, value in zip(names, counts, strict=True)}

    def assert_accounts_are_exact(self) -> None:
        """Every number that was given is accounted for, and what is said to be stored is there."""
        found = self.accounts()
        assert found["recorded"] == found["stored"] + found["dead"] + found["duplicates"] + found["dropped"], found
        assert (found["stored"], found["dropped"], found["dead"]) == (self.count(), 0, 0), found

    def assert_status_says_so(self) -> None:
        """`eventlog_status`, which reads the journal as well, finds nothing missing."""
        self.assert_accounts_are_exact()
        stored = self.count()  # the command is an event too, once it has ended
        told = json.loads(self.manage("eventlog_status", "--json").said())
        assert (told["lost"], told["stored"], told["dropped"]) == (0, stored, 0), told


def rows(url: str, sql: str, *values: Any) -> list[tuple[Any, ...]]:
    with closing(psycopg2.connect(url, connect_timeout=5)) as connection:
        connection.autocommit = True
        with connection.cursor() as cursor:
            cursor.execute(sql, values or None)
            return cursor.fetchall() if cursor.description else []


@contextmanager
def destroyed_after(site: Site) -> Iterator[Site]:
    try:
        yield site
    finally:
        site.destroy()

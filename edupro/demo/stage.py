"""The demo as a whole: what is set up, what runs, what is told."""

import fcntl
import signal
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from http.client import HTTPConnection, HTTPException
from pathlib import Path
from time import monotonic, sleep

from django.conf import settings
from django.core.management import CommandError, call_command
from django.db import DatabaseError, connection

from edupro.demo import data, fresh, people
from edupro.demo.processes import Children, why_not
from edupro.demo.traffic import Traffic
from eventlog import bound
from eventlog.pipeline.drain import drain

DEFAULT_SPEED = 60.0  # an hour of school in a minute
ANSWER_SECONDS = 60  # for the server's first answer
LOOK_SECONDS = 0.2  # between looks at the programs
QUIET = "ignore:You're running the worker with superuser privileges"  # pickle is not accepted anyway
SIGNALS = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)
ANYWHERE = {"0.0.0.0": "127.0.0.1", "::": "::1"}


@dataclass(frozen=True, slots=True)
class Options:
    host: str
    port: int
    rate: float  # requests a second; 0 for no traffic
    speed: float = DEFAULT_SPEED  # how many times quicker than a real day the school's goes by
    reset: bool = False
    yes: bool = False

    @property
    def near_host(self) -> str:
        """Where this machine reaches the server."""
        return ANYWHERE.get(self.host, self.host)

    @property
    def url(self) -> str:
        return f"http://{in_brackets(self.near_host)}:{self.port}"

    @property
    def bind(self) -> str:
        return f"{in_brackets(self.host)}:{self.port}"


def in_brackets(host: str) -> str:
    return f"[{host}]" if ":" in host else host


def check(options: Options) -> None:
    """Raise CommandError, before anything is changed or started, if this cannot go well."""
    if not settings.DEBUG:
        raise CommandError("The demo makes accounts and prints their passwords: it runs with DEBUG on only.")
    if options.reset and settings.DATABASE_URL and not options.yes:
        raise CommandError("--reset drops every table of the database in DATABASE_URL. Add --yes if you mean it.")
    if obstacle := why_not(options.host, options.port):
        raise CommandError(f"Cannot serve on {options.bind}: {obstacle}. Choose another with --port or --host.")


@contextmanager
def alone() -> Iterator[None]:
    """One demo at a time in this folder. The kernel ends the lock with the process, however that ends."""
    path = Path(settings.VAR_DIR) / "demo.lock"
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("a") as file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            raise CommandError(f"The demo runs already in this folder ({path} is locked).") from None
        yield


def prepare(options: Options) -> dict[str, str]:
    """Tables, people and data; return the people's passwords. Raises CommandError."""
    with bound(actor="demo", reason="demo data"):
        try:
            if options.reset:
                fresh.start_over()
            call_command("migrate", verbosity=0, interactive=False)
            data.make()
            passwords = people.make()
            drain()
        except people.NotOurs as error:
            raise CommandError(
                f"This database has an account {error} that the demo has not made: use another database."
            ) from None
        except DatabaseError as error:
            raise CommandError(f"The database is not ready: {error}") from error
    connection.close()
    return passwords


def leave_rules_to_the_server() -> None:
    """A school's log is watched once the school is set up: that it has got its first administrator alarms nobody.

    What is stored before rules look at a database for the first time is not looked at afterwards. Where they have done
    so already, giving rights is a finding as ever.
    """
    settings.EVENTLOG = {**settings.EVENTLOG, "DETECT_BEHAVIOUR": False}  # of this process


def hosts(options: Options) -> str:
    """What the server may be called by."""
    if options.host in ANYWHERE:
        return "*"
    return ",".join([*settings.ALLOWED_HOSTS, "localhost", "127.0.0.1", "[::1]", in_brackets(options.host)])


def start(children: Children, options: Options) -> None:
    """The web server with its worker processes, and the worker of the scheduled jobs."""
    folder, var = Path(settings.BASE_DIR), Path(settings.VAR_DIR)
    environment = {"ALLOWED_HOSTS": hosts(options), "HTTPS": "off"}
    gunicorn = [sys.executable, "-m", "gunicorn", "edupro.wsgi", "--bind", options.bind, "--no-control-socket"]
    threads = ["--workers", "2", "--worker-class", "gthread", "--threads", "4", "--graceful-timeout", "4"]
    children.start("web", [*gunicorn, *threads, "--access-logfile", "-"], folder=folder, environment=environment)
    celery = [sys.executable, "-W", QUIET, "-m", "celery", "-A", "edupro", "worker", "-B", "-c", "1"]
    # Threads end in 4 s, processes take 6, and KILL comes after 8.
    schedule = ["--pool", "threads", "--schedule", str(var / "demo-beat"), "--loglevel", "INFO"]
    children.start("worker", [*celery, *schedule], folder=folder, environment=environment)


def wait_until_it_answers(children: Children, options: Options) -> None:
    deadline = monotonic() + ANSWER_SECONDS
    while not answers(options):
        see_that_all_run(children)
        if monotonic() > deadline:
            raise CommandError(f"No answer in {ANSWER_SECONDS} s. See {children.log_of('web')}.")
        sleep(LOOK_SECONDS)


def answers(options: Options) -> bool:
    connection = HTTPConnection(options.near_host, options.port, timeout=5)
    with suppress(OSError, HTTPException):
        connection.request("GET", "/health/ready")
        return connection.getresponse().status == 200
    return False


def see_that_all_run(children: Children) -> None:
    if name := children.dead():
        raise CommandError(f"The {name} process has ended by itself. Its last words are in {children.log_of(name)}.")


def greeting(options: Options, passwords: dict[str, str], logs: Path) -> Iterator[str]:
    """Where to look, line by line."""
    yield f"EduPro runs at {options.url}"
    yield ""
    yield f"  Tour     {options.url}/demo/"
    yield f"  Admin    {options.url}/admin/"
    yield f"  Events   {options.url}/admin/eventlog/event/"
    yield f"  API      {options.url}/api/siswa (sign in: POST username and password to /api/auth/login)"
    yield f"  Home     {options.url}/ (what is where for whom)"
    yield f"  Mail     {logs}/demo-worker.log (invitations, links to set a password)"
    yield f"  Logs     {logs}/demo-*.log"
    yield ""
    for person in people.PEOPLE:
        yield f"  {person.username:<8} {passwords[person.username]}   {person.may}"
    yield ""
    pace = f"about {options.rate:g} requests a second; an hour of school in {3600 / options.speed:.0f} s"
    yield f"Traffic: {pace if options.rate else 'none'}. Ctrl-C stops everything."


def run(options: Options, say: Callable[[str], None]) -> None:
    """Until KeyboardInterrupt, or CommandError when a program ends by itself; then everything is stopped."""
    children = Children(Path(settings.VAR_DIR))
    traffic = None
    try:
        say("Preparing the database ...")
        leave_rules_to_the_server()
        passwords = prepare(options)
        say("Starting the server and the worker ...")
        start(children, options)
        wait_until_it_answers(children, options)
        say("\n".join(["", *greeting(options, passwords, children.logs)]))
        if options.rate:
            at = (options.near_host, options.port)
            traffic = Traffic.of(at, passwords=passwords, rate=options.rate, speed=options.speed)
            traffic.start()
        while True:
            see_that_all_run(children)
            sleep(LOOK_SECONDS)
    finally:
        deaf()
        if children.running:
            say("\nStopping ...")
        stop(children, traffic)


def deaf() -> None:
    """A second Ctrl-C must not leave half of it running."""
    for kind in SIGNALS:
        signal.signal(kind, signal.SIG_IGN)


def stop(children: Children, traffic: Traffic | None) -> None:
    if traffic:
        traffic.stop()
    children.stop()

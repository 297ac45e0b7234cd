"""A PostgreSQL server of a test's own, which may be stopped, frozen and started again."""

import os
import signal
import subprocess
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path

from edupro import postgres
from eventlog.tests.faults.servers import eventually, free_port, rows

QUICK = ["-cfsync=off", "-cshared_buffers=32MB", "-ctimezone=UTC", "-clisten_addresses=127.0.0.1"]


@dataclass
class Database:
    folder: Path
    port: int
    process: subprocess.Popen[bytes] | None = None
    programs: Path = field(default_factory=postgres.programs)

    @classmethod
    def made(cls, folder: Path, programs: Path | None = None) -> "Database":
        """Of the wheel's version, or of that of other programs."""
        database = cls(folder / "data", free_port(), programs=programs or postgres.programs())
        locale = postgres.LOCALE if programs is None else ["--encoding=UTF8", "--locale=C.UTF-8"]
        initdb = [f"--pgdata={database.folder}", "--username=postgres", "--auth=trust", "--no-sync", *locale]
        assert database.run("initdb", *initdb).wait(60) == 0
        database.start()
        return database

    @classmethod
    def there(cls, folder: Path) -> "Database":
        """Made before, or copied from one that was."""
        return cls(folder / "data", free_port())

    @property
    def url(self) -> str:
        return f"postgresql://postgres@127.0.0.1:{self.port}/postgres"

    def run(self, program: str, *arguments: str) -> subprocess.Popen[bytes]:
        before = postgres.NOT_AS_ROOT if os.geteuid() == 0 else []
        with (self.folder.parent / "postgres.log").open("ab") as log:
            command = [*before, str(self.programs / program), *arguments]
            return subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=log, stderr=log, start_new_session=True)

    def start(self) -> None:
        where = [f"-D{self.folder}", f"-k{self.folder}", f"-p{self.port}"]
        self.process = self.run("postgres", *where, *QUICK)
        assert eventually(self.answers, seconds=30)

    def answers(self) -> bool:
        with suppress(Exception):
            return bool(rows(self.url, "SELECT 1"))
        return False

    def stop(self, how: int = signal.SIGINT) -> None:
        """SIGINT: in order, and clients are cut off at once."""
        if self.process is not None:
            self.signal(signal.SIGCONT)
            self.process.send_signal(how)
            self.process.wait(30)
            assert eventually(lambda: not self.processes())

    def signal(self, kind: int) -> None:
        """To the server and its backends: SIGSTOP makes it hang, SIGCONT goes on."""
        for pid in self.processes():
            with suppress(ProcessLookupError):
                os.kill(pid, kind)

    def processes(self) -> list[int]:
        """By their working folder, as `edupro.postgres` does; the server first, as it forks the others."""
        found = []
        for name in filter(str.isdigit, os.listdir("/proc")):
            with suppress(OSError):
                if os.readlink(f"/proc/{name}/cwd") == str(self.folder):
                    found.append(int(name))
        return sorted(found)

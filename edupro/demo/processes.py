"""Programs that the demo starts: each leads a process group of its own, says what it says to a file, and is stopped
with everything it has started itself."""

import errno
import os
import shutil
import signal
import socket
import subprocess
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from time import monotonic, sleep

STOP_SECONDS = 8.0  # for an orderly end; then they are killed


def why_not(host: str, port: int) -> str:
    """Why a server could not listen there; empty if it could."""
    try:
        family = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)[0][0]
        with socket.socket(family, socket.SOCK_STREAM) as probe:
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)  # a connection that just ended is no obstacle
            probe.bind((host, port))
            probe.listen()
    except OSError as error:
        return "the port is taken" if error.errno == errno.EADDRINUSE else error.strerror or str(error)
    return ""


def bound_to_us() -> list[str]:
    """A command's beginning that ends it when we are killed outright and can stop nothing any more."""
    return ["setpriv", "--pdeathsig", "TERM", "--"] if shutil.which("setpriv") else []


@dataclass
class Children:
    """The programs that run, by name. `logs` is the folder of what they say."""

    logs: Path
    running: dict[str, subprocess.Popen[bytes]] = field(default_factory=dict)

    def log_of(self, name: str) -> Path:
        return self.logs / f"demo-{name}.log"

    def start(self, name: str, command: list[str], *, folder: Path, environment: Mapping[str, str]) -> None:
        with self.log_of(name).open("wb") as log:
            self.running[name] = subprocess.Popen(
                [*bound_to_us(), *command],
                cwd=folder,
                env={**os.environ, **environment},
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=subprocess.STDOUT,
                start_new_session=True,  # Ctrl-C in the terminal reaches us only
            )

    def dead(self) -> str:
        """The name of one that has ended by itself, or nothing."""
        return next((name for name, child in self.running.items() if child.poll() is not None), "")

    def stop(self, seconds: float = STOP_SECONDS) -> list[str]:
        """Ask all to end, kill what has not after `seconds`; return the names of the killed."""
        for child in self.running.values():
            with suppress(ProcessLookupError):
                child.terminate()  # only the leader: it ends its own workers in good order
        deadline = monotonic() + seconds
        while any(child.poll() is None for child in self.running.values()) and monotonic() < deadline:
            sleep(0.05)
        killed = [name for name, child in self.running.items() if child.poll() is None]
        for child in self.running.values():
            with suppress(ProcessLookupError):
                os.killpg(child.pid, signal.SIGKILL)  # what a leader has left behind, too
            child.wait()
        self.running.clear()
        return killed

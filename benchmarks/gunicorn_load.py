"""Requests a second through gunicorn, with and without the event log, in turns.

    python -m benchmarks.gunicorn_load [--rounds 5] [--seconds 3] [--workers 2]

Two servers stand beside each other and take turns under `wrk` (Debian's package) with 8 connections: the project as it
is, and the same with `EVENTLOG_ENABLED=false`. Load and server share this machine's cores.
"""

import argparse
import os
import re
import shutil
import socket
import statistics
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from http.client import HTTPConnection
from pathlib import Path

from rest_framework_simplejwt.tokens import AccessToken

from benchmarks import FOLDER, samples
from benchmarks.measure import Row, say, table, throwaway_database
from benchmarks.request_overhead import teachers
from edupro.school.models import Siswa

BUDGETS = {"GET": 0.92, "POST": 0.78}
CONNECTIONS = 8
POST = """
local n = {first}
request = function()
  n = n + 1
  return wrk.format("POST", "/api/siswa", wrk.headers, '{{"nis": "{side}' .. n .. '", "nama": "Beban", "kelas": "7A"}}')
end
"""


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


@contextmanager
def gunicorn(*, enabled: bool, workers: int, database: str) -> Iterator[int]:
    """A server of the project on a free port, in the benchmark's database."""
    port = free_port()
    environment = {**os.environ, "EVENTLOG_ENABLED": str(enabled).lower(), "BENCHMARKS_DATABASE": database}
    command = [sys.executable, "-m", "gunicorn", "-w", str(workers), "-b", f"127.0.0.1:{port}", "benchmarks.served"]
    server = subprocess.Popen(command, env=environment, stderr=subprocess.DEVNULL)
    try:
        wait_for(port)
        yield port
    finally:
        server.terminate()
        server.wait(15)


def wait_for(port: int) -> None:
    for _ in range(200):
        try:
            connection = HTTPConnection("127.0.0.1", port, timeout=5)
            connection.request("GET", "/health/live")
            connection.getresponse().read()
        except OSError:
            time.sleep(0.1)
        else:
            return
    raise SystemExit("gunicorn did not answer")


def requests_a_second(port: int, method: str, token: str, seconds: int, script: Path | None) -> float:
    command = ["wrk", "-t1", f"-c{CONNECTIONS}", f"-d{seconds}s", "-H", f"Authorization: Bearer {token}"]
    command += ["-H", "Content-Type: application/json", *(["-s", str(script)] if script else [])]
    said = subprocess.run(
        [*command, f"http://127.0.0.1:{port}/api/siswa?page_size=20"], capture_output=True, text=True, check=True
    ).stdout
    if "Non-2xx" in said:
        raise SystemExit(f"{method} was refused:\n{said}")
    found = re.search(r"Requests/sec:\s+([\d.]+)", said)
    return float(found[1]) if found else 0.0


def new_students(side: str, number: int) -> Path:
    """A script for wrk that creates a student a request, each with a number of its own."""
    script = FOLDER / f"post-{side}-{number}.lua"
    script.write_text(POST.format(first=number * 100_000, side=side))
    return script


def compared(ports: tuple[int, int], method: str, token: str, rounds: int, seconds: int) -> Row:
    pairs = []
    for number in range(rounds + 1):
        sides = (("b", ports[0]), ("w", ports[1]))
        rates = {}
        for side, port in sides if number % 2 else sides[::-1]:
            script = new_students(side, number) if method == "POST" else None
            rates[side] = requests_a_second(port, method, token, seconds, script)
        pairs.append((rates["b"], rates["w"]))
    bare, recorded = (statistics.median(pair[side] for pair in pairs[1:]) for side in (0, 1))  # the first warms up
    ratio = statistics.median(with_it / without for without, with_it in pairs[1:])
    budget = BUDGETS[method]
    cells = (f"{method}, gunicorn sync", f"{bare:.0f}/s", f"{recorded:.0f}/s", f"{ratio:.2f}")
    return Row(cells, f">= {budget}", ratio >= budget)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--seconds", type=int, default=3)
    parser.add_argument("--workers", type=int, default=2)
    given = parser.parse_args()
    if shutil.which("wrk") is None:
        raise SystemExit("This benchmark needs wrk: apt-get install wrk")
    with throwaway_database() as database:
        token = AccessToken.for_user(teachers()[0])
        token["username"], token["role"] = "ibu.sari", "admin"
        Siswa.objects.bulk_create([Siswa(nis=f"x{n}", nama=samples.STUDENT["nama"], kelas="7A") for n in range(50)])
        with (
            gunicorn(enabled=False, workers=given.workers, database=database) as bare,
            gunicorn(enabled=True, workers=given.workers, database=database) as recorded,
        ):
            rows = [compared((bare, recorded), method, str(token), given.rounds, given.seconds) for method in BUDGETS]
    table(f"{given.rounds} rounds of {given.seconds} s", ("", "without", "with", "ratio"), rows)
    say()


if __name__ == "__main__":
    main()

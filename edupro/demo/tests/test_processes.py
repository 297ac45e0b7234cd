import os
import signal
import socket
import sys
from collections.abc import Iterator
from pathlib import Path
from time import monotonic, sleep

import pytest

from edupro.demo.processes import Children, why_not


@pytest.fixture
def children(tmp_path: Path) -> Iterator[Children]:
    family = Children(tmp_path)
    yield family
    family.stop(0)


def run(children: Children, name: str, program: str, *, until: str = "") -> int:
    """Start a Python program, wait until it has said `until`; return its pid."""
    folder = children.logs
    children.start(name, [sys.executable, "-u", "-c", program], folder=folder, environment={"GREETING": "halo"})
    comes_true(lambda: until in children.log_of(name).read_text())
    return children.running[name].pid


def comes_true(condition, seconds: float = 10) -> None:
    deadline = monotonic() + seconds
    while not condition():
        assert monotonic() < deadline
        sleep(0.02)


def lives(pid: int) -> bool:
    try:
        return "Z" not in Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0]
    except FileNotFoundError:
        return False


def test_what_a_program_says_is_in_its_log(children):
    run(children, "talker", "import os; print(os.environ['GREETING'])", until="halo\n")


def test_a_program_that_ended_is_named(children):
    run(children, "stays", "print('up'); import time; time.sleep(60)", until="up")
    assert children.dead() == ""
    run(children, "leaves", "print('up')", until="up")
    comes_true(lambda: children.dead() == "leaves")


def test_programs_are_asked_to_end(children):
    pid = run(children, "polite", "print('up'); import time; time.sleep(60)", until="up")
    assert children.stop() == [] and not lives(pid)


STUBBORN = "import signal, time; signal.signal(signal.SIGTERM, signal.SIG_IGN); print('up'); time.sleep(60)"


def test_one_that_does_not_end_is_killed_and_named(children):
    pid = run(children, "stubborn", STUBBORN, until="up")
    assert children.stop(0.3) == ["stubborn"] and not lives(pid)


def test_what_a_program_leaves_behind_is_ended_too(children):
    starter = "import subprocess; print(subprocess.Popen(['sleep', '60']).pid, 'up'); import time; time.sleep(60)"
    run(children, "starter", starter, until="up")
    grandchild = int(children.log_of("starter").read_text().split()[0])
    children.stop()
    comes_true(lambda: not lives(grandchild))


def test_ctrl_c_in_the_terminal_is_not_for_them(children):
    pid = run(children, "deaf", "print('up'); import time; time.sleep(60)", until="up")
    assert os.getpgid(pid) == pid != os.getpgid(0)


@pytest.mark.skipif(not Path("/usr/bin/setpriv").exists(), reason="setpriv is missing")
def test_they_end_when_their_starter_is_killed(tmp_path):
    parent = os.fork()
    if not parent:
        run(Children(tmp_path), "orphan", "import os, time; print(os.getpid(), 'up'); time.sleep(60)", until="up")
        os.kill(os.getpid(), signal.SIGKILL)
    os.waitpid(parent, 0)
    orphan = int((tmp_path / "demo-orphan.log").read_text().split()[0])
    comes_true(lambda: not lives(orphan))


def test_a_taken_port_is_said():
    with socket.create_server(("127.0.0.1", 0)) as server:
        assert why_not("127.0.0.1", server.getsockname()[1]) == "the port is taken"


def test_a_free_port_is_free_and_stays_so():
    with socket.create_server(("127.0.0.1", 0)) as server:
        port = server.getsockname()[1]
    assert why_not("127.0.0.1", port) == why_not("127.0.0.1", port) == ""


def test_an_address_of_another_machine_is_refused():
    assert why_not("192.0.2.1", 8000)

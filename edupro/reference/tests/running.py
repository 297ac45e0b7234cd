"""Runs the code of the documentation: shell, Python, SQL, settings.

Of a shell's block each statement is run: assignments are settings, and are read as such; `manage.py` is called in this
process; `curl` and whatever else there is are run, in a folder of the test's own.
"""

import ast
import configparser
import json
import os
import re
import shlex
import shutil
import subprocess
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from io import StringIO
from pathlib import Path
from typing import Any

import duckdb
import pytest
from django.core.management import call_command
from django.db import connection
from django.utils.module_loading import import_string

from edupro.reference.tests.pages import Block
from edupro.reference.tests.test_documentation import environment_names
from eventlog.conf import SETTINGS

ASSIGNMENT = re.compile(r"(?:export )?([A-Z][A-Z0-9_]*)=(.*)", re.DOTALL)
MANAGE = re.compile(r"(?:(?:\S*/)?python3? )?(?:\./)?manage\.py (.*)", re.DOTALL)
OUTSIDE = {"sudo", "apt-get", "systemctl", "su", "pip", "dropdb", "createdb", "reboot"}  # never by a test
PATIENCE = 20  # seconds


@dataclass(slots=True)
class World:
    """What the pages suppose: `swaps` are texts of theirs and what stands here for them, `names` what their Python
    knows, `environment` what their shell does; `archive` makes one, and says where."""

    folder: Path
    swaps: dict[str, str]
    names: dict[str, Any]
    environment: dict[str, str]
    archive: Callable[[], dict[str, str]]
    said: list[str] = field(default_factory=list)

    def swapped(self, code: str) -> str:
        for theirs, ours in self.swaps.items():
            code = code.replace(theirs, ours)
        return code

    def run(self, block: Block) -> None:
        """Raises whatever goes wrong."""
        RUNNERS[block.language](self, self.swapped(block.code))


# --- shell ---
def shell(world: World, code: str) -> None:
    for statement in statements(code):
        if assigned := ASSIGNMENT.fullmatch(statement):
            assign(world, assigned[1], " ".join(shlex.split(assigned[2], comments=True)))
        elif called := MANAGE.fullmatch(statement):
            manage(world, shlex.split(called[1], comments=True))
        else:
            run(world, statement)


def statements(code: str) -> Iterator[str]:
    """Quotes and backslashes may go on over lines."""
    pending = ""
    for line in code.splitlines():
        pending += line + "\n"
        if line.endswith("\\") or not is_closed(pending):
            continue
        if shlex.split(pending, comments=True):
            yield pending.strip()
        pending = ""
    assert not pending.strip(), f"a quotation that does not end: {pending}"


def is_closed(text: str) -> bool:
    try:
        shlex.split(text, comments=True)
    except ValueError:
        return False
    return True


def assign(world: World, name: str, value: str) -> None:
    """A setting is read as it will be; `…` means what an answer before has said."""
    if name.startswith("EVENTLOG_"):
        SETTINGS[name.removeprefix("EVENTLOG_")].parse(value)
    elif value == "…":
        assert name in world.environment, f"nobody has said what {name} is"
    else:
        assert name in environment_names() | set(world.environment), f"nothing reads {name}"
        world.environment[name] = value


def manage(world: World, words: list[str]) -> None:
    out = StringIO()
    try:
        call_command(*words, stdout=out, stderr=out)
    except SystemExit as ended:
        assert not ended.code, f"manage.py {words[0]} ended with {ended.code}: {out.getvalue()}"
    world.said.append(out.getvalue())


def run(world: World, statement: str) -> None:
    program = shlex.split(statement, comments=True)[0]
    assert program not in OUTSIDE, f"a test cannot run {program}: say so above the block, <!-- not run: why -->"
    if program == "curl" and not shutil.which("curl"):
        pytest.skip("apt-get install curl")
    statement = re.sub(r"\bcurl\b", "curl -sS --fail-with-body --max-time 15", statement)
    done = subprocess.run(
        ["sh", "-ec", statement],
        cwd=world.folder,
        env={"PATH": os.environ["PATH"], "HOME": str(world.folder), **world.environment},
        capture_output=True,
        text=True,
        timeout=PATIENCE,
    )
    assert done.returncode == 0, f"{statement}\n{done.stdout[-2000:]}{done.stderr[-2000:]}"
    world.said.append(done.stdout)


# --- others ---
def python(world: World, code: str) -> None:
    for node in ast.walk(ast.parse(code)):
        if isinstance(node, ast.Constant) and isinstance(node.value, str) and is_path(node.value):
            import_string(node.value)
    exec(compile(code, "the documentation", "exec"), dict(world.names))


def is_path(text: str) -> bool:
    return re.fullmatch(r"(?:eventlog|edupro|django)(?:\.\w+){2,}", text) is not None


def sql(world: World, code: str) -> None:
    if code.startswith("-- duckdb"):
        for theirs, ours in world.archive().items():
            code = code.replace(theirs, ours)
        duckdb.connect().execute(code).fetchall()
        return
    with connection.cursor() as cursor:
        for statement in code.split(";\n"):
            if statement.strip():
                cursor.execute(statement)


def settings_file(world: World, code: str) -> None:
    """Units of systemd, and files like them."""
    parser = configparser.ConfigParser(strict=False, interpolation=None, delimiters=("=",))
    parser.optionxform = str  # type: ignore[assignment,method-assign]
    parser.read_string(code)
    assert parser.sections(), "no section"


def parsed_json(world: World, code: str) -> None:
    json.loads(code)


RUNNERS: dict[str, Callable[[World, str], None]] = {
    "sh": shell,
    "bash": shell,
    "python": python,
    "sql": sql,
    "ini": settings_file,
    "json": parsed_json,
}
OUTPUT = {"", "text", "console"}  # what a program has said, or a drawing

"""What the environment and `.env` decide, and what a start without them is refused for."""

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

PROJECT = Path(__file__).parents[1]
KEYS = {"SECRET_KEY": "a-long-random-text-" * 3, "JWT_SECRET_KEY": "another-long-random-text-" * 3}
PRODUCTION = {"DEBUG": "off", "DATABASE_URL": "postgresql://school@db/school", **KEYS}
DEVELOPMENT_KEY = "for-development-only-0123456789-abcdefghijklmnopqrstuvwxyz-edupro"


@pytest.fixture
def project(tmp_path: Path) -> Path:
    """A folder with the settings in it, where a test may write its own `.env`."""
    (tmp_path / "edupro").mkdir()
    for name in ("settings.py", "postgres.py"):
        shutil.copy(PROJECT / name, tmp_path / "edupro")
    return tmp_path


def loaded(project: Path, show: str, **environment: str) -> subprocess.CompletedProcess[str]:
    code = f"from edupro import settings; print(settings.{show})"
    path = {"PATH": os.environ["PATH"]}
    return subprocess.run(
        [sys.executable, "-c", code], cwd=project, env=path | environment, capture_output=True, text=True, timeout=60
    )


def shown(project: Path, show: str, **environment: str) -> str:
    ended = loaded(project, show, **environment)
    assert ended.returncode == 0, ended.stderr
    return ended.stdout.strip()


def refusal(project: Path, **environment: str) -> str:
    """The last line of what a start says that must fail."""
    ended = loaded(project, "DEBUG", **environment)
    assert ended.returncode == 1
    return ended.stderr.strip().splitlines()[-1]


def test_production_starts_with_its_keys_and_database(project: Path) -> None:
    assert shown(project, "DEBUG", **PRODUCTION) == "False"


@pytest.mark.parametrize("name", KEYS)
@pytest.mark.parametrize(
    ("value", "why"),
    [("", "missing"), (DEVELOPMENT_KEY, "the development one"), (DEVELOPMENT_KEY[::-1], "the development one")],
)
def test_a_key_that_is_missing_or_known_to_all_is_refused(project: Path, name: str, value: str, why: str) -> None:
    said = refusal(project, **PRODUCTION | {name: value})
    assert f"ImproperlyConfigured: {name} is {why}: with DEBUG off, set {name} in the environment" in said


@pytest.mark.parametrize("name", [*KEYS, "DATABASE_URL"])
def test_what_production_lacks_is_named(project: Path, name: str) -> None:
    given = {key: value for key, value in PRODUCTION.items() if key != name}
    assert f"ImproperlyConfigured: {name} is missing" in refusal(project, **given)


def test_the_file_is_read(project: Path) -> None:
    (project / ".env").write_text("DATABASE_URL=postgresql://school@db/school\nTIME_ZONE=Asia/Makassar\n")
    assert shown(project, "TIME_ZONE") == "Asia/Makassar"


def test_the_environment_wins_over_the_file(project: Path) -> None:
    (project / ".env").write_text("DATABASE_URL=postgresql://school@db/school\nTIME_ZONE=Asia/Makassar\n")
    assert shown(project, "TIME_ZONE", TIME_ZONE="Asia/Jayapura") == "Asia/Jayapura"


def test_production_can_be_set_up_by_the_file_alone(project: Path) -> None:
    (project / ".env").write_text("".join(f"{name}={value}\n" for name, value in PRODUCTION.items()))
    assert shown(project, "DEBUG") == "False"


def test_mail_is_printed_until_a_server_is_named(project: Path) -> None:
    assert shown(project, "EMAIL_BACKEND").endswith("console.EmailBackend")
    assert shown(project, "EMAIL_HOST", EMAIL_URL="smtp+tls://a:b@mail.school.example:587") == "mail.school.example"


def test_warnings_of_the_application_are_events(project: Path) -> None:
    assert shown(project, "LOGGING['root']['handlers']") == "['console', 'events']"

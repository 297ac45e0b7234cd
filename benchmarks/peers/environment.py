"""The environment in which all variants run: the project's own packages and, besides, the peers."""

import subprocess
import sys
from pathlib import Path

from django.conf import settings

from benchmarks.measure import say
from benchmarks.peers.variants import PACKAGES

FOLDER = Path(settings.VAR_DIR) / "benchmarks" / "peers"
REQUIREMENTS = Path(settings.BASE_DIR) / "requirements.txt"


def python() -> Path:
    """Its interpreter. Made on first use, and anew when what is wanted has changed."""
    wanted = "\n".join([*PACKAGES, REQUIREMENTS.read_text()])
    made_of = FOLDER / "made-of.txt"
    if not made_of.exists() or made_of.read_text() != wanted:
        say(f"… installing {', '.join(PACKAGES)} into {FOLDER}")
        make()
        made_of.write_text(wanted)
    return FOLDER / "bin" / "python"


def make() -> None:
    """By the interpreter that this one's environment was made with: that one has pip."""
    base = Path(sys.base_prefix) / "bin" / "python3"
    install: list[str | Path] = ["install", "--quiet", "--disable-pip-version-check", "-r", REQUIREMENTS, *PACKAGES]
    subprocess.run([base, "-m", "venv", "--clear", "--without-pip", FOLDER], check=True)
    subprocess.run([base, "-m", "pip", "--python", FOLDER / "bin" / "python", *install], check=True)

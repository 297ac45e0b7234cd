"""The command that takes the pictures, up to where it needs a demo that runs."""

from pathlib import Path

import pytest
from django.core.management import CommandError, call_command

from edupro.demo.screenshots import LOOKS, SCENES
from edupro.settings import BASE_DIR


def test_without_the_demo_s_passwords_it_says_so(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr("shutil.which", lambda name: f"/usr/bin/{name}")
    with pytest.raises(CommandError, match="No password of admin"):
        call_command("demo_screenshots", passwords=tmp_path / "nothing.json")


def test_every_picture_is_there_and_shown():
    shown = (BASE_DIR / "docs/console.md").read_text(encoding="utf-8")
    names = {f"images/{scene.name}{look.suffix}.png" for scene in SCENES for look in LOOKS}
    assert {name for name in names if f"({name})" in shown and (BASE_DIR / "docs" / name).exists()} == names

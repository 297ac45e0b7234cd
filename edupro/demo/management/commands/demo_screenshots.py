"""`manage.py demo_screenshots`: the pictures of the console for the docs."""

import json
import shutil
from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.management import BaseCommand, CommandError
from django.core.management.base import CommandParser

from edupro.demo import people, screenshots


class Command(BaseCommand):
    help = "Take pictures of the console of a demo that runs (best after some minutes), into docs/images/."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--url", default="http://127.0.0.1:8000", help="where the demo runs")
        parser.add_argument("--passwords", type=Path, default=people.passwords_file(), help="the demo's own file")
        folder = Path(settings.BASE_DIR) / "docs/images"
        parser.add_argument("--folder", type=Path, default=folder, help="where they go (docs/images)")
        parser.add_argument("--as", dest="username", default="admin", help="who looks (admin)")

    def handle(self, *args: Any, **given: Any) -> None:
        chromium = shutil.which("chromium") or shutil.which("chromium-browser")
        if chromium is None:
            raise CommandError("There is no Chromium: apt-get install chromium")
        try:
            password = json.loads(given["passwords"].read_text(encoding="utf-8"))[given["username"]]
        except (OSError, ValueError, KeyError) as error:
            raise CommandError(f"No password of {given['username']} in {given['passwords']}: {error!r}") from error
        visitor = screenshots.Visitor(given["url"], given["username"], password)
        screenshots.take(visitor, given["folder"], chromium=chromium, say=self.stdout.write)

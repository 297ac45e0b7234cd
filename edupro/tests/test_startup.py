"""What a process takes in before it has anything to do: every command, worker and server pays for it."""

import os
import subprocess
import sys

from edupro.settings import BASE_DIR

LARGE = {"numpy", "openpyxl", "pyarrow", "sklearn"}
STARTS = "import sys, django; django.setup(); import edupro.urls; print(*sys.modules)"


def test_what_few_processes_need_is_not_loaded_by_all() -> None:
    environment = {**os.environ, "DJANGO_SETTINGS_MODULE": "edupro.settings"}
    command = [sys.executable, "-c", STARTS]
    told = subprocess.run(command, env=environment, cwd=BASE_DIR, capture_output=True, text=True, check=True)
    loaded = set(told.stdout.split())
    assert "edupro.school.exchange.api" in loaded and not LARGE & loaded

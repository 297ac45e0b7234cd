"""What the event log costs, measured beside the same thing without it, in turns in one run.

Each module runs by itself, `python -m benchmarks.request_overhead`, with the project's settings, in a database of its
own beside the configured one and with a journal of its own; both are gone afterwards. They print a table with the
budget beside each figure and never fail for a figure: machines differ, ratios less so.

Importing this package sets Django up. A process that a benchmark starts finds the same folder and database by
`BENCHMARKS_DIR` and `BENCHMARKS_DATABASE`.
"""

import atexit
import os
import shutil
import tempfile
from pathlib import Path

if "BENCHMARKS_DIR" not in os.environ:
    os.environ["BENCHMARKS_DIR"] = tempfile.mkdtemp(prefix="benchmarks-")
    atexit.register(shutil.rmtree, os.environ["BENCHMARKS_DIR"], ignore_errors=True)

FOLDER = Path(os.environ["BENCHMARKS_DIR"])
os.environ["EVENTLOG_SPOOL_DIR"] = str(FOLDER / "spool")  # never the installation's own
os.environ.setdefault("LOG_LEVEL", "ERROR")
os.environ.setdefault("DJANGO_SETTINGS_MODULE", "edupro.settings")

import django  # noqa: E402

django.setup()

from django.conf import settings  # noqa: E402

settings.DEBUG = False  # it would keep every query, and look every static file up anew
settings.WHITENOISE_AUTOREFRESH = False
settings.ALLOWED_HOSTS = ["*"]
if "BENCHMARKS_DATABASE" in os.environ:
    settings.DATABASES["default"]["NAME"] = os.environ["BENCHMARKS_DATABASE"]

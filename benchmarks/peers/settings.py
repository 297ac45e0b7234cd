"""EduPro's settings with one small app, and one way of recording changes: the one that `BENCHMARKS_VARIANT` names."""

import os

from benchmarks.peers.variants import VARIANTS
from edupro.settings import *  # noqa: F403
from edupro.settings import DATABASES, EVENTLOG, MIDDLEWARE

OURS = "eventlog.capture.middleware.EventLoggingMiddleware"
LEFT_OUT = (OURS, "whitenoise.middleware.WhiteNoiseMiddleware", "csp.middleware.CSPMiddleware")
variant = VARIANTS[os.environ["BENCHMARKS_VARIANT"]]

INSTALLED_APPS = [
    *variant.apps,
    "benchmarks.peers",
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.sessions",
    "django.contrib.messages",
    "rest_framework",
]
MIDDLEWARE = [
    *(name for name in variant.middleware if name == OURS),  # first, as the others' last: each where it belongs
    *(name for name in MIDDLEWARE if name not in LEFT_OUT),
    *(name for name in variant.middleware if name != OURS),
]
DATABASES["default"]["CONN_MAX_AGE"] = None  # one backend a process, whose CPU time is looked at
ROOT_URLCONF = "benchmarks.peers.urls"
globals().update({**variant.settings, "EVENTLOG": {**EVENTLOG, **variant.settings.get("EVENTLOG", {})}})

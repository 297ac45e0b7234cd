"""The project as it is, and a few views that break on demand. For processes that these tests start."""

from edupro.settings import *  # noqa: F403

ROOT_URLCONF = "eventlog.tests.faults.urls"

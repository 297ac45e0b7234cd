"""Another project than EduPro: its users have keys of their own kind and sign in by an e-mail address."""

from edupro.settings import *  # noqa: F403
from edupro.settings import EVENTLOG, INSTALLED_APPS

SCHOOL = (
    *("edupro.people", "edupro.school", "edupro.demo"),
    *("rest_framework_simplejwt.token_blacklist", "django.contrib.admin"),
)
INSTALLED_APPS = ["eventlog.tests.custom", *(app for app in INSTALLED_APPS if app not in SCHOOL)]
AUTH_USER_MODEL = "custom.Person"
ROOT_URLCONF = "eventlog.tests.custom.urls"
EVENTLOG = {**EVENTLOG, "AUDITED_MODELS": "*", "TRIGGER_MODELS": []}

"""Another project than EduPro: its users have keys of their own kind and sign in by an e-mail address."""

from edupro.settings import *  # noqa: F403
from edupro.settings import EVENTLOG, INSTALLED_APPS, MIDDLEWARE

OF_USERS = ("rest_framework_simplejwt.token_blacklist", "django.contrib.admin")
INSTALLED_APPS = [
    "eventlog.tests.custom",
    *(app for app in INSTALLED_APPS if not app.startswith("edupro.") and app not in OF_USERS),
]
MIDDLEWARE = [middleware for middleware in MIDDLEWARE if not middleware.startswith("edupro.")]
AUTH_USER_MODEL = "custom.Person"
ROOT_URLCONF = "eventlog.tests.custom.urls"
EVENTLOG = {**EVENTLOG, "AUDITED_MODELS": "*", "TRIGGER_MODELS": [], "RECORDED_SIGNALS": {}}

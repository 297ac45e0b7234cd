"""EduPro's settings, and a zoo of hard cases: a model for every shape that a change can come in."""

from django.conf import global_settings

from edupro.settings import *  # noqa: F403
from edupro.settings import EVENTLOG, INSTALLED_APPS, LOGGING

FILE_UPLOAD_HANDLERS = global_settings.FILE_UPLOAD_HANDLERS  # as the event log finds them elsewhere
INSTALLED_APPS = [*INSTALLED_APPS, "eventlog.tests.zoo"]
ZOO = ("Keeper", "Tag", "Animal", "Bird", "Parrot", "Membership", "Club", "Note", "Seat", "Odd")
EVENTLOG = {
    **EVENTLOG,
    "AUDITED_MODELS": {**EVENTLOG["AUDITED_MODELS"], **{f"zoo.{name}": {} for name in ZOO}},
    "TRIGGER_MODELS": [],  # each test says itself which mechanism it is about
    "ENCRYPTION_KEYS": [],  # and whether it is about this
}
# A test that is about something else counts its events without those of Django's warnings.
LOGGING = {**LOGGING, "handlers": {**LOGGING["handlers"], "events": {"class": "logging.NullHandler"}}}

"""Celery for EduPro: the tasks are in their apps, the event log's schedule is its own."""

import os

from celery import Celery
from celery.schedules import crontab
from kombu.transport import TRANSPORT_ALIASES

from eventlog.schedule import SCHEDULE

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "edupro.settings")

TRANSPORT_ALIASES["filesystem"] = "edupro.filequeue:Transport"
app = Celery("edupro")
app.config_from_object("django.conf:settings", namespace="CELERY")
app.autodiscover_tasks()
app.conf.beat_schedule = {
    **SCHEDULE,
    "remove imports that nobody confirmed": {
        "task": "edupro.school.tasks.remove_old_drafts",
        "schedule": crontab(minute="40"),
    },
}

"""Celery for EduPro: the schedule is here, the tasks are in their apps."""

import os

from celery import Celery
from celery.schedules import crontab
from kombu.transport import TRANSPORT_ALIASES

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "edupro.settings")

TRANSPORT_ALIASES["filesystem"] = "edupro.filequeue:Transport"
app = Celery("edupro")
app.config_from_object("django.conf:settings", namespace="CELERY")
app.autodiscover_tasks()
app.conf.beat_schedule = {
    "make the months ahead": {"task": "eventlog.tasks.make_partitions", "schedule": crontab(hour="1", minute="10")},
    "clean up what is past its time": {"task": "eventlog.tasks.clean_up", "schedule": crontab(hour="2", minute="20")},
    "put counts together": {"task": "eventlog.tasks.compact_rollups", "schedule": 600.0},
    "remove imports that nobody confirmed": {
        "task": "edupro.school.tasks.remove_old_drafts",
        "schedule": crontab(minute="40"),
    },
    "forward what was stored": {"task": "eventlog.tasks.forward", "schedule": 10.0},
    "store what dead processes left": {"task": "eventlog.tasks.drain", "schedule": 30.0},
}

"""When the scheduled jobs are due: for Celery's `beat_schedule`. The project names the clock (`CELERY_TIMEZONE`)."""

from typing import Any, Final

from celery.schedules import crontab

SCHEDULE: Final[dict[str, dict[str, Any]]] = {
    "make the months ahead": {"task": "eventlog.tasks.make_partitions", "schedule": crontab(hour="1", minute="10")},
    "archive what is old": {"task": "eventlog.tasks.archive", "schedule": crontab(hour="1", minute="30")},
    "clean up what is past its time": {"task": "eventlog.tasks.clean_up", "schedule": crontab(hour="2", minute="20")},
    "verify a part of what is stored": {"task": "eventlog.tasks.verify", "schedule": crontab(hour="3", minute="30")},
    "erase whom two have agreed to erase": {"task": "eventlog.tasks.erase_subjects", "schedule": 60.0},
    "put counts together": {"task": "eventlog.tasks.compact_rollups", "schedule": 600.0},
    "tell of alerts": {"task": "eventlog.tasks.notify", "schedule": 10.0},
    "sign what the log is": {"task": "eventlog.tasks.checkpoint", "schedule": 60.0},
    "give what was signed to anchors": {"task": "eventlog.tasks.anchor", "schedule": 60.0},
    "look at the limits": {"task": "eventlog.tasks.thresholds", "schedule": 60.0},
    "look at what people do": {"task": "eventlog.tasks.sweep_rules", "schedule": 30.0},
    "forward what was stored": {"task": "eventlog.tasks.forward", "schedule": 10.0},
    "store what dead processes left": {"task": "eventlog.tasks.drain", "schedule": 30.0},
}

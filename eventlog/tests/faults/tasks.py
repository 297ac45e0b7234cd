from celery import shared_task

from eventlog import EventLogger


@shared_task
def note(number: int) -> None:
    EventLogger().log_event("MAINTENANCE", reason=f"note {number}")

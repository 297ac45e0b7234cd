import os
import signal
import time
from typing import Any

from celery import Task, shared_task

from eventlog import EventLogger, bound


@shared_task
def note(number: int) -> None:
    EventLogger().log_event("MAINTENANCE", reason=f"note {number}")


@shared_task(ignore_result=False)
def answer(number: int) -> int:
    note.run(number)
    return number


@shared_task
def sum_up(numbers: list[int]) -> None:
    note.run(sum(numbers))


@shared_task(bind=True, max_retries=1)
def try_again(self: Task[Any, Any], number: int) -> None:
    note.run(number)
    if not self.request.retries:
        with bound(actor="somebody else"):
            raise self.retry(countdown=0.1)


@shared_task
def cause(number: int) -> None:
    note.delay(number)


@shared_task
def fail() -> None:
    raise LookupError("nobody")


@shared_task
def die() -> None:
    os.kill(os.getpid(), signal.SIGKILL)


@shared_task
def sleep(seconds: float) -> None:
    time.sleep(seconds)


@shared_task
def leave() -> None:
    raise SystemExit(3)

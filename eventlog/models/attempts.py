"""How it goes to send somebody what he is to have."""

import random
from datetime import datetime, timedelta
from typing import Final

from django.db import models

FIRST_PAUSE: Final = timedelta(seconds=5)  # after a failure, then twice as long each time
LONGEST_PAUSE: Final = timedelta(minutes=5)


class Attempts(models.Model):
    """What failed in a row, and when it is tried again."""

    last_success = models.DateTimeField(null=True)
    last_error = models.TextField(blank=True, default="")
    failures = models.IntegerField(default=0)  # in a row
    failing_since = models.DateTimeField(null=True)
    retry_at = models.DateTimeField(null=True)

    class Meta:
        abstract = True

    def may_be_tried(self, now: datetime) -> bool:
        return self.retry_at is None or self.retry_at <= now

    def forget_failures(self) -> None:
        self.failures, self.last_error = 0, ""
        self.failing_since = self.retry_at = None

    def wait_longer(self, reason: str, now: datetime) -> None:
        self.failures += 1
        self.last_error = reason
        self.failing_since = self.failing_since or now
        pause = min(LONGEST_PAUSE, FIRST_PAUSE * 2 ** min(self.failures - 1, 10))
        self.retry_at = now + pause * random.uniform(0.5, 1.0)

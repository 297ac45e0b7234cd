"""A test as others write theirs, run by Django's own runner against the real pipeline."""

from time import sleep

from django.test import TransactionTestCase

from eventlog import EventLogger
from eventlog.models import Event


class AnybodysTest(TransactionTestCase):
    def test_events_are_stored(self) -> None:
        EventLogger().log_event("LOGIN_FAILED")
        for _ in range(50):
            if Event.objects.filter(event_type="LOGIN_FAILED").exists():
                break
            sleep(0.1)
        self.assertEqual(Event.objects.filter(event_type="LOGIN_FAILED").count(), 1)

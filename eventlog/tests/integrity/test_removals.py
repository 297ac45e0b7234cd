"""Removals: the log stays valid through a life of periods, holds and dropped partitions, and every event is accounted
for."""

from datetime import datetime, timedelta

import pytest
from django.utils import timezone

from eventlog.integrity import verify
from eventlog.integrity.verify import Question
from eventlog.models import Event, Hold, Rollup
from eventlog.retention import cleanup, holds, partitions
from eventlog.retention.periods import Month
from eventlog.tests.conftest import Change
from eventlog.tests.integrity.conftest import checkpoint, event, write

pytestmark = pytest.mark.django_db(transaction=True)
WRITTEN = 3_000
CATEGORIES = ("AUTH", "CRUD", "SECURITY")


@pytest.fixture
def log(signing: Change) -> Change:
    """Events of ten months, from 5 to 310 days old, of three people, in partitions and in the default one."""
    signing(RETENTION_DAYS_BY_CATEGORY={"AUTH": 200, "SECURITY": 30})
    now = timezone.now()
    for days in (100, 180, 300):
        partitions.with_short_locks("default", partitions.attach, Month.of(now - timedelta(days=days)))
    for begin in range(0, WRITTEN, 500):
        write(*(made(number, now) for number in range(begin, begin + 500)))
    checkpoint()
    return signing


def made(number: int, now: datetime) -> bytes:
    """Some of the younger ones have a time of their own."""
    days, category, username = 5 + 305 * number / WRITTEN, CATEGORIES[number % 3], f"user{number % 7}"
    own = 365 if number % 50 == 0 and days < 140 else None
    when = now - timedelta(days=days)
    return event(timestamp=when, event_category=category, username=username, retention_days=own)


def cleaned() -> tuple[int, int]:
    """(events removed, partitions dropped), with a log that is valid before and after it is signed."""
    done = list(cleanup.clean_up())
    assert verdict() == "valid"
    checkpoint()
    assert verdict() == "valid"
    return sum(removal.rows for removal in done), sum(bool(removal.partition) for removal in done)


def verdict() -> str:
    found = verify.total(list(verify.verify(Question(), using="default")))
    assert found.findings == ()
    return found.verdict


def left() -> int:
    return Event.objects.filter(event_type="MAINTENANCE").count()


def test_the_log_stays_valid_through_holds_and_dropped_partitions(log: Change) -> None:
    hold = Hold(username="user3", reason="a lawsuit")
    holds.place(hold, by="ada")
    removed, dropped = cleaned()
    assert removed > 1_000 and dropped == 0 and left() == WRITTEN - removed
    assert Event.objects.filter(username="user3").count() == len(range(3, WRITTEN, 7))

    holds.lift(hold, reason="settled", by="ada")
    more, dropped = cleaned()
    assert more > 100 and dropped == 1 and left() == WRITTEN - removed - more

    log(RETENTION_DAYS_BY_CATEGORY={})
    rest, dropped = cleaned()
    assert dropped == 1 and left() == WRITTEN - removed - more - rest
    assert Event.objects.filter(retention_days=365).count() == len(range(0, WRITTEN * 135 // 305, 50))
    assert sum(Rollup.objects.filter(event_type="MAINTENANCE").values_list("event_count", flat=True)) == WRITTEN

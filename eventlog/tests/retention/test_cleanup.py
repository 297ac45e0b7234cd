"""Clean-up: what is past its time goes, everything else stays, and it is told."""

from datetime import timedelta
from io import StringIO
from uuid import uuid4

import pytest
from django.core.management import call_command
from django.utils import timezone

from eventlog import tasks
from eventlog.models import Alert, DeadLetter, Event, EventFinding
from eventlog.pipeline import store
from eventlog.record import make_record
from eventlog.retention import cleanup, partitions
from eventlog.retention.keeping import Keeping
from eventlog.retention.periods import Month
from eventlog.tests.conftest import Change
from eventlog.tests.retention.conftest import beside

pytestmark = pytest.mark.django_db


def stored(days_ago: int, count: int = 1) -> None:
    moment = timezone.now() - timedelta(days=days_ago)
    store.write(store.Batch([make_record("MAINTENANCE", {"timestamp": moment}).to_json() for _ in range(count)]))


def test_only_what_is_older_than_the_retention_goes(event_log: Change) -> None:
    event_log(LOG_RETENTION_DAYS=90)
    stored(days_ago=100, count=3)
    stored(days_ago=80)
    tasks.clean_up()
    assert Event.objects.filter(event_type="MAINTENANCE").count() == 1


def test_it_goes_in_bounded_batches(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(cleanup, "ROWS_AT_ONCE", 2)
    stored(days_ago=100, count=5)
    assert [removal.rows for removal in cleanup.clean_up()] == [2, 2, 1]


def test_a_month_that_is_wholly_past_is_dropped() -> None:
    past = Month.of(timezone.now() - timedelta(days=200))
    stored(days_ago=200, count=2)
    partitions.with_short_locks("default", partitions.attach, past)
    assert list(cleanup.clean_up()) == [cleanup.Removal({"SYSTEM": 2}, past.table)]
    assert not Event.objects.filter(event_type="MAINTENANCE").exists()


@pytest.mark.django_db(transaction=True)
def test_a_month_that_somebody_holds_is_left_whole_and_told_once_all_else_is_done(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(partitions, "TRIES", 1)
    monkeypatch.setattr(partitions, "TRIES_WITHIN", 1)
    free, held = (Month.of(timezone.now() - timedelta(days=days)) for days in (300, 200))
    for days, month in ((300, free), (200, held)):
        stored(days_ago=days)
        partitions.with_short_locks("default", partitions.attach, month)
    stored(days_ago=91)
    with beside() as other:
        other.execute(f"BEGIN; LOCK TABLE {held.table} IN ACCESS SHARE MODE")
        with pytest.raises(cleanup.InTheWay, match=held.table):
            tasks.clean_up()
        told = Event.objects.get(event_type="EVENTS_CLEANUP").event_data
        assert (told["partitions"], told["rows"], told["in_the_way"]) == ([free.table], 2, held.table)
        out = StringIO()
        with pytest.raises(SystemExit):
            call_command("eventlog_cleanup", stdout=out)
        assert f"{held.table} is in use for too long" in out.getvalue()
    assert list(cleanup.clean_up()) == [cleanup.Removal({"SYSTEM": 1}, held.table)]


def refused(days_ago: int, count: int = 1) -> None:
    moment = timezone.now() - timedelta(days=days_ago)
    for _ in range(count):
        DeadLetter.objects.create(batch_id=uuid4(), reason="value too long", record="{}", refused_at=moment)


def test_refused_events_go_with_their_time() -> None:
    refused(days_ago=100, count=2)
    refused(days_ago=80)
    tasks.clean_up()
    assert DeadLetter.objects.count() == 1
    assert Event.objects.get(event_type="EVENTS_CLEANUP").event_data["dead_letters"] == 2


def test_the_plan_counts_refused_events() -> None:
    refused(days_ago=100, count=2)
    assert cleanup.planned(Keeping()).removals == [cleanup.Removal(dead_letters=2)]
    assert DeadLetter.objects.count() == 2


def an_alert(*, seen: int, closed: int | None, target: str) -> None:
    """By days ago."""
    now = timezone.now()
    moment = now - timedelta(days=seen)
    times = {"first_seen": moment, "last_seen": moment}
    state = {"state": "open"} if closed is None else {"state": "resolved", "closed_at": now - timedelta(days=closed)}
    alert = Alert.objects.create(rule="xss", target=target, severity="low", **times, **state)
    EventFinding.objects.create(id=uuid4(), alert=alert, rule="xss", target=target, event_count=1, **times)


def test_closed_alerts_go_with_their_time() -> None:
    an_alert(seen=100, closed=95, target="gone")
    an_alert(seen=100, closed=None, target="open")
    an_alert(seen=100, closed=10, target="closed since")
    an_alert(seen=10, closed=5, target="seen since")
    assert cleanup.planned(Keeping()).removals == [cleanup.Removal(alerts=1)]
    tasks.clean_up()
    left = {"open", "closed since", "seen since"}
    assert set(Alert.objects.values_list("target", flat=True)) == left
    assert set(EventFinding.objects.values_list("target", flat=True)) == left


def test_what_was_done_is_an_event() -> None:
    stored(days_ago=100, count=3)
    tasks.clean_up()
    assert Event.objects.get(event_type="EVENTS_CLEANUP").event_data["rows"] == 3


def test_nothing_done_is_no_event() -> None:
    tasks.clean_up()
    tasks.clean_up()
    assert not Event.objects.exists()


def test_the_plan_is_what_would_go_and_nothing_goes() -> None:
    stored(days_ago=100, count=3)
    stored(days_ago=1)
    assert cleanup.planned(Keeping()).removals == [cleanup.Removal({"SYSTEM": 3})]
    assert Event.objects.count() == 4


def test_an_interrupted_run_is_continued(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(cleanup, "ROWS_AT_ONCE", 2)
    stored(days_ago=100, count=5)
    first = cleanup.clean_up()
    next(first)
    first.close()
    tasks.clean_up()
    told = Event.objects.filter(event_type="EVENTS_CLEANUP")
    assert sorted(event.event_data["rows"] for event in told) == [2, 3]
    assert not Event.objects.filter(event_type="MAINTENANCE").exists()

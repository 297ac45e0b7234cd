"""Limits: found when they are exceeded, once an hour, and over when all is well again."""

import base64
from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import timedelta
from typing import Any
from uuid import uuid4

import pytest
from django.utils import timezone

from eventlog import catalog
from eventlog.alerts import looking, readings, thresholds, wording
from eventlog.alerts.readings import Reading
from eventlog.integrity import checkpoints
from eventlog.integrity.checkpoints import Standing
from eventlog.models import Alert, DeadLetter, Event, EventBatch, EventNotification
from eventlog.monitoring import health
from eventlog.pipeline import refused, store
from eventlog.record import make_record
from eventlog.tests.alerts.conftest import ADA
from eventlog.tests.altering import altering
from eventlog.tests.conftest import Change

pytestmark = pytest.mark.django_db
KEY = base64.b64encode(bytes(32)).decode()
WELL_JOURNAL = health.Journal(writable=True, bytes=0, share=0.0, waits=0.0)
WELL_STORE = health.Store(outbox=0, waits=0.0, last_batch=1.0, partitions_ahead=2)


@pytest.fixture(autouse=True)
def machine(monkeypatch: pytest.MonkeyPatch) -> Iterator[Callable[..., None]]:
    """How this machine and its database are: well, until a test says otherwise: `machine(share=0.9)`."""
    parts: dict[str, Any] = {"journal": WELL_JOURNAL, "store": WELL_STORE}

    def change(**values: Any) -> None:
        for name, part in parts.items():
            parts[name] = replace(part, **{key: value for key, value in values.items() if hasattr(part, key)})

    monkeypatch.setattr(health, "journal", lambda: parts["journal"])
    monkeypatch.setattr(health, "store", lambda: parts["store"])
    yield change


def requests(
    number: int, *, status: int = 200, ms: float = 20.0, endpoint: str = "/api/siswa", ago: float = 60
) -> None:
    moment = timezone.now() - timedelta(seconds=ago)
    columns = {"response_status": status, "response_time_ms": ms, "endpoint": endpoint, "timestamp": moment}
    store.write(store.Batch([make_record("HTTP_REQUEST", columns).to_json() for _ in range(number)]))


def logins(event_type: str, number: int) -> None:
    store.write(store.Batch([make_record(event_type, {}).to_json() for _ in range(number)]))


def alerts() -> dict[str, str]:
    return {alert.rule: alert.state for alert in Alert.objects.all()}


def read(rule: str, value: float | None) -> None:
    """As if just this had been measured, two hours later."""
    threshold = thresholds.THRESHOLDS[rule]
    looking.judge(threshold, [Reading(value, 5.0)], timezone.now() + timedelta(hours=2))


# --- the site ---
def test_all_is_well() -> None:
    requests(200)
    assert (looking.look(), alerts()) == (0, {})


def test_many_errors() -> None:
    requests(90)
    requests(10, status=500)
    looking.look()
    alert = Alert.objects.get()
    assert (alert.rule, alert.target, alert.severity, alert.event_count) == ("error_rate", "site", "high", 10)
    assert wording.explanation(alert) == "10.0 % of all requests fail at the moment; the limit is 5.0 %."


def test_it_is_an_event_once_an_hour() -> None:
    requests(90)
    requests(10, status=500)
    for _ in range(3):
        looking.look()
    assert Event.objects.filter(event_type=catalog.THRESHOLD_EXCEEDED).count() in (1, 2)  # the hour may end meanwhile
    assert Event.objects.filter(event_type=catalog.ALERT_OPENED).count() == 1


@pytest.mark.parametrize(("well", "failed"), [(10, 10), (96, 4), (970, 30)])
def test_too_little_traffic_or_few_errors_are_no_alert(well: int, failed: int) -> None:
    requests(well)
    requests(failed, status=500)
    looking.look()
    assert alerts() == {}


def test_the_limit_is_a_setting(event_log: Change) -> None:
    event_log(ERROR_RATE_THRESHOLD=50)
    requests(60)
    requests(40, status=500)
    looking.look()
    assert alerts() == {}


def test_what_was_long_ago_does_not_count() -> None:
    requests(100, status=500, ago=400)
    requests(100)
    looking.look()
    assert alerts() == {}


def test_a_slow_site_and_its_slow_page() -> None:
    requests(60, ms=3000.0, endpoint="/api/nilai")
    looking.look()
    assert alerts() == {"response_time": "open", "slow_endpoint": "open"}
    alert = Alert.objects.get(rule="slow_endpoint")
    assert alert.target == "endpoint:/api/nilai"
    assert "/api/nilai takes 3000 ms" in wording.explanation(alert)


def test_one_slow_page_among_many_quick_ones() -> None:
    requests(2000)
    requests(30, ms=3000.0, endpoint="/api/nilai")
    looking.look()
    assert alerts() == {"slow_endpoint": "open"}


def test_many_failed_sign_ins() -> None:
    logins("LOGIN_FAILED", 60)
    logins("LOGIN", 20)
    looking.look()
    assert alerts() == {"failed_logins": "open"}


@pytest.mark.parametrize(("failed", "well"), [(49, 0), (60, 400)])
def test_a_school_in_the_morning_is_no_alert(failed: int, well: int) -> None:
    logins("LOGIN_FAILED", failed)
    logins("LOGIN", well)
    looking.look()
    assert alerts() == {}


# --- the event log ---
@pytest.mark.parametrize(
    ("state", "rule"),
    [
        ({"share": 0.9}, "journal_full"),
        ({"writable": False}, "journal_refused"),
        ({"partitions_ahead": 0}, "no_partition"),
    ],
)
def test_the_event_log_itself(machine: Callable[..., None], state: dict[str, Any], rule: str) -> None:
    machine(**state)
    looking.look()
    assert alerts() == {rule: "open"}
    machine(share=0.0, writable=True, partitions_ahead=2)
    looking.look()
    assert alerts() == {rule: "resolved"}


def test_events_that_wait(machine: Callable[..., None]) -> None:
    machine(waits=90.0)
    looking.look()
    assert alerts() == {"events_waiting": "open", "changes_waiting": "open"}


def test_events_that_the_database_refused() -> None:
    DeadLetter.objects.create(batch_id=uuid4(), reason="not in range", record="{}")
    looking.look()
    assert alerts() == {"dead_letters": "open"}


def test_rules_that_failed() -> None:
    store.write(store.Batch([make_record("RULE_FAILED", {}).to_json()]))
    looking.look()
    assert alerts() == {"rules_failed": "open"}


def test_refused_events_for_which_somebody_has_decided() -> None:
    letter = DeadLetter.objects.create(batch_id=uuid4(), reason="not in range", record="{}")
    looking.look()
    refused.discard(letter.pk, "a test of ours", by=None)
    looking.look()
    assert alerts() == {"dead_letters": "resolved"}


@pytest.mark.parametrize(("minutes", "key", "found"), [(30, True, True), (5, True, False), (30, False, False)])
def test_a_checkpoint_that_is_overdue(
    event_log: Change, monkeypatch: pytest.MonkeyPatch, minutes: int, key: bool, found: bool
) -> None:
    event_log(SIGNING_KEY=[KEY] if key else [])
    since = timezone.now() - timedelta(minutes=minutes)
    monkeypatch.setattr(checkpoints, "standing", lambda **_: Standing(made_at=since, waits_since=since))
    looking.look()
    assert alerts() == ({"checkpoint_overdue": "open"} if found else {})


@pytest.mark.parametrize("is_made", [False, True])
def test_it_is_over_when_all_is_signed_or_the_next_is_made(
    event_log: Change, monkeypatch: pytest.MonkeyPatch, is_made: bool
) -> None:
    event_log(SIGNING_KEY=[KEY])
    now = timezone.now()
    since, standing = now - timedelta(hours=1), Standing(now, now - timedelta(days=1)) if is_made else Standing()
    monkeypatch.setattr(checkpoints, "standing", lambda **_: Standing(made_at=since, waits_since=since))
    looking.look()
    monkeypatch.setattr(checkpoints, "standing", lambda **_: standing)
    looking.look()
    assert alerts() == {"checkpoint_overdue": "resolved"}


def test_without_any_checkpoint_it_is_as_old_as_the_process(event_log: Change, monkeypatch: pytest.MonkeyPatch) -> None:
    """A site that was given a key just now has made none yet."""
    event_log(SIGNING_KEY=[KEY])
    long_ago = timezone.now() - timedelta(days=9)
    monkeypatch.setattr(checkpoints, "standing", lambda **_: Standing(waits_since=long_ago))
    monkeypatch.setattr(readings, "STARTED", timezone.now())
    looking.look()
    assert alerts() == {}
    monkeypatch.setattr(readings, "STARTED", long_ago)
    looking.look()
    assert alerts() == {"checkpoint_overdue": "open"}


def test_events_that_were_dropped() -> None:
    requests(1)
    with altering():
        EventBatch.objects.update(dropped_count=3)
    looking.look()
    assert alerts() == {"events_dropped": "open"}


# --- over ---
def test_an_alert_is_resolved_when_all_is_well_again() -> None:
    requests(90, ago=100)
    requests(10, status=500, ago=100)
    looking.look()
    requests(400)
    looking.look()
    assert alerts() == {"error_rate": "resolved"}


def test_not_when_it_is_just_below_the_limit() -> None:
    requests(90)
    requests(10, status=500)
    looking.look()
    requests(120)  # 4.5 %
    looking.look()
    assert alerts() == {"error_rate": "open"}


@pytest.mark.parametrize(("value", "state"), [(None, "resolved"), (4.5, "open"), (4.0, "resolved")])
def test_without_traffic_it_is_over_after_an_hour(value: float | None, state: str) -> None:
    requests(90)
    requests(10, status=500)
    looking.look()
    read("error_rate", value)
    assert alerts() == {"error_rate": state}


def test_another_servers_alert_is_its_own_to_resolve(machine: Callable[..., None]) -> None:
    machine(share=0.9)
    looking.look()
    Alert.objects.update(target="host:elsewhere")
    machine(share=0.0)
    looking.look()
    assert alerts() == {"journal_full": "open"}


def test_who_was_told_is_told_that_it_is_over(machine: Callable[..., None], event_log: Change) -> None:
    event_log(ALERT_EMAILS=[ADA])
    machine(share=0.9)
    looking.look()
    EventNotification.objects.filter(kind="opened").update(state="sent", sent_at=timezone.now())
    machine(share=0.0)
    looking.look()
    assert EventNotification.objects.filter(kind="recovered", state="waiting").count() == 1


# --- cheap ---
def test_a_look_reads_counts_and_few_of_them(django_assert_max_num_queries: Any) -> None:
    requests(100)
    with django_assert_max_num_queries(45):
        looking.look()

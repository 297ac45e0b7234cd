"""Who is told of an alert, and when."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta

import pytest
from django.utils import timezone
from time_machine import travel

from eventlog.alerts import notify
from eventlog.alerts.triage import Change as Triage
from eventlog.alerts.triage import change, recovered
from eventlog.models import EventNotification
from eventlog.tests.alerts.conftest import ADA, found
from eventlog.tests.conftest import Change

pytestmark = pytest.mark.django_db
NOON = datetime(2026, 11, 25, 5, tzinfo=UTC)  # in Jakarta
BOSS = "kepala@school.example"
HOOK = {"url": "https://alarm.example/in"}


@pytest.fixture(autouse=True)
def noon() -> object:
    with travel(NOON, tick=False) as clock:
        yield clock


def told(*, kind: str = "") -> list[EventNotification]:
    rows = EventNotification.objects.order_by("id")
    return list(rows.filter(kind=kind) if kind else rows.exclude(kind="escalated"))


def sent() -> None:
    """All that waits has left, now."""
    EventNotification.objects.filter(state="waiting").exclude(kind="escalated").update(
        state="sent", sent_at=timezone.now()
    )


# --- to whom ---
@pytest.mark.parametrize(
    ("options", "severity", "is_told"),
    [
        ({}, "medium", True),
        ({}, "low", False),
        ({"severity": "low"}, "low", True),
        ({"severity": "critical"}, "high", False),
        ({"rules": ["brute_force"]}, "high", True),
        ({"rules": ["xss"]}, "high", False),
    ],
)
def test_by_severity_and_rule(
    mailed: Callable[..., None], options: dict[str, object], severity: str, is_told: bool
) -> None:
    mailed(**options)
    found(severity=severity)
    assert bool(told()) is is_told


def test_a_finding_that_joins_tells_nobody_again(mailed: Callable[..., None]) -> None:
    found("1")
    found("2")
    assert len(told()) == 1


# --- when ---
def test_critical_things_are_due_at_once(mailed: Callable[..., None]) -> None:
    found(severity="critical")
    assert told()[0].due_at == NOON


def test_others_wait_a_little_for_more(mailed: Callable[..., None]) -> None:
    found()
    assert told()[0].due_at == NOON + notify.GROUPING


def test_what_waits_leaves_at_once_when_it_becomes_critical(mailed: Callable[..., None]) -> None:
    found("1")
    found("2", severity="critical")
    (waiting,) = told()
    assert (waiting.due_at, waiting.severity) == (NOON, "critical")


def returned(after: timedelta, **columns: str) -> None:
    """A resolved alert is back."""
    alert = found("1")
    sent()
    change(alert.pk, Triage(state="resolved", reason="seen to"), by=None)
    with travel(NOON + after, tick=False):
        found("2", **columns)


def test_after_a_message_there_is_none_for_a_while(mailed: Callable[..., None]) -> None:
    returned(timedelta(minutes=10))
    assert told(kind="reopened")[0].due_at == NOON + timedelta(hours=1)


def test_unless_it_is_worse(mailed: Callable[..., None]) -> None:
    returned(timedelta(minutes=10), severity="critical")
    assert told(kind="reopened")[0].due_at == NOON + timedelta(minutes=10)


def test_the_while_is_a_setting(mailed: Callable[..., None], event_log: Change) -> None:
    event_log(ALERT_COOLDOWN=0)
    returned(timedelta(minutes=10))
    assert told(kind="reopened")[0].due_at == NOON + timedelta(minutes=10) + notify.GROUPING


# --- quiet hours, in the project's time zone ---
@pytest.mark.parametrize(
    ("hours", "due"),
    [
        ("11:00-13:30", datetime(2026, 11, 25, 6, 30, tzinfo=UTC)),
        ("22:00-06:00", NOON + notify.GROUPING),
        ("11:59-06:00", datetime(2026, 11, 25, 23, tzinfo=UTC)),
        ("20:00-12:30", datetime(2026, 11, 25, 5, 30, tzinfo=UTC)),
    ],
)
def test_people_are_left_alone(mailed: Callable[..., None], event_log: Change, hours: str, due: datetime) -> None:
    event_log(ALERT_QUIET_HOURS=hours)
    found()
    assert told()[0].due_at == due


def test_but_not_when_it_is_critical(mailed: Callable[..., None], event_log: Change) -> None:
    event_log(ALERT_QUIET_HOURS="11:00-13:30")
    found(severity="critical")
    assert told()[0].due_at == NOON


def test_programs_need_no_rest(event_log: Change) -> None:
    event_log(ALERT_QUIET_HOURS="11:00-13:30", ALERT_WEBHOOKS={"alarm": HOOK})
    found()
    assert told()[0].due_at == NOON + notify.GROUPING


# --- nobody looks ---
def test_what_nobody_acknowledges_is_told_again(mailed: Callable[..., None]) -> None:
    found(severity="critical")
    (again,) = told(kind="escalated")
    assert (again.channel, again.due_at) == (f"mail:{ADA}", NOON + timedelta(minutes=30))


def test_to_those_who_are_there_for_that(event_log: Change) -> None:
    event_log(ALERT_EMAILS={ADA: {}, BOSS: {"escalation": True}})
    found()
    assert [each.channel for each in told(kind="escalated")] == [f"mail:{BOSS}"]
    assert [each.channel for each in told()] == [f"mail:{ADA}"]


@pytest.mark.parametrize("state", ["acknowledged", "resolved", "false_positive"])
def test_what_somebody_opens_again_has_its_time_anew(mailed: Callable[..., None], state: str) -> None:
    alert = found(severity="critical")
    change(alert.pk, Triage(state=state, reason="seen to"), by=None)
    EventNotification.objects.update(state="withdrawn")  # it was due meanwhile
    with travel(NOON + timedelta(hours=1), tick=False):
        change(alert.pk, Triage(state="open"), by=None)
    assert [(each.state, each.due_at) for each in told(kind="escalated")][1:] == [
        ("waiting", NOON + timedelta(minutes=90))
    ]


def test_what_is_less_serious_is_not_told_again(mailed: Callable[..., None]) -> None:
    found(severity="medium")
    assert told(kind="escalated") == []


def test_it_can_be_switched_off(mailed: Callable[..., None], event_log: Change) -> None:
    event_log(ALERT_ESCALATION=0)
    found()
    assert told(kind="escalated") == []


def test_what_returns_has_its_time_anew(mailed: Callable[..., None]) -> None:
    returned(timedelta(minutes=20))
    before, after = told(kind="escalated")
    assert (before.state, after.state) == ("withdrawn", "waiting")
    assert after.due_at == NOON + timedelta(minutes=50) + notify.GROUPING


# --- over ---
def test_who_was_told_that_it_began_is_told_that_it_is_over(mailed: Callable[..., None]) -> None:
    alert = found()
    sent()
    recovered(alert)
    assert [each.kind for each in told()] == ["opened", "recovered"]


def test_who_was_not_is_not(mailed: Callable[..., None]) -> None:
    recovered(found())
    assert [each.kind for each in told()] == ["opened"]

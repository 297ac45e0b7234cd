"""Findings become alerts: each once, all of a rule and target in one."""

import random
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from typing import Any

import pytest
from django.db import IntegrityError, connections, transaction
from django.utils import timezone
from time_machine import travel

from eventlog import catalog
from eventlog.alerts.opening import receive
from eventlog.alerts.triage import Change as Triage
from eventlog.alerts.triage import change
from eventlog.detection.findings import Finding
from eventlog.models import Alert, Event, EventFinding, EventMute, OutboxEvent
from eventlog.tests.alerts.conftest import RULE, TARGET, evidence, finding, found

pytestmark = pytest.mark.django_db


def events(event_type: str) -> list[Event]:
    return list(Event.objects.filter(event_type=event_type).order_by("timestamp"))


def closed(state: str, **columns: Any) -> Alert:
    return change(found(**columns).pk, Triage(state=state, reason="seen to"), by=None)


# --- one finding ---
def test_a_finding_opens_an_alert() -> None:
    made = finding(events=evidence(1), data={"attempts": 7})
    receive([made])
    alert = Alert.objects.get()
    assert (alert.rule, alert.target, alert.severity, alert.state) == (RULE, TARGET, "high", "open")
    assert (alert.first_seen, alert.last_seen) == (made.first_seen, made.last_seen)
    assert (alert.finding_count, alert.event_count, alert.data) == (1, 5, {"attempts": 7})
    assert list(alert.evidence.values()) == list(made.events)


def test_it_is_an_event_of_its_own() -> None:
    made = finding(events=evidence(1))
    receive([made])
    (event,) = events(catalog.BRUTE_FORCE)
    assert (event.timestamp, event.severity, event.username) == (made.last_seen, "high", "guru001")
    assert event.event_data["events"] == [str(key) for key in made.events]
    assert (event.auth_method, event.event_data["alert"]) == ("system", str(Alert.objects.get().pk))


def test_of_an_address_its_events_are_found_by_that() -> None:
    receive([finding(target="ip:203.0.113.7")])
    assert events(catalog.BRUTE_FORCE)[0].ip_address == "203.0.113.7"


def test_that_an_alert_opens_is_an_event_that_does_not_say_about_whom() -> None:
    alert = found()
    (event,) = events(catalog.ALERT_OPENED)
    assert (event.entity_type, event.entity_id, event.severity) == ("alert", str(alert.pk), "high")
    assert "guru001" not in str(event.__dict__)


def test_what_is_secret_is_not_kept() -> None:
    receive([finding(data={"password": "hunter2", "words": "token=abcdef"})])
    kept = [EventFinding.objects.get().data, Alert.objects.get().data, events(catalog.BRUTE_FORCE)[0].event_data]
    assert "hunter2" not in str(kept) and "abcdef" not in str(kept)


# --- again ---
def test_twice_is_once() -> None:
    made = finding()
    for _ in range(2):
        receive([made, made])
    assert (Alert.objects.get().finding_count, EventFinding.objects.count()) == (1, 1)
    assert len(events(catalog.BRUTE_FORCE)) == len(events(catalog.ALERT_OPENED)) == 1


def test_what_is_known_costs_one_query(django_assert_num_queries: Any) -> None:
    many = [finding(str(number)) for number in range(50)]
    receive(many)
    with django_assert_num_queries(1):
        receive(many)


def test_a_finding_that_grows_is_counted_and_told_no_second_time() -> None:
    begun = timezone.now()
    found(last_seen=begun, event_count=5, events=evidence(1))
    later = begun + timedelta(minutes=2)
    alert = found(last_seen=later, event_count=9, events=evidence(2), data={"attempts": 9})
    assert (alert.event_count, alert.finding_count, alert.last_seen) == (9, 1, later)
    assert alert.data == {"attempts": 9}
    assert (alert.first_event, alert.last_event) == (evidence(1)[0], evidence(2)[1])
    assert len(events(catalog.BRUTE_FORCE)) == 1


def test_a_smaller_view_of_the_same_takes_nothing_away() -> None:
    made = finding(event_count=9)
    receive([made])
    alert = found(last_seen=made.last_seen - timedelta(minutes=1), event_count=3, severity="low")
    assert (alert.event_count, alert.severity, alert.last_seen) == (9, "high", made.last_seen)


def test_another_finding_joins_the_open_alert() -> None:
    found("1", event_count=5)
    alert = found("2", event_count=6)
    assert (Alert.objects.count(), alert.finding_count, alert.event_count) == (1, 2, 11)
    assert len(events(catalog.BRUTE_FORCE)) == 2
    assert len(events(catalog.ALERT_OPENED)) == 1


def test_an_older_finding_gives_the_first_event() -> None:
    now = timezone.now()
    found("1", last_seen=now, events=evidence(1))
    alert = found("2", last_seen=now - timedelta(hours=1), events=evidence(2))
    assert (alert.first_event, alert.last_event) == (evidence(2)[0], evidence(1)[1])
    assert alert.first_seen < now - timedelta(hours=1)


def test_severity_rises_and_that_is_told() -> None:
    found("1", severity="medium", events=evidence(1))
    alert = found("2", severity="critical", events=evidence(2))
    assert (alert.severity, alert.worst_event) == ("critical", evidence(2)[-1])
    (event,) = events(catalog.ALERT_UPDATED)
    assert (event.previous_values, event.new_values) == ({"severity": "medium"}, {"severity": "critical"})


def test_severity_does_not_fall() -> None:
    found("1", severity="critical")
    assert found("2", severity="low").severity == "critical"


@pytest.mark.parametrize("other", [{"target": "user:guru002"}, {"rule": "password_spraying"}])
def test_another_target_or_rule_has_an_alert_of_its_own(other: dict[str, str]) -> None:
    found()
    found(**other)
    assert Alert.objects.count() == 2


# --- after it was closed ---
def test_what_returns_within_a_day_reopens_a_resolved_alert() -> None:
    before = closed("resolved")
    alert = found("2", last_seen=timezone.now() + timedelta(hours=23))
    assert (alert.pk, alert.state, alert.reopen_count, alert.closed_at) == (before.pk, "open", 1, None)
    assert alert.notes[-1]["from"] == "resolved"
    assert events(catalog.ALERT_OPENED)[-1].event_data["reopen_count"] == 1


def test_what_returns_later_is_another_alert() -> None:
    before = closed("resolved")
    assert found("2", last_seen=timezone.now() + timedelta(hours=25)).pk != before.pk


def test_a_finding_that_goes_on_reopens_its_alert() -> None:
    closed("resolved", event_count=5)
    alert = found(last_seen=timezone.now() + timedelta(minutes=1), event_count=8)
    assert (alert.state, alert.event_count, alert.finding_count) == ("open", 8, 1)


@pytest.mark.parametrize("state", ["resolved", "false_positive"])
def test_what_was_there_before_it_was_closed_is_only_counted(state: str) -> None:
    before = closed(state)
    alert = found("2", last_seen=timezone.now() - timedelta(minutes=10))
    assert (alert.pk, alert.state, alert.finding_count) == (before.pk, state, 2)


def test_a_false_positive_stays_closed_for_a_week_but_is_counted() -> None:
    before = closed("false_positive")
    alert = found("2", last_seen=timezone.now() + timedelta(days=6))
    assert (alert.pk, alert.state, alert.finding_count) == (before.pk, "false_positive", 2)
    assert len(events(catalog.BRUTE_FORCE)) == 2


def test_a_false_positive_that_comes_back_worse_is_reopened() -> None:
    before = closed("false_positive")
    alert = found("2", last_seen=timezone.now() + timedelta(days=6), severity="critical")
    assert (alert.pk, alert.state) == (before.pk, "open")


def test_after_a_week_it_is_another_alert() -> None:
    before = closed("false_positive")
    assert found("2", last_seen=timezone.now() + timedelta(days=8)).pk != before.pk


# --- muted ---
@pytest.mark.parametrize("target", [TARGET, "*"])
def test_what_is_muted_opens_nothing_but_is_recorded_and_counted(target: str) -> None:
    EventMute.objects.create(rule=RULE, target=target)
    for _ in range(2):
        receive([finding()])
    assert not Alert.objects.exists()
    assert (EventMute.objects.get().finding_count, len(events(catalog.BRUTE_FORCE))) == (1, 1)


def test_a_mute_of_another_target_changes_nothing() -> None:
    EventMute.objects.create(rule=RULE, target="user:guru002")
    assert found().state == "open"


def test_a_mute_ends() -> None:
    EventMute.objects.create(rule=RULE, target=TARGET, until=timezone.now() + timedelta(hours=1))
    receive([finding()])
    with travel(timezone.now() + timedelta(hours=2)):
        assert found(event_count=6).finding_count == 1


# --- at once ---
def test_the_database_itself_refuses_a_second_one() -> None:
    alert = found()
    with pytest.raises(IntegrityError), transaction.atomic():
        Alert.objects.create(**{name: getattr(alert, name) for name in ("rule", "target", "first_seen", "last_seen")})


def test_alert_and_events_are_one_transaction(direct: Callable[[], None], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("eventlog.alerts.notify.plan", lambda *args, **kwargs: 1 / 0)
    with pytest.raises(ZeroDivisionError):
        receive([finding()])
    assert not (Alert.objects.exists() or EventFinding.objects.exists() or OutboxEvent.objects.exists())
    direct()
    assert events(catalog.BRUTE_FORCE) == []


def test_eight_at_once_open_one_alert_for_each_target(direct: Callable[[], None]) -> None:
    """10,000 events, seen by eight in different orders and each in part: three targets, two occurrences of each."""
    begun = timezone.now()
    sizes = {(target, key): 0 for target in range(3) for key in range(2)}

    def one(worker: int) -> None:
        order = random.Random(worker)
        seen = dict(sizes)
        try:
            for moment in range(20):
                for place in seen:
                    seen[place] += order.randint(1, 10_000 // 8 // 20 // 3)
                receive([of(*place, count=count, moment=moment) for place, count in seen.items()])
            receive([of(*place, count=2_000, moment=20) for place in order.sample(list(seen), 6)])
        finally:
            connections.close_all()

    def of(target: int, key: int, *, count: int, moment: int) -> Finding:
        seen = begun + timedelta(seconds=moment)
        return finding(str(key), target=f"user:guru{target}", last_seen=seen, event_count=count)

    with ThreadPoolExecutor(8) as pool:
        list(pool.map(one, range(8)))
    direct()
    alerts = {alert.target: (alert.finding_count, alert.event_count) for alert in Alert.objects.all()}
    assert alerts == {f"user:guru{target}": (2, 4_000) for target in range(3)}
    assert Alert.objects.count() == len(events(catalog.ALERT_OPENED)) == 3
    assert len(events(catalog.BRUTE_FORCE)) == EventFinding.objects.count() == 6

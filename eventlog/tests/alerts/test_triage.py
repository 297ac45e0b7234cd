"""What people do with an alert, and what the log says of it."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.utils import timezone

from eventlog import catalog
from eventlog.alerts.refusing import NotPossible
from eventlog.alerts.triage import AS_IT_IS, NEXT, Change, change, recovered
from eventlog.context import bound
from eventlog.models import Alert, Event, EventMute
from eventlog.models.alert import STATES
from eventlog.tests.alerts.conftest import RULE, TARGET, found, guard

pytestmark = pytest.mark.django_db


def put(alert: Alert, state: str, **more: Any) -> Alert:
    return change(alert.pk, Change(**{"state": state, "reason": "seen to", **more}), by=None)


def brought_to(state: str) -> Alert:
    alert = found()
    return alert if state == "open" else put(alert, state)


@pytest.mark.parametrize(("state", "to"), [(state, to) for state in NEXT for to in NEXT[state]])
def test_what_can_follow_what(state: str, to: str) -> None:
    alert = put(brought_to(state), to)
    assert (alert.state, alert.is_closed, alert.closed_at is not None) == (
        to,
        to in ("resolved", "false_positive"),
        alert.is_closed,
    )


@pytest.mark.parametrize(
    ("state", "to"), [(state, to) for state in NEXT for to in STATES if to not in (state, *NEXT[state])]
)
def test_what_cannot(state: str, to: str) -> None:
    alert = brought_to(state)
    with pytest.raises(NotPossible) as refused:
        put(alert, to)
    assert refused.value.field == "state"
    assert Alert.objects.get().state == state


def test_each_step_is_an_event_of_who_took_it() -> None:
    ada = guard()
    with bound(actor=ada):
        change(found().pk, Change(state="resolved", reason="it was the new printer"), by=ada)
    event = Event.objects.get(event_type=catalog.ALERT_UPDATED)
    assert (event.username, event.entity_type, event.entity_id) == ("ada", "alert", str(Alert.objects.get().pk))
    assert (event.previous_values, event.new_values) == ({"state": "open"}, {"state": "resolved"})
    assert "guru001" not in str(vars(event)) and "printer" not in str(vars(event))


def test_who_acknowledges_looks_after_it() -> None:
    ada = guard()
    assert change(found().pk, Change(state="acknowledged"), by=ada).assignee_id == ada.pk


def test_unless_somebody_does_already() -> None:
    ada, siti = guard(), guard(name="siti")
    alert = found()
    change(alert.pk, Change(assignee=siti), by=ada)
    assert change(alert.pk, Change(state="acknowledged"), by=ada).assignee_id == siti.pk


def test_who_may_not_see_alerts_is_given_none() -> None:
    with pytest.raises(NotPossible) as refused:
        change(found().pk, Change(assignee=User.objects.create_user("budi")), by=None)
    assert refused.value.field == "assignee"


def test_nobody_can_be_in_charge_again() -> None:
    ada = guard()
    alert = found()
    change(alert.pk, Change(assignee=ada), by=ada)
    assert change(alert.pk, Change(assignee=None), by=ada).assignee_id is None


def test_notes_say_who_and_what() -> None:
    ada = guard()
    alert = found()
    change(alert.pk, Change(note="called the teacher"), by=ada)
    noted = change(alert.pk, Change(state="false_positive", reason="forgot his password"), by=ada).notes
    assert [note["text"] for note in noted] == ["called the teacher", "forgot his password"]
    assert {note["username"] for note in noted} == {"ada"}
    assert (noted[1]["from"], noted[1]["to"]) == ("open", "false_positive")


def test_what_is_so_already_is_no_change() -> None:
    alert = found()
    change(alert.pk, Change(state="open", assignee=AS_IT_IS), by=None)
    assert not Event.objects.filter(event_type=catalog.ALERT_UPDATED).exists()


@pytest.mark.parametrize("state", ["resolved", "false_positive"])
def test_what_is_closed_needs_a_reason(state: str) -> None:
    with pytest.raises(NotPossible) as refused:
        put(found(), state, reason="  ")
    assert refused.value.field == "reason"


def test_muting_is_part_of_the_decision() -> None:
    until = timezone.now() + timedelta(days=3)
    alert = change(found().pk, Change(state="resolved", reason="exams", mute_until=until), by=guard())
    mute = EventMute.objects.get()
    assert (mute.rule, mute.target, mute.until, mute.reason) == (RULE, TARGET, until, "exams")
    updated = Event.objects.get(event_type=catalog.ALERT_UPDATED, entity_id=str(alert.pk))
    assert datetime.fromisoformat(updated.event_data["muted_until"]) == until


@pytest.mark.parametrize(
    ("wanted", "field"),
    [
        ({"reason": "exams", "mute_until": datetime(2020, 1, 1, tzinfo=UTC)}, "mute_until"),
        ({"mute_until": datetime(2199, 1, 1, tzinfo=UTC)}, "reason"),
    ],
)
def test_a_mute_needs_an_end_to_come_and_a_reason(wanted: Any, field: str) -> None:
    with pytest.raises(NotPossible) as refused:
        change(found().pk, Change(**wanted), by=guard())
    assert (refused.value.field, EventMute.objects.count()) == (field, 0)


def test_a_mistake_can_be_taken_back() -> None:
    alert = put(brought_to("false_positive"), "open")
    assert (alert.state, alert.closed_at, alert.reopen_count) == ("open", None, 1)


def test_but_not_beside_another_open_alert_about_the_same() -> None:
    old = brought_to("resolved")
    now = timezone.now()
    Alert.objects.create(rule=RULE, target=TARGET, severity="low", first_seen=now, last_seen=now)
    with pytest.raises(NotPossible):
        put(old, "open")


def test_what_is_over_is_resolved_by_itself() -> None:
    alert = brought_to("acknowledged")
    recovered(alert)
    event = Event.objects.filter(event_type=catalog.ALERT_UPDATED).latest("timestamp")
    assert Alert.objects.get().state == "resolved"
    assert (event.auth_method, event.event_data["recovered"]) == ("system", True)

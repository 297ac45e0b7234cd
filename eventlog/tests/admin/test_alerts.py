"""Alerts in the admin: seen by those who see SECURITY, worked off by those who may change them."""

from typing import Any

import pytest
from django.contrib.auth.models import User
from django.test import Client
from django.utils import timezone

from eventlog import catalog
from eventlog.alerts.opening import receive
from eventlog.logger import log_event
from eventlog.models import Alert, Event, EventMute, EventNotification
from eventlog.tests.alerts.conftest import RULE, TARGET, finding, found, guard

pytestmark = pytest.mark.django_db
LIST, MUTES = "/admin/eventlog/alert/", "/admin/eventlog/eventmute/"
HOSTILE = '"><script>alert(1)</script>'


def signed_in(user: User) -> Client:
    client = Client()
    client.force_login(user)
    return client


@pytest.fixture
def keeper(db: None) -> Client:
    """May change them."""
    return signed_in(guard("change_alert", is_staff=True))


@pytest.fixture
def reader(db: None) -> Client:
    return signed_in(guard(name="siti", is_staff=True))


def page_of(alert: Alert) -> str:
    return f"{LIST}{alert.pk}/change/"


def shown(client: Client, path: str) -> str:
    response = client.get(path)
    assert response.status_code == 200
    return response.content.decode()


def act(client: Client, action: str, *alerts: Alert) -> None:
    chosen = {"action": action, "_selected_action": [str(alert.pk) for alert in alerts], "reason": "seen to"}
    response = client.post(f"{LIST}?state=all", chosen)
    assert response.status_code == 302


# --- who ---
def test_who_does_not_see_security_sees_no_alert(db: None) -> None:
    user = User.objects.create_user("budi", is_staff=True)
    alert = found()
    assert [signed_in(user).get(path).status_code for path in (LIST, page_of(alert), MUTES)] == [403, 403, 403]


def viewed() -> list[dict[str, Any]]:
    return list(Event.objects.filter(event_type=catalog.EVENTS_VIEWED).values_list("event_data", flat=True))


def test_a_look_at_the_list_is_told_once(reader: Client) -> None:
    found()
    shown(reader, LIST)
    assert [told["alerts"] for told in viewed()] == [1]


def test_a_look_at_an_alert_is_told(reader: Client) -> None:
    alert = found()
    shown(reader, page_of(alert))
    assert [told["alert"] for told in viewed()] == [str(alert.pk)]


def test_a_reader_reads(reader: Client) -> None:
    alert = found()
    assert "guru001" in shown(reader, LIST)
    page = shown(reader, page_of(alert))
    assert "Password guessing" in page and "<textarea" not in page
    assert reader.post(page_of(alert), {"decision": "resolved", "note": "x"}).status_code == 403


def test_a_reader_has_no_actions(reader: Client) -> None:
    alert = found()
    assert 'value="false_positive"' not in shown(reader, LIST)
    reader.post(LIST, {"action": "resolved", "_selected_action": [str(alert.pk)]})
    assert Alert.objects.get().state == "open"


@pytest.mark.parametrize("path", ["add/", "{pk}/delete/"])
def test_nobody_adds_or_deletes_one(db: None, path: str) -> None:
    root = User.objects.create_superuser("root")
    assert signed_in(root).get(LIST + path.format(pk=found().pk)).status_code == 403


# --- the list ---
def test_the_list_says_what_matters(keeper: Client) -> None:
    found(target="ip:203.0.113.7", severity="critical", event_count=12_345)
    page = shown(keeper, LIST)
    for said in ("Password guessing", "address 203.0.113.7", "eventlog-severity-critical", "eventlog-state-open"):
        assert said in page


@pytest.mark.parametrize(
    ("query", "number"),
    [
        ("", 2),
        ("o=-1.4", 2),
        ("state=resolved", 0),
        ("state=all", 2),
        ("severity=low", 1),
        ("rule=brute_force", 2),
        ("q=b", 1),
    ],
)
def test_the_list_can_be_narrowed(keeper: Client, query: str, number: int) -> None:
    found(target="user:a", severity="low")
    found(target="user:b")
    page = shown(keeper, f"{LIST}?{query}")
    assert page.count('name="_selected_action"') == number


def test_hostile_names_stay_text(keeper: Client) -> None:
    alert = found(target=f"user:{HOSTILE}", data={"name": HOSTILE})
    keeper.post(page_of(alert), {"decision": "mute", "note": HOSTILE})
    mute = EventMute.objects.get()
    for path in (f"{LIST}?state=all", page_of(alert), MUTES, f"{MUTES}{mute.pk}/change/"):
        assert HOSTILE not in shown(keeper, path)


# --- one alert ---
def test_the_page_leads_to_the_events(keeper: Client) -> None:
    keys = tuple(log_event(catalog.LOGIN_FAILED).id for _ in range(3))
    page = shown(keeper, page_of(found(events=keys)))
    for key in keys:
        assert f"/admin/eventlog/event/{key}/change/" in page
    assert "?q=actor%3Aguru001" in page


def test_the_page_says_who_was_told(keeper: Client) -> None:
    alert = found()
    about = {"channel": "mail:kepala@school.example", "kind": "opened", "severity": "high", "due_at": timezone.now()}
    EventNotification.objects.create(alert=alert, state="failed", last_error="SMTP <550>", **about)
    page = shown(keeper, page_of(alert))
    assert "mail:kepala@school.example" in page and "SMTP &lt;550&gt;" in page


def test_triage(keeper: Client) -> None:
    alert = found()
    ada = User.objects.get(username="ada")
    answer = keeper.post(page_of(alert), {"decision": "acknowledged", "assignee": ada.pk, "note": "I call him"})
    assert answer.status_code == 302
    alert = Alert.objects.get()
    assert (alert.state, alert.assignee_id, alert.notes[-1]["text"]) == ("acknowledged", ada.pk, "I call him")
    assert Event.objects.get(event_type=catalog.ALERT_UPDATED).username == "ada"
    assert "I call him" in shown(keeper, page_of(alert))


def test_only_what_can_follow_is_offered(keeper: Client) -> None:
    alert = found()
    keeper.post(page_of(alert), {"decision": "resolved", "note": "seen to"})
    page = shown(keeper, page_of(alert))
    assert 'value="open"' in page and 'value="acknowledged"' not in page


def test_only_who_sees_alerts_is_offered_as_assignee(keeper: Client) -> None:
    User.objects.create_user("budi")
    page = shown(keeper, page_of(found()))
    assert ">ada</option>" in page and ">budi</option>" not in page


# --- actions ---
@pytest.mark.parametrize("state", ["acknowledged", "resolved", "false_positive"])
def test_several_at_once(keeper: Client, state: str) -> None:
    act(keeper, state, found(target="user:a"), found(target="user:b"))
    assert list(Alert.objects.values_list("state", flat=True)) == [state, state]
    assert Event.objects.filter(event_type=catalog.ALERT_UPDATED, username="ada").count() == 2


def test_what_cannot_follow_is_said(keeper: Client) -> None:
    alert = found()
    act(keeper, "resolved", alert)
    act(keeper, "acknowledged", alert)
    assert "cannot become that" in shown(keeper, f"{LIST}?state=all")


def test_a_muted_target_is_kept_quiet_and_that_is_told(keeper: Client) -> None:
    act(keeper, "mute", found(target="ip:203.0.113.7"))
    mute = EventMute.objects.get()
    assert (mute.rule, mute.target, mute.username) == (RULE, "ip:203.0.113.7", "ada")
    assert mute.until is not None
    event = Event.objects.get(event_type=catalog.CONFIG_CHANGED)
    assert event.event_data["muted"] is True and "203.0.113.7" not in str(event.event_data)


# --- mutes ---
def test_a_mute_is_made_by_hand_and_lifted(keeper: Client) -> None:
    keeper.post(f"{MUTES}add/", {"rule": RULE, "target": "*", "reason": "exams", "until": ""})
    mute = EventMute.objects.get()
    receive([finding()])
    assert (mute.reason, mute.username, Alert.objects.count()) == ("exams", "ada", 0)
    keeper.post(f"{MUTES}{mute.pk}/delete/", {"post": "yes"})
    told: list[Any] = [event.event_data["muted"] for event in Event.objects.filter(event_type=catalog.CONFIG_CHANGED)]
    assert (EventMute.objects.count(), sorted(told)) == (0, [False, True])


def test_a_mute_is_changed(keeper: Client) -> None:
    keeper.post(f"{MUTES}add/", {"rule": RULE, "target": TARGET, "until": ""})
    mute = EventMute.objects.get()
    path = f"{MUTES}{mute.pk}/change/"
    keeper.post(path, {"rule": RULE, "target": "*", "reason": "all", "until": ""})
    assert [(each.target, each.reason) for each in EventMute.objects.all()] == [("*", "all")]


def test_who_only_reads_mutes_reads_them_in_words(keeper: Client, reader: Client) -> None:
    keeper.post(f"{MUTES}add/", {"rule": RULE, "target": TARGET, "reason": "a\u202eb", "until": "2199-01-02"})
    path = f"{MUTES}{EventMute.objects.get().pk}/change/"
    page = shown(reader, path)
    assert "<h1>Password guessing: account guru001</h1>" in page and "a⟨U+202E⟩b" in page
    assert "<textarea" not in page and "2199-01-03" in page and "WIB, UTC+07:00" in page
    assert "<textarea" in shown(keeper, path)

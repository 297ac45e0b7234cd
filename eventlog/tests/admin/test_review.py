"""A reviewer's morning: the queue, one decision after the other, and what is not his to decide."""

import re
from datetime import timedelta
from html import unescape

import pytest
from django.contrib.auth.models import User
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from eventlog import catalog
from eventlog.alerts.triage import Change, change
from eventlog.logger import log_event
from eventlog.models import Alert, Block, Event, EventMute
from eventlog.tests.admin.pages import shown
from eventlog.tests.admin.test_alerts import LIST, MUTES, keeper, page_of, signed_in
from eventlog.tests.alerts.conftest import found, guard
from eventlog.tests.altering import altering

pytestmark = pytest.mark.django_db
__all__ = ["keeper"]


def targets(page: str) -> list[str]:
    return re.findall(r'class="eventlog-under">account (\w+)<', page)


def decide(client: Client, alert: Alert, decision: str, asked: str = "", **more: str) -> str:
    """The page that comes next."""
    query = f"?_changelist_filters={asked}" if asked else ""
    answer = client.post(page_of(alert) + query, {"decision": decision, "note": "seen to", **more}, follow=True)
    return unescape(answer.content.decode())


def aged(name: str, *, days: int, **columns: str) -> Alert:
    alert = found(target=f"user:{name}", **columns)
    Alert.objects.filter(pk=alert.pk).update(opened_at=timezone.now() - timedelta(days=days))
    return Alert.objects.get(pk=alert.pk)


# --- the queue ---
def test_the_worst_come_first_and_of_those_the_oldest(keeper: Client) -> None:
    aged("young", days=1, severity="high")
    aged("low", days=9, severity="low")
    aged("worst", days=0, severity="critical")
    aged("old", days=2, severity="high")
    assert targets(shown(keeper, LIST)) == ["worst", "old", "young", "low"]


def test_what_is_over_is_out_of_the_way_the_newest_first_where_it_is_asked_for(keeper: Client) -> None:
    for name in ("one", "two"):
        decide(keeper, aged(name, days=1), "resolved")
    aged("open", days=1)
    assert targets(shown(keeper, LIST)) == ["open"]
    assert targets(shown(keeper, f"{LIST}?state=resolved")) == ["two", "one"]


def test_filters_are_in_words(keeper: Client) -> None:
    found()
    page = shown(keeper, LIST)
    assert "?rule=brute_force" in page and ">brute_force<" not in page


@pytest.mark.parametrize(
    ("path", "words"),
    [(LIST, "Nothing waits for you."), (MUTES, "Nothing is muted"), ("/admin/eventlog/block/", "BLOCK_AFTER_BRUTE")],
)
def test_an_empty_list_teaches(keeper: Client, path: str, words: str) -> None:
    page = shown(keeper, path)
    assert words in page and "to change" not in re.sub(r"<script.*?</script>", "", page)


# --- one after the other ---
def test_after_a_decision_comes_the_next_that_is_open(keeper: Client) -> None:
    first, second, third = (aged(name, days=9 - place) for place, name in enumerate(("one", "two", "three")))
    change(second.pk, Change(state="acknowledged"), by=User.objects.get())
    assert "<h1>Password guessing: account three</h1>" in decide(keeper, first, "resolved")
    assert "That was the last open one." in decide(keeper, third, "acknowledged")


def test_those_that_were_passed_over_come_after_the_last(keeper: Client) -> None:
    aged("one", days=2)
    assert "<h1>Password guessing: account one</h1>" in decide(keeper, aged("two", days=1), "false_positive")


def test_the_next_is_of_the_list_that_was_asked_for(keeper: Client) -> None:
    first = aged("one", days=3, severity="low")
    aged("two", days=2)
    aged("three", days=1, severity="low")
    page = decide(keeper, first, "resolved", asked="severity%3Dlow")
    assert "<h1>Password guessing: account three</h1>" in page and "1 of 1" in page


@pytest.mark.parametrize("asked", ["severity%3D%00", "target__regex%3D(", "o%3D99", "p%3Dx", "%FF"])
def test_a_nonsensical_list_is_no_obstacle(keeper: Client, asked: str) -> None:
    first, _second = aged("one", days=2), aged("two", days=1)
    assert keeper.get(f"{page_of(first)}?_changelist_filters={asked}").status_code == 200


def test_a_decision_without_its_reason_is_asked_for_it_and_nothing_is_lost(keeper: Client) -> None:
    alert = found()
    page = keeper.post(page_of(alert), {"decision": "resolved", "note": "", "mute_until": "2199-01-02"})
    assert "Say why" in page.content.decode() and "2199-01-02" in page.content.decode()
    assert Alert.objects.get().state == "open"


def test_several_at_once_take_a_reason_too(keeper: Client) -> None:
    chosen = {"action": "resolved", "_selected_action": [str(found().pk)]}
    assert "Say why" in keeper.post(LIST, chosen, follow=True).content.decode()
    assert Alert.objects.get().state == "open"


def test_a_note_alone_stays_on_the_page(keeper: Client) -> None:
    alert = found()
    answer = keeper.post(page_of(alert), {"decision": "", "note": "I wait for her"})
    assert (answer.status_code, answer["Location"]) == (302, page_of(alert))
    assert "I wait for her" in shown(keeper, page_of(alert))


def test_a_rule_is_muted_for_the_target_until_the_end_of_a_day(keeper: Client) -> None:
    said = decide(keeper, found(), "mute", mute_until="2199-01-02")
    until = EventMute.objects.get().until
    assert until is not None and timezone.localtime(until).isoformat() == "2199-01-03T00:00:00+07:00"
    assert Alert.objects.get().state == "resolved"
    assert re.search("Nothing more is told of it until the end of .*2199", said)


def test_a_closed_alert_offers_no_keys_that_decide(keeper: Client) -> None:
    alert = found()
    assert "acknowledge: you look after it" in shown(keeper, page_of(alert))
    decide(keeper, alert, "resolved")
    page = shown(keeper, page_of(alert))
    assert "acknowledge: you look after it" not in page and "the next, the previous alert" in page


# --- what it rests on, and what became of it ---
def test_the_page_tells_its_history_from_its_events(keeper: Client) -> None:
    alert = found()
    decide(keeper, alert, "acknowledged")
    decide(keeper, alert, "mute", mute_until="2199-01-02")
    page = unescape(shown(keeper, page_of(alert)))
    for words in ("opened", "state: Open → Acknowledged", "assignee: – → ada", "muted until 2199-01-02"):
        assert words in page
    for event in Event.objects.filter(event_type__in=[catalog.ALERT_OPENED, catalog.ALERT_UPDATED]):
        assert f"/admin/eventlog/event/{event.pk}/change/" in page
    assert page.count("eventlog-said") == 3


def test_what_is_not_stored_yet_is_told_all_the_same(keeper: Client) -> None:
    alert = found()
    decide(keeper, alert, "acknowledged")
    with altering():
        Event.objects.filter(event_type=catalog.ALERT_UPDATED).delete()
    assert "state: Open → Acknowledged" in shown(keeper, page_of(alert))


def test_the_page_leads_to_what_went_before_and_after(keeper: Client) -> None:
    User.objects.create_user("Guru001")
    page = unescape(shown(keeper, page_of(found())))
    assert "?q=actor%3AGuru001&since=" in page and "user/?name=Guru001" in page


def test_the_page_asks_little_of_the_database(keeper: Client) -> None:
    keys = tuple(log_event(catalog.LOGIN_FAILED).id for _ in range(3))
    alerts = [found(target=f"user:a{number}", events=keys) for number in range(8)]
    for _ in range(5):
        decide(keeper, alerts[0], "")
    with CaptureQueriesContext(connection) as captured:
        shown(keeper, page_of(alerts[0]))
    asked = [query["sql"] for query in captured.captured_queries if re.match(r"SELECT|DECLARE", query["sql"])]
    assert len(asked) <= 16, "\n".join(sql[:150] for sql in asked)


# --- one's own ---
def test_an_alert_about_oneself_says_so_and_offers_no_end(keeper: Client) -> None:
    page = shown(keeper, page_of(found(target="user:ada")))
    assert "about yourself" in page and 'value="resolved"' not in page and 'value="acknowledged"' not in page


@pytest.mark.parametrize("decision", ["acknowledged", "resolved", "false_positive", "mute"])
def test_whoever_asks_all_the_same_is_refused_and_that_is_told(keeper: Client, decision: str) -> None:
    assert "about yourself" in decide(keeper, found(target="user:ada"), decision)
    assert (Alert.objects.get().state, Event.objects.filter(error_code="OWN_ALERT").count()) == ("open", 1)


@pytest.mark.parametrize("action", ["resolved", "false_positive", "mute"])
def test_in_the_list_the_others_are_changed_and_ones_own_is_not(keeper: Client, action: str) -> None:
    alerts = [found(target=f"user:{name}") for name in ("ada", "budi")]
    chosen = {"action": action, "_selected_action": [str(each.pk) for each in alerts], "reason": "seen to"}
    page = keeper.post(LIST, chosen, follow=True).content.decode()
    assert "about yourself" in page and "1 alert changed." in page
    assert Alert.objects.get(target="user:ada").state == "open"
    assert Event.objects.filter(error_code="OWN_ALERT").count() == 1


def test_nobody_mutes_himself_on_the_page_of_mutes(keeper: Client) -> None:
    page = keeper.post(f"{MUTES}add/", {"rule": "brute_force", "target": "user:ada", "until": ""})
    assert "about yourself" in page.content.decode() and not EventMute.objects.exists()


# --- who may do what ---
REVIEW = ("view_event", "view_security", "change_alert")


@pytest.mark.parametrize(
    ("rights", "sees", "acts"),
    [
        ((), False, False),
        (("view_event",), False, False),
        (("change_alert", "view_event"), False, False),
        (("view_event", "view_security"), True, False),
        (REVIEW, True, True),
        (("superuser",), True, True),
    ],
)
def test_who_sees_and_who_acts(rights: tuple[str, ...], sees: bool, acts: bool) -> None:
    alert, mute = found(), EventMute.objects.create(rule="xss", target="*")
    until = timezone.now() + timedelta(hours=1)
    block = Block.objects.create(username="siti", address="203.0.113.7", since=timezone.now(), until=until)
    user = User.objects.create_user("budi", is_staff=True, is_superuser="superuser" in rights)
    user.user_permissions.set(guard(*REVIEW).user_permissions.filter(codename__in=rights))
    client = signed_in(user)
    pages = (LIST, page_of(alert), MUTES, f"{MUTES}{mute.pk}/change/", "/admin/eventlog/block/")
    assert {client.get(path).status_code for path in pages} == {200 if sees else 403}
    assert client.get(f"{MUTES}add/").status_code == (200 if acts else 403)
    assert client.post(f"{MUTES}{mute.pk}/delete/", {"post": "yes"}).status_code == (302 if acts else 403)
    client.post("/admin/eventlog/block/", {"action": "lift_selected", "_selected_action": [block.pk]})
    assert Block.objects.in_force().exists() is not acts
    client.post(page_of(alert), {"decision": "resolved", "note": "seen to"})
    assert (Alert.objects.get().state == "resolved", EventMute.objects.exists()) == (acts, not acts)


@pytest.mark.parametrize("path", [f"{LIST}add/", "/admin/eventlog/block/add/"])
def test_not_even_a_superuser_makes_one_by_hand(path: str) -> None:
    assert signed_in(User.objects.create_superuser("root")).get(path).status_code == 403


@pytest.mark.parametrize("path", [f"{LIST}00000000-0000-7000-8000-000000000000/change/", f"{MUTES}99/change/"])
def test_what_is_not_there_leads_to_its_list(keeper: Client, path: str) -> None:
    answer = keeper.get(path, follow=True)
    assert answer.redirect_chain == [(path.split("0000")[0].removesuffix("99/change/"), 302)]
    assert "What you asked for is not here" in answer.content.decode()

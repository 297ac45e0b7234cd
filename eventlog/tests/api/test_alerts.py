"""Alerts by the API: who sees them, who changes them, and how."""

from datetime import timedelta
from typing import Any
from uuid import UUID

import pytest
from django.contrib.auth.models import Permission, User
from django.utils import timezone
from pytest_django import DjangoAssertNumQueries
from rest_framework.test import APIClient

from eventlog.models import Alert, Event, EventMute
from eventlog.tests.alerts.conftest import evidence, found, guard

pytestmark = pytest.mark.django_db
LIST = "/api/alerts"
UNKNOWN = UUID("01936f7e-0000-7000-8000-000000000000")


def signed_in(user: User) -> APIClient:
    client = APIClient()
    client.force_authenticate(user)
    return client


def with_rights(*codenames: str) -> APIClient:
    user = User.objects.create_user("budi")
    user.user_permissions.set(Permission.objects.filter(content_type__app_label="eventlog", codename__in=codenames))
    return signed_in(user)


@pytest.fixture
def client(db: None) -> APIClient:
    return signed_in(guard("change_alert"))


def page(alert: Alert, slash: str = "") -> str:
    return f"{LIST}/{alert.pk}{slash}"


# --- who ---
@pytest.mark.parametrize(
    ("rights", "statuses"),
    [
        ([], (403, 404, 404)),
        (["view_event"], (403, 404, 404)),
        (["view_security"], (403, 404, 404)),
        (["view_event", "change_alert"], (403, 404, 404)),
        (["view_event", "view_security"], (200, 200, 403)),
        (["view_event", "view_security", "change_alert"], (200, 200, 200)),
    ],
)
def test_who_sees_security_sees_alerts_and_changing_one_takes_more(rights: list[str], statuses: Any) -> None:
    client, alert = with_rights(*rights), found()
    answers = client.get(LIST), client.get(page(alert)), client.patch(page(alert), {"note": "seen"})
    assert tuple(answer.status_code for answer in answers) == statuses


def test_a_stranger_is_asked_to_sign_in() -> None:
    alert = found()
    client = APIClient()
    assert [client.get(LIST).status_code, client.patch(page(alert), {}).status_code] == [401, 401]


@pytest.mark.parametrize("slash", ["", "/"])
def test_every_address_works_with_and_without_a_slash(client: APIClient, slash: str) -> None:
    alert = found()
    asked = client.get(LIST + slash), client.get(page(alert, slash)), client.patch(page(alert, slash), {"note": "x"})
    assert [answer.status_code for answer in asked] == [200, 200, 200]


def test_what_is_not_there_is_a_404(client: APIClient) -> None:
    assert client.get(f"{LIST}/{UNKNOWN}").status_code == 404


# --- reading ---
def test_an_alert_is_told_in_columns_and_in_words(client: APIClient) -> None:
    told = client.get(page(found(events=evidence(1), data={"accounts": ["guru001"]}))).json()
    assert (told["rule"], told["target"], told["state"], told["event_count"]) == (
        "brute_force",
        "user:guru001",
        "open",
        5,
    )
    assert told["label"] == "Password guessing"
    assert "guru001" in told["explanation"] and told["advice"]
    assert list(told["events"].values()) == [str(key) for key in evidence(1)]
    assert told["notifications"] == []


def test_the_words_are_in_the_readers_language(client: APIClient) -> None:
    told = client.get(page(found()), headers={"Accept-Language": "id"}).json()
    assert told["label"] == "Kata sandi ditebak-tebak"


@pytest.mark.parametrize(
    ("query", "shown"),
    [
        ("", {"a", "b"}),
        ("state=open", {"b"}),
        ("state=resolved", {"a"}),
        ("severity=low", {"a"}),
        ("rule=brute_force", {"a", "b"}),
        ("rule=xss", set()),
        ("target=user:b", {"b"}),
    ],
)
def test_the_list_can_be_narrowed(client: APIClient, query: str, shown: set[str]) -> None:
    first = found(target="user:a", severity="low")
    found(target="user:b")
    client.patch(page(first), {"state": "resolved", "reason": "seen to"})
    told = client.get(f"{LIST}?{query}").json()["results"]
    assert {alert["target"].removeprefix("user:") for alert in told} == shown


@pytest.mark.parametrize(
    "query", ["state=closed", "severity=worst", "assignee=x", "ordering=rule", "cursor=x", "limit=0"]
)
def test_what_cannot_be_asked_is_refused(client: APIClient, query: str) -> None:
    assert client.get(f"{LIST}?{query}").status_code == 400


def test_pages_go_on_where_the_one_before_ended(client: APIClient) -> None:
    now = timezone.now()
    targets = [found(target=f"user:{number}", last_seen=now).target for number in range(5)]
    url, seen = f"{LIST}?limit=2", []
    while url:
        told = client.get(url).json()
        seen += [alert["target"] for alert in told["results"]]
        url = told["next"]
    assert sorted(seen) == targets


def test_a_list_of_many_takes_as_many_queries_as_one_of_few(
    client: APIClient, django_assert_max_num_queries: DjangoAssertNumQueries, event_log: Any
) -> None:
    for number in range(30):
        found(target=f"user:{number}")
    event_log(ENABLED=False)
    with django_assert_max_num_queries(4):
        assert len(client.get(LIST).json()["results"]) == 30


def test_who_looks_at_alerts_is_recorded(client: APIClient) -> None:
    client.get(page(found()))
    assert Event.objects.get(event_type="EVENTS_VIEWED").username == "ada"


# --- changing ---
def test_triage(client: APIClient) -> None:
    ada = User.objects.get()
    alert = found()
    told = client.patch(page(alert), {"state": "resolved", "assignee": ada.pk, "reason": "the teacher himself"}).json()
    assert (told["state"], told["assignee_id"], told["reason"]) == ("resolved", ada.pk, "the teacher himself")
    assert told["notes"][-1]["username"] == "ada"


def test_what_cannot_follow_is_a_conflict(client: APIClient) -> None:
    alert = found()
    client.patch(page(alert), {"state": "resolved", "reason": "seen to"})
    answer = client.patch(page(alert), {"state": "acknowledged"})
    assert (answer.status_code, answer.json()["code"]) == (409, "not_possible")


def test_to_close_it_takes_a_reason(client: APIClient) -> None:
    answer = client.patch(page(found()), {"state": "resolved"})
    assert (answer.status_code, list(answer.json()["errors"])) == (400, ["reason"])


def test_nobody_closes_an_alert_about_himself(client: APIClient) -> None:
    alert = found(target="user:ada")
    answer = client.patch(page(alert), {"state": "resolved", "reason": "it was me"})
    assert answer.status_code == 403 and "about yourself" in answer.json()["detail"]
    assert Alert.objects.get().state == "open"


def test_a_rule_is_muted_for_a_target(client: APIClient) -> None:
    until = timezone.now() + timedelta(days=3)
    body = {"state": "resolved", "reason": "exams", "mute_until": until.isoformat()}
    assert client.patch(page(found()), body).status_code == 200
    mute = EventMute.objects.get()
    assert (mute.target, mute.until, mute.reason) == ("user:guru001", until, "exams")


@pytest.mark.parametrize(
    "body", [{"state": "closed"}, {"assignee": 987_654}, {"assignee": "x"}, {"note": "x" * 2001}, {"note": "a\0b"}]
)
def test_what_is_wrong_is_refused_by_its_name(client: APIClient, body: dict[str, Any]) -> None:
    answer = client.patch(page(found()), body)
    assert answer.status_code == 400
    assert set(answer.json()["errors"]) == set(body)


def test_who_may_not_see_alerts_is_given_none(client: APIClient) -> None:
    budi = User.objects.create_user("budi")
    answer = client.patch(page(found()), {"assignee": budi.pk})
    assert (answer.status_code, set(answer.json()["errors"])) == (400, {"assignee"})


def test_nothing_else_of_an_alert_can_be_written(client: APIClient) -> None:
    alert = found()
    client.patch(page(alert), {"severity": "debug", "target": "user:other", "event_count": 0})
    again = Alert.objects.get()
    assert (again.severity, again.target, again.event_count) == (alert.severity, alert.target, alert.event_count)


@pytest.mark.parametrize("method", ["post", "put", "delete"])
def test_there_is_no_other_way_to_write(client: APIClient, method: str) -> None:
    assert getattr(client, method)(page(found())).status_code == 405

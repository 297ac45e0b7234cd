"""Who asks too often is told when to come back; and it is in the log."""

import pytest
from django.contrib.auth.models import User
from django.core.cache import cache
from rest_framework.test import APIClient

from eventlog.models import Event
from eventlog.tests.api.test_events import api_with

pytestmark = pytest.mark.django_db
LOGIN = "/api/auth/login"


@pytest.fixture(autouse=True)
def rates(settings):
    """Two a minute, of everything."""
    cache.clear()
    scopes = ("login", "login_name", "password", "password_name", "events", "analytics")
    settings.REST_FRAMEWORK = {**settings.REST_FRAMEWORK, "DEFAULT_THROTTLE_RATES": dict.fromkeys(scopes, "2/min")}
    yield
    cache.clear()


def statuses(client, path, times, body=None, **extra):
    ask = client.get if body is None else client.post
    return [ask(path, body, **extra).status_code for _ in range(times)]


@pytest.mark.parametrize("path", ["/api/events", "/api/events/recent", "/api/events/analytics/summary"])
def test_events_and_numbers_are_bounded_by_account(path):
    assert statuses(api_with("view_event"), path, 3) == [200, 200, 429]


def test_the_answer_is_a_problem_that_says_when_to_come_back():
    client = api_with("view_event")
    *_, last = (client.get("/api/events/recent") for _ in range(3))
    assert last["Content-Type"] == "application/problem+json" and 0 < int(last["Retry-After"]) <= 60
    assert last.json()["status"] == 429 and last.json()["code"] == "throttled"


def test_a_name_is_guessed_at_a_bounded_rate_from_wherever(settings):
    settings.REST_FRAMEWORK["DEFAULT_THROTTLE_RATES"]["login"] = "100/min"
    told = [
        APIClient().post(LOGIN, {"username": name, "password": "x"}, REMOTE_ADDR=f"10.0.0.{n}").status_code
        for n, name in enumerate(["ada", "ADA", "ada ", "bob"])
    ]
    assert told == [401, 401, 429, 401]


def test_an_address_tries_many_names_at_a_bounded_rate():
    told = [
        APIClient().post(LOGIN, {"username": name, "password": "x"}, HTTP_X_FORWARDED_FOR=name).status_code
        for name in ("ada", "bob", "eve")
    ]
    assert told == [401, 401, 429]


def test_whom_the_bound_stops_is_in_the_log_all_the_same():
    statuses(APIClient(), LOGIN, 3, {"username": "ada", "password": "x"})
    assert Event.objects.filter(event_type="LOGIN_FAILED").count() == 2
    stopped = Event.objects.get(event_type="HTTP_REQUEST", response_status=429)
    assert stopped.endpoint == LOGIN and stopped.event_category == "AUTH" and stopped.ip_address == "127.0.0.1"


def test_links_to_set_a_password_are_asked_for_at_a_bounded_rate():
    assert statuses(APIClient(), "/api/auth/password/reset", 3, {"email": "a@b.example"}) == [200, 200, 429]


@pytest.mark.parametrize("body", ["[]", '"x"', '{"username": ["x"]}', '{"username": "\\ud800", "password": "x"}', "{"])
def test_whatever_is_sent_as_a_name_is_answered(body):
    assert APIClient().post(LOGIN, body, content_type="application/json").status_code in (400, 401)


def test_the_demo_is_not_stopped(settings):
    """Twenty requests a second, a quarter of them by one account."""
    from edupro.settings import REST_FRAMEWORK

    rates = REST_FRAMEWORK["DEFAULT_THROTTLE_RATES"]
    assert int(rates["events"].split("/")[0]) >= 20 / 4 * 60 and User.objects.count() == 0

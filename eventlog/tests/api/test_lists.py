"""`/api/events`, `/security` and `/user-activity/{id}`: pages, filters, sums."""

import base64
import json
from datetime import UTC, datetime, timedelta, timezone
from uuid import UUID

import pytest
from django.contrib.auth.models import User
from django.utils.timezone import localtime, now
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from eventlog.logger import log_event
from eventlog.tests.altering import forget
from eventlog.tests.api.test_events import api_with

pytestmark = pytest.mark.django_db
LIST = "/api/events"
NOW = datetime(2026, 11, 25, 5, tzinfo=UTC)
NO_NUMBERS = (float("inf"), float("nan"), 10**400)  # all of which JSON, as Python has it, can hold


def cursor_at(value):
    """Before all events of that value."""
    text = json.dumps([value, str(UUID(int=0)), False])
    return base64.urlsafe_b64encode(text.encode()).decode().rstrip("=")


@pytest.fixture
def auditor():
    client = api_with("view_event", "view_security")
    forget()
    return client


def names(answer):
    return [event["event_name"] for event in answer.json()["results"]]


def walk(client, url, link):
    """The pages from this one on, each with its address."""
    pages = []
    while url:
        answer = client.get(url)
        pages.append((url, names(answer)))
        url = answer.json()[link]
    return pages


def fill(count, **columns):
    for number in range(count):
        log_event("MAINTENANCE", event_name=str(number), timestamp=NOW + timedelta(seconds=number), **columns)


# --- pages ---
def test_pages_follow_each_other_and_lead_back(auditor):
    fill(7)
    forward = walk(auditor, f"{LIST}?limit=3&type=maintenance", "next")
    assert [page for _url, page in forward] == [["6", "5", "4"], ["3", "2", "1"], ["0"]]
    back = walk(auditor, forward[-1][0], "previous")
    assert [page for _url, page in back][1:] == [["3", "2", "1"], ["6", "5", "4"]]


def test_what_comes_meanwhile_shifts_nothing(auditor):
    fill(4)
    first = auditor.get(f"{LIST}?limit=2&type=maintenance").json()
    log_event("MAINTENANCE", event_name="new", timestamp=NOW + timedelta(hours=1))
    assert names(auditor.get(first["next"])) == ["1", "0"]


def test_events_of_the_same_moment_are_all_shown(auditor):
    for number in range(5):
        log_event("MAINTENANCE", event_name=str(number), timestamp=NOW)
    shown = sum((page for _url, page in walk(auditor, f"{LIST}?limit=2&type=maintenance", "next")), [])
    assert sorted(shown) == list("01234")


@given(st.lists(st.sampled_from([1.5, 2.5, 300.0, None]), max_size=12), st.integers(1, 5), st.booleans())
@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_any_order_shows_each_event_once(auditor, durations, size, down):
    forget()
    for duration in durations:
        log_event("MAINTENANCE", response_time_ms=duration, event_name=str(duration))
    ordering = ("-" if down else "") + "response_time_ms"
    pages = walk(auditor, f"{LIST}?limit={size}&ordering={ordering}&type=maintenance", "next")
    shown = [float(name) for _url, page in pages for name in page]
    assert shown == sorted((each for each in durations if each), reverse=down)


@pytest.mark.parametrize("limit", [1, 50])
def test_a_page_is_one_query_on_events(auditor, limit, django_assert_num_queries, event_log):
    fill(60)
    event_log(ENABLED=False)
    with django_assert_num_queries(4):  # user, two for permissions, events
        assert len(names(auditor.get(f"{LIST}?limit={limit}&type=maintenance&q=-category:AUTH"))) == limit


def test_an_empty_answer_says_how_far_back_the_log_goes(auditor, event_log):
    event_log(LOG_RETENTION_DAYS=30)
    assert auditor.get(LIST).json()["horizon"] == {"retention_days": 30, "oldest": None}


@pytest.mark.parametrize(
    ("query", "field"),
    [
        ("limit=0", "limit"),
        ("limit=1001", "limit"),
        ("cursor=x", "cursor"),
        ("cursor=W10", "cursor"),
        ("cursor=WyJhIiwgImIiLCAiYyJd", "cursor"),
        *((f"ordering=-risk_score&cursor={cursor_at(value)}", "cursor") for value in NO_NUMBERS),
        ("ordering=username", "ordering"),
        ("ip=10.0.0", "ip"),
        ("category=school", "category"),
        ("since=soon", "since"),
        ("until=2026-13-01", "until"),
        ("duration=long", "duration"),
        ("q=actor:", "q"),
        ("created=soon", "created"),
        ("id=7", "id"),
        (f"actor={'ada,' * 600}ada", "actor"),
    ],
)
def test_a_bad_question_names_the_parameter(auditor, query, field):
    answer = auditor.get(f"{LIST}?{query}")
    assert answer.status_code == 400 and list(answer.json()["errors"]) == [field]


def test_a_place_may_be_told_in_any_time_zone(auditor):
    fill(2)
    moment = (NOW + timedelta(seconds=1)).astimezone(timezone(timedelta(hours=20)))
    assert names(auditor.get(LIST, {"cursor": cursor_at(moment.isoformat()), "type": "maintenance"})) == ["0"]


def test_a_mistake_in_a_query_says_where(auditor):
    error = auditor.get(LIST, {"q": "actor:guru status:abc"}).json()["errors"]["q"]
    assert error["position"] == 18 and "status code" in error["expected"]


# --- filters ---
def test_filters_are_all_to_be_met(auditor):
    fill(1, username="ada", ip_address="10.1.1.1")
    fill(1, username="ada", ip_address="192.0.2.1")
    answer = auditor.get(LIST, {"actor": "ada", "ip": "10.0.0.0/8"}).json()
    assert [event["ip_address"] for event in answer["results"]] == ["10.1.1.1"]


def test_times_are_both_included(auditor):
    fill(3)
    answer = auditor.get(LIST, {"since": "2026-11-25T05:00:01Z", "until": "2026-11-25T05:00:01Z"})
    assert names(answer) == ["1"]


def test_an_empty_filter_is_none(auditor):
    fill(1)
    assert names(auditor.get(LIST, {"actor": "", "q": "", "limit": ""})) == ["0"]


# --- security ---
def test_security_shows_the_findings_of_a_day(auditor):
    log_event("SQL_INJECTION", timestamp=now() - timedelta(hours=23), event_name="recent")
    log_event("XSS", timestamp=now() - timedelta(hours=25), event_name="older")
    log_event("MAINTENANCE")
    assert names(auditor.get(f"{LIST}/security")) == ["recent"]
    assert names(auditor.get(f"{LIST}/security?hours=48&type=xss")) == ["older"]


def test_security_is_forbidden_without_its_permission():
    assert api_with("view_event").get(f"{LIST}/security").status_code == 403


# --- user-activity ---
def test_activity_adds_up(auditor):
    when = now().replace(minute=0) - timedelta(days=1)
    log_event("LOGIN", user_id=7, username="ada", ip_address="192.0.2.1", timestamp=when)
    log_event("LOGOUT", user_id=7, username="ada", ip_address="192.0.2.1", timestamp=when + timedelta(minutes=1))
    log_event("FILE_UPLOAD", user_id=7, username="ada", timestamp=when + timedelta(minutes=2))
    log_event("LOGIN", user_id=8)
    activity = auditor.get(f"{LIST}/user-activity/7").json()
    assert (activity["username"], activity["total"]) == ("ada", 3)
    assert activity["by_category"] == {"AUTH": 2, "FILE": 1}
    assert activity["busiest_hours"] == [{"hour": localtime(when).hour, "event_count": 3}]
    assert activity["addresses"] == [{"ip_address": "192.0.2.1", "event_count": 2}]
    assert datetime.fromisoformat(activity["last_login"]) == when
    assert [event["event_type"] for event in activity["timeline"]] == ["FILE_UPLOAD", "LOGOUT", "LOGIN"]


def test_activity_is_of_a_month_unless_told(auditor):
    log_event("LOGIN", user_id=7, timestamp=now() - timedelta(days=40))
    assert auditor.get(f"{LIST}/user-activity/7").json()["total"] == 0
    assert auditor.get(f"{LIST}/user-activity/7?days=60").json()["total"] == 1


def test_one_s_own_activity_is_always_there():
    client = api_with()
    forget()
    assert client.get(f"{LIST}/user-activity/{User.objects.get().pk}").json()["total"] == 0


@pytest.mark.parametrize("key", ["12345", "ada", "9" * 40, "-1"])
def test_activity_that_is_not_yours_is_not_found(key):
    client = api_with()
    log_event("LOGIN", user_id=12345)
    assert client.get(f"{LIST}/user-activity/{key}").status_code == 404


# --- who else may see what ---
def only_files(user, events):
    return events.filter(event_category="FILE")


def test_the_project_says_what_people_without_the_permission_see(event_log):
    client = api_with()
    forget()
    event_log(VISIBLE_EVENTS="eventlog.tests.api.test_lists.only_files")
    for name in ("FILE_UPLOAD", "LOGIN", "XSS"):
        log_event(name, event_name=name)
    assert names(client.get(LIST)) == ["FILE_UPLOAD"]


def test_security_stays_hidden_whatever_the_project_says(event_log):
    client = api_with()
    event_log(VISIBLE_EVENTS="eventlog.tests.api.test_lists.everything")
    log_event("XSS")
    assert "XSS" not in [event["event_type"] for event in client.get(LIST).json()["results"]]


def everything(user, events):
    return events

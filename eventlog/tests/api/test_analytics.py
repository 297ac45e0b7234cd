"""`/api/events/analytics/…`: windows, mistakes, who sees what. The numbers are tried in `tests/analytics`."""

from datetime import UTC, datetime, time, timedelta
from zoneinfo import ZoneInfo

import pytest
from django.contrib.auth.models import User
from django.utils import timezone

from eventlog.logger import log_event
from eventlog.models import Event, Rollup, UserDay
from eventlog.tests.altering import forget
from eventlog.tests.api.test_events import api_with

pytestmark = pytest.mark.django_db
JAKARTA = ZoneInfo("Asia/Jakarta")
ALL = ("summary", "timeseries", "endpoints", "users", "failed-logins", "resources")


def url(name):
    return f"/api/events/analytics/{name}"


def emptied(client):
    forget(Event, Rollup, UserDay)
    return client


@pytest.fixture
def auditor(event_log):
    client = emptied(api_with("view_event", "view_security"))
    return client


@pytest.mark.parametrize("name", ALL)
def test_every_question_has_an_answer_with_and_without_a_slash(auditor, name):
    answers = [auditor.get(url(name) + slash) for slash in ("", "/")]
    assert [answer.status_code for answer in answers] == [200, 200]
    assert {"from", "to", "widened"} <= set(answers[0].json())


@pytest.mark.parametrize("name", ALL)
def test_strangers_get_no_numbers(client, name):
    assert client.get(url(name)).status_code == 401


def test_a_summary_tells_of_the_last_day_and_of_the_one_before(auditor):
    for hours in (1, 2, 30):
        log_event("LOGIN", timestamp=timezone.now() - timedelta(hours=hours))
    answer = auditor.get(url("summary")).json()
    assert answer["by_type"]["LOGIN"] == 2 and answer["previous"]["by_type"] == {"LOGIN": 1}


def test_a_window_may_be_named(auditor):
    log_event("LOGIN", timestamp=datetime(2026, 10, 31, 17, tzinfo=UTC))
    log_event("LOGIN", timestamp=datetime(2026, 11, 1, 17, tzinfo=UTC))
    answer = auditor.get(url("summary"), {"since": "2026-11-01", "until": "2026-11-01"}).json()
    assert answer["total"] == 1 and datetime.fromisoformat(answer["from"]) == datetime(2026, 10, 31, 17, tzinfo=UTC)


def test_so_many_days_begin_with_a_whole_day_where_days_are_counted(auditor):
    answer = auditor.get(url("summary"), {"days": 60}).json()
    begins = [datetime.fromisoformat(each["from"]).astimezone(JAKARTA).time() for each in (answer, answer["previous"])]
    assert begins == [time(), time()] and answer["widened"]


@pytest.mark.parametrize("query", [{"days": 3}, {"since": "-1440h"}])
def test_a_window_of_days_ago_or_from_a_moment_on_is_left_as_it_is(auditor, query):
    answer = auditor.get(url("summary"), query).json()
    assert not answer["widened"] and answer["previous"]["to"] == answer["from"]


def test_minutes_can_be_told_apart_within_a_day(auditor):
    this_minute = timezone.now().replace(second=0, microsecond=0)
    for minutes in (1, 1, 3):
        log_event("LOGIN", timestamp=this_minute - timedelta(minutes=minutes))
    answer = auditor.get(
        url("timeseries"), {"since": (this_minute - timedelta(minutes=5)).isoformat(), "bucket": "minute"}
    )
    assert [value["value"] for value in answer.json()["values"]][:5] == [0, 0, 1, 0, 2]


def test_hours_of_long_ago_are_told_by_day(auditor):
    answer = auditor.get(url("timeseries"), {"days": 60, "bucket": "hour"}).json()
    assert (answer["bucket"], answer["widened"], len(answer["values"])) == ("day", True, 61)


def test_accounts_are_counted_by_whole_days_which_is_said(auditor):
    for hour in (9, 15):
        log_event("LOGIN", user_id=7, timestamp=datetime(2026, 11, 1, hour, tzinfo=JAKARTA))
    window = {"since": "2026-11-01T10:00+07:00", "until": "2026-11-01T15:59+07:00"}
    answer = auditor.get(url("users"), window).json()
    assert answer["users"][0]["event_count"] == 2 and answer["widened"]
    assert [datetime.fromisoformat(answer[name]).day for name in ("from", "to")] == [1, 2]
    whole = auditor.get(url("users"), {"since": "2026-11-01", "until": "2026-11-01"}).json()
    assert whole["users"] == answer["users"] and not whole["widened"]


@pytest.mark.parametrize("name", ["failed-logins", "users?by=name"])
def test_what_only_events_can_tell_is_told_of_the_time_that_has_events(auditor, name):
    oldest = log_event("LOGIN_FAILED", username="budi", timestamp=timezone.now() - timedelta(days=3))
    query = url(name) + ("&" if "?" in name else "?")
    answer = auditor.get(f"{query}days=20").json()
    assert datetime.fromisoformat(answer["from"]) == oldest.timestamp and not answer["widened"]


@pytest.mark.parametrize("permissions", [(), ("view_event",)])
def test_the_begin_of_the_log_is_not_told_by_a_hidden_event(permissions):
    client = emptied(api_with(*permissions))
    hidden = log_event("SQL_INJECTION", timestamp=timezone.now() - timedelta(days=3))
    answer = client.get(url("failed-logins"), {"days": 20}).json()
    assert datetime.fromisoformat(answer["from"]) != hidden.timestamp


@pytest.mark.parametrize(
    ("name", "query", "field"),
    [
        ("summary", "since=soon", "since"),
        ("summary", "since=2026-11-02&until=2026-11-01", "since"),
        ("summary", "since=1980-01-01", "since"),
        ("summary", "hours=0", "hours"),
        ("summary", "days=nan", "days"),
        ("timeseries", "metric=mood", "metric"),
        ("timeseries", "bucket=second", "bucket"),
        ("timeseries", "bucket=minute&days=2", "bucket"),
        ("endpoints", "order=name", "order"),
        ("users", "limit=0", "limit"),
    ],
)
def test_a_bad_question_names_the_parameter(auditor, name, query, field):
    answer = auditor.get(f"{url(name)}?{query}")
    assert answer.status_code == 400 and list(answer.json()["errors"]) == [field]


# --- who sees what ---
def findings():
    log_event("SQL_INJECTION", user_id=1, ip_address="192.0.2.1")
    log_event("LOGIN", user_id=1)


def test_no_total_tells_of_findings_without_their_permission():
    client = emptied(api_with("view_event"))
    findings()
    answers = [client.get(url(name)).content.decode() for name in ("summary", "users")]
    assert not any("SECURITY" in answer or "SQL_INJECTION" in answer for answer in answers)
    values = client.get(url("timeseries"), {"metric": "findings"}).json()["values"]
    assert {value["value"] for value in values} == {0}


def test_others_get_the_numbers_of_their_own_events():
    client = emptied(api_with())
    own = User.objects.get().pk
    log_event("LOGIN", user_id=own)
    log_event("LOGIN", user_id=own + 1)
    assert client.get(url("summary")).json()["by_type"]["LOGIN"] == 1
    assert {row["user_id"] for row in client.get(url("users")).json()["users"]} == {own}
    log_event("LOGIN_FAILED", username="someone")
    assert client.get(url("failed-logins")).json()["total"] == 0

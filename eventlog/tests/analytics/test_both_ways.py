"""Every number of the analytics asked both ways: through the counts, and by plain counting of the events."""

from bisect import bisect
from collections import Counter
from datetime import timedelta

import pytest
from django.contrib.auth.models import User
from django.utils import timezone

from eventlog.analytics import queries, rollups
from eventlog.analytics.source import Window
from eventlog.analytics.times import UNITS, stretches
from eventlog.api import answers
from eventlog.tests.analytics.samples import NOW, close, inside, live, nearest_rank, source, windows

pytestmark = pytest.mark.django_db
KINDS = ("event_category", "event_type", "event_status", "severity")


# --- plain counting ---
def requests(events):
    return [each for each in events if each.event_type == "HTTP_REQUEST"]


def of_requests(column):
    return lambda events: [value for each in requests(events) if (value := getattr(each, column)) is not None]


durations, statuses = of_requests("response_time_ms"), of_requests("response_status")


def added(column):
    return lambda events: sum(of_requests(column)(events))


def quotient(part, whole):
    return part / whole if whole else None


def errors(events):
    return sum(status >= 500 for status in statuses(events))


def client_errors(events):
    return sum(400 <= status < 500 for status in statuses(events))


def of_kind(column, value):
    return lambda events: sum(getattr(each, column) == value for each in events)


PLAIN = {
    "events": len,
    "requests": lambda events: len(requests(events)),
    "errors": errors,
    "client_errors": client_errors,
    "error_rate": lambda events: quotient(100 * errors(events), len(requests(events))),
    "mean": lambda events: quotient(sum(durations(events)), len(durations(events))),
    "max": lambda events: max(durations(events), default=None),
    "queries": added("db_query_count"),
    "query_ms": added("db_time_ms"),
    "cpu_ms": added("cpu_time_ms"),
    "memory_mb_max": lambda events: max(of_requests("memory_usage_mb")(events), default=None),
    "failed_logins": of_kind("event_type", "LOGIN_FAILED"),
    "findings": of_kind("event_category", "SECURITY"),
}


def is_right(metric, found, events):
    if metric in queries.PERCENTILES:
        exact = nearest_rank(durations(events), queries.PERCENTILES[metric])
        return found == exact or found == pytest.approx(exact, rel=0.02, abs=0.001)
    return close(found, PLAIN[metric](events))


# --- the questions ---
def test_no_metric_is_left_out():
    assert PLAIN.keys() == queries.METRICS.keys()


@pytest.mark.parametrize("window", list(windows()), ids=lambda window: str(window.end - window.begin).split(".")[0])
def test_a_summary(window):
    live(11)
    found, kept = source(window)
    events, answer = inside(kept), queries.summary(found)
    assert answer.keys() == answers.TotalsSerializer().fields.keys() - {"from", "to", "widened"}
    assert (answer["total"], answer["requests"]) == (len(events), len(requests(events)))
    for name in KINDS:
        assert answer[f"by_{name.removeprefix('event_')}"] == Counter(getattr(each, name) for each in events)
    minutes = (kept.end - kept.begin) / timedelta(minutes=1)
    assert close(answer["requests_per_minute"], len(requests(events)) / minutes)
    assert close(answer["error_rate"], PLAIN["error_rate"](events))
    times = answer["response_time_ms"]
    assert times.keys() == {*queries.PERCENTILES, "mean", "max"}
    assert [name for name, value in times.items() if not is_right(name, value, events)] == []
    assert answer["active_users"] == len({each.user_id for each in on_its_days(kept)})


def on_its_days(window):
    """What people did on all of the days that a window touches."""
    last = timezone.localtime(window.end - timedelta(microseconds=1)) + timedelta(days=1)
    ends = (timezone.localtime(window.begin), last)
    begin, end = (each.replace(hour=0, minute=0, second=0, microsecond=0) for each in ends)
    return inside(Window(begin, end), user__isnull=False)


@pytest.mark.parametrize("bucket", UNITS[1:])
def test_a_series_of_any_metric(bucket):
    live(12)
    rollups.compact(NOW)
    found, kept = source(Window(NOW - timedelta(days=20 if bucket == "hour" else 45), NOW))
    times = list(stretches(kept.begin, kept.end, bucket))
    in_bucket = [[] for _time in times]
    for each in inside(kept):
        in_bucket[bisect(times, timezone.make_naive(each.timestamp)) - 1].append(each)
    for metric in (*queries.METRICS, *queries.PERCENTILES):
        values = queries.timeseries(found, metric, bucket)
        assert [value["at"] for value in values] == times
        pairs = zip(values, in_bucket, strict=True)
        assert [value for value, events in pairs if not is_right(metric, value["value"], events)] == [], metric


@pytest.mark.parametrize("bucket", UNITS[1:])
def test_a_series_has_no_gaps(bucket):
    live(12)
    window = Window(NOW - timedelta(days=20 if bucket == "hour" else 45), NOW)
    times = [value["at"] for value in queries.timeseries(source(window)[0], "events", bucket)]
    assert times == sorted(set(times)) and times[0] <= timezone.make_naive(window.begin) < times[1]


def endpoint_of(events):
    number = len(events)
    return {
        "endpoint": events[0].endpoint,
        "requests": number,
        "mean_ms": PLAIN["mean"](events),
        "max_ms": max(durations(events), default=0),
        "client_errors": client_errors(events),
        "errors": errors(events),
        "error_rate": 100 * errors(events) / number,
        "queries_per_request": PLAIN["queries"](events) / number,
        "query_ms_per_request": PLAIN["query_ms"](events) / number,
    }


@pytest.mark.parametrize("category", ["", "AUTH"])
def test_endpoints(site, category):
    found, kept = source(Window(NOW - timedelta(days=9, minutes=13), NOW))
    for row in queries.endpoints(found, order="slowest", limit=10, category=category):
        chosen = {"event_category": category} if category else {}
        events = inside(kept, event_type="HTTP_REQUEST", endpoint=row["endpoint"], **chosen)
        assert row == pytest.approx(endpoint_of(events))


ORDERED_BY = {
    "requests": lambda row: row["requests"],
    "slowest": lambda row: row["mean_ms"],
    "errors": lambda row: row["errors"],
    "query_ms": lambda row: row["query_ms_per_request"] * row["requests"],
    "queries": lambda row: row["queries_per_request"] * row["requests"],
}


@pytest.mark.parametrize("order", queries.ORDERS)
def test_the_order_of_endpoints(site, order):
    rows = queries.endpoints(source(Window(NOW - timedelta(days=40), NOW))[0], order=order, limit=10)
    values = [ORDERED_BY[order](row) for row in rows]
    assert values == pytest.approx(sorted(values, reverse=True)) and len(values) == 3


def test_resources(site):
    found, kept = source(Window(NOW - timedelta(days=40), NOW))
    rows = queries.resources(found, limit=50)
    for row in rows:
        events = inside(kept, event_type="HTTP_REQUEST", endpoint=row["endpoint"], server_name=row["server_name"])
        times = of_requests("cpu_time_ms")(events)
        expected = {"endpoint": row["endpoint"], "server_name": row["server_name"], "requests": len(events)}
        expected |= {"cpu_ms": sum(times), "cpu_ms_per_request": quotient(sum(times), len(times))}
        expected |= {name: PLAIN[name](events) for name in ("memory_mb_max", "queries", "query_ms")}
        assert row == pytest.approx(expected)
    assert len(rows) == 6


def test_users(site):
    User.objects.create_user("ada", id=1)
    found, kept = source(Window(NOW - timedelta(days=9, minutes=13), NOW))
    events = on_its_days(kept)
    rows = queries.users(found, limit=10)
    for row in rows:
        own = [each for each in events if each.user_id == row["user_id"]]
        name = "ada" if row["user_id"] == 1 else ""
        expected = {"user_id": row["user_id"], "username": name, "event_count": len(own)}
        assert row == {**expected, "by_category": Counter(each.event_category for each in own)}
    assert {row["user_id"] for row in rows} == {each.user_id for each in events}


def test_names(site):
    found, kept = source(Window(NOW - timedelta(days=9, minutes=13), NOW))
    counts = {row["username"]: row["event_count"] for row in queries.usernames(found, limit=10)}
    assert counts == Counter(each.username for each in inside(kept))


@pytest.mark.parametrize("least", [1, 8])
def test_failed_logins(site, least):
    found, kept = source(Window(NOW - timedelta(days=9), NOW))
    failed, answer = inside(kept, event_type="LOGIN_FAILED"), queries.failed_logins(found, limit=50, least=least)
    assert answer.pop("total") == len(failed)
    for name, column in (("by_address", "ip_address"), ("by_user", "username"), ("by_reason", "error_code")):
        counts = {row[column]: row["event_count"] for row in answer.pop(name)}
        plain = Counter(getattr(each, column) for each in failed)
        assert counts == {value: number for value, number in plain.items() if number >= least}
    assert answer == {}

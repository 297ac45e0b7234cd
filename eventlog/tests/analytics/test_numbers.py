"""Every number of the analytics asked both ways: through the counts, and by plain counting of the events."""

import random
from bisect import bisect
from collections import Counter
from datetime import UTC, datetime, timedelta

import pytest
from django.contrib.auth.models import User
from django.utils import timezone
from hypothesis import given
from hypothesis import strategies as st

from eventlog.analytics import queries, rollups
from eventlog.analytics.source import Window, everything, only
from eventlog.models import DurationRollup, EndpointRollup, Event, Rollup, UserDay
from eventlog.pipeline.store import Batch, write
from eventlog.record import make_record

pytestmark = pytest.mark.django_db
NOW = datetime(2026, 11, 25, 5, 17, 42, tzinfo=UTC)
TYPES = ["HTTP_REQUEST", "HTTP_REQUEST", "HTTP_REQUEST", "LOGIN", "LOGIN_FAILED", "SISWA_UPDATE", "SQL_INJECTION"]


def event(dice, now):
    when = now - timedelta(seconds=dice.choice([60, 7200, 90_000, 3_000_000, 4_500_000]) * dice.random())
    columns = {"timestamp": when, "user_id": dice.choice([None, 1, 2, 3]), "severity": dice.choice(["info", "high"])}
    kind = dice.choice(TYPES)
    if kind == "HTTP_REQUEST":
        columns |= {
            "event_category": dice.choice(["CRUD", "AUTH"]),
            "endpoint": dice.choice(["/api/siswa", "/api/nilai/{id}", "/"]),
            "server_name": dice.choice(["a", "b"]),
            "response_status": dice.choice([200, 200, 404, 500, 503, None]),
            "response_time_ms": dice.choice([None, dice.expovariate(1 / 40), 0.0, 5000.0]),
            "db_query_count": dice.choice([None, 3]),
            "db_time_ms": dice.choice([None, 1.5]),
            "cpu_time_ms": dice.choice([None, 2.25]),
            "memory_usage_mb": dice.choice([None, 80.5, 120.25]),
        }
    return make_record(kind, columns).to_json()


def live(seed):
    """A month and a half of a site: batches, some of them twice, late ones, and compaction now and then."""
    dice, now, sequence = random.Random(seed), NOW - timedelta(hours=6), 1
    Event.objects.all().delete()
    for model in (Rollup, EndpointRollup, DurationRollup, UserDay):
        model.objects.all().delete()
    while now < NOW:
        records = [event(dice, now) for _ in range(dice.randint(1, 40))]
        batch = Batch(records, "w", sequence, sequence + len(records) - 1)
        for _ in range(dice.choice([1, 1, 2])):
            write(batch)
        write(Batch(records[:3]))  # of another writer: they are there already
        sequence += len(records)
        if dice.random() < 0.3:
            rollups.compact(now)
        now += timedelta(minutes=dice.randint(5, 90))


@pytest.fixture(params=range(2))
def site(request):
    live(request.param)


def windows():
    dice = random.Random(7)
    spans = [60, 3600, 26 * 3600, 86400, 9 * 86400, 40 * 86400, 90 * 86400]
    yield Window(NOW - timedelta(days=60), NOW)
    for _ in range(11):
        end = NOW - timedelta(seconds=dice.choice([0, 3600, 86400, 2_000_000]) * dice.random())
        yield Window(end - timedelta(seconds=dice.choice(spans) * dice.random()), end)


def inside(window, **chosen):
    return list(Event.objects.filter(timestamp__gte=window.begin, timestamp__lt=window.end, **chosen))


def nearest_rank(values, share):
    ordered = sorted(values)
    return ordered[max(0, -int(-share * len(ordered) // 1) - 1)] if ordered else None


def close(found, expected):
    return found == expected if None in (found, expected) else found == pytest.approx(expected, rel=1e-9)


def source(window):
    found = everything(window, sees_security=True)
    return found, found.window


# --- the invariants ---
def test_every_event_is_in_one_count_and_in_one_only(site):
    stored = Event.objects.count()
    assert sum(Rollup.objects.values_list("event_count", flat=True)) == stored
    timed = Event.objects.filter(event_type="HTTP_REQUEST", response_time_ms__isnull=False).count()
    assert sum(DurationRollup.objects.values_list("event_count", flat=True)) == timed
    requests = Event.objects.filter(event_type="HTTP_REQUEST").count()
    assert sum(EndpointRollup.objects.values_list("event_count", flat=True)) == requests
    assert sum(UserDay.objects.values_list("event_count", flat=True)) == Event.objects.exclude(user=None).count()


def test_old_counts_are_coarse_and_new_ones_fine(site):
    rollups.compact(NOW)
    for row in Rollup.objects.all():
        length = row.finish - row.start
        if row.finish < NOW - timedelta(days=34):
            assert length == timedelta(days=1)
        elif row.finish < NOW - timedelta(hours=5):
            assert length >= timedelta(hours=1)


def test_days_are_those_of_the_school(site):
    rollups.compact(NOW)
    days = [row.start for row in Rollup.objects.all() if row.finish - row.start == timedelta(days=1)]
    assert days and {timezone.localtime(day).hour for day in days} == {0}


def test_compaction_twice_is_once(site):
    rollups.compact(NOW)
    before = list(Rollup.objects.order_by("pk").values())
    assert rollups.compact(NOW) == 0 and list(Rollup.objects.order_by("pk").values()) == before


def test_no_number_is_too_large_to_be_counted():
    for _ in range(3):
        write(
            Batch([make_record("HTTP_REQUEST", {"response_time_ms": 1.7e308, "db_query_count": 2**31 - 1}).to_json()])
        )
    assert Event.objects.count() == 3 == sum(Rollup.objects.values_list("event_count", flat=True))


# --- the questions ---
@pytest.mark.parametrize("window", list(windows()), ids=lambda window: str(window.end - window.begin).split(".")[0])
def test_a_summary_is_what_plain_counting_gives(window):
    live(11)
    found, kept = source(window)
    events, answer = inside(kept), queries.summary(found)
    requests = [each for each in events if each.event_type == "HTTP_REQUEST"]
    durations = [each.response_time_ms for each in requests if each.response_time_ms is not None]
    assert (answer["total"], answer["requests"]) == (len(events), len(requests))
    for name in ("event_category", "event_type", "event_status", "severity"):
        assert answer[f"by_{name.removeprefix('event_')}"] == Counter(getattr(each, name) for each in events)
    errors = sum((each.response_status or 0) >= 500 for each in requests)
    assert close(answer["error_rate"], 100 * errors / len(requests) if requests else None)
    assert close(answer["response_time_ms"]["mean"], sum(durations) / len(durations) if durations else None)
    assert close(answer["response_time_ms"]["max"], max(durations, default=None))
    for name, share in queries.PERCENTILES.items():
        exact, estimate = nearest_rank(durations, share), answer["response_time_ms"][name]
        assert estimate == exact or estimate == pytest.approx(exact, rel=0.02, abs=0.001)


CHOSEN = {
    "events": {},
    "requests": {"event_type": "HTTP_REQUEST"},
    "errors": {"event_type": "HTTP_REQUEST", "response_status__gte": 500},
    "failed_logins": {"event_type": "LOGIN_FAILED"},
}


@pytest.mark.parametrize("bucket", queries.BUCKETS[1:])
def test_a_series_adds_up(bucket):
    live(12)
    rollups.compact(NOW)
    window = Window(NOW - timedelta(days=20 if bucket == "hour" else 45), NOW)
    for metric, chosen in CHOSEN.items():
        values = queries.timeseries(source(window)[0], metric, bucket)
        times = [value["at"] for value in values]
        begins = Counter(bisect(times, timezone.make_naive(each.timestamp)) - 1 for each in inside(window, **chosen))
        assert {place: value["value"] for place, value in enumerate(values) if value["value"]} == begins


@pytest.mark.parametrize("bucket", queries.BUCKETS[1:])
def test_a_series_of_any_metric_has_no_gaps(bucket):
    live(12)
    window = Window(NOW - timedelta(days=20 if bucket == "hour" else 45), NOW)
    for metric in (*queries.METRICS, *queries.PERCENTILES):
        times = [value["at"] for value in queries.timeseries(source(window)[0], metric, bucket)]
        assert times == sorted(set(times)) and times[0] <= timezone.make_naive(window.begin) < times[1]


def test_endpoints_are_what_plain_counting_gives(site):
    window = Window(NOW - timedelta(days=9, minutes=13), NOW)
    for row in queries.endpoints(source(window)[0], order="slowest", limit=10):
        requests = inside(window, event_type="HTTP_REQUEST", endpoint=row["endpoint"])
        durations = [each.response_time_ms for each in requests if each.response_time_ms is not None]
        assert row["requests"] == len(requests) and close(row["max_ms"], max(durations, default=0))
        assert close(row["mean_ms"], sum(durations) / len(durations) if durations else None)
        assert row["errors"] == sum((each.response_status or 0) >= 500 for each in requests)
        assert row["client_errors"] == sum(400 <= (each.response_status or 0) < 500 for each in requests)
        assert close(row["queries_per_request"], sum(each.db_query_count or 0 for each in requests) / len(requests))


def test_the_slowest_endpoint_comes_first(site):
    rows = queries.endpoints(source(Window(NOW - timedelta(days=40), NOW))[0], order="slowest", limit=10)
    means = [row["mean_ms"] for row in rows]
    assert means == sorted(means, reverse=True) and len(means) == 3


def test_resources_are_what_plain_counting_gives(site):
    window = Window(NOW - timedelta(days=40), NOW)
    for row in queries.resources(source(window)[0], limit=50):
        place = {name: row[name] for name in ("endpoint", "server_name")}
        requests = inside(source(window)[1], event_type="HTTP_REQUEST", **place)
        assert row["requests"] == len(requests)
        assert close(row["cpu_ms"], sum(each.cpu_time_ms or 0 for each in requests))
        assert (row["memory_mb_max"] or 0) == max(each.memory_usage_mb or 0 for each in requests)


def test_users_are_counted_by_whole_days(site):
    User.objects.create_user("ada", id=1)
    window = Window(NOW - timedelta(days=9, minutes=13), NOW)
    begin = timezone.localtime(window.begin).replace(hour=0, minute=0, second=0, microsecond=0)
    events = inside(Window(begin, NOW + timedelta(days=1)), user__isnull=False)
    found = queries.users(source(window)[0], limit=10)
    assert {row["user_id"]: row["event_count"] for row in found} == Counter(each.user_id for each in events)
    assert {row["username"] for row in found if row["user_id"] == 1} == {"ada"}
    assert queries.active_users(source(window)[0]) == len({each.user_id for each in events})


def test_failed_logins_are_what_plain_counting_gives(site):
    window = Window(NOW - timedelta(days=9), NOW)
    failed = inside(window, event_type="LOGIN_FAILED")
    assert queries.failed_logins(source(window)[0], limit=5)["total"] == len(failed)


# --- who sees what ---
def test_without_security_no_total_has_a_finding_in_it(site):
    window = Window(NOW - timedelta(days=40), NOW)
    found = everything(window, sees_security=False)
    answer = queries.summary(found)
    events = [each for each in inside(found.window) if each.event_category != "SECURITY"]
    assert answer["total"] == len(events) and "SECURITY" not in answer["by_category"]
    assert queries.active_users(found) <= len({each.user_id for each in events})


def test_who_sees_some_events_gets_the_numbers_of_those(site):
    window = Window(NOW - timedelta(days=20), NOW)
    found = only(Event.objects.filter(user_id=2), window)
    events = inside(window, user_id=2)
    answer = queries.summary(found)
    assert (answer["total"], answer["active_users"]) == (len(events), min(1, len(events)))
    assert sum(value["value"] for value in queries.timeseries(found, "events", "day")) == len(events)


def test_a_long_window_is_cut_for_them(site):
    found = only(Event.objects.all(), Window(NOW - timedelta(days=300), NOW))
    assert found.window.begin == NOW - timedelta(days=31)


# --- when events are gone ---
def test_where_the_events_are_gone_the_window_is_widened_to_what_is_counted(site):
    rollups.compact(NOW)
    window = Window(NOW - timedelta(days=40, minutes=7), NOW)
    before = inside(Window(NOW - timedelta(days=60), NOW))
    Event.objects.filter(timestamp__lt=NOW - timedelta(days=30)).delete()
    found, kept = source(window)
    assert kept.widened == (kept.begin < window.begin)
    assert queries.summary(found)["total"] == sum(kept.begin <= each.timestamp < NOW for each in before)


# --- the buckets of durations ---
@given(st.floats(min_value=0.001, max_value=1e7))
def test_a_bucket_stands_for_its_values_within_two_percent(value):
    from math import ceil, log

    from eventlog.models.rollup import GROWTH, SMALLEST, middle_of

    bucket = max(0, ceil(log(value / SMALLEST) / log(GROWTH)))
    assert middle_of(bucket) == pytest.approx(value, rel=0.02, abs=0.001)

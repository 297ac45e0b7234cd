"""Counts that hold whatever comes late, twice or not at all; who sees what of them. What questions answer is in
`test_both_ways`."""

from datetime import UTC, datetime, timedelta

import pytest
from django.db import connection
from django.utils import timezone
from django.utils.timezone import get_default_timezone
from hypothesis import given
from hypothesis import strategies as st

from eventlog.analytics import queries, rollups
from eventlog.analytics.source import Window, everything, only, widened
from eventlog.integrity import guards
from eventlog.models import DurationRollup, EndpointRollup, Event, Rollup, UserDay
from eventlog.pipeline.store import Batch, write
from eventlog.record import make_record
from eventlog.tests.analytics.samples import NOW, inside, source

pytestmark = pytest.mark.django_db


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


def minutes_of_two_days():
    """A count a quarter of an hour, over two days that have been over for long."""
    for number in range(2 * 24 * 4):
        when = NOW - timedelta(days=50) + timedelta(minutes=15 * number)
        Rollup.objects.create(start=when, finish=when + timedelta(minutes=1), event_type="LOGIN", event_count=number)


def kept():
    return list(Rollup.objects.order_by("start").values_list("start", "finish", "event_count"))


def test_slices_of_any_size_put_the_same_together(monkeypatch):
    minutes_of_two_days()
    monkeypatch.setattr(rollups, "ROWS", 10)
    rollups.compact(NOW)
    in_slices = kept()
    Rollup.objects.all().delete()
    minutes_of_two_days()
    monkeypatch.undo()
    rollups.compact(NOW)
    assert in_slices == kept() and len(in_slices) == 3


def test_a_run_is_bounded_and_the_next_goes_on(monkeypatch):
    minutes_of_two_days()
    monkeypatch.setattr(rollups, "ROWS", 4)
    monkeypatch.setattr(rollups, "AT_ONCE", 1)
    total = sum(count for _start, _finish, count in kept())
    steps = []
    while rollups.compact(NOW):
        steps.append(len(kept()))
        assert sum(count for _start, _finish, count in kept()) == total
    assert len(steps) > 1 and steps == sorted(steps, reverse=True)


def test_what_comes_late_is_put_to_the_rest():
    minutes_of_two_days()
    rollups.compact(NOW)
    (first, finish, count), *others = kept()
    Rollup.objects.create(start=first, finish=first + timedelta(minutes=1), event_type="LOGIN", event_count=5)
    rollups.compact(NOW)
    assert kept() == [(first, finish, count + 5), *others]


@pytest.mark.django_db(transaction=True)
def test_what_a_writer_is_adding_to_is_left_for_the_next_time():
    minutes_of_two_days()
    writer = connection.copy()
    try:
        writer.set_autocommit(False)
        with writer.cursor() as cursor:
            cursor.execute("SELECT FROM event_rollups WHERE start = (SELECT min(start) FROM event_rollups) FOR UPDATE")
        rollups.compact(NOW)
        assert len(kept()) == 3 + 1
        writer.rollback()
    finally:
        writer.close()
    rollups.compact(NOW)
    assert len(kept()) == 3


def test_no_number_is_too_large_to_be_counted():
    for _ in range(3):
        write(
            Batch([make_record("HTTP_REQUEST", {"response_time_ms": 1.7e308, "db_query_count": 2**31 - 1}).to_json()])
        )
    assert Event.objects.count() == 3 == sum(Rollup.objects.values_list("event_count", flat=True))


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


# --- at the edges ---
@pytest.mark.parametrize(
    ("since", "until", "total"), [("00:01", "23:59", 2), ("00:01", "12:00", 1), ("12:00", "23:59", 1)]
)
def test_the_longest_day_of_a_year_is_cut_right(settings, since, until, total):
    """Its counts are of 25 hours."""
    settings.TIME_ZONE = "Europe/Berlin"
    moments = [in_utc(at) for at in ("00:00", "00:02", "23:58")]
    write(Batch([make_record("LOGIN", {"timestamp": moment}).to_json() for moment in moments]))
    rollups.compact(NOW + timedelta(days=3))
    assert [finish - start for start, finish, _count in kept()] == [timedelta(hours=25)]
    window = Window(in_utc(since), in_utc(until))
    assert queries.summary(everything(window, sees_security=True))["total"] == total


def in_utc(clock):
    """By which the hour that comes twice is counted twice when a length is added."""
    return timezone.make_aware(datetime.fromisoformat(f"2026-10-25T{clock}")).astimezone(UTC)


# --- when events are gone ---
def test_where_the_events_are_gone_the_window_is_widened_to_what_is_counted(site):
    rollups.compact(NOW)
    window = Window(NOW - timedelta(days=40, minutes=7), NOW)
    before = inside(Window(NOW - timedelta(days=60), NOW))
    with guards.allowing("DELETE events", using="default"):
        Event.objects.filter(timestamp__lt=NOW - timedelta(days=30)).delete()
    found, kept = source(window)
    assert kept.widened == (kept.begin < window.begin)
    assert queries.summary(found)["total"] == sum(kept.begin <= each.timestamp < NOW for each in before)


def test_an_end_of_whose_day_some_events_are_gone_is_widened_too():
    day = (NOW - timedelta(days=40)).astimezone(get_default_timezone()).replace(hour=0, minute=0, second=0)
    hours = [day + timedelta(hours=hour) for hour in (2, 10, 12)]
    write(Batch([make_record("LOGIN", {"timestamp": hour}).to_json() for hour in hours]))
    rollups.compact(NOW)
    window = Window(day - timedelta(days=1), day + timedelta(hours=11))
    assert (queries.summary(everything(window, sees_security=True))["total"], widened(window)) == (2, window)
    with guards.allowing("DELETE events", using="default"):
        Event.objects.filter(timestamp__lt=day + timedelta(hours=5)).delete()
    found = everything(window, sees_security=True)
    assert (found.window.end, found.window.widened) == (day + timedelta(days=1), True)
    assert queries.summary(found)["total"] == 3


# --- the buckets of durations ---
@given(st.floats(min_value=0.001, max_value=1e7))
def test_a_bucket_stands_for_its_values_within_two_percent(value):
    from math import ceil, log

    from eventlog.models.rollup import GROWTH, SMALLEST, middle_of

    bucket = max(0, ceil(log(value / SMALLEST) / log(GROWTH)))
    assert middle_of(bucket) == pytest.approx(value, rel=0.02, abs=0.001)

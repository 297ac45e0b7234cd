"""What a dashboard tells, beside plain counting of the events."""

from collections import Counter
from datetime import datetime, timedelta

import pytest
from django.contrib.auth.models import Permission, User
from django.utils.timezone import localtime, make_aware

from eventlog.analytics import rollups
from eventlog.analytics.overview import from_border, hours_of_week, overview, unit_of, whole_days
from eventlog.analytics.source import Window
from eventlog.analytics.times import stretches
from eventlog.tests.altering import forget
from eventlog.tests.analytics.samples import NOW, close, inside, nearest_rank

pytestmark = pytest.mark.django_db
LENGTHS = [timedelta(hours=1), timedelta(hours=24), timedelta(days=7), timedelta(days=30), timedelta(days=50)]


def requests(events):
    return [each for each in events if each.event_type == "HTTP_REQUEST"]


def durations(events):
    return [each.response_time_ms for each in requests(events) if each.response_time_ms is not None]


def is_told(numbers, events):
    """Whether the numbers are those of plain counting."""
    times = durations(events)
    assert numbers.total == len(events) and numbers.request_count == len(requests(events))
    assert numbers.categories == Counter(each.event_category for each in events)
    assert numbers.threats == Counter(each.event_type for each in events if each.event_category == "SECURITY")
    assert numbers.failed_logins == sum(each.event_type == "LOGIN_FAILED" for each in events)
    assert numbers.errors == sum((each.response_status or 0) >= 500 for each in requests(events))
    assert close(numbers.mean, sum(times) / len(times) if times else None)
    exact = nearest_rank(times, 0.95)
    assert numbers.p95 == (exact if exact is None else pytest.approx(exact, rel=0.02, abs=0.001))
    return True


@pytest.fixture
def reviewer():
    user = User.objects.create_user("reviewer")
    user.user_permissions.set(Permission.objects.filter(codename__in=["view_event", "view_security"]))
    return user


@pytest.mark.parametrize("length", LENGTHS, ids=str)
def test_a_window_the_one_before_and_each_part_are_counted_right(site, reviewer, length):
    rollups.compact(NOW)
    view = overview(reviewer, from_border(NOW - length, NOW, NOW), NOW)
    assert is_told(view.now, inside(view.window))
    if view.before is not None:
        assert view.earlier.window.end == view.window.begin and is_told(view.before, inside(view.earlier.window))
    assert all(is_told(numbers, inside(numbers.window)) for numbers in view.over_time.values())


@pytest.mark.parametrize("length", LENGTHS, ids=str)
def test_no_window_reads_events_for_its_edges(site, reviewer, length):
    """However old they are: of events, only those of this minute are looked at."""
    rollups.compact(NOW)
    window = from_border(NOW - length, NOW, NOW)
    whole = overview(reviewer, window, NOW).now.total - len(inside(Window(NOW.replace(second=0), NOW)))
    forget()
    assert overview(reviewer, window, NOW).now.total == whole


def test_how_many_were_active_is_compared_by_whole_days_where_those_differ(site, reviewer):
    week, day = (overview(reviewer, from_border(NOW - length, NOW, NOW), NOW) for length in (LENGTHS[2], LENGTHS[1]))
    days = whole_days(week.earlier.window, NOW)
    assert week.users_before() == len({each.user_id for each in inside(days, user__isnull=False)})
    assert day.users_before() is None


def test_when_in_the_week_requests_came(site, reviewer):
    rollups.compact(NOW)
    view = overview(reviewer, from_border(NOW - timedelta(days=20), NOW, NOW), NOW)
    found = {(row["weekday"], row["hour"]): row["event_count"] for row in hours_of_week(view.source, NOW)}
    times = [localtime(each.timestamp) for each in requests(inside(view.window))]
    assert found == Counter((time.isoweekday(), time.hour) for time in times)


def test_who_sees_some_events_is_told_of_those_and_of_a_month_at_most(site):
    user = User.objects.create_user("ada", id=2)
    view = overview(user, from_border(NOW - timedelta(days=60), NOW, NOW), NOW)
    assert view.window.begin == NOW - timedelta(days=31) and view.before is None
    own = [each for each in inside(view.window, user_id=2) if each.event_category != "SECURITY"]
    assert is_told(view.now, own)


@pytest.mark.parametrize(
    ("begin", "end", "unit"),
    [
        ("2026-11-25T11:00", "2026-11-25T12:00", "minute"),
        ("2026-11-25T09:30", "2026-11-25T12:00", "hour"),
        ("2026-11-25T01:00", "2026-11-25T02:00", "hour"),
        ("2026-11-24T12:00", "2026-11-25T12:00", "hour"),
        ("2026-09-01", "2026-09-02", "day"),
        ("2026-08-01", "2026-11-01", "day"),
        ("2025-08-01", "2026-11-01", "week"),
        ("2018-08-01", "2026-11-01", "month"),
    ],
)
def test_the_parts_are_few_and_not_finer_than_what_is_counted(begin, end, unit):
    window = Window(*(make_aware(datetime.fromisoformat(moment)) for moment in (begin, end)))
    assert unit_of(window, NOW) == unit
    assert len(list(stretches(window.begin, window.end, unit))) <= 110

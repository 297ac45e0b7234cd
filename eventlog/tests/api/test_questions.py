"""The three questions that the table `events` is asked in plain SQL have endpoints that give the same rows."""

import random
from datetime import timedelta

import pytest
from django.db import connection
from django.utils import timezone

from eventlog.logger import log_event
from eventlog.models import DurationRollup, Event, Rollup, UserDay
from eventlog.tests.altering import forget
from eventlog.tests.api.test_events import api_with

pytestmark = pytest.mark.django_db
USERS = """SELECT username, COUNT(*) AS event_count FROM events WHERE timestamp >= NOW() - INTERVAL '24 hours'
GROUP BY username ORDER BY event_count DESC LIMIT 10"""
ENDPOINTS = """SELECT endpoint, AVG(response_time_ms) FROM events WHERE event_category = 'CRUD' GROUP BY endpoint"""
ADDRESSES = """SELECT ip_address, COUNT(*) FROM events WHERE event_type = 'LOGIN_FAILED'
AND timestamp >= NOW() - INTERVAL '1 hour' GROUP BY ip_address HAVING COUNT(*) > 5"""


@pytest.fixture
def auditor(event_log):
    """Three days of a school, of which nothing is told more while it is asked for."""
    client = api_with("view_event", "view_security")
    forget(Event, Rollup, DurationRollup, UserDay)
    dice, now = random.Random(5), timezone.now()
    for number in range(400):
        kind = dice.choice(["HTTP_REQUEST", "HTTP_REQUEST", "LOGIN_FAILED"])
        log_event(
            kind,
            event_category=dice.choice(["CRUD", "AUTH"]),
            timestamp=now - timedelta(hours=dice.choice([0.5, 2, 72]) * dice.random()),
            username=f"guru{number % 7 * number % 12:03}" if number % 5 else "",
            user_id=number % 12,
            ip_address=f"10.0.0.{dice.randint(1, 9)}",
            endpoint=dice.choice(["/api/siswa", "/api/nilai/{id}", "/api/presensi"]),
            response_time_ms=dice.expovariate(1 / 40) if kind == "HTTP_REQUEST" else None,  # no other event has one
        )
    event_log(ENABLED=False)
    return client


def sql(question):
    with connection.cursor() as cursor:
        cursor.execute(question)
        return cursor.fetchall()


def asked(client, path):
    answer = client.get(f"/api/events/analytics/{path}")
    assert answer.status_code == 200
    return answer.json()


def test_who_was_most_active_in_the_last_day(auditor):
    rows = [(row["username"], row["event_count"]) for row in asked(auditor, "users?by=name&hours=24&limit=10")["users"]]
    expected = sql(USERS)
    assert [count for _name, count in rows] == [count for _name, count in expected] and len(rows) == 10
    last = expected[-1][1]  # of equal counts at the end SQL may name any
    assert {row for row in rows if row[1] > last} == {row for row in expected if row[1] > last}


def test_how_long_each_endpoint_takes_on_average(auditor):
    rows = asked(auditor, "endpoints?category=CRUD&days=3650&limit=1000")["endpoints"]
    times = {row["endpoint"]: row["mean_ms"] for row in rows}
    assert times == pytest.approx({endpoint: mean for endpoint, mean in sql(ENDPOINTS) if mean is not None})
    assert len(times) == 3


def test_which_addresses_fail_to_sign_in_more_than_five_times(auditor):
    rows = asked(auditor, "failed-logins?hours=1&min=6&limit=1000")["by_address"]
    found = {(row["ip_address"], row["event_count"]) for row in rows}
    assert found == set(sql(ADDRESSES)) and found

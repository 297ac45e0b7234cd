"""The questions that screens and programs ask, over many events: through the API and in the database, beside raw SQL.

    python -m benchmarks.queries [--events 1000000] [--rounds 20]

The events are made by the server itself, spread over 90 days; so are their counts, put together as the scheduled task
does. "raw" is the same question asked of the events without any count. Times are medians; p95 through HTTP is in
process, through every middleware.
"""

import argparse
import statistics
import time
from collections.abc import Callable, Iterator
from datetime import timedelta
from typing import Any

from django.contrib.auth.models import User
from django.db import connection
from django.utils import timezone
from rest_framework.test import APIClient

from benchmarks.measure import Row, say, table, throwaway_database
from eventlog.analytics import queries, rollups
from eventlog.analytics.source import Window, everything
from eventlog.api.terms import condition
from eventlog.models import Event
from eventlog.models.rollup import COUNTINGS
from eventlog.pipeline.counting import into, into_user_days
from eventlog.retention import partitions

DAYS = 90
AT_ONCE = 100_000
ENDPOINTS = 30
EVENTS = f"""
INSERT INTO events (id, timestamp, recorded_at, event_type, event_category, event_name, severity, event_status,
    user_id, username, user_role, session_id, auth_method, request_id,
    trace_id, ip_address, user_agent, request_method, endpoint,
    request_path, response_status, response_time_ms, response_size_bytes, response_content_type, cpu_time_ms,
    memory_usage_mb, db_query_count, db_time_ms, entity_type, entity_id, entity_name, action, event_data, tags, threats,
    reason, referrer, error_code, error_message, error_fingerprint, stack_trace, server_name, application_version,
    environment, search_text, is_sensitive)
SELECT (lpad(to_hex((extract(epoch FROM at) * 1000)::bigint), 12, '0') || '7' || substr(h, 1, 3) || '8' ||
        substr(h, 4, 15))::uuid, at, at,
    CASE WHEN kind < 70 THEN 'HTTP_REQUEST' WHEN kind < 90 THEN 'SISWA_UPDATE' WHEN kind < 96 THEN 'LOGIN'
        WHEN kind < 99 THEN 'LOGIN_FAILED' ELSE 'SQL_INJECTION' END,
    CASE WHEN kind < 90 THEN 'CRUD' WHEN kind < 99 THEN 'AUTH' ELSE 'SECURITY' END,
    'event ' || n %% 50, CASE WHEN kind = 99 THEN 'high' ELSE 'info' END,
    CASE WHEN status >= 500 THEN 'ERROR' WHEN status >= 400 THEN 'FAILED' ELSE 'SUCCESS' END,
    n %% 400 + 1, 'user' || n %% 400, 'guru', md5('s' || n %% 2000), 'session', md5('r' || n / 3), '',
    ('10.' || n %% 200 || '.' || n %% 100 || '.7')::inet, 'Mozilla/5.0', 'GET', '/api/endpoint/' || n %% {ENDPOINTS},
    '/api/endpoint', status, exp(random() * 5), 1000, 'application/json', 5 * random(), 100 + 20 * random(), 5,
    10 * random(), CASE WHEN kind BETWEEN 70 AND 89 THEN 'siswa' ELSE '' END,
    CASE WHEN kind BETWEEN 70 AND 89 THEN (n %% 5000)::text ELSE '' END, 'Siswa ' || n %% 5000, '', '{{}}', '[]', '[]',
    '', '', '', '', '', '', 'web1', '1', 'benchmark', 'siswa ' || n %% 5000 || ' kelas ' || n %% 30, FALSE
FROM (SELECT n, md5(n::text) AS h, (n %% 1000 * 7919 %% 100) AS kind,
        CASE WHEN n %% 200 = 0 THEN 500 WHEN n %% 40 = 0 THEN 404 ELSE 200 END AS status,
        %s::timestamptz + interval '{DAYS} days' * (n::float8 / %s) AS at
    FROM generate_series(%s, %s) n) numbers"""
RAW_SUMMARY = """
SELECT event_type, event_category, severity, event_status, count(*), avg(response_time_ms),
    percentile_cont(ARRAY[0.5, 0.95, 0.99]) WITHIN GROUP (ORDER BY response_time_ms)
FROM events WHERE timestamp >= %s AND timestamp < %s GROUP BY 1, 2, 3, 4"""


def fill(number: int) -> None:
    begin = timezone.now() - timedelta(days=DAYS)
    partitions.make_ahead(using="default")
    started = time.perf_counter()
    with connection.cursor() as cursor:
        for first in range(1, number + 1, AT_ONCE):
            cursor.execute(EVENTS, [begin, number, first, min(first + AT_ONCE - 1, number)])
            say(f"… {min(first + AT_ONCE - 1, number)} events, {time.perf_counter() - started:.0f} s")
        for counts in COUNTINGS:
            cursor.execute(into(counts, "events"))
        cursor.execute(into_user_days("events"), ["Asia/Jakarta"])
    while rollups.compact():
        pass
    with connection.cursor() as cursor:
        cursor.execute("VACUUM ANALYZE events, event_rollups, event_endpoints, event_durations, event_user_days")


def milliseconds(call: Callable[[], object], rounds: int) -> list[float]:
    taken = []
    for _ in range(rounds + 1):  # the first warms up
        started = time.perf_counter()
        call()
        taken.append((time.perf_counter() - started) * 1000)
    return sorted(taken[1:])


def raw(sql: str, params: list[Any]) -> Callable[[], object]:
    def ask() -> object:
        with connection.cursor() as cursor:
            cursor.execute(sql, params)
            return cursor.fetchall()

    return ask


def summaries(rounds: int) -> Iterator[Row]:
    now = timezone.now()
    for name, length, budget in (
        ("24 hours", timedelta(hours=24), 10),
        ("30 days", timedelta(days=30), 30),
        ("90 days", timedelta(days=DAYS - 1), 50),
    ):
        window = Window(now - length, now)
        ours = statistics.median(
            milliseconds(lambda window=window: queries.summary(everything(window, sees_security=True)), rounds)  # type: ignore[misc]
        )
        theirs = statistics.median(milliseconds(raw(RAW_SUMMARY, [window.begin, window.end]), 3))
        cells = (f"summary, {name}", f"{ours:.1f} ms", f"{theirs:.0f} ms", f"x{theirs / ours:.0f}")
        yield Row(cells, f"<= {budget} ms", ours <= budget)


def in_database(rounds: int) -> Iterator[Row]:
    middle = timezone.now() - timedelta(days=DAYS / 2)
    newest = Event.objects.newest_first()
    user_events = Event.objects.of_user(7).newest_first()
    questions = (
        ("newest 100", newest[:100], 5),
        ("100 from the middle", newest.filter(timestamp__lte=middle)[:100], 5),
        ("one user's newest 100", user_events[:100], 5),
        ("one request", Event.objects.filter(request_id="c4ca4238a0b923820dcc509a6f75849b").newest_first()[:100], 5),
        ("free words, one day", newest.filter(condition('"siswa 123" created:-30d'))[:100], 100),
        ("a network's failures", newest.filter(condition("ip:10.7.0.0/16 status:>=400"))[:100], 100),
    )
    for name, rows, budget in questions:
        taken = statistics.median(milliseconds(lambda rows=rows: list(rows.all().values_list("id")), rounds))  # type: ignore[misc]
        yield Row((name, f"{taken:.1f} ms", "", ""), f"<= {budget} ms", taken <= budget)


def through_http(rounds: int) -> Iterator[Row]:
    client = APIClient()
    client.force_authenticate(User.objects.create_superuser("benchmark"))
    middle = (timezone.now() - timedelta(days=DAYS / 2)).isoformat()
    for name, path in (
        ("GET recent", "/api/events/recent?limit=100"),
        ("GET list", "/api/events?limit=100"),
        ("GET a deep page", f"/api/events?limit=100&until={middle.replace('+', '%2B')}"),
        ("GET user-activity", "/api/events/user-activity/7?days=30"),
        ("GET one request", "/api/events?request=c4ca4238a0b923820dcc509a6f75849b"),
        ("GET summary, 30 days", "/api/events/analytics/summary?days=30"),
    ):
        taken = milliseconds(lambda path=path: client.get(path), rounds)  # type: ignore[misc]
        p95 = taken[int(len(taken) * 0.95)]
        yield Row((f"{name}: p95", f"{p95:.1f} ms", "", ""), "<= 30 ms", p95 <= 30)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--events", type=int, default=1_000_000)
    parser.add_argument("--rounds", type=int, default=20)
    options = parser.parse_args()
    with throwaway_database():
        fill(options.events)
        heads = ("", "counts", "raw SQL", "raw / counts")
        table(f"{options.events} events over {DAYS} days", heads, summaries(options.rounds))
        table("in the database", ("", "median", "", ""), in_database(options.rounds))
        table("through HTTP", ("", "", "", ""), through_http(options.rounds))
    say()


if __name__ == "__main__":
    main()

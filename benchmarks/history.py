"""Ninety days of a school's events, made by PostgreSQL itself, with their counts as the scheduled task puts them
together."""

import hashlib
import time
from datetime import datetime, timedelta

from django.db import connection
from django.utils import timezone

from benchmarks.measure import say
from eventlog.analytics import rollups
from eventlog.analytics.source import Window
from eventlog.models.churning import OF_COUNTS
from eventlog.models.rollup import COUNTINGS
from eventlog.pipeline.counting import into, into_user_days
from eventlog.retention import partitions
from eventlog.retention.periods import Month

DAYS = 90
ENDPOINTS = 30
A_REQUEST = hashlib.md5(b"r1000").hexdigest()  # what three of the events have as their request
EVENTS = f"""
INSERT INTO events (id, timestamp, recorded_at, event_type, event_category, event_name, severity, event_status,
    user_id, username, user_role, session_id, auth_method, request_id,
    trace_id, ip_address, user_agent, request_method, endpoint,
    request_path, response_status, response_time_ms, response_size_bytes, response_content_type, cpu_time_ms,
    memory_usage_mb, db_query_count, db_time_ms, entity_type, entity_id, entity_name, action, event_data, tags, threats,
    reason, referrer, error_code, error_message, error_fingerprint, stack_trace, server_name, application_version,
    environment, search_text, is_sensitive)
SELECT (lpad(to_hex(floor(extract(epoch FROM at) * 1000)::bigint), 12, '0') || '7' || substr(h, 1, 3) || '8' ||
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


def make_months(begin: datetime) -> None:
    """Of the past too, as a site has them that has been there so long."""
    partitions.make_ahead(using="default")
    month = Month.of(begin)
    while partitions.with_short_locks("default", partitions.attach, month):
        month = month.plus(1)


def fill(number: int) -> None:
    """Day by day, each counted and put together as on a site that lives through it. Counted all at once, the tables of
    counts would keep the room of all of their minutes for good, and be read with it."""
    length = timedelta(days=DAYS)
    begin = timezone.now() - length
    make_months(begin)
    started = time.perf_counter()
    for day in range(DAYS):
        first, last = day * number // DAYS + 1, (day + 1) * number // DAYS
        with connection.cursor() as cursor:
            cursor.execute(EVENTS, [begin, number, first, last])
        count(Window(begin + length * ((first - 0.5) / number), begin + length * ((last + 0.5) / number)))
        say(f"… {last} events, {time.perf_counter() - started:.0f} s")
    with connection.cursor() as cursor:
        cursor.execute("VACUUM ANALYZE events")


def count(window: Window) -> None:
    """What the writers, the scheduled task and autovacuum do."""
    ours = "environment = 'benchmark'"  # what else is there was counted when it was stored
    source = f"(SELECT * FROM events WHERE timestamp >= %s AND timestamp < %s AND {ours}) AS stored"
    span = [window.begin, window.end]
    with connection.cursor() as cursor:
        for counts in COUNTINGS:
            cursor.execute(into(counts, source), span)
        cursor.execute(into_user_days(source), ["Asia/Jakarta", *span])
        while rollups.compact(window.end):
            pass
        cursor.execute(f"VACUUM ANALYZE {', '.join(OF_COUNTS)}")

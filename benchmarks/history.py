"""Ninety days of a school's events, made by PostgreSQL itself, with their counts as the scheduled task puts them
together."""

import hashlib
import time
from datetime import datetime, timedelta

from django.db import connection
from django.utils import timezone

from benchmarks.measure import say
from eventlog.analytics import rollups
from eventlog.models.rollup import COUNTINGS
from eventlog.pipeline.counting import into, into_user_days
from eventlog.retention import partitions
from eventlog.retention.periods import Month

DAYS = 90
AT_ONCE = 100_000
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
    begin = timezone.now() - timedelta(days=DAYS)
    make_months(begin)
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
    say(f"… counted, {time.perf_counter() - started:.0f} s")

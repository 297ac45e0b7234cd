"""Exporting events: rows a second in each format, and the memory that it takes.

    python -m benchmarks.export [--events 200000]

The events are made by PostgreSQL: half of them requests with headers, a third changes with their values. What is
measured is all that a download does but for the network: the queries in batches, the mapping, the bytes. Memory is what
the process grows by after the first second.
"""

import argparse
import time

from django.db import connection

from benchmarks.measure import Row, say, table, throwaway_database
from eventlog.capture.memory import resident_kb
from eventlog.export.formats import FORMATS, Format
from eventlog.export.rows import rows
from eventlog.models import Event
from eventlog.pipeline.store import column_defaults

BUDGETS = {"ndjson": 20_000}
MAX_GROWTH_MB = 16
WARM_UP = 1.0  # seconds
FILL = """
INSERT INTO events SELECT r.* FROM generate_series(1, %s) AS n, json_populate_record(
    json_populate_record(NULL::events, %s), json_build_object(
        'id', gen_random_uuid(), 'timestamp', now() - n * interval '1 second', 'recorded_at', now(),
        'event_type', CASE WHEN n %% 2 = 0 THEN 'HTTP_REQUEST' ELSE 'NILAI_UPDATE' END, 'event_category', 'CRUD',
        'event_name', 'GET /api/siswa/{id}', 'severity', 'info', 'event_status', 'SUCCESS', 'user_id', n %% 500,
        'username', 'guru' || n %% 500, 'user_role', 'guru', 'session_id', md5(n::text), 'auth_method', 'jwt',
        'request_id', md5(n::text), 'ip_address', '10.0.' || n %% 250 || '.1', 'user_agent', repeat('Mozilla/5.0 ', 9),
        'request_method', 'GET', 'endpoint', '/api/siswa/{id}', 'request_path', '/api/siswa/' || n,
        'request_headers', json_build_object('Accept', 'application/json', 'Host', 'edupro.example', 'Via', md5('v')),
        'response_status', 200, 'response_time_ms', 12.345, 'response_size_bytes', 1234, 'db_query_count', 4,
        'entity_type', 'siswa', 'entity_id', n::text, 'event_data', json_build_object('page', n, 'note', md5('n')),
        'previous_values', CASE WHEN n %% 3 = 0 THEN json_build_object('matematika', 70) END,
        'new_values', CASE WHEN n %% 3 = 0 THEN json_build_object('matematika', 80) END,
        'tags', '[]'::json, 'threats', '[]'::json, 'server_name', 'web1', 'process_id', 4711)) AS r"""


def fill(number: int) -> None:
    with connection.cursor() as cursor:
        cursor.execute(FILL, [number, f"{{{column_defaults()}}}"])
        cursor.execute("ANALYZE events")
    say(f"… {number} events")


def written(made: Format, number: int) -> Row:
    """The whole export once."""
    begun, size, early = time.perf_counter(), 0, 0
    for chunk in made.written(rows(Event.objects.all(), sees_insides=True)):
        size += len(chunk)
        if not early and time.perf_counter() - begun > WARM_UP:
            early = resident_kb()
    seconds = time.perf_counter() - begun
    rate, growth = number / seconds, (resident_kb() - (early or resident_kb())) / 1024
    cells = (made.name, f"{rate:,.0f}", f"{size / seconds / 1e6:.0f}", f"{growth:+.1f}")
    budget = BUDGETS.get(made.name)
    kept = None if budget is None else rate >= budget and growth <= MAX_GROWTH_MB
    return Row(cells, "" if budget is None else f">= {budget:,} rows/s, <= {MAX_GROWTH_MB} MB", kept)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--events", type=int, default=200_000)
    options = parser.parse_args()
    with throwaway_database():
        fill(options.events)
        heads = ("", "rows/s", "MB/s", "memory growth, MB")
        table("export", heads, [written(made, options.events) for made in FORMATS.values()])
    say()


if __name__ == "__main__":
    main()

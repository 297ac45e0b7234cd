"""The questions that screens and programs ask, over many events: beside raw SQL and DuckDB, in the database, and
through the API.

    python -m benchmarks.queries [--events 1000000] [--rounds 20]

"raw SQL" and "DuckDB" answer the same question from the events, without any count made beforehand; a ratio says how
many times as long they take. Through HTTP is in process, by an auditor's token, through every middleware; CPU is what
a request takes of the process and of PostgreSQL, which depends less on who else is at work on the machine.
"""

import argparse
import os
import statistics
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from urllib.parse import urlencode

from django.conf import settings
from django.contrib.auth.models import Permission, User
from django.db import connection
from django.utils import timezone
from rest_framework.test import APIClient
from rest_framework_simplejwt.tokens import AccessToken

from benchmarks.duck import Duck
from benchmarks.history import A_REQUEST, DAYS, fill
from benchmarks.measure import Row, backend_pids, backend_seconds, say, table, throwaway_database
from eventlog.analytics import queries
from eventlog.analytics.overview import lasting
from eventlog.analytics.source import Source, Window, everything
from eventlog.models import Event
from eventlog.search.terms import condition

IN_WINDOW = "timestamp >= %s AND timestamp < %s"
SUMMARY = f"""
SELECT event_type, event_category, severity, event_status, count(*), count(DISTINCT user_id), avg(response_time_ms),
    percentile_cont(0.50) WITHIN GROUP (ORDER BY response_time_ms),
    percentile_cont(0.95) WITHIN GROUP (ORDER BY response_time_ms),
    percentile_cont(0.99) WITHIN GROUP (ORDER BY response_time_ms)
FROM events WHERE {IN_WINDOW} GROUP BY 1, 2, 3, 4"""
BY_DAY = f"""
SELECT date_trunc('day', timestamp), percentile_cont(0.95) WITHIN GROUP (ORDER BY response_time_ms)
FROM events WHERE event_type = 'HTTP_REQUEST' AND {IN_WINDOW} GROUP BY 1 ORDER BY 1"""
BY_ENDPOINT = f"""
SELECT endpoint, count(*), avg(response_time_ms), max(response_time_ms), sum(db_query_count), sum(db_time_ms),
    sum((response_status >= 500)::int) FROM events WHERE event_type = 'HTTP_REQUEST' AND {IN_WINDOW}
GROUP BY 1 ORDER BY 2 DESC LIMIT 20"""
BY_SERVER = f"""
SELECT endpoint, server_name, count(*), sum(cpu_time_ms), max(memory_usage_mb), sum(db_query_count), sum(db_time_ms)
FROM events WHERE event_type = 'HTTP_REQUEST' AND {IN_WINDOW} GROUP BY 1, 2 ORDER BY 4 DESC LIMIT 20"""
BY_USER = f"""
SELECT user_id, event_category, count(*) FROM events WHERE user_id IS NOT NULL AND {IN_WINDOW} GROUP BY 1, 2"""
FAILED = f"""
SELECT ip_address, count(*) FROM events WHERE event_type = 'LOGIN_FAILED' AND {IN_WINDOW}
GROUP BY 1 ORDER BY 2 DESC LIMIT 20"""


@dataclass(frozen=True, slots=True)
class Question:
    """`sql` asks the events themselves, in words that both PostgreSQL and DuckDB understand."""

    name: str
    days: int
    ask: Callable[[Source], object]
    sql: str
    budget: int | None = None  # ms

    def window(self, now: datetime) -> Window:
        return lasting(timedelta(days=self.days), now, now)


QUESTIONS = (
    Question("summary, 24 hours", 1, queries.summary, SUMMARY, 10),
    Question("summary, 30 days", 30, queries.summary, SUMMARY, 30),
    Question("summary, 90 days", DAYS - 1, queries.summary, SUMMARY, 50),
    Question("p95 by day, 30 days", 30, lambda source: queries.timeseries(source, "p95", "day"), BY_DAY, 30),
    Question(
        "endpoints, 30 days", 30, lambda source: queries.endpoints(source, order="requests", limit=20), BY_ENDPOINT, 30
    ),
    Question("resources, 30 days", 30, lambda source: queries.resources(source, limit=20), BY_SERVER, 30),
    Question("users, 30 days", 30, lambda source: queries.users(source, limit=20), BY_USER, 30),
    Question("failed sign-ins, 24 hours", 1, lambda source: queries.failed_logins(source, limit=20), FAILED),
)


def milliseconds(call: Callable[[], object], rounds: int) -> list[float]:
    taken = []
    for _ in range(rounds + 1):  # the first warms up
        started = time.perf_counter()
        call()
        taken.append((time.perf_counter() - started) * 1000)
    return sorted(taken[1:])


def median(call: Callable[[], object], rounds: int) -> float:
    return statistics.median(milliseconds(call, rounds))


def raw(sql: str, params: list[Any]) -> Callable[[], object]:
    def ask() -> object:
        with connection.cursor() as cursor:
            cursor.execute(sql, params)
            return cursor.fetchall()

    return ask


def counted(duck: Duck, rounds: int) -> Iterator[Row]:
    now = timezone.now()
    for question in QUESTIONS:
        window = question.window(now)
        params = [window.begin, window.end]
        ours = median(lambda: question.ask(everything(window, sees_security=True)), rounds)  # noqa: B023
        sql = median(raw(question.sql, params), 3)
        ducks = median(duck.asking(question.sql, params), min(rounds, 10))
        cells = (f"{ours:.1f} ms", f"{sql:.0f} ms", f"{ducks:.1f} ms", f"x{sql / ours:.1f}", f"x{ducks / ours:.1f}")
        budget = "" if question.budget is None else f"<= {question.budget} ms"
        yield Row((question.name, *cells), budget, None if question.budget is None else ours <= question.budget)


def in_database(rounds: int) -> Iterator[Row]:
    middle = timezone.now() - timedelta(days=DAYS / 2)
    newest = Event.objects.newest_first()
    user_events = Event.objects.of_user(7).newest_first()
    questions = (
        ("newest 100", newest[:100], 5),
        ("100 from the middle", newest.filter(timestamp__lte=middle)[:100], 5),
        ("one user's newest 100", user_events[:100], 5),
        ("one request", Event.objects.filter(request_id=A_REQUEST).newest_first()[:100], 5),
        ("free words, 30 days", newest.filter(condition('"siswa 123" created:-30d'))[:100], 100),
        ("free words and a category", newest.filter(condition('"siswa 123" category:AUTH'))[:100], 100),
        ("a network's failures", newest.filter(condition("ip:10.7.0.0/16 status:>=400"))[:100], 100),
    )
    for name, rows, budget in questions:
        taken = median(lambda: list(rows.all().values_list("id")), rounds)  # noqa: B023
        yield Row((name, f"{taken:.1f} ms"), f"<= {budget} ms", taken <= budget)


def auditor() -> APIClient:
    user = User.objects.create_user("benchmark", is_superuser=False)
    user.user_permissions.set(Permission.objects.filter(codename__in=["view_event", "view_security"]))
    client = APIClient()
    client.credentials(HTTP_AUTHORIZATION=f"Bearer {AccessToken.for_user(user)}")
    return client


def through_http(rounds: int) -> Iterator[Row]:
    client, middle = auditor(), (timezone.now() - timedelta(days=DAYS / 2)).isoformat()
    events = "/api/events"
    words = urlencode({"q": '"siswa 123" created:-30d'})
    for name, path, budget in (
        ("newest 100", f"{events}/recent?limit=100", 30),
        ("list", f"{events}?limit=100", 30),
        ("a deep page", f"{events}?{urlencode({'limit': 100, 'until': middle})}", 30),
        ("user-activity", f"{events}/user-activity/7?days=30", 30),
        ("one request", f"{events}?request={A_REQUEST}&ordering=timestamp", 30),
        ("free words", f"{events}?{words}", 100),
        ("summary, 30 days", f"{events}/analytics/summary?days=30", None),
        ("/health/ready", "/health/ready", None),
        ("/metrics", "/metrics", None),
    ):
        yield asked(client, name, path, budget, rounds)


def asked(client: APIClient, name: str, path: str, budget: int | None, rounds: int) -> Row:
    def get() -> None:
        answer = client.get(path, headers={"Accept": "application/json" if path.startswith("/api") else "*/*"})
        if answer.status_code != 200:
            raise SystemExit(f"GET {path} gave {answer.status_code}: its time would mean nothing")

    get()
    backends = backend_pids()
    process, backend = time.thread_time(), backend_seconds(backends)
    taken = milliseconds(get, rounds)
    cpu = [(time.thread_time() - process), (backend_seconds(backends) - backend)]
    each = [f"{seconds * 1000 / (rounds + 1):.1f} ms" for seconds in cpu]
    p95 = taken[int(len(taken) * 0.95)]
    cells = (name, f"{p95:.1f} ms", f"{statistics.median(taken):.1f} ms", *each)
    return Row(cells, "" if budget is None else f"<= {budget} ms", None if budget is None else p95 <= budget)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--events", type=int, default=1_000_000)
    parser.add_argument("--rounds", type=int, default=20)
    options = parser.parse_args()
    with throwaway_database():
        fill(options.events)
        tables(options.events, options.rounds)
    say()


def tables(events: int, rounds: int) -> None:
    settings.REST_FRAMEWORK = {**settings.REST_FRAMEWORK, "DEFAULT_THROTTLE_RATES": {}}
    others = os.getloadavg()[0] / (os.cpu_count() or 1)
    say(f"\nProcesses that want a processor before it begins: {others:.1f} for each")
    heads = ("", "counts", "raw SQL", "DuckDB", "raw / counts", "DuckDB / counts")
    table(f"{events} events over {DAYS} days: medians", heads, counted(Duck(), rounds))
    table("in the database", ("", "median"), in_database(rounds))
    table("through HTTP", ("", "p95", "median", "CPU, process", "CPU, database"), through_http(rounds))


if __name__ == "__main__":
    main()

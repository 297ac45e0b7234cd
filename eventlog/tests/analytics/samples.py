"""A site to count: random events of a month and a half, batches that come twice, late events, compaction in between."""

import random
from datetime import UTC, datetime, timedelta

import pytest

from eventlog.analytics import rollups
from eventlog.analytics.source import Window, everything
from eventlog.models import DurationRollup, EndpointRollup, Event, Rollup, UserDay
from eventlog.pipeline.store import Batch, write
from eventlog.record import make_record
from eventlog.tests.altering import forget

NOW = datetime(2026, 11, 25, 5, 17, 42, tzinfo=UTC)
TYPES = ["HTTP_REQUEST", "HTTP_REQUEST", "HTTP_REQUEST", "LOGIN", "LOGIN_FAILED", "SISWA_UPDATE", "SQL_INJECTION"]


def event(dice, now):
    when = now - timedelta(seconds=dice.choice([60, 7200, 90_000, 3_000_000, 4_500_000]) * dice.random())
    columns = {"timestamp": when, "user_id": dice.choice([None, 1, 2, 3]), "severity": dice.choice(["info", "high"])}
    columns |= {"username": dice.choice(["", "ada", "budi", "citra"]), "ip_address": f"10.0.0.{dice.randint(1, 5)}"}
    kind = dice.choice(TYPES)
    if kind == "LOGIN_FAILED":
        columns["error_code"] = dice.choice(["", "bad_credentials", "inactive"])
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
    forget()
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

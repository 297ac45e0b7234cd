"""The event log's and the site's numbers for Prometheus.

They are taken from the database and the journal's folder while they are asked for, so that every worker answers the
same, and a restart begins nothing anew. None has a user's name or a path in its labels.
"""

from bisect import bisect_left
from collections.abc import Iterator
from typing import Any

from django.db import connections, transaction
from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily, HistogramMetricFamily, Metric
from prometheus_client.registry import Collector

from eventlog.analytics.source import Sql
from eventlog.models import Alert
from eventlog.models.rollup import middle_of
from eventlog.monitoring import health
from eventlog.pipeline.outbox import events_alias

BOUNDS = (0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0)  # seconds, up to which a request took
COUNTS = """SELECT event_category, severity, sum(event_count)::bigint AS n, sum(response_ms) AS ms FROM event_rollups
GROUP BY 1, 2 ORDER BY 1, 2"""
DURATIONS = "SELECT bucket, sum(event_count)::bigint AS n FROM event_durations GROUP BY 1"
# A batch of events that were stored after all takes them from the dead; a counter must not fall.
BATCHES = """SELECT count(*) AS batches, coalesce(sum(greatest(dead_count, 0)), 0) AS dead,
coalesce(sum(dropped_count), 0) AS dropped, coalesce(sum(duplicate_count), 0) AS duplicates FROM event_batches"""
OF_BATCHES = {
    "batches": "Transactions that have stored events.",
    "dead": "Events that the database refused.",
    "dropped": "Events that were dropped because the journal was full or damaged.",
    "duplicates": "Events that were there already.",
}


class EventLogCollector(Collector):
    """Raises `django.db.Error` where the database does not answer in time."""

    def collect(self) -> Iterator[Metric]:
        alias = events_alias()
        with transaction.atomic(using=alias), connections[alias].cursor() as cursor:
            cursor.execute(f"SET LOCAL statement_timeout = '{health.TIMEOUT}'")
            counts = Sql(COUNTS).rows()
            yield events(counts)
            yield durations(sum(row["ms"] for row in counts) / 1000)
            yield from batches()
            yield alerts()
            yield from now()


def events(counts: list[dict[str, Any]]) -> Metric:
    stored = CounterMetricFamily("eventlog_events", "Events ever stored.", labels=["category", "severity"])
    for row in counts:
        stored.add_metric([row["event_category"], row["severity"]], row["n"])
    return stored


def batches() -> Iterator[Metric]:
    (row,) = Sql(BATCHES).rows()
    for name, what in OF_BATCHES.items():
        yield CounterMetricFamily(f"eventlog_{name}", what, value=int(row[name]))


def alerts() -> Metric:
    """Of each severity, also where there is none: a rule of Prometheus cannot see what is missing."""
    counts = Alert.objects.using(events_alias()).open_by_severity()
    what = "Alerts that nobody has acknowledged or closed."
    found = GaugeMetricFamily("eventlog_alerts_open", what, labels=["severity"])
    for severity, number in counts.items():
        found.add_metric([severity], number)
    return found


def durations(seconds: float) -> Metric:
    """`seconds` is the sum. Of the stored buckets only the middle is known: a bound is at most 2 % off."""
    counts = [0] * (len(BOUNDS) + 1)
    for row in Sql(DURATIONS).rows():
        counts[bisect_left(BOUNDS, middle_of(row["bucket"]) / 1000)] += row["n"]
    names = [*map(str, BOUNDS), "+Inf"]
    buckets = [(name, float(sum(counts[: place + 1]))) for place, name in enumerate(names)]
    what = "How long requests took."
    return HistogramMetricFamily("http_request_duration_seconds", what, buckets=buckets, sum_value=seconds)


def now() -> Iterator[Metric]:
    journal, store = health.journal(), health.store()
    yield GaugeMetricFamily("eventlog_journal_bytes", "The journal on this machine.", value=journal.bytes)
    yield GaugeMetricFamily("eventlog_journal_share", "Of SPOOL_MAX_BYTES, from 0 to 1.", value=journal.share)
    yield GaugeMetricFamily("eventlog_outbox_events", "Changes waiting to be stored.", value=store.outbox)
    lag = max(journal.waits, store.waits)
    yield GaugeMetricFamily("eventlog_writer_lag_seconds", "How long the oldest event waits.", value=lag)
    if store.last_batch is not None:
        yield GaugeMetricFamily("eventlog_last_batch_seconds", "Since something was stored.", value=store.last_batch)
    what = "Months after this one that have their partition."
    yield GaugeMetricFamily("eventlog_partitions_ahead", what, value=store.partitions_ahead)

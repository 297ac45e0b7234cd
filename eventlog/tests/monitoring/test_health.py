"""What the health checks and the metrics say, and to whom."""

import json
import os
import time
from unittest.mock import patch

import pytest
from django.contrib.auth.models import User
from django.db import OperationalError, connection
from django.utils import timezone
from prometheus_client.parser import text_string_to_metric_families

from eventlog.alerts.triage import Change
from eventlog.alerts.triage import change as triaged
from eventlog.logger import log_event
from eventlog.models import DeadLetter, DurationRollup, OutboxEvent, Rollup
from eventlog.monitoring import health
from eventlog.pipeline import refused, store
from eventlog.pipeline.databases import Database
from eventlog.record import make_record
from eventlog.retention import partitions
from eventlog.retention.periods import Month
from eventlog.tests.alerts.conftest import found
from eventlog.tests.pipeline.test_store import poisoned

pytestmark = pytest.mark.django_db
THIS = Month.of(timezone.now())


def segment(folder, *, age, size=10, name="0"):
    folder.mkdir(exist_ok=True)
    path = folder / f"{Database.now().identity}.{name * 32}.1.000000000001.journal"
    path.write_bytes(b"x" * size)
    os.utime(path, (time.time() - age,) * 2)


@pytest.fixture
def spool(tmp_path):
    return tmp_path / "spool"


# --- live ---
@pytest.mark.parametrize("path", ["/health/live", "/health/live/"])
def test_the_site_is_alive_whatever_the_database_does(client, path):
    with patch("eventlog.monitoring.health.store", side_effect=OperationalError):
        assert client.get(path).content == b"ok"


# --- ready ---
def test_each_has_its_address_with_and_without_a_trailing_slash(client):
    assert [client.get(path).status_code for path in ("/health/ready/", "/metrics/")] == [200, 200]


def test_ready_says_in_json_how_journal_and_store_are(client):
    log_event("LOGIN")
    answer = client.get("/health/ready", HTTP_ACCEPT="application/json")
    said = answer.json()
    assert answer.status_code == 200 and said["status"] == "ok" and said["journal"]["writable"]
    assert said["store"]["outbox"] == 0 and 0 <= said["store"]["last_batch"] < 60
    assert said["store"]["partitions_ahead"] >= 1


def test_ready_is_one_word_for_whoever_does_not_ask_for_more(client):
    assert client.get("/health/ready").content == b"ok"


def test_not_ready_while_the_journal_cannot_be_written(client):
    with patch("eventlog.monitoring.health.os.access", return_value=False):
        answer = client.get("/health/ready")
    assert answer.status_code == 503 and b"cannot be written" in answer.content


def test_not_ready_while_the_journal_is_full(client, event_log, spool):
    event_log(SPOOL_MAX_BYTES=1 << 20)
    segment(spool, age=0, size=1 << 20)
    answer = client.get("/health/ready", HTTP_ACCEPT="application/json")
    assert answer.status_code == 503 and answer.json()["reasons"] == ["the event log's journal is full"]


def test_without_a_database_the_journal_is_told_of_all_the_same(client):
    with patch("eventlog.monitoring.health.store", side_effect=OperationalError):
        said = client.get("/health/ready", HTTP_ACCEPT="application/json").json()
    assert said["reasons"] == ["the database does not answer"] and said["store"] is None and said["journal"]


def test_an_event_that_waits_long_is_a_worry_and_no_fault(client, spool):
    segment(spool, age=90)
    said = client.get("/health/ready", HTTP_ACCEPT="application/json").json()
    assert said["status"] == "ok" and 89 < said["journal"]["waits"] < 100 and "waiting" in said["warnings"][0]


def test_an_empty_segment_holds_nothing_that_waits(spool):
    segment(spool, age=900, size=0)
    assert health.journal().waits == 0


def test_the_outbox_tells_how_long_its_oldest_waits():
    record = make_record("LOGIN", {"timestamp": timezone.now() - timezone.timedelta(seconds=30)})
    OutboxEvent.objects.create(id=record.id, record=record.to_json().decode())
    store = health.store()
    assert store.outbox == 1 and 29 < store.waits < 40


@pytest.mark.parametrize(
    ("months", "ahead"), [([], -1), ([0], 0), ([0, 1, 2], 2), ([0, 2], 0), ([-1, 0, 1], 1), ([1], -1)]
)
def test_months_ahead_are_those_without_a_gap(months, ahead):
    assert partitions.ahead([THIS.plus(month) for month in months]) == ahead


def test_no_statement_of_a_health_check_takes_long():
    health.store()
    with connection.cursor() as cursor:
        cursor.execute("SHOW statement_timeout")  # of the test's own transaction, which it was part of
        assert cursor.fetchone() == ("2s",)


# --- metrics ---
def numbers(client, **headers):
    """{(name, labels): value}"""
    answer = client.get("/metrics", **headers)
    assert answer.status_code == 200 and answer["Content-Type"].startswith("text/plain")
    families = text_string_to_metric_families(answer.content.decode())
    return {(each.name, *each.labels.values()): each.value for family in families for each in family.samples}


@pytest.fixture
def empty(db):
    for model in (Rollup, DurationRollup):
        model.objects.all().delete()


def test_metrics_count_every_event_by_category_and_severity(client, empty):
    for kind in ("LOGIN", "LOGIN", "LOGIN_FAILED"):
        log_event(kind)
    found = numbers(client)
    assert sum(value for name, value in found.items() if name[0] == "eventlog_events_total") == 3
    assert found[("eventlog_events_total", "AUTH", "info")] == 2


def test_metrics_have_a_histogram_of_durations(client, empty):
    for milliseconds in (4.0, 40.0, 40.0, 20_000.0):
        log_event("HTTP_REQUEST", response_time_ms=milliseconds, endpoint="/secret/place")
    found = numbers(client)
    name = "http_request_duration_seconds"
    buckets = [found[(f"{name}_bucket", bound)] for bound in ("0.005", "0.025", "0.05", "10.0", "+Inf")]
    assert buckets == [1, 1, 3, 3, 4] and found[(f"{name}_count",)] == 4
    assert found[(f"{name}_sum",)] == pytest.approx(20.084)


def test_metrics_tell_of_the_pipeline(client, empty, spool):
    segment(spool, age=90)
    found = numbers(client)
    assert 89 < found[("eventlog_writer_lag_seconds",)] < 100 and found[("eventlog_journal_bytes",)] == 10
    assert {("eventlog_dropped_total",), ("eventlog_dead_total",), ("eventlog_partitions_ahead",)} <= set(found)


def test_metrics_count_open_alerts_by_severity(client, empty):
    found(target="user:a")
    found(target="user:b", severity="critical")
    triaged(found(target="user:c").pk, Change(state="acknowledged"), by=None)
    told = numbers(client)
    counts = {severity: told[("eventlog_alerts_open", severity)] for severity in ("low", "high", "critical")}
    assert counts == {"low": 0, "high": 1, "critical": 1}


def test_an_event_that_is_stored_after_all_has_been_refused(client, empty):
    """A counter that falls would be a restart to Prometheus."""
    store.write(store.Batch([poisoned(username="x" * 200)]))
    refused.retry(DeadLetter.objects.get().pk, {}, by=None)
    assert numbers(client)[("eventlog_dead_total",)] == 1


def test_metrics_name_no_user_and_no_path(client, empty):
    log_event("HTTP_REQUEST", username="ada", endpoint="/api/siswa/{id}", response_time_ms=1.0)
    text = client.get("/metrics").content.decode()
    assert "ada" not in text and "/api" not in text


@pytest.mark.parametrize(
    "asker",
    [{"REMOTE_ADDR": "10.0.0.9"}, {"HTTP_X_FORWARDED_FOR": "10.0.0.9"}, {"REMOTE_ADDR": ""}, {"HTTP_FORWARDED": "x"}],
)
def test_metrics_are_for_this_machine(client, asker):
    assert client.get("/metrics", **asker).status_code == 403


def test_metrics_are_for_superusers_from_anywhere(client):
    client.force_login(User.objects.create_superuser("root"))
    assert client.get("/metrics/", REMOTE_ADDR="10.0.0.9").status_code == 200


def test_metrics_say_that_the_database_does_not_answer(client):
    with patch("eventlog.monitoring.prometheus.events", side_effect=OperationalError):
        assert client.get("/metrics").status_code == 503


def test_live_is_json_to_whoever_prefers_it(client):
    answer = client.get("/health/live", HTTP_ACCEPT="application/json")
    assert json.loads(answer.content)["status"] == "ok"

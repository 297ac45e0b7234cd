"""The table is the contract's."""

from typing import Any
from uuid import uuid4

import pytest
from django.db import IntegrityError, connection
from django.utils import timezone

from eventlog.models import Event
from eventlog.pipeline import store
from eventlog.record import make_record

pytestmark = pytest.mark.django_db

CONTRACT_QUERIES = [
    "SELECT username, COUNT(*) AS event_count FROM events WHERE timestamp >= NOW() - INTERVAL '24 hours'"
    " GROUP BY username ORDER BY event_count DESC LIMIT 10",
    "SELECT endpoint, AVG(response_time_ms) FROM events WHERE event_category = 'CRUD' GROUP BY endpoint",
    "SELECT ip_address, COUNT(*) FROM events WHERE event_type = 'LOGIN_FAILED'"
    " AND timestamp >= NOW() - INTERVAL '1 hour' GROUP BY ip_address HAVING COUNT(*) > 5",
]


@pytest.mark.parametrize("sql", CONTRACT_QUERIES)
def test_the_queries_of_the_contract_return_rows(sql: str) -> None:
    failed = {"ip_address": "192.0.2.1", "username": "ada"}
    request = {"endpoint": "/api/siswa", "response_time_ms": 5}
    records = [*(make_record("LOGIN_FAILED", failed) for _ in range(6)), make_record("HTTP_REQUEST", request)]
    store.write(store.Batch([record.to_json() for record in records]))
    with connection.cursor() as cursor:
        cursor.execute(sql)
        assert cursor.fetchall()


def test_it_has_at_least_45_columns_and_16_indexes() -> None:
    with connection.cursor() as cursor:
        cursor.execute("SELECT count(*) FROM information_schema.columns WHERE table_name = 'events'")
        columns = cursor.fetchone()[0]
        cursor.execute("SELECT count(*) FROM pg_indexes WHERE tablename = 'events'")
        assert (columns >= 45, cursor.fetchone()[0] >= 17) == (True, True)


def test_a_lookup_by_id_touches_one_partition() -> None:
    record = make_record("MAINTENANCE", {})
    with connection.cursor() as cursor:
        cursor.execute("SET LOCAL enable_seqscan = off")  # small tables are read whole
    plan = Event.objects.with_id(record.id).explain()
    assert plan.count("Index Scan") == 1


def test_the_newest_events_come_from_an_index() -> None:
    with connection.cursor() as cursor:
        cursor.execute("SET LOCAL enable_seqscan = off")  # small tables are read whole
    plan = Event.objects.newest_first()[:100].explain()
    assert "Index Scan" in plan
    assert "Sort  (" not in plan


REFUSED = [
    ("events_category", {"event_category": "NONE"}),
    ("events_severity", {"severity": "worst"}),
    ("events_status", {"event_status": "MAYBE"}),
    ("events_response_status", {"response_status": 99}),
    ("events_response_status", {"response_status": 600}),
    ("events_not_negative", {"response_time_ms": -1}),
    ("events_not_negative", {"cpu_time_ms": -1}),
    ("events_not_negative", {"db_time_ms": -1}),
    ("events_not_negative", {"db_query_count": -1}),
    ("events_not_negative", {"response_size_bytes": -1}),
    ("events_risk_score", {"risk_score": 101}),
]


@pytest.mark.parametrize(("constraint", "columns"), REFUSED)
def test_the_database_refuses_what_no_event_can_be(constraint: str, columns: dict[str, Any]) -> None:
    usual = {"id": uuid4(), "timestamp": timezone.now(), "event_type": "MAINTENANCE", "event_category": "SYSTEM"}
    with pytest.raises(IntegrityError, match=f'check constraint "{constraint}"'):
        Event.objects.create(**{**usual, **columns})


def test_nobody_but_the_lifecycle_changes_events() -> None:
    assert Event._meta.default_permissions == ("view",)

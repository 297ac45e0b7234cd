"""What a request cost the database: its own queries, not ours."""

from collections.abc import Callable

import pytest
from django.contrib.auth.models import User
from django.db import connection
from django.test import Client

from edupro.school.models import Siswa
from eventlog.capture import queries
from eventlog.context import Context, Meter, entered
from eventlog.models import Event

pytestmark = pytest.mark.django_db
Find = Callable[..., Event]


def test_a_requests_queries_are_counted_and_timed(client: Client, request_event: Find) -> None:
    client.get("/try/two-queries/")
    assert request_event().db_query_count == 2
    assert 0 < request_event().db_time_ms < request_event().response_time_ms


def test_one_requests_queries_are_not_the_next_ones(client: Client, request_event: Find) -> None:
    client.get("/try/two-queries/")
    client.get("/try/status/200/")
    assert request_event(endpoint="/try/status/{code}/").db_query_count == 0


def test_the_queries_of_recording_a_change_are_not_counted(
    client: Client, siswa: Siswa, request_event: Find, direct: Callable[[], None]
) -> None:
    client.post(f"/try/rename/{siswa.pk}/")  # one SELECT, one UPDATE; ours read the old row and write the event
    direct()
    assert request_event().db_query_count == 2


def test_a_slow_query_is_an_event_without_its_values(client: Client, ada: User, the_event: Find) -> None:
    client.get("/try/slow-query/")
    event = the_event("SLOW_QUERY")
    assert event.event_data["sql"].startswith("SELECT pg_sleep(")
    assert "parameter" not in str(event.event_data) and "in the text" not in str(event.event_data)
    assert event.db_time_ms > 500 and event.request_id == the_event("HTTP_REQUEST").request_id


def test_a_quick_query_is_no_event(client: Client, types: Callable[[], list[str]]) -> None:
    client.get("/try/two-queries/")
    assert types() == []


def test_a_query_that_fails_is_counted_too() -> None:
    meter = Meter()
    with entered(Context(meter=meter)), pytest.raises(Exception, match="division"), connection.cursor() as cursor:
        cursor.execute("SELECT 1/0")
    assert meter.query_count == 1


def test_a_composed_statement_is_counted() -> None:
    from psycopg2 import sql

    meter = Meter()
    with entered(Context(meter=meter)), connection.cursor() as cursor:
        cursor.execute(sql.SQL("SELECT {}").format(sql.Literal(1)))
    assert meter.query_count == 1


def test_outside_of_a_request_nothing_is_counted() -> None:
    with entered(Context()), connection.cursor() as cursor:
        cursor.execute("SELECT 1")
        assert cursor.fetchone() == (1,)


def test_each_connection_is_watched_once() -> None:
    queries.watch(None, connection)  # type: ignore[arg-type]
    assert connection.execute_wrappers.count(queries.measured) == 1

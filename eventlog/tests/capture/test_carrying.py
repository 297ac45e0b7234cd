"""Who and where travel with each write: in its own round trip, and no further than its transaction."""

import json
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from django.db import connection, transaction
from django.test.utils import CaptureQueriesContext

from eventlog import bound
from eventlog.capture import carrying
from eventlog.models import Event
from eventlog.pipeline import outbox
from eventlog.tests.zoo.mechanisms import by_triggers, settle
from eventlog.tests.zoo.models import Keeper, Tag


@pytest.fixture
def tags(event_log: Callable[..., None]) -> Iterator[None]:
    with by_triggers(event_log, "zoo.Tag"):
        yield


@pytest.mark.parametrize(
    ("sql", "writes"),
    [
        ("SELECT 1", False),
        ("INSERT INTO t VALUES (1)", True),
        ("  update t set a = 1", True),
        ("-- why\n/* and\nhow */ DELETE FROM t", True),
        ("WITH x AS (SELECT 1) INSERT INTO t SELECT * FROM x", True),
        ("TRUNCATE t", True),
        ("MERGE INTO t USING s ON true WHEN MATCHED THEN DELETE", True),
        ("CALL change_all()", True),
        ("CREATE INDEX CONCURRENTLY updates ON t (a)", False),
        ("VACUUM t", False),
        ("SAVEPOINT deleted", False),
        ("updates", False),
    ],
)
def test_writes_are_told_by_how_they_begin(sql: str, writes: bool) -> None:
    assert carrying.may_write(sql) is writes


@pytest.mark.parametrize(
    ("sql", "params", "given"),
    [
        ("DELETE FROM t WHERE a LIKE 'x%'", None, "…; DELETE FROM t WHERE a LIKE 'x%%'"),
        ("DELETE FROM t WHERE a = %s", [1], "…; DELETE FROM t WHERE a = %s"),
    ],
)
def test_the_statement_is_left_as_it_is(sql: str, params: Any, given: str) -> None:
    statement, values = carrying.carried(sql, params, many=False)
    assert statement.endswith(given.removeprefix("…")) and list(values[1:]) == list(params or [])


def test_parameters_by_name_stay_so() -> None:
    statement, values = carrying.carried("DELETE FROM t WHERE a = %(a)s", {"a": 1}, many=False)
    assert values["a"] == 1 and set(values) == {"a", carrying.CONTEXT} and f"%({carrying.CONTEXT})s" in statement


@pytest.mark.django_db
def test_it_costs_no_round_trip_of_its_own(tags: None) -> None:
    with CaptureQueriesContext(connection) as queries:
        Tag.objects.create(word="a")
    assert len(queries) == 1


@pytest.mark.django_db
def test_counts_and_what_comes_back_are_the_statements_own(tags: None) -> None:
    Tag.objects.bulk_create([Tag(word="a"), Tag(word="b")])
    assert Tag.objects.update(word="c") == 2 and Tag.objects.filter(word="c").delete()[0] == 2


@pytest.mark.django_db
def test_reason_and_actor_go_along(tags: None) -> None:
    with bound(reason="tidying up", actor="nightly-import", request_id="r-1"):
        Tag.objects.create(word="a")
    settle()
    event = Event.objects.get()
    assert (event.reason, event.username, event.auth_method) == ("tidying up", "nightly-import", "system")
    assert event.request_id == "r-1"


@pytest.mark.django_db
def test_secrets_in_the_context_do_not_go_along(tags: None) -> None:
    with bound(reason="password=sesame"):
        Tag.objects.create(word="a")
        with connection.cursor() as cursor:
            cursor.execute("SELECT change::text FROM event_outbox")
            assert "sesame" not in cursor.fetchone()[0]


@pytest.mark.django_db(transaction=True)
def test_nothing_is_left_for_the_next_transaction() -> None:
    with connection.execute_wrapper(carrying.carrying):
        Tag.objects.create(word="a")
    with connection.cursor() as cursor:
        cursor.execute("SELECT current_setting('eventlog.context', true)")
        assert not cursor.fetchone()[0]


@pytest.mark.django_db
def test_a_rolled_back_savepoint_takes_no_later_context_with_it(tags: None) -> None:
    with transaction.atomic():
        with bound(actor="first"):
            Tag.objects.create(word="a")
        with pytest.raises(ZeroDivisionError), transaction.atomic(), bound(actor="second"):
            Tag.objects.create(word="b")
            raise ZeroDivisionError
        with bound(actor="third"):
            Tag.objects.create(word="c")
    with connection.cursor() as cursor:
        cursor.execute("SELECT change FROM event_outbox ORDER BY id")
        changes = [json.loads(change) for (change,) in cursor]
    assert [change["context"]["columns"]["username"] for change in changes] == ["first", "third"]


def test_our_own_row_in_the_outbox_carries_nothing() -> None:
    seen: list[str] = []
    carrying.carrying(lambda sql, *others: seen.append(sql), outbox.INSERT, ["id", "record"], False, {})
    assert seen == [outbox.INSERT]


@pytest.mark.django_db
def test_a_connection_that_needs_it_not_carries_nothing() -> None:
    with CaptureQueriesContext(connection) as queries:
        Keeper.objects.create(code="k", name="Kim")
    assert not any("SET LOCAL" in query["sql"] for query in queries)

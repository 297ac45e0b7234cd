"""What the fields of the search language find."""

from datetime import UTC, datetime
from functools import reduce

import pytest
import time_machine
from django.db import connection
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from eventlog import catalog
from eventlog.logger import log_event
from eventlog.models import Event
from eventlog.search.query import UNUSABLE, All, Any, Mistake, Not, Term, Value, Words
from eventlog.search.terms import FIELDS, condition, condition_of
from eventlog.tests.altering import forget

pytestmark = pytest.mark.django_db


def found(text):
    return set(Event.objects.filter(condition(text)).values_list("event_name", flat=True))


@pytest.fixture
def log():
    """Events by name."""
    forget()

    def add(name, event_type=catalog.MAINTENANCE, **columns):
        return log_event(event_type, event_name=name, **columns)

    return add


CASES = [
    ("actor:guru001", {"username": "guru001"}, {"username": "guru002"}),
    ("actor:guru*", {"username": "guru001"}, {"username": "admin"}),
    ('actor:"guru*"', {"username": "guru*"}, {"username": "guru001"}),
    ("role:guru", {"user_role": "guru"}, {"user_role": "admin"}),
    ("category:crud", {"event_category": "CRUD"}, {"event_category": "FILE"}),
    ("severity:high,critical", {"severity": "critical"}, {"severity": "low"}),
    ("status:failed", {"event_status": "FAILED"}, {"event_status": "ERROR"}),
    ("status:404", {"response_status": 404}, {"response_status": 403}),
    ("status:5xx", {"response_status": 503}, {"response_status": 499}),
    ("status:>=500", {"response_status": 500}, {"response_status": 404}),
    ("status:400..499", {"response_status": 499}, {"response_status": 500}),
    ("-status:>=500", {"response_status": None}, {"response_status": 500}),
    ("ip:10.1.2.3", {"ip_address": "10.1.2.3"}, {"ip_address": "10.1.2.4"}),
    ("ip:10.0.0.0/8", {"ip_address": "10.255.255.255"}, {"ip_address": "11.0.0.0"}),
    ("ip:2001:db8::/32", {"ip_address": "2001:db8:1::1"}, {"ip_address": "2001:db9::1"}),
    ("-ip:10.0.0.0/8", {"ip_address": None}, {"ip_address": "10.1.1.1"}),
    ("entity:siswa/12", {"entity_type": "siswa", "entity_id": "12"}, {"entity_type": "siswa", "entity_id": "123"}),
    ("entity:siswa", {"entity_type": "siswa", "entity_id": "12"}, {"entity_type": "nilai", "entity_id": "12"}),
    ("action:UPDATE", {"action": "UPDATE"}, {"action": "DELETE"}),
    ("endpoint:/api/siswa*", {"endpoint": "/api/siswa/{id}"}, {"endpoint": "/api/nilai"}),
    ("method:POST", {"request_method": "POST"}, {"request_method": "GET"}),
    ("auth:jwt", {"auth_method": "jwt"}, {"auth_method": "session"}),
    ("duration:>1s", {"response_time_ms": 1000.5}, {"response_time_ms": 1000}),
    ("duration:250ms..2s", {"response_time_ms": 2000}, {"response_time_ms": 249}),
    ("duration:..10", {"response_time_ms": 10}, {"response_time_ms": 10.5}),
    ("size:>10kb", {"response_size_bytes": 10_001}, {"response_size_bytes": 10_000}),
    ("queries:>50", {"db_query_count": 51}, {"db_query_count": 50}),
    ("risk:>=50", {"risk_score": 50}, {"risk_score": 49}),
    ("request:abc", {"request_id": "abc"}, {"request_id": "abcd"}),
    ("code:KeyError", {"error_code": "KeyError"}, {"error_code": "ValueError"}),
    ("user:7", {"user_id": 7}, {"user_id": 8}),
    ("tag:late", {"tags": ["late", "x"]}, {"tags": ["x"]}),
    ("-tag:late", {"tags": []}, {"tags": ["late"]}),
    ("threat:sqli", {"threats": [{"kind": "sqli"}]}, {"threats": [{"kind": "xss"}]}),
    ("Fauzi", {"entity_name": "Ahmad Fauzi"}, {"entity_name": "Ahmad"}),
    ("fauzi ahmad", {"entity_name": "Ahmad Fauzi"}, {"entity_name": "Fauzi"}),
    ('"ahmad fauzi"', {"entity_name": "Ahmad Fauzi"}, {"entity_name": "Fauzi Ahmad"}),
    ("-Fauzi", {"entity_name": "Ahmad"}, {"entity_name": "Fauzi"}),
    ("actor:a or actor:b", {"username": "b"}, {"username": "c"}),
    ("actor:a (status:200 or status:201)", {"username": "a", "response_status": 201}, {"username": "a"}),
]


@pytest.mark.parametrize(("text", "wanted", "other"), CASES, ids=[case[0] for case in CASES])
def test_a_field_finds_what_it_says_and_nothing_else(log, text, wanted, other):
    log("wanted", **wanted)
    log("other", **other)
    assert found(text) == {"wanted"}


def test_a_type_may_be_written_small(log):
    log("in", catalog.LOGIN)
    log("out", catalog.LOGOUT)
    assert found("type:login") == {"in"}


def test_an_event_is_found_by_its_id(log):
    event = log("wanted")
    log("other")
    assert found(f"id:{event.id}") == {"wanted"}


def test_every_field_has_an_example_that_it_understands():
    for name, field in FIELDS.items():
        assert field.example.startswith(f"{name}:")
        if "…" not in field.example:
            condition(field.example)


# --- times: the project's zone is Jakarta's, +07:00 ---
TIMES = [
    ("created:2026-11-01", "2026-10-31T17:00:00Z", "2026-11-01T17:00:00Z"),
    ("created:2026-11-01..2026-11-02", "2026-11-02T16:59:59Z", "2026-11-02T17:00:00Z"),
    ("created:2026-11-01T07:30", "2026-11-01T00:30:59Z", "2026-11-01T00:31:00Z"),
    ("created:2026-11-01T07:30:00Z", "2026-11-01T07:30:00.5Z", "2026-11-01T07:30:01Z"),
    ("created:2026-11-01T07:30+20:00", "2026-10-31T11:30:00Z", "2026-10-31T11:31:00Z"),
    ("created:>2026-11-01", "2026-11-01T17:00:00Z", "2026-11-01T16:59:59Z"),
    ("created:>=2026-11-01", "2026-10-31T17:00:00Z", "2026-10-31T16:59:59Z"),
    ("created:<2026-11-01", "2026-10-31T16:59:59Z", "2026-10-31T17:00:00Z"),
    ("created:<=2026-11-01", "2026-11-01T16:59:59Z", "2026-11-01T17:00:00Z"),
    ("created:-24h", "2026-11-24T05:00:00Z", "2026-11-24T04:59:59Z"),
    ("created:<-24h", "2026-11-24T04:59:59Z", "2026-11-24T05:00:00Z"),
    ("created:-2d..-1d", "2026-11-24T04:00:00Z", "2026-11-24T05:00:00Z"),
    ("created:today", "2026-11-24T17:00:00Z", "2026-11-24T16:59:59Z"),
    ("created:yesterday", "2026-11-24T16:59:59Z", "2026-11-24T17:00:00Z"),
    ("created:..yesterday", "2026-11-24T16:59:59Z", "2026-11-24T17:00:00Z"),
]


@pytest.mark.parametrize(("text", "inside", "outside"), TIMES, ids=[case[0] for case in TIMES])
def test_times_are_those_of_the_school(log, text, inside, outside):
    log("inside", timestamp=datetime.fromisoformat(inside))
    log("outside", timestamp=datetime.fromisoformat(outside))
    with time_machine.travel(datetime(2026, 11, 25, 5, tzinfo=UTC), tick=False):
        assert found(text) == {"inside"}


# --- mistakes ---
MISTAKES = [
    ("siapa:guru", 0),
    ("category:SCHOOL", 9),
    ("a severity:high,loud", 16),
    ("status:40", 7),
    ("status:>=abc", 7),
    ("status:..", 7),
    ("ip:10.0.0", 3),
    ("ip:10.0.0.0/99", 3),
    ("entity:/12", 7),
    ("duration:1h", 9),
    ("size:1.5", 5),
    ("created:soon", 8),
    ("created:2026-13-01", 8),
    ("created:9999-12-31", 8),
    ("created:-999999w", 8),
    ("created:..", 8),
    ("user:ada", 5),
    ("id:7", 3),
    ("risk:٣", 5),
]


@pytest.mark.parametrize(("text", "position"), MISTAKES)
def test_a_mistake_says_where_and_what_was_expected(text, position):
    with pytest.raises(Mistake) as mistake:
        condition(text)
    assert mistake.value.position == position and mistake.value.expected


# --- nothing gets into SQL but as a parameter ---
CANARY = "kanari'\";--"
VALUES = st.sampled_from(["1", ">1", "2026-11-01", "10.0.0.0/8", "-24h", CANARY, "CRUD", "high", "1..2", "x*", "50%_"])
ANY_TERM = st.builds(
    lambda name, texts: Term(name, tuple(Value(text, 0) for text in texts), 0),
    st.sampled_from(sorted(FIELDS)),
    st.lists(VALUES | st.text(min_size=1, max_size=20), min_size=1, max_size=2),
)
ANY_TREE = st.recursive(
    ANY_TERM | st.text(min_size=1, max_size=20).map(Words),
    lambda inner: st.one_of(
        inner.map(Not),
        st.lists(inner, min_size=2, max_size=2).map(lambda parts: All(tuple(parts))),
        st.lists(inner, min_size=2, max_size=2).map(lambda parts: Any(tuple(parts))),
    ),
    max_leaves=5,
)


def texts_of(node):
    match node:
        case Words(text):
            return [text]
        case Term():
            return [value.text for value in node.values]
        case Not(part):
            return texts_of(part)
        case All(parts) | Any(parts):
            return reduce(list.__add__, map(texts_of, parts), [])


@given(ANY_TREE)
@settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_whatever_is_asked_for_is_a_mistake_or_an_answer(db, tree):
    if any(UNUSABLE.search(text) for text in texts_of(tree)):
        return  # `parse` lets none of it through
    try:
        rows = Event.objects.filter(condition_of(tree)).order_by()
    except Mistake:
        return
    list(rows.values_list("pk")[:1])
    assert "kanari" not in str(rows.query.sql_with_params()[0])


def test_free_words_go_by_the_full_text_index(log):
    with connection.cursor() as cursor:
        cursor.execute("SET LOCAL enable_seqscan = off")
        sql, params = Event.objects.filter(condition("Fauzi")).values("id").order_by().query.sql_with_params()
        cursor.execute(f"EXPLAIN {sql}", params)
        assert "search_text" in (plan := "\n".join(row[0] for row in cursor)) and "Bitmap Index Scan" in plan


def test_a_network_goes_by_the_index_on_addresses(log):
    with connection.cursor() as cursor:
        cursor.execute("SET LOCAL enable_seqscan = off")
        sql, params = Event.objects.filter(condition("ip:10.0.0.0/8")).values("id").order_by().query.sql_with_params()
        cursor.execute(f"EXPLAIN {sql}", params)
        assert "Index Cond: ((ip_address >=" in "\n".join(row[0] for row in cursor)

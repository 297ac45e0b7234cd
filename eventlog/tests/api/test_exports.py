"""`/api/events/export`: what is in it, who gets what, and what is told of it."""

import gc
import tracemalloc
from datetime import UTC, datetime, timedelta

import orjson
import pytest
from django.contrib.auth.models import User

from eventlog.capture.streams import end_dropped
from eventlog.export.rows import rows
from eventlog.logger import log_event
from eventlog.models import Event
from eventlog.pipeline import store
from eventlog.record import make_record
from eventlog.tests.altering import altering, forget
from eventlog.tests.api.test_events import api_with

pytestmark = pytest.mark.django_db
EXPORT = "/api/events/export"
NOW = datetime(2026, 11, 25, 5, tzinfo=UTC)


def emptied(client):
    """Without the events of answers that other tests have let go of, which end whenever they are collected."""
    gc.collect()
    end_dropped()
    forget()
    return client


@pytest.fixture
def auditor():
    return emptied(api_with("view_event"))


@pytest.fixture
def reviewer():
    return emptied(api_with("view_event", "view_security"))


def lines(answer):
    return [orjson.loads(line) for line in answer.getvalue().splitlines()]


def fill(count, **columns):
    for number in range(count):
        log_event("MAINTENANCE", event_name=str(number), timestamp=NOW + timedelta(seconds=number), **columns)


# --- what ---
@pytest.mark.parametrize(
    ("name", "media_type"),
    [
        ("", "text/csv"),
        ("csv", "text/csv"),
        ("ndjson", "application/x-ndjson"),
        ("ocsf", "application/vnd.ocsf+x-ndjson"),
        ("ecs", "application/vnd.ecs+x-ndjson"),
        ("cef", "text/x-cef"),
    ],
)
def test_the_format_is_chosen_by_its_name(auditor, name, media_type):
    fill(1)
    answer = auditor.get(f"{EXPORT}?format={name}&type=maintenance", HTTP_ACCEPT="text/html")
    assert answer["Content-Type"] == f"{media_type}; charset=utf-8" and answer.getvalue()
    assert answer["Content-Disposition"].startswith('attachment; filename="events-')


def test_ndjson_is_what_the_api_says(reviewer):
    event = log_event("ERROR_500", stack_trace="Traceback", event_data={"a": [1, None, "é"]}, tags=["x"], user_id=7)
    with altering():
        Event.objects.filter(id=event.id).update(digest=b"\0\xff", actor_salt=b"salt")
    (line,) = lines(reviewer.get(f"{EXPORT}?format=ndjson&type=error_500"))
    assert line == reviewer.get(f"/api/events/{event.id}").json()
    assert list(line) == list(reviewer.get(f"/api/events/{event.id}").json())


@pytest.mark.parametrize("name", ["csv", "ndjson", "ocsf", "ecs", "cef"])
def test_insides_and_salts_are_not_for_everybody(auditor, name):
    event = log_event("ERROR_500", stack_trace="Traceback of it")
    with altering():
        Event.objects.filter(id=event.id).update(digest=b"\xab\xcd\xef", actor_salt=b"\xfe\xdc\xba")
    made = auditor.get(f"{EXPORT}?format={name}&type=error_500").getvalue()
    assert b"ERROR_500" in made.upper()
    assert not [secret for secret in (b"Traceback", b"abcdef", b"fedcba") if secret in made]


def test_newest_first_in_batches_of_any_size(auditor):
    fill(7)
    for _ in range(3):
        log_event("MAINTENANCE", event_name="6", timestamp=NOW + timedelta(seconds=6))
    events = Event.objects.filter(event_type="MAINTENANCE")
    for size in (1, 2, 3, 10, 11):
        names = [row["event_name"] for row in rows(events, sees_insides=True, batch_size=size)]
        assert names == ["6", "6", "6", "6", "5", "4", "3", "2", "1", "0"]


def test_filters_and_the_search_language_narrow_it(auditor):
    fill(2, username="ada")
    fill(1, username="bob")
    assert len(lines(auditor.get(f"{EXPORT}?format=ndjson&q=actor:ada&since=2026-11-25T05:00:01Z"))) == 1


@pytest.mark.parametrize(("query", "field"), [("format=xml", "format"), ("q=actor:", "q"), ("format=api", "format")])
def test_a_bad_question_is_a_problem(auditor, query, field):
    answer = auditor.get(f"{EXPORT}?{query}")
    assert answer.status_code == 400 and answer["Content-Type"] == "application/problem+json"
    assert list(answer.json()["errors"]) == [field]


def test_a_slash_changes_nothing_and_a_head_has_no_body(auditor):
    assert auditor.get(f"{EXPORT}/").status_code == 200
    assert auditor.head(EXPORT).content == b""


# --- who ---
def test_strangers_are_asked_who_they_are(client):
    assert client.get(EXPORT).status_code == 401


def test_one_exports_what_one_may_see():
    client = emptied(api_with())
    log_event("LOGIN", user_id=User.objects.get().pk)
    log_event("LOGOUT", user_id=0)
    log_event("XSS", user_id=User.objects.get().pk)
    assert [line["event_type"] for line in lines(client.get(f"{EXPORT}?format=ndjson"))] == ["LOGIN"]


def test_security_events_are_not_exported_to_auditors(auditor):
    log_event("XSS")
    assert lines(auditor.get(f"{EXPORT}?format=ndjson")) == []


# --- what is told ---
def test_an_export_is_told_when_it_has_ended(auditor, the_event):
    fill(3)
    answer = auditor.get(f"{EXPORT}?format=ndjson&type=maintenance")
    assert not Event.objects.filter(event_type="EVENTS_EXPORTED").exists()
    sent = answer.getvalue()
    told = the_event("EVENTS_EXPORTED")
    assert told.event_data["filter"] == {"format": "ndjson", "type": "maintenance"}
    assert (told.event_data["count"], told.event_data["bytes"], told.username) == (3, len(sent), "auditor")
    assert (told.event_status, told.endpoint) == ("SUCCESS", EXPORT)


def test_one_whose_reader_goes_away_is_told_as_broken(auditor, the_event):
    fill(3)
    for close in auditor.get(EXPORT)._resource_closers:  # what a server does with an answer that nobody reads on
        close()
    told = the_event("EVENTS_EXPORTED")
    assert (told.event_status, told.error_code, told.tags) == ("ERROR", "client_gone", ["incomplete"])


def test_security_events_that_are_exported_are_viewed(reviewer, the_event):
    log_event("XSS")
    reviewer.get(f"{EXPORT}?category=SECURITY").getvalue()
    assert the_event("EVENTS_EXPORTED").event_data["security_events"] == 1
    assert the_event("EVENTS_VIEWED").event_data == {"filter": {"category": "SECURITY"}, "security_events": 1}


# --- constant memory ---
def test_memory_does_not_grow_with_the_number_of_events(auditor):
    filler = {"reason": "x" * 300}
    records = [make_record("MAINTENANCE", {**filler, "timestamp": NOW + timedelta(seconds=n)}) for n in range(6000)]
    store.write(store.Batch([record.to_json() for record in records]))
    peaks = [peak(limit) for limit in (1000, 6000)]
    assert peaks[1] < peaks[0] * 1.5


def peak(limit):
    """Bytes at most while the newest `limit` events are read."""
    newest = Event.objects.newest_first().values_list("timestamp", flat=True)[limit - 1]
    tracemalloc.start()
    assert sum(1 for _row in rows(Event.objects.since(newest), sees_insides=True, batch_size=500)) == limit
    most = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    return most

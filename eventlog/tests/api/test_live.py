"""`/api/events/recent?after=`: going on reading; and who looked at SECURITY events."""

import pytest
from django.contrib.auth.models import User

from eventlog.api import live
from eventlog.api.stream import heartbeat
from eventlog.logger import log_event
from eventlog.models import Event, EventBatch
from eventlog.models.order import Place
from eventlog.tests.altering import forget
from eventlog.tests.api.test_events import api_with
from eventlog.tests.finished import wait_for_others

RECENT = "/api/events/recent"


@pytest.fixture
def auditor(transactional_db):
    return emptied(api_with("view_event"))


def emptied(client):
    forget(Event, EventBatch)
    return client


def read(client, after, query=""):
    wait_for_others()
    answer = client.get(f"{RECENT}?after={after}{query}").json()
    return [event["event_name"] for event in answer["results"]], answer["after"]


def fill(*names, **columns):
    for name in names:
        log_event("MAINTENANCE", event_name=name, **columns)


# --- going on ---
def test_what_was_stored_since_comes_in_its_order(auditor, event_log):
    event_log(ENABLED=True)
    fill("a", "b")
    names, after = read(auditor, "start", "&type=maintenance")
    assert names == ["a", "b"]
    fill("c")
    names, after = read(auditor, after, "&type=maintenance")
    assert names == ["c"]


def test_a_huge_number_from_outside_is_read_as_in_a_list(auditor):
    fill("a", request_body={"number": 1e300})
    wait_for_others()
    (event,) = auditor.get(f"{RECENT}?after=start&type=maintenance").json()["results"]
    assert event["request_body"] == auditor.get(f"/api/events/{event['id']}").json()["request_body"]


def test_from_now_on(auditor):
    fill("a")
    _names, after = read(auditor, "now")
    fill("b")
    assert read(auditor, after, "&type=maintenance")[0] == ["b"]


@pytest.mark.parametrize("limit", [1, 2, 5])
def test_pages_of_any_size_give_each_event_once(auditor, limit, event_log):
    fill(*"abcde")
    event_log(ENABLED=False)
    after, shown = "start", []
    while True:
        names, further = read(auditor, after, f"&type=maintenance&limit={limit}")
        if further == after:
            break
        shown, after = shown + [names], further
    assert sum(shown, []) == list("abcde") and max(map(len, shown)) <= limit


def test_a_long_way_without_any_is_gone_in_steps(auditor, event_log, monkeypatch):
    monkeypatch.setattr(live, "STEP", 1)
    monkeypatch.setattr(live, "MAX_STEPS", 2)
    fill(*"abcde", username="bob")
    event_log(ENABLED=False)
    names, after = read(auditor, "start", "&actor=ada")
    assert names == [] and Place.read(after) > live.START
    assert read(auditor, after)[0] == ["c", "d", "e"][:2]


def test_without_it_the_answer_is_a_list(auditor):
    assert isinstance(auditor.get(f"{RECENT}?after=").json(), list)


def test_one_reads_on_in_what_one_may_see(transactional_db):
    client = emptied(api_with())
    fill("mine", user_id=User.objects.get().pk)
    fill("others", user_id=0)
    log_event("XSS", event_name="security")
    assert read(client, "start")[0] == ["mine"]


@pytest.mark.parametrize("after", ["x", "0", "W10", "%00", "A" * 54 + "B", "A" * 200])
def test_a_bad_place_is_named(auditor, after):
    answer = auditor.get(f"{RECENT}?after={after}")
    assert answer.status_code == 400 and list(answer.json()["errors"]) == ["after"]


# --- streams, which uvicorn serves: see faults/test_streams.py ---
def test_a_server_that_cannot_stream_says_what_can_be_asked(auditor):
    answer = auditor.get("/api/events/stream", HTTP_ACCEPT="text/event-stream")
    assert answer.status_code == 501 and answer["Content-Type"] == "application/problem+json"
    assert "recent?after=" in answer.json()["detail"]


def test_a_heartbeat_tells_how_far_the_reader_is():
    place = Place(7, live.START.batch)
    assert heartbeat(place) == f": \nid: {place.written()}\n\n".encode()


# --- who looked ---
@pytest.fixture
def reviewer(db):
    return emptied(api_with("view_event", "view_security"))


def views():
    return [event.event_data for event in Event.objects.filter(event_type="EVENTS_VIEWED").order_by("timestamp")]


@pytest.mark.parametrize("path", ["/api/events", RECENT, "/api/events/user-activity/7"])
def test_an_answer_with_security_events_is_told_once(reviewer, path):
    for _ in range(2):
        log_event("XSS", user_id=7)
    reviewer.get(f"{path}?limit=50")
    assert views() == [{"filter": {"limit": "50"}, "security_events": 2}]


def test_one_without_is_not_told(reviewer):
    fill("a")
    reviewer.get("/api/events")
    assert views() == []


def test_looking_at_a_single_one_is_told(reviewer):
    event = log_event("XSS")
    reviewer.get(f"/api/events/{event.id}")
    assert views() == [{"filter": {}, "security_events": 1, "event": str(event.id)}]


def test_a_review_is_told_even_if_it_finds_nothing(reviewer):
    reviewer.get("/api/events/security?hours=2")
    assert views() == [{"filter": {"hours": "2"}, "security_events": 0}]


def test_looking_at_who_looked_is_not_told(reviewer):
    reviewer.get("/api/events/security")
    reviewer.get("/api/events?type=events_viewed")
    assert len(views()) == 1

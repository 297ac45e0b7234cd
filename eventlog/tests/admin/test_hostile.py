"""What outsiders send is shown inert in every column on every page, under a policy that forbids what is inline."""

import json
import re
from datetime import timedelta
from typing import Any
from uuid import uuid4

import pytest
from django.test import Client
from django.utils import timezone

from eventlog import catalog
from eventlog.alerts.triage import Change
from eventlog.alerts.triage import change as triaged
from eventlog.logger import log_event
from eventlog.models import Block, DeadLetter, Event, EventForward, EventMute, Hold, SubjectRequest
from eventlog.record import make_record
from eventlog.tests.admin.pages import LIST, page_of, shown
from eventlog.tests.alerts.conftest import found
from eventlog.tests.altering import altering
from eventlog.tests.conftest import Change as Settings

SCRIPT = "\"'><script>alert(1)</script><svg/onload=alert(1)>{{7*7}}"
TEXTS = (
    *("username", "user_role", "user_agent", "request_path", "referrer", "endpoint", "request_method"),
    *("entity_type", "entity_id", "entity_name", "event_name", "reason", "error_code", "error_message"),
    *("error_fingerprint", "stack_trace", "server_name", "application_version", "environment", "session_id"),
    *("request_id", "trace_id", "response_content_type"),
)
JSON = ("event_data", "previous_values", "new_values", "changed_fields", "threats", "tags", "query_params")
LETTERS = "/admin/eventlog/deadletter/"
INLINE = r"<style|\sstyle=|\son\w+=|<script(?![^>]*\ssrc=)|(?:src|href)=\"(?:https?:)?//"
TURNED = "safe\u202egpj.exe\u2066\x1b[31m\x9b"


def stored(value: str, **columns: Any) -> Event:
    """Past the cleaning: as if it had been written into the table."""
    event = log_event("SISWA_UPDATE", ip_address="203.0.113.7", user_id=7)
    texts = {name: value[: Event._meta.get_field(name).max_length or None] for name in TEXTS}
    structures = {name: {value: [value]} for name in JSON} | {"tags": [value], "changed_fields": [value]}
    with altering():
        Event.objects.filter(id=event.id).update(**{**texts, **structures, "action": "UPDATE", **columns})
    return Event.objects.get(id=event.id)


def pages(event: Event) -> list[tuple[str, dict[str, str]]]:
    columns = "time,kind,what,who,address,result,duration,type,record,role,endpoint,reason,request,session,server"
    return [
        (LIST, {"since": "", "columns": columns}),
        (page_of(event), {}),
        (f"{LIST}request/", {"id": event.request_id}),
        (f"{LIST}user/", {"id": "7"}),
        (f"{LIST}user/", {"name": event.username}),
        (f"{LIST}object/", {"type": event.entity_type, "id": event.entity_id}),
        (f"{LIST}address/", {"ip": "203.0.113.7"}),
        (LIST, {"q": SCRIPT, "since": SCRIPT}),
    ]


def all_of(client: Client, event: Event) -> list[str]:
    found = []
    for path, query in pages(event):
        response = client.get(path, query)
        assert response.status_code == 200, path
        found.append(response.content.decode())
    return found


def test_no_markup_comes_through(admin_client: Client) -> None:
    for page in all_of(admin_client, stored(SCRIPT)):
        assert "<script>alert" not in page and "<svg/onload" not in page
        assert not re.search(r"<[^>]*\son\w+=", re.sub(r'"[^"]*"', '""', page))


def test_what_turns_or_hides_text_is_made_visible(admin_client: Client) -> None:
    event = stored(TURNED, request_id="r1", entity_id="12")
    for page in all_of(admin_client, event):
        assert not re.search("[\u202a-\u202e\u2066-\u2069\x1b\x9b]", re.sub(r'value="[^"]*"', "", page))


def test_a_long_text_makes_no_long_page(admin_client: Client) -> None:
    """But for the event as it is stored, which is there whole."""
    event = stored("Mozilla/5.0 " * 9000, request_id="r1", entity_id="12", entity_type="siswa", username="ada")
    pages = [page.partition('<pre id="eventlog-raw"')[0] for page in all_of(admin_client, event)]
    assert max(len(page.encode()) for page in pages) < 400_000


# --- what is made of events: numbers, alerts, mutes, blocks, holds ---
def made_pages(client: Client, value: str) -> list[str]:
    """With the value in every text that comes from outside."""
    said = {"username": value[:150], "endpoint": value[:100], "user_agent": value, "request_path": value}
    answer = {"request_method": "GET", "response_status": 500, "response_time_ms": 9.0, **said}
    keys = (log_event("HTTP_REQUEST", **answer).id, log_event(catalog.XSS, entity_type="siswa", **said).id)
    data = {"addresses": [value], "names": [value], "path": value}
    alert = found(target=f"user:{value[:150]}", events=keys, data=data)
    triaged(alert.pk, Change(state="acknowledged", note=value[:500]), by=None)
    until = timezone.now() + timedelta(days=3)
    mute = EventMute.objects.create(rule="xss", target=f"path:{value[:150]}", until=until, reason=value[:500])
    block = Block.objects.create(username=value[:150], since=timezone.now(), until=until)
    about = {"username": value[:150], "entity_type": value[:100], "entity_id": value, "request_id": value[:64]}
    who = {"placed_by": value[:150], "lifted_by": value[:150]}
    held = [
        Hold.objects.create(reason=value, lift_reason=value, **about, **who, **more)
        for more in ({}, {"lifted_at": timezone.now()})
    ]
    entered = {"asked_by": value[:200], "entered_by": value[:150], "decided_by": value[:150], "reason": value}
    asked = [
        SubjectRequest.objects.create(kind="erase", state="refused", **named, **entered)
        for named in ({"username": value[:150]}, {"entity_type": value[:100], "entity_id": value[:255]})
    ]
    ones = (f"alert/{alert.pk}/change/", f"eventmute/{mute.pk}/change/", f"block/{block.pk}/change/")
    ones += (*(f"hold/{hold.pk}/change/" for hold in held), *(f"subjectrequest/{each.pk}/change/" for each in asked))
    lists = ("dashboard/", "alert/", "eventmute/", "block/", "hold/", "subjectrequest/")
    paths = [f"eventlog/{path}" for path in (*lists, *ones)]
    return [shown(client, f"/admin/{path}") for path in ("", *paths)]


def test_no_markup_comes_through_where_events_are_worked_with(admin_client: Client) -> None:
    for page in made_pages(admin_client, SCRIPT):
        assert "<script>alert" not in page and "<svg/onload" not in page
        assert not re.search(r"<[^>]*\son\w+=", re.sub(r'"[^"]*"', '""', page))


def test_what_turns_or_hides_text_is_made_visible_there(admin_client: Client) -> None:
    for page in made_pages(admin_client, TURNED):
        assert not re.search("[\u202a-\u202e\u2066-\u2069\x1b\x9b]", without_fields(page))


# --- refused events, and the status page ---
def refused_pages(client: Client, value: str) -> list[str]:
    """With the value in every column of an event that was refused, in what the database said, and in an error of a
    sink."""
    made = json.loads(make_record("SISWA_UPDATE", {}).to_json())
    record = json.dumps({**made, **dict.fromkeys((*TEXTS, *JSON, "event_type", "event_category"), value)})
    letter = DeadLetter.objects.create(batch_id=uuid4(), reason=value[:1000], record=record)
    by = {"state": "discarded", "decided_at": timezone.now(), "decided_by": value[:150], "note": value[:2000]}
    decided = DeadLetter.objects.create(batch_id=uuid4(), reason=value[:1000], record=value, **by)
    failing = {"last_error": value[:500], "failing_since": timezone.now()}
    EventForward.objects.create(sink=value[:100], place="", **failing)
    paths = [f"{LETTERS}{letter.pk}/change/", f"{LETTERS}{decided.pk}/change/", LETTERS, "/admin/eventlog/status/"]
    return [shown(client, path) for path in paths]


def without_fields(page: str) -> str:
    """What may be changed has to be as it is."""
    return re.sub(r'value="[^"]*"|<textarea[^>]*>[^<]*', "", page)


@pytest.fixture
def sink(event_log: Settings) -> None:
    event_log(FORWARD_TO={"siem": {"kind": "file", "path": "/nowhere"}})


def test_no_markup_of_refused_events_comes_through(sink: None, admin_client: Client) -> None:
    for page in refused_pages(admin_client, SCRIPT):
        assert "<script>alert" not in page and "<svg/onload" not in page
        assert not re.search(r"<[^>]*\son\w+=", re.sub(r'"[^"]*"', '""', page))


def test_what_turns_or_hides_text_of_refused_events_is_made_visible(sink: None, admin_client: Client) -> None:
    for page in refused_pages(admin_client, TURNED):
        assert not re.search("[\u202a-\u202e\u2066-\u2069\x1b\x9b]", without_fields(page))


def test_a_long_text_of_a_refused_event_makes_no_long_page(sink: None, admin_client: Client) -> None:
    pages = refused_pages(admin_client, "Mozilla/5.0 " * 9000)
    assert max(len(page.encode()) for page in pages) < 400_000


@pytest.mark.parametrize("path", ["deadletter/", "status/"])
def test_those_pages_have_nothing_inline_either(admin_client: Client, path: str) -> None:
    page = shown(admin_client, f"/admin/eventlog/{path}")
    assert not re.search(INLINE, page)


@pytest.mark.parametrize(
    "path", ["", "live/", "request/?id=r1", "user/?id=7", "object/?type=siswa&id=12", "address/?ip=::1"]
)
def test_the_policy_forbids_what_is_inline_and_the_pages_have_none(admin_client: Client, path: str) -> None:
    log_event("LOGIN", user_id=7, request_id="r1", ip_address="::1", entity_type="siswa", entity_id="12")
    response = admin_client.get(LIST + path)
    policy = response.headers["Content-Security-Policy"]
    assert "default-src 'self'" in policy and "unsafe" not in policy
    page = response.content.decode()
    assert not re.search(INLINE, page)


def test_a_full_list_weighs_little(admin_client: Client) -> None:
    for number in range(60):
        log_event("SISWA_UPDATE", username=f"guru{number}", ip_address="203.0.113.7", entity_name="Ahmad Fauzi")
    assert len(shown(admin_client, LIST).encode()) < 250_000

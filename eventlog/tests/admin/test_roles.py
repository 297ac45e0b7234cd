"""Each page of the console for each role: who gets it, and who finds anything there to change something with."""

import re
from collections import Counter
from dataclasses import dataclass
from datetime import timedelta
from html import unescape

import pytest
from django.contrib.auth.models import User
from django.test import Client
from django.urls import resolve
from django.utils import timezone

from eventlog import catalog
from eventlog.logger import log_event
from eventlog.models import Block, DeadLetter, EventMute, Hold, SubjectRequest
from eventlog.pipeline import store
from eventlog.tests.admin.pages import reader_with
from eventlog.tests.admin.test_hostile import INLINE
from eventlog.tests.alerts.conftest import found
from eventlog.tests.pipeline.test_store import poisoned

CONSOLE = "/admin/eventlog/"
EVENTS = {
    "event/",
    "event/live/",
    "event/{change}/change/",
    "event/request/?id=r1",
    "event/user/?id=7",
    "event/object/?type=siswa&id=12",
    "event/address/?ip=203.0.113.7",
    "dashboard/",
    "dashboard/live/",
}
SECURITY = {"event/{attack}/change/", "status/", "deadletter/", "deadletter/{letter}/change/"}
TRIAGE = {
    "alert/",
    "alert/{alert}/change/",
    "eventmute/",
    "eventmute/{mute}/change/",
    "block/",
    "block/{block}/change/",
}
REVIEW = {"eventmute/add/", "eventmute/{mute}/delete/"}
HOLDS = {"hold/", "hold/add/", "hold/{hold}/change/"}
REQUESTS = {"subjectrequest/", "subjectrequest/add/", "subjectrequest/{request}/change/"}
NOBODYS = {
    "event/add/",
    "event/{change}/delete/",
    "alert/add/",
    "alert/{alert}/delete/",
    "deadletter/add/",
    "hold/{hold}/delete/",
    "subjectrequest/{request}/delete/",
    "block/add/",
    "block/{block}/delete/",
    "deadletter/{letter}/delete/",
}
EVERY = EVENTS | SECURITY | TRIAGE | REVIEW | HOLDS | REQUESTS | NOBODYS
ENTERED = (HOLDS | REQUESTS) - {"hold/", "subjectrequest/"}
DECIDED = TRIAGE | REVIEW
LETTER = {"deadletter/{letter}/change/"}


@dataclass(frozen=True)
class Role:
    """`changes` are the pages with something to change by: never an event."""

    rights: tuple[str, ...]
    sees: set[str]
    changes: set[str]


ROLES = {
    "staff without a right": Role((), set(), set()),
    "auditor": Role(("view_event",), EVENTS, set()),
    "reader of security": Role(("view_event", "view_security"), EVENTS | SECURITY | TRIAGE, set()),
    "reviewer": Role(("view_event", "view_security", "change_alert"), EVENTS | SECURITY | TRIAGE | REVIEW, DECIDED),
    "keeper": Role(("view_event", "view_security", "change_deadletter"), EVENTS | SECURITY | TRIAGE, LETTER),
    "keeper of holds": Role(("view_hold", "add_hold", "change_hold"), HOLDS, HOLDS - {"hold/"}),
    "keeper of requests": Role(
        ("view_subjectrequest", "add_subjectrequest", "change_subjectrequest"), REQUESTS, REQUESTS - {"subjectrequest/"}
    ),
    "superuser": Role((), EVERY - NOBODYS, DECIDED | LETTER | ENTERED),
}


@pytest.fixture
def keys(db: None) -> dict[str, object]:
    """One of everything that there is a page for."""
    about = {"user_id": 7, "request_id": "r1", "ip_address": "203.0.113.7", "entity_type": "siswa", "entity_id": "12"}
    until = timezone.now() + timedelta(days=3)
    store.write(store.Batch([poisoned(username="x" * 200)]))
    return {
        "change": log_event("SISWA_UPDATE", action="UPDATE", **about).id,
        "attack": log_event(catalog.XSS).id,
        "letter": DeadLetter.objects.get().pk,
        "alert": found().pk,
        "mute": EventMute.objects.create(rule="xss", target="ip:203.0.113.9", until=until, reason="exams").pk,
        "hold": Hold.objects.create(username="guru001", reason="exams", placed_by="ada").pk,
        "request": SubjectRequest.objects.create(
            kind="export", username="guru001", asked_by="ani", entered_by="ada"
        ).pk,
        "block": Block.objects.create(username="guru001", since=timezone.now(), until=until).pk,
    }


def client_of(name: str) -> Client:
    if name != "superuser":
        return reader_with(*ROLES[name].rights)
    client = Client()
    client.force_login(User.objects.create_superuser("root"))
    return client


HARMLESS = "logout|setlang|views/"


def has_controls(page: str) -> bool:
    """Whether a form there can be sent that changes something; to sign out, to choose a language and to save one's view
    do not."""
    forms = re.findall(rf'<form(?=[^>]*method="post")(?![^>]*(?:{HARMLESS}))[^>]*>.*?</form>', page, re.DOTALL)
    return any(re.search('<button|type="submit"', form) for form in forms)


@pytest.mark.parametrize("name", ROLES)
def test_a_role_sees_its_pages_and_changes_what_it_may(name: str, keys: dict[str, object]) -> None:
    client, seen, changed = client_of(name), set(), set()
    for path in EVERY:
        response = client.get(CONSOLE + path.format(**keys))
        if response.status_code == 200:
            seen.add(path)
            if has_controls(response.content.decode()):
                changed.add(path)
    assert (seen, changed) == (ROLES[name].sees, ROLES[name].changes)


LEAVES = re.compile("logout|password_change|jsi18n|#")
ENOUGH = 4  # addresses of a page that differ in their keys


def links_on(page: str) -> set[str]:
    found = {unescape(address) for address in re.findall(r'<a [^>]*href="(/[^"]*)"', page)}
    return {address for address in found if address.startswith("/admin/") and not LEAVES.search(address)}


@pytest.mark.parametrize(
    "name", ["auditor", "reader of security", "reviewer", "keeper", "keeper of holds", "keeper of requests"]
)
def test_no_link_leads_to_where_its_reader_may_not_go(name: str, keys: dict[str, object]) -> None:
    client, waiting, tried = client_of(name), ["/admin/"], Counter[str]()
    seen, dead = set(waiting), set()
    while waiting:
        response = client.get(address := waiting.pop())
        if response.status_code >= 400:
            dead.add((response.status_code, address))
        for link in links_on(response.content.decode()) - seen:
            seen.add(link)
            kind = resolve(link.partition("?")[0]).view_name
            tried[kind] += 1
            if tried[kind] <= ENOUGH:
                waiting.append(link)
    assert (dead, len(tried) > 1) == (set(), True)


def test_staff_without_a_right_find_no_way_to_the_event_log(db: None) -> None:
    assert CONSOLE not in client_of("staff without a right").get("/admin/").content.decode()


def test_each_page_has_nothing_inline_and_a_policy_against_it(keys: dict[str, object]) -> None:
    client, wrong = client_of("superuser"), set()
    for path in {"/admin/", *(CONSOLE + path.format(**keys) for path in ROLES["superuser"].sees)}:
        response = client.get(path)
        policy = response.headers["Content-Security-Policy"]
        if "default-src 'self'" not in policy or "unsafe" in policy or re.search(INLINE, response.content.decode()):
            wrong.add(path)
    assert not wrong

"""Each story of the console, walked by each role: to its end, or to words that say that it is not theirs."""

from datetime import timedelta
from itertools import cycle
from typing import Any

import pytest
from django.contrib.auth.models import Group, Permission, User
from django.test import Client
from django.utils import timezone
from playwright.sync_api import Browser, expect
from pytest_django.live_server_helper import LiveServer

from eventlog import catalog
from eventlog.logger import log_event
from eventlog.models import DeadLetter
from eventlog.pipeline import store
from eventlog.tests.alerts.conftest import found
from eventlog.tests.browser.chromium import Chromium
from eventlog.tests.browser.stories import STORIES, TEN
from eventlog.tests.browser.walking import CONSOLE, LOOKS, Look, Walk, walking
from eventlog.tests.pipeline.test_store import poisoned

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]
RIGHTS = {
    "siswa": (),
    "staff": ("view_siswa",),
    "guru": (),
    "auditor": ("view_event",),
    "reviewer": ("view_event", "view_security", "change_alert"),
    "superuser": (),
}


@pytest.fixture
def sessions(live_server: LiveServer) -> dict[str, str]:
    """Somebody of each role, signed in."""
    return {role: session_of(role) for role in RIGHTS}


def session_of(role: str) -> str:
    user = User.objects.create_user(role, is_staff=role != "siswa", is_superuser=role == "superuser")
    user.user_permissions.set(Permission.objects.filter(codename__in=RIGHTS[role]))
    user.groups.set(Group.objects.filter(name=role))
    client = Client()
    client.force_login(user)
    return client.cookies["sessionid"].value


@pytest.fixture
def keys(live_server: LiveServer) -> dict[str, Any]:
    """A mark that was changed last week, an attack, alerts, and an event that the database refused."""
    then = {"timestamp": timezone.now() - timedelta(days=6), "username": "guru001", "request_id": "r1"}
    from_there = {"ip_address": "203.0.113.7", **then}
    mark = {"entity_type": "nilai", "entity_id": 17, "entity_name": "Ahmad Fauzi", "action": "UPDATE"}
    values = {"previous_values": {"matematika": 70}, "new_values": {"matematika": 92}, "changed_fields": ["matematika"]}
    log_event("HTTP_REQUEST", request_method="PATCH", request_path="/api/nilai/17", **from_there)
    change = log_event("NILAI_UPDATE", **mark, **values, **from_there)
    attack = log_event(catalog.XSS, ip_address="203.0.113.9")
    log_event(catalog.LOGIN_FAILED, username="guru001", ip_address="203.0.113.7")
    store.write(store.Batch([poisoned(ip_address="ruang guru", username="guru001") for _ in range(2)]))
    alerts = [found(target=f"ip:203.0.113.{number}", events=(attack.id,)) for number in range(2 * TEN + 1)]
    return {"change": change.id, "alert": alerts[0].pk, "letter": DeadLetter.objects.all()[0].pk}


@pytest.fixture
def browser(keys: dict[str, Any], sessions: dict[str, str], chromium: Chromium) -> Any:
    with chromium.used() as browser:
        yield browser


def walkers(name: str) -> list[tuple[str, Look]]:
    """In turns by the story's own look and its opposite; who is alone walks twice."""
    who, look = STORIES[name].who, LOOKS[list(STORIES).index(name)]
    return list(zip(who if len(who) > 1 else who * 2, cycle([look, look.opposite]), strict=False))


@pytest.mark.parametrize("name", STORIES)
def test_a_story_is_walked_to_its_end_by_whom_it_is_for(
    name: str,
    browser: Browser,
    live_server: LiveServer,
    keys: dict[str, Any],
    sessions: dict[str, str],
    subtests: pytest.Subtests,
) -> None:
    for role, look in walkers(name):
        with (
            subtests.test(role=role, look=str(look)),
            walking(browser, live_server.url, sessions[role], look=look, role=role, keys=keys) as walk,
        ):
            STORIES[name].walk(walk)


@pytest.mark.parametrize("role", [role for role in RIGHTS if any(role not in story.who for story in STORIES.values())])
def test_what_is_not_theirs_is_said_in_words(
    role: str,
    browser: Browser,
    live_server: LiveServer,
    keys: dict[str, Any],
    sessions: dict[str, str],
    subtests: pytest.Subtests,
) -> None:
    """In turns by a look and its opposite, other ones for each role; a window for each look."""
    first = LOOKS[list(RIGHTS).index(role)]
    not_theirs = [name for name, story in STORIES.items() if role not in story.who]
    for look, names in ((first, not_theirs[::2]), (first.opposite, not_theirs[1::2])):
        with walking(browser, live_server.url, sessions[role], look=look, role=role, keys=keys) as walk:
            for name in names:
                with subtests.test(story=name, look=str(look)):
                    is_told(walk, STORIES[name].where.format(**keys))


def is_told(walk: Walk, address: str) -> None:
    """Sent to sign in as somebody else or to go home, or told that this account may not, or that others decide; and
    finds no button for it and no way there."""
    response = walk.open(address)
    content = walk.page.locator("body")
    if walk.role == "siswa":
        expect(content).to_contain_text("siswa")
        expect(walk.page.locator("[name=password]")).to_be_visible()
        walk.follow("To the home page")
    elif response.status == 403:
        expect(content).to_contain_text(walk.words("Your account may not see or do this."))
        walk.open("/admin/")
        assert walk.page.locator(f'a[href*="{CONSOLE}{address.partition("/")[0]}/"]').count() == 0
    else:
        expect(content).to_contain_text(
            walk.words("Whoever has the permission to change refused events decides what becomes of it.")
        )
        assert walk.page.locator("#content form").count() == 0


def test_each_story_meets_each_value_of_each_axis() -> None:
    for name in STORIES:
        looks = {look for _role, look in walkers(name)}
        assert any(look.opposite in looks for look in looks), name

"""A real Chromium in front of a real server."""

from collections.abc import Iterator

import pytest
from django.contrib.auth.models import User
from playwright.sync_api import BrowserContext, Page
from pytest_django.live_server_helper import LiveServer

from eventlog.logger import log_event
from eventlog.tests.browser.chromium import Chromium, launched, watched

PASSWORD = "a password of hers"


@pytest.fixture(scope="package")
def chromium() -> Iterator[Chromium]:
    with launched() as chromium:
        yield chromium


@pytest.fixture
def change(live_server: LiveServer, django_user_model: type[User]) -> None:
    """A changed mark, a class that has moved up, and an auditor to look at them; made before the browser is used."""
    django_user_model.objects.create_superuser("auditor", password=PASSWORD)
    values = {"previous_values": {"matematika": 70}, "new_values": {"matematika": 92}, "changed_fields": ["matematika"]}
    named = {"entity_type": "nilai", "entity_id": 17, "entity_name": "<script>alert(1)</script> Budi"}
    request = {"username": "guru001", "request_id": "r1"}
    log_event("HTTP_REQUEST", request_method="PATCH", request_path="/api/nilai/17", **request)
    log_event("NILAI_UPDATE", action="UPDATE", **request, **named, **values)
    keys = [str(key) for key in range(1001, 1061)]
    data = {"assigned": {"kelas": "XI-1"}, "filter": {"kelas": "X-1"}, "count": 60, "keys": keys, "complete": True}
    before = {"previous_values": {"kelas": dict.fromkeys(keys, "X-1 " * 10)}, "changed_fields": ["kelas"]}
    log_event("SISWA_BULK_UPDATE", action="BULK_UPDATE", entity_type="siswa", event_data=data, **before)


@pytest.fixture
def context(change: None, chromium: Chromium) -> Iterator[BrowserContext]:
    with chromium.used() as browser:
        yield browser.new_context(locale="en")


@pytest.fixture
def reader() -> str:
    """Who looks."""
    return "auditor"


@pytest.fixture
def page(context: BrowserContext, live_server: LiveServer, reader: str) -> Iterator[Page]:
    """The list of events as the reader sees it."""
    said = watched(context, live_server.url)
    opened = context.new_page()
    opened.goto(f"{live_server.url}/admin/eventlog/event/")
    opened.fill("[name=username]", reader)
    opened.fill("[name=password]", PASSWORD)
    opened.click("#login-form [type=submit]")
    yield opened
    assert not said

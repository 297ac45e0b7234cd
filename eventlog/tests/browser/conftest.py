"""A real Chromium in front of a real server."""

import shutil
from collections.abc import Iterator

import pytest
from django.contrib.auth.models import User
from playwright.sync_api import BrowserContext, Page, sync_playwright
from pytest_django.live_server_helper import LiveServer

from eventlog.logger import log_event

CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser")
QUIET = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-background-networking",
    "--disable-component-update",
    "--no-first-run",
]
PASSWORD = "a password of hers"


@pytest.fixture
def change(live_server: LiveServer, django_user_model: type[User]) -> None:
    """A changed mark, a class that has moved up, and an auditor to look at them.

    Made before the browser starts: Playwright's plain interface runs an event loop in the test's thread, which Django
    takes for async code.
    """
    django_user_model.objects.create_superuser("auditor", password=PASSWORD)
    values = {"previous_values": {"matematika": 70}, "new_values": {"matematika": 92}, "changed_fields": ["matematika"]}
    named = {"entity_type": "nilai", "entity_id": 17, "entity_name": "<script>alert(1)</script> Budi"}
    log_event("NILAI_UPDATE", username="guru001", action="UPDATE", **named, **values)
    keys = [str(key) for key in range(1001, 1061)]
    data = {"assigned": {"kelas": "XI-1"}, "filter": {"kelas": "X-1"}, "count": 60, "keys": keys, "complete": True}
    before = {"previous_values": {"kelas": dict.fromkeys(keys, "X-1 " * 10)}, "changed_fields": ["kelas"]}
    log_event("SISWA_BULK_UPDATE", action="BULK_UPDATE", entity_type="siswa", event_data=data, **before)


@pytest.fixture
def context(change: None) -> Iterator[BrowserContext]:
    if CHROMIUM is None:
        pytest.skip("there is no Chromium: apt-get install chromium")
    with sync_playwright() as playwright:
        chromium = playwright.chromium.launch(executable_path=CHROMIUM, args=QUIET)
        yield chromium.new_context(locale="en")
        chromium.close()


@pytest.fixture
def page(context: BrowserContext, live_server: LiveServer) -> Iterator[Page]:
    """The list of events as the auditor sees it. The page's console must stay silent: a line there is a broken script,
    style or policy."""
    opened = context.new_page()
    said: list[str] = []
    opened.on("console", lambda message: said.append(message.text))
    opened.on("pageerror", lambda error: said.append(str(error)))
    opened.goto(f"{live_server.url}/admin/eventlog/event/")
    opened.fill("[name=username]", "auditor")
    opened.fill("[name=password]", PASSWORD)
    opened.click("[type=submit]")
    yield opened
    assert not said

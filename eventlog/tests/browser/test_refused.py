"""A refused event is repaired by a person, and the status page leads there."""

from typing import Any

import pytest
from playwright.sync_api import BrowserContext, Page, expect

from eventlog.pipeline import store
from eventlog.tests.pipeline.test_store import poisoned

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]
SCROLLING = "[...document.querySelectorAll('.results')].filter(e => e.scrollWidth > e.clientWidth).length"
LONG = "Mozilla/5.0 (X11; Linux x86_64) " * 9


@pytest.fixture
def change(change: None) -> None:
    """Two refused events, before the browser starts."""
    who: dict[str, Any] = {"username": "guru001", "user_agent": LONG, "reason": "semester correction"}
    store.write(store.Batch([poisoned(ip_address="ruang guru", **who), poisoned(username="x" * 200)]))


def to_status(page: Page) -> None:
    page.goto(page.url.split("/admin/")[0] + "/admin/")
    page.locator("#content-main").get_by_role("link", name="Status", exact=True).click()


def to_refused(page: Page) -> None:
    to_status(page)
    page.get_by_role("link", name="All refused events").click()


def open_the_refused(page: Page) -> None:
    to_refused(page)
    page.get_by_role("row", name="guru001").get_by_role("link").click()


def test_the_pages_fit_the_screen(page: Page) -> None:
    for go in (to_status, to_refused, open_the_refused):
        go(page)
        for width in (390, 1280):
            page.set_viewport_size({"width": width, "height": 800})
            assert page.evaluate("document.documentElement.scrollWidth") <= width
            assert go is to_status or page.evaluate(SCROLLING) == 0


def test_a_refused_event_is_repaired_and_stored_without_a_script(page: Page, context: BrowserContext) -> None:
    open_the_refused(page)
    assert context.browser is not None
    plain = context.browser.new_context(java_script_enabled=False, storage_state=context.storage_state(), locale="en")
    without = plain.new_page()
    without.goto(page.url)
    without.get_by_label("IP address").fill("10.1.2.3.4")
    without.get_by_role("button", name="Store it").click()
    expect(without.locator(".errorlist")).to_contain_text("An IP address such as 203.0.113.7")
    without.get_by_label("IP address").fill("10.1.2.3")
    without.get_by_role("button", name="Store it").click()
    expect(without.locator(".messagelist")).to_contain_text("The event is stored.")
    without.get_by_role("link", name="The event as it is stored").click()
    expect(without.locator("#content")).to_contain_text("10.1.2.3")
    expect(without.locator("#content")).to_contain_text("repaired")

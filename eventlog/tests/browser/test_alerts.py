"""The admin's pages of alerts, as people have them before their eyes."""

import pytest
from django.utils import timezone
from playwright.sync_api import BrowserContext, Page, expect

from eventlog import catalog
from eventlog.alerts.triage import Change
from eventlog.alerts.triage import change as triaged
from eventlog.logger import log_event
from eventlog.models import EventNotification
from eventlog.tests.alerts.conftest import found
from eventlog.tests.browser.test_console import STICKING_OUT

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]


@pytest.fixture
def change(change: None) -> None:
    """Alerts of every kind, before the browser starts."""
    keys = tuple(log_event(catalog.LOGIN_FAILED, username="guru001").id for _ in range(3))
    alert = found(events=keys, data={"attempts": 12, "addresses": ["203.0.113.7", "203.0.113.9"]}, event_count=12)
    triaged(alert.pk, Change(state="acknowledged", note="I call her. " * 20), by=None)
    about = {"kind": "opened", "severity": "high", "due_at": timezone.now()}
    EventNotification.objects.create(alert=alert, channel="mail:kepala@school.example", state="sent", **about)
    EventNotification.objects.create(alert=alert, channel="webhook:soc", last_error="It answered 503. " * 9, **about)
    found(rule="xss", event_type=catalog.XSS, target="ip:2001:db8:1:2:3:4:5:6", severity="critical")
    for number in range(9):
        found(target=f"ip:203.0.113.{number}", severity="medium")
    triaged(found(target="user:<b>x</b>", severity="low").pk, Change(state="resolved", reason="seen to"), by=None)


CUT_OFF = """[...document.querySelectorAll("#result_list td, #result_list th")].filter((cell) =>
    cell.getBoundingClientRect().right > document.querySelector("#changelist-form").getBoundingClientRect().right + 1
).length"""


def to_alerts(page: Page) -> None:
    page.goto(page.url.split("/eventlog/")[0] + "/eventlog/alert/")


def open_the_guessing(page: Page) -> None:
    to_alerts(page)
    page.get_by_role("row", name="guru001").get_by_role("link").first.click()
    page.wait_for_url("**/change/")


def test_the_pages_fit_the_screen(page: Page) -> None:
    for width in (1280, 390):
        page.set_viewport_size({"width": width, "height": 800})
        to_alerts(page)
        assert page.evaluate("document.documentElement.scrollWidth") <= width
        assert page.evaluate(CUT_OFF) == 0
        open_the_guessing(page)
        assert page.evaluate("document.documentElement.scrollWidth") <= width
        assert page.evaluate(STICKING_OUT) == 0


def test_the_evidence_leads_to_the_event(page: Page) -> None:
    open_the_guessing(page)
    page.get_by_role("link", name="guru001 could not sign in").first.click()
    expect(page.locator("#content")).to_contain_text("LOGIN_FAILED")


def arrived(page: Page, title: str) -> None:
    """And the script that gives the keys their meaning is at work."""
    expect(page.locator("h1")).to_contain_text(title)
    expect(page.locator(".eventlog-keys")).to_be_visible()


def test_on_paper_are_the_alerts_and_nothing_to_click(page: Page) -> None:
    open_the_guessing(page)
    page.emulate_media(media="print")
    expect(page.get_by_text("Somebody tries password after password")).to_be_visible()
    expect(page.get_by_text("I call her").first).to_be_visible()
    assert page.locator("#content button:visible, #content textarea:visible, #content nav:visible").count() == 0
    to_alerts(page)
    expect(page.get_by_role("row", name="guru001")).to_be_visible()
    assert page.locator("#content input:visible, #content select:visible, #content nav:visible").count() == 0


def test_triage_needs_no_script(page: Page, context: BrowserContext) -> None:
    open_the_guessing(page)
    assert context.browser is not None
    plain = context.browser.new_context(java_script_enabled=False, storage_state=context.storage_state())
    without = plain.new_page()
    without.goto(page.url)
    expect(without.get_by_text("Keyboard")).to_be_hidden()
    without.get_by_label("Reason or note").fill("It was her new keyboard.")
    without.get_by_role("button", name="False positive").click()
    expect(without.locator("h1")).to_contain_text("address 203.0.113.0")  # the next one that is open
    without.goto(page.url.split("/alert/")[0] + "/alert/?state=false_positive")
    without.get_by_role("row", name="guru001").get_by_role("checkbox").check()
    without.get_by_label("Reason:").fill("Again.")
    without.select_option("[name=action]", "mute")
    without.get_by_role("button", name="Go").click()
    expect(without.locator(".messagelist")).to_contain_text("1 alert changed.")
    without.goto(page.url.split("/alert/")[0] + "/eventmute/")
    expect(without.locator("#result_list")).to_contain_text("account guru001")


def test_ten_alerts_are_triaged_by_keyboard_alone(page: Page) -> None:
    to_alerts(page)
    arrived(page, "Alerts")
    press = page.keyboard.press
    press("j")
    press("o")
    arrived(page, "2001:db8:1:2:3:4:5:6")  # the worst first
    for number, (key, needs_reason) in enumerate([("r", True), ("a", False), ("f", True), ("m", True)] * 2):
        press(key)
        if needs_reason:
            page.keyboard.type("a rmajk? test")
            press("Enter")
        arrived(page, f"203.0.113.{number}")
    press("u")
    arrived(page, "Alerts")
    press("j")
    press("x")
    press("j")
    press("x")
    press("r")
    page.keyboard.type("of no use")
    press("Enter")
    expect(page.locator(".messagelist")).to_contain_text("2 alerts changed.")
    page.goto(page.url.split("?")[0] + "?state=resolved")
    expect(page.locator("#result_list tbody tr")).to_have_count(1 + 2 + 2 + 2)  # one before, by r, by m, both at once
    page.goto(page.url.split("?")[0] + "?state=false_positive")
    expect(page.locator("#result_list tbody tr")).to_have_count(2)


def test_a_finger_is_told_of_no_keys(page: Page, context: BrowserContext) -> None:
    open_the_guessing(page)
    assert context.browser is not None
    phone = context.browser.new_context(has_touch=True, is_mobile=True, storage_state=context.storage_state())
    touched = phone.new_page()
    touched.goto(page.url)
    expect(touched.locator(".eventlog-keys:not([hidden])")).to_have_count(1)
    expect(touched.locator(".eventlog-keys")).to_be_hidden()
    expect(touched.get_by_role("button", name="Resolve", exact=True)).to_be_visible()
    assert touched.locator("kbd:visible").count() == 0
    phone.close()


def test_the_keys_can_be_switched_off_for_good(page: Page) -> None:
    to_alerts(page)
    arrived(page, "Alerts")
    page.keyboard.press("?")
    page.get_by_label("Use these keys").uncheck()
    page.reload()
    arrived(page, "Alerts")
    page.keyboard.press("j")
    expect(page.locator("#result_list a:focus")).to_have_count(0)
    page.locator(".eventlog-keys summary").click()
    page.get_by_label("Use these keys").check()
    page.keyboard.press("j")
    expect(page.locator("#result_list a:focus")).to_have_count(1)


def test_escape_decides_nothing(page: Page) -> None:
    open_the_guessing(page)
    arrived(page, "guru001")
    page.keyboard.press("r")
    expect(page.locator("[role=status]")).to_contain_text("write the reason")
    page.keyboard.type("not so")
    page.keyboard.press("Escape")
    expect(page.locator("[role=status]")).to_be_empty()
    page.reload()
    expect(page.locator(".eventlog-headline")).to_contain_text("Acknowledged")

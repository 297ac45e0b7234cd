"""The admin's pages of events, as people have them before their eyes."""

from typing import Literal

import pytest
from playwright.sync_api import BrowserContext, Page, expect

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]


def open_the_change(page: Page) -> None:
    page.get_by_role("link", name="NILAI_UPDATE").first.click()


def test_the_list_tells_what_happened_and_leads_to_the_event(page: Page) -> None:
    expect(page.locator("#result_list")).to_contain_text("guru001")
    open_the_change(page)
    expect(page.locator(".eventlog-changes")).to_contain_text("92")


def test_what_outsiders_wrote_is_only_text(page: Page) -> None:
    dialogs: list[str] = []
    page.on("dialog", lambda dialog: dialogs.append(dialog.message))
    open_the_change(page)
    expect(page.locator("#content")).to_contain_text("<script>alert(1)</script>")
    assert not dialogs


@pytest.mark.parametrize("width", [1280, 390])
@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_the_pages_fit_the_screen(page: Page, width: int, scheme: Literal["light", "dark"]) -> None:
    page.emulate_media(color_scheme=scheme)
    page.set_viewport_size({"width": width, "height": 800})
    assert page.evaluate("document.documentElement.scrollWidth") <= width
    open_the_change(page)
    assert page.evaluate("document.documentElement.scrollWidth") <= width


STICKING_OUT = """[...document.querySelectorAll(".readonly, .readonly table")].filter((shown) =>
    shown.getBoundingClientRect().right > shown.closest(".form-row").getBoundingClientRect().right).length"""


@pytest.mark.parametrize("width", [1280, 390])
def test_of_a_change_of_many_records_nothing_is_cut_off(page: Page, width: int) -> None:
    page.set_viewport_size({"width": width, "height": 800})
    page.get_by_role("link", name="SISWA_BULK_UPDATE").first.click()
    expect(page.locator(".eventlog-many")).to_contain_text("1050")
    assert page.evaluate(STICKING_OUT) == 0


def test_nothing_can_be_changed_there(page: Page) -> None:
    open_the_change(page)
    assert page.locator("#content input:not([type=hidden]), #content [name=_save], #content .deletelink").count() == 0


def test_the_list_needs_no_script(page: Page, context: BrowserContext) -> None:
    assert context.browser is not None
    plain = context.browser.new_context(java_script_enabled=False, storage_state=context.storage_state())
    without = plain.new_page()
    without.goto(page.url)
    expect(without.locator("#result_list")).to_contain_text("guru001")

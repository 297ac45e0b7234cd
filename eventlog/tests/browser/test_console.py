"""The admin's pages of events, as people have them before their eyes."""

import json
import re
from pathlib import Path

import pytest
from playwright.sync_api import BrowserContext, Page, expect

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]

LIST = "/admin/eventlog/event/"


def open_the_change(page: Page) -> None:
    page.get_by_role("link", name="guru001 changed report mark").click()
    page.wait_for_url("**/change/**")


def test_a_value_is_added_to_the_search_and_taken_away(page: Page) -> None:
    page.locator(".field-who").get_by_role("link", name="guru001", exact=True).first.click()
    expect(page.locator("#searchbar")).to_have_value("actor:guru001")
    page.locator(".eventlog-parts a").click()
    expect(page.locator("#searchbar")).to_have_value("")


def test_what_is_searched_for_is_exported(page: Page, tmp_path: Path) -> None:
    page.goto(page.url.split("?")[0] + "?q=actor:guru001&since=")
    with page.expect_download() as download:
        page.get_by_role("link", name="NDJSON").click()
    download.value.save_as(tmp_path / "events")
    lines = (tmp_path / "events").read_text(encoding="utf-8").splitlines()
    assert {json.loads(line)["username"] for line in lines} == {"guru001"}


def test_the_search_is_reached_and_used_by_keyboard(page: Page) -> None:
    page.locator("#searchbar").focus()
    page.keyboard.type("type:NILAI_UPDATE")
    page.keyboard.press("Tab")
    page.keyboard.press("Enter")
    expect(page.locator("#result_list tbody tr")).to_have_count(1)


def test_the_raw_event_is_copied_by_a_button(page: Page, context: BrowserContext) -> None:
    context.grant_permissions(["clipboard-read", "clipboard-write"])
    open_the_change(page)
    page.locator(".eventlog-raw summary").click()
    page.get_by_role("button", name="Copy").click()
    expect(page.locator(".eventlog-done")).to_be_visible()
    assert json.loads(page.evaluate("navigator.clipboard.readText()"))["username"] == "guru001"


def test_what_outsiders_wrote_is_only_text(page: Page) -> None:
    dialogs: list[str] = []
    page.on("dialog", lambda dialog: dialogs.append(dialog.message))
    open_the_change(page)
    expect(page.locator("#content")).to_contain_text("<script>alert(1)</script>")
    assert not dialogs


def test_every_page_fits_a_phone(page: Page) -> None:
    site = page.url.split("/admin/")[0]
    page.set_viewport_size({"width": 390, "height": 800})
    for path in ("live/", "?q=colour:red", "object/?type=nilai&id=17"):
        page.goto(site + LIST + path)
        assert page.evaluate("document.documentElement.scrollWidth") <= 390, path


def test_a_record_s_history_needs_no_script(page: Page, context: BrowserContext) -> None:
    assert context.browser is not None
    plain = context.browser.new_context(java_script_enabled=False, storage_state=context.storage_state())
    without = plain.new_page()
    without.goto(page.url.split("/admin/")[0] + LIST + "object/?type=nilai&id=17")
    expect(without.locator(".eventlog-sentence").filter(has_text="guru001 changed report mark")).to_be_visible()


def test_the_proof_of_an_event_comes_as_a_file(page: Page) -> None:
    open_the_change(page)
    with page.expect_download() as download:
        page.get_by_role("link", name="The proof as a file").click()
    assert download.value.suggested_filename.startswith("event-")


OVERLAP = """(() => {
    const title = document.createRange();
    title.selectNodeContents(document.querySelector("#content > h1"));
    const tools = document.querySelector(".object-tools").getBoundingClientRect();
    return [...title.getClientRects()].some((line) => line.right > tools.left && line.bottom > tools.top
        && line.left < tools.right && line.top < tools.bottom);
})()"""


@pytest.mark.parametrize("language", ["en", "id"])
def test_a_long_title_is_not_covered_by_the_buttons_beside_it(page: Page, language: str) -> None:
    page.set_viewport_size({"width": 1280, "height": 800})
    page.set_extra_http_headers({"Accept-Language": language})
    page.goto(page.url.split("/admin/")[0] + LIST + "object/?type=nilai&id=17")
    page.locator("#content > h1").evaluate("(title) => title.append(' Muhammad Abdurrahman Hidayatullah'.repeat(3))")
    assert not page.evaluate(OVERLAP)


STICKING_OUT = """[...document.querySelectorAll(".readonly, .readonly table")].filter((shown) =>
    shown.getBoundingClientRect().right > shown.closest(".form-row").getBoundingClientRect().right).length"""


def test_of_a_change_of_many_records_nothing_is_cut_off(page: Page) -> None:
    page.get_by_role("link", name="60 records of students").click()
    expect(page.locator(".eventlog-many")).to_contain_text("1050")
    for width in (1280, 390):
        page.set_viewport_size({"width": width, "height": 800})
        assert page.evaluate(STICKING_OUT) == 0


def test_nothing_can_be_changed_there(page: Page) -> None:
    open_the_change(page)
    assert page.locator("#content input:not([type=hidden]), #content [name=_save], #content .deletelink").count() == 0


@pytest.mark.parametrize("path", ["", "object/?type=nilai&id=17"])
def test_on_paper_are_the_events_and_nothing_to_click(page: Page, path: str) -> None:
    page.goto(page.url.split("/admin/")[0] + LIST + path)
    page.emulate_media(media="print")
    expect(page.locator(".eventlog-sentence").filter(has_text="guru001 changed report mark")).to_be_visible()
    assert page.locator("#content form:visible, #content nav:visible, #header:visible").count() == 0


def test_on_paper_a_list_says_what_was_asked_for(page: Page) -> None:
    page.goto(page.url.split("/admin/")[0] + LIST + "?q=actor:guru001")
    expect(page.locator(".eventlog-paper")).to_be_hidden()
    page.emulate_media(media="print")
    expect(page.locator(".eventlog-paper")).to_have_text(re.compile(r"^Time: 24 hours \(printed 20\d\d-"))
    expect(page.locator(".eventlog-parts")).to_contain_text("actor:guru001")


def test_on_paper_is_the_event_and_nothing_to_click(page: Page) -> None:
    open_the_change(page)
    page.emulate_media(media="print")
    expect(page.locator(".eventlog-changed")).to_be_visible()
    expect(page.get_by_role("heading", name="Proof")).to_be_visible()
    assert page.locator("#content form:visible, #content nav:visible, #content summary:visible").count() == 0

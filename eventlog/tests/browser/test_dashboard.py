"""The dashboard, as people have it before their eyes."""

import pytest
from playwright.sync_api import BrowserContext, Page, expect

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]


@pytest.fixture
def dashboard(page: Page) -> Page:
    """As it is reached from the list of events, by way of the start page's summary."""
    page.get_by_role("link", name="Home").click()
    expect(page.locator(".eventlog-summary")).to_contain_text("Requests a minute")
    page.locator(".eventlog-summary").get_by_role("link", name="Dashboard").click()
    expect(page.locator("h1")).to_have_text("Dashboard")
    return page


def test_another_time_is_chosen_and_a_number_followed_to_its_events(dashboard: Page) -> None:
    dashboard.get_by_role("link", name="7 days").click()
    expect(dashboard.locator(".eventlog-range [aria-current]")).to_have_text("7 days")
    dashboard.locator("#eventlog-requests-table summary").click()
    today = dashboard.locator("#eventlog-requests-table tbody tr").first
    today.get_by_role("link").first.click()
    expect(dashboard.locator("#searchbar")).to_have_value("type:HTTP_REQUEST")
    expect(dashboard.locator("#result_list")).to_contain_text("asked for PATCH /api/nilai/17")


def test_it_fits_a_phone_and_needs_no_script(dashboard: Page, context: BrowserContext) -> None:
    dashboard.set_viewport_size({"width": 390, "height": 800})
    dashboard.locator("summary").evaluate_all("all => all.forEach((each) => each.click())")
    assert dashboard.evaluate("document.documentElement.scrollWidth") <= 390
    assert context.browser is not None
    plain = context.browser.new_context(java_script_enabled=False, storage_state=context.storage_state()).new_page()
    plain.goto(dashboard.url)
    plain.locator("#eventlog-requests-table summary").click()
    expect(plain.locator("#eventlog-requests-table table")).to_be_visible()


def test_it_looks_again_by_itself_and_leaves_open_what_is_open(dashboard: Page, context: BrowserContext) -> None:
    dashboard.clock.install()
    dashboard.get_by_role("link", name="Live").click()
    dashboard.locator("#eventlog-requests-table summary").evaluate("summary => summary.click()")
    requests = dashboard.locator("#eventlog-requests-table tbody tr").first.locator("td").first
    before = int(requests.inner_text())
    context.request.get(dashboard.url.split("/admin/")[0] + "/admin/eventlog/event/")
    dashboard.clock.fast_forward(31_000)
    expect(requests).not_to_have_text(str(before))
    expect(requests).to_be_visible()

"""What people come to the console for. Each story ends where the answer stands or the deed is done."""

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from playwright.sync_api import expect

from eventlog.models.batch import REFUSED_STATES, WAITING
from eventlog.tests.browser.walking import Walk

TEN: Final = 10
READERS: Final = ("auditor", "reviewer", "superuser")


def find_a_change(walk: Walk) -> None:
    """Who changed Ahmad's mark last week?"""
    walk.home_to("event")
    walk.page.fill("#searchbar", "ahmad")
    walk.page.press("#searchbar", "Enter")
    expect(walk.page.locator(".eventlog-nothing")).to_be_visible()  # not in the last day
    walk.follow("Look at all times")
    (found,) = walk.page.locator("#result_list tbody tr").all()
    expect(found).to_contain_text("guru001")
    expect(found).to_contain_text(f"{walk.words('mathematics')} 70 → 92")


def open_the_change(walk: Walk) -> None:
    """By the address of what was found, as somebody sends it to another."""
    walk.open("event/?q=ahmad&since=")
    walk.follow(walk.page.locator("#result_list .eventlog-sentence"))


def read_a_difference(walk: Walk) -> None:
    open_the_change(walk)
    expect(walk.page.locator("fieldset h2").first).to_have_text(walk.words("What changed"))
    changed = walk.page.locator(".eventlog-changed")
    expect(changed).to_contain_text("70")
    expect(changed).to_contain_text("92")


def follow_a_request(walk: Walk) -> None:
    open_the_change(walk)
    walk.follow("The whole request")
    lines = walk.page.locator(".eventlog-lines tbody tr")
    expect(lines).to_have_count(2)
    expect(lines.filter(has_text="PATCH /api/nilai/17")).to_be_visible()


def review_a_user(walk: Walk) -> None:
    open_the_change(walk)
    walk.follow("The same person")
    expect(walk.page.locator("h1")).to_contain_text("guru001")
    walk.follow("30 days")
    expect(walk.page.locator(".eventlog-week [class*=eventlog-shade-5]").first).to_be_visible()
    expect(walk.page.get_by_role("link", name="203.0.113.7").first).to_be_visible()


def triage_ten_alerts(walk: Walk) -> None:
    """By keys alone; without scripts by the same fields and buttons."""
    walk.open("/admin/")
    walk.follow(walk.page.locator(".eventlog-summary a[href$='/alert/']"))
    waiting = walk.page.locator("#result_list tbody tr").count()
    walk.follow(walk.page.locator("#result_list tbody a"))
    decide = by_key if walk.look.has_script else by_button
    for number in range(TEN):
        title = walk.page.locator("h1").inner_text()
        decide(walk, *(("r", "Resolve"), ("f", "False positive"))[number % 2])
        expect(walk.page.locator(".messagelist")).to_be_visible()
        expect(walk.page.locator("h1")).not_to_have_text(title)
    walk.home_to("alert")
    expect(walk.page.locator("#result_list tbody tr")).to_have_count(waiting - TEN)


def by_key(walk: Walk, key: str, _button: str) -> None:
    expect(walk.page.locator(".eventlog-keys")).to_be_visible()
    walk.page.keyboard.press(key)
    walk.page.keyboard.type("a drill, agreed with the office")
    with walk.page.expect_navigation():
        walk.page.keyboard.press("Enter")


def by_button(walk: Walk, _key: str, button: str) -> None:
    walk.page.fill("[name=note]", "a drill, agreed with the office")
    walk.press(button)


def export(walk: Walk) -> None:
    """Auditors have no SECURITY event in the file."""
    walk.home_to("event")
    with walk.page.expect_download() as download:
        walk.page.get_by_role("link", name="CSV", exact=True).click()
    text = Path(download.value.path()).read_text(encoding="utf-8")
    assert "LOGIN_FAILED" in text
    assert ("XSS" in text) == (walk.role != "auditor")


def retry_a_refused_event(walk: Walk) -> None:
    walk.home_to("status")
    walk.follow("All refused events")
    walk.follow(walk.page.get_by_role("row", name=walk.words(REFUSED_STATES[WAITING])).get_by_role("link"))
    walk.page.get_by_label(walk.words("IP address")).fill("10.1.2.3")
    walk.press("Store it")
    expect(walk.page.locator(".messagelist")).to_contain_text(walk.words("The event is stored."))
    walk.follow("The event as it is stored")
    expect(walk.page.locator("#content")).to_contain_text("10.1.2.3")


def switch_language(walk: Walk) -> None:
    """And back: of the page before one's eyes, where one stays, and of the next."""
    walk.open(here := "/admin/?from=here")
    other = walk.in_language("id" if walk.look.language == "en" else "en")
    for each in (other, walk):
        with walk.page.expect_navigation():
            walk.page.locator(f'.languages button[value="{each.look.language}"]').click()
        each.arrived()
        assert walk.page.url.endswith(here)
        walk.page.reload()
        each.arrived()


@dataclass(frozen=True, slots=True)
class Story:
    """`where` is the page that it cannot do without; `who` may walk it."""

    walk: Callable[[Walk], None]
    where: str
    who: tuple[str, ...] = READERS


STORIES: Final = {
    story.walk.__name__: story
    for story in (
        Story(find_a_change, "event/"),
        Story(read_a_difference, "event/{change}/change/"),
        Story(follow_a_request, "event/request/?id=r1"),
        Story(review_a_user, "event/user/?name=guru001"),
        Story(triage_ten_alerts, "alert/{alert}/change/", READERS[1:]),
        Story(export, "dashboard/"),
        Story(retry_a_refused_event, "deadletter/{letter}/change/", READERS[2:]),
        Story(switch_language, "/admin/", ("staff", "guru", *READERS)),
    )
}

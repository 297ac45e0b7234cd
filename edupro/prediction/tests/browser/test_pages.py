"""The admin's pages of the prediction, as people have them before their eyes."""

from typing import Literal

import pytest
from playwright.sync_api import Page, expect

from edupro.prediction.tests.browser.conftest import Open

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]
WAIT = 20_000  # milliseconds


def train(page: Page) -> None:
    page.get_by_role("button", name="Train").click()
    page.wait_for_url("**/modelversion/*/change/", timeout=WAIT)


def test_training_shows_its_progress_and_ends_at_the_version(opened: Open, worker: None) -> None:
    page = opened()
    page.get_by_role("button", name="Train").click()
    expect(page.locator("#prediction-step")).to_be_visible()
    seen: set[str] = set()
    page.expose_function("saw", lambda words: seen.add(words))
    page.evaluate(
        "new MutationObserver(() => saw(document.querySelector('#prediction-step').textContent))"
        ".observe(document.querySelector('#prediction-step'), {childList: true, characterData: true, subtree: true})"
    )
    page.wait_for_url("**/modelversion/*/change/", timeout=WAIT)
    assert "Finding out how good a tree is" in seen
    expect(page.locator("svg.prediction-tree")).to_be_visible()


def test_training_is_followed_without_scripts_too(opened: Open, worker: None) -> None:
    page = opened(script=False)
    train(page)
    expect(page.locator("#content h1")).to_have_text("Version 1")


def test_a_class_is_predicted_and_each_with_its_reasons(opened: Open, worker: None) -> None:
    page = opened()
    train(page)
    page.goto(page.url.partition("modelversion")[0] + "prediksi/predict/")
    page.select_option("[name=kelas]", "X-1")
    page.locator("#content [type=submit]").click()
    expect(page.locator(".messagelist")).to_contain_text("25 students predicted")
    expect(page.locator(".messagelist")).to_contain_text("1 student has no marks yet")
    page.locator("#result_list .field-result a").first.click()
    expect(page.locator(".field-why")).to_contain_text("mean mark")


STICKING_OUT = """[...document.querySelectorAll(".readonly, .readonly table, .prediction-scroll")].filter((shown) =>
    !shown.parentElement.closest(".prediction-scroll") &&
    shown.getBoundingClientRect().right > document.documentElement.clientWidth).length"""
OVERFLOWING = """[...document.querySelectorAll(".prediction-tree g")].filter((box) =>
    [...box.querySelectorAll("text")].some((text) =>
        text.getBoundingClientRect().right > box.querySelector("rect").getBoundingClientRect().right)).length"""


@pytest.mark.parametrize(("locale", "scheme"), [("en", "light"), ("id", "dark")])
def test_the_version_fits_the_screen(opened: Open, worker: None, locale: str, scheme: Literal["light", "dark"]) -> None:
    page = opened(locale=locale)
    page.emulate_media(color_scheme=scheme)
    page.locator(".object-tools button").click()
    page.wait_for_url("**/modelversion/*/change/", timeout=WAIT)
    assert page.evaluate(OVERFLOWING) == 0
    page.locator(".field-tree summary").click()
    for width in (1280, 390):
        page.set_viewport_size({"width": width, "height": 800})
        assert page.evaluate("document.documentElement.scrollWidth") <= width
        assert page.evaluate(STICKING_OUT) == 0

"""Who walks through the console, how it looks to them, and what must hold on every page on the way."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from itertools import product
from typing import Any, Final, Literal

from django.utils.translation import gettext, override
from playwright.sync_api import Browser, Locator, Page, Response

from eventlog.catalog import StrOrPromise
from eventlog.tests.browser.chromium import watched

CONSOLE: Final = "/admin/eventlog/"
FORBIDDEN: Final = "status of 403"  # Chromium's own line about an answer; the rest of the line is about what was asked
BACKGROUND: Final = "getComputedStyle(document.body).backgroundColor.match(/\\d+/g).slice(0, 3).map(Number)"
SCREENS: Final = {"wide": 1280, "phone": 390}  # pixels


@dataclass(frozen=True, slots=True)
class Look:
    has_script: bool = True
    language: Literal["en", "id"] = "en"
    scheme: Literal["light", "dark"] = "light"
    screen: Literal["wide", "phone"] = "wide"

    @property
    def opposite(self) -> "Look":
        """Other in everything."""
        return Look(
            has_script=not self.has_script,
            language="id" if self.language == "en" else "en",
            scheme="dark" if self.scheme == "light" else "light",
            screen="phone" if self.screen == "wide" else "wide",
        )

    def __str__(self) -> str:
        script = "with scripts" if self.has_script else "without scripts"
        return f"{script}, {self.language}, {self.scheme}, {self.screen}"


# Half of all sixteen; the others are their opposites. A story walked by one of these and its opposite meets each value
# of each axis; eight stories so meet all sixteen.
LOOKS: Final = tuple(
    Look(has_script=has_script, scheme=scheme, screen=screen)
    for has_script, scheme, screen in product((True, False), ("light", "dark"), ("wide", "phone"))
)


@dataclass(frozen=True, slots=True)
class Walk:
    page: Page
    look: Look
    role: str
    keys: dict[str, Any]  # of what there is a page for

    def words(self, text: StrOrPromise) -> str:
        """As the reader has them before his eyes."""
        with override(self.look.language):
            return gettext(text) if isinstance(text, str) else str(text)

    def open(self, address: str) -> Response:
        """`address` is below /admin/eventlog/ or begins with a slash."""
        response = self.page.goto(address if address.startswith("/") else CONSOLE + address)
        assert response is not None
        self.arrived()
        return response

    def follow(self, link: str | Locator) -> None:
        """By its words in English, or itself."""
        found = self.page.get_by_role("link", name=self.words(link), exact=True) if isinstance(link, str) else link
        found.first.click()
        self.arrived()

    def press(self, button: str) -> None:
        """Sends a form."""
        self.page.get_by_role("button", name=self.words(button)).first.click()
        self.arrived()

    def home_to(self, name: str) -> None:
        """As everybody comes: by the start page."""
        self.open("/admin/")
        self.follow(self.page.locator(f'#content-main a[href="{CONSOLE}{name}/"]'))

    def arrived(self) -> None:
        """In the language and the colours that were asked for, and nothing is cut off."""
        self.page.wait_for_load_state()
        assert self.page.locator("html").get_attribute("lang") == self.look.language
        assert self.page.evaluate("document.documentElement.scrollWidth") <= SCREENS[self.look.screen], self.page.url
        assert (sum(self.page.evaluate(BACKGROUND)) < 3 * 128) == (self.look.scheme == "dark"), self.page.url

    def in_language(self, language: Literal["en", "id"]) -> "Walk":
        return replace(self, look=replace(self.look, language=language))


@contextmanager
def walking(browser: Browser, site: str, session: str, **about: Any) -> Iterator[Walk]:
    """A window of somebody's with a session; `about` is the rest of the Walk. All that the pages say to the browser's
    console, ask of others or fail in is told at the end."""
    look: Look = about["look"]
    context = browser.new_context(
        base_url=site,
        java_script_enabled=look.has_script,
        locale=look.language,
        color_scheme=look.scheme,
        viewport={"width": SCREENS[look.screen], "height": 800},
    )
    context.set_default_timeout(10_000)  # milliseconds
    context.add_cookies([{"name": "sessionid", "value": session, "url": site}])
    said = watched(context, site)
    yield Walk(context.new_page(), **about)
    context.close()
    assert not [text for text in said if FORBIDDEN not in text]

"""The pictures of the console in `docs/images/`, taken of a demo that runs."""

import base64
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Final, Literal

from edupro.demo import palette

if TYPE_CHECKING:  # of the tests' tools: the site itself needs no browser
    from playwright.sync_api import Browser, Page

CONSOLE: Final = "/admin/eventlog/"
PATIENCE: Final = 180_000  # milliseconds for a page: the machine may have much else to do
QUIET: Final = ("--no-sandbox", "--disable-gpu", "--disable-background-networking", "--no-first-run")
PIXELS: Final = """async (png) => {
  const shown = new Image();
  shown.src = "data:image/png;base64," + png;
  await shown.decode();
  const canvas = Object.assign(document.createElement("canvas"), { width: shown.width, height: shown.height });
  const drawn = canvas.getContext("2d");
  drawn.drawImage(shown, 0, 0);
  const bytes = drawn.getImageData(0, 0, shown.width, shown.height).data;
  let text = "";
  for (let at = 0; at < bytes.length; at += 32768) text += String.fromCharCode(...bytes.subarray(at, at + 32768));
  return btoa(text);
}"""


@dataclass(frozen=True, slots=True)
class Look:
    """How a page is looked at; `suffix` tells it apart in the file's name."""

    suffix: str = ""
    width: int = 1280
    height: int = 860
    scheme: Literal["light", "dark"] = "light"
    language: str = "en"


LOOKS: Final = (
    Look(),
    Look("-dark", scheme="dark"),
    Look("-phone", width=390, height=800),
    Look("-id", language="id"),
)


@dataclass(frozen=True, slots=True)
class Scene:
    """A page, and what is clicked there before the picture is taken: the first that this selects."""

    name: str
    path: str
    click: str = ""


SCENES: Final = (
    Scene("events", "event/"),
    Scene("event", "event/?q=type:NILAI_UPDATE+-actor:admin&since=", ".eventlog-sentence"),
    Scene("user", "event/user/?name=guru"),
    Scene("dashboard", "dashboard/?range=1h"),
    Scene("alerts", "alert/?state=all"),
    Scene("alert", "alert/?state=all", "#result_list .field-headline a"),
    Scene("status", "status/"),
)


@dataclass(frozen=True, slots=True)
class Visitor:
    url: str  # of the demo
    username: str
    password: str


def take(visitor: Visitor, folder: Path, *, chromium: str, say: Callable[[str], None]) -> None:
    """Every page in every look."""
    from playwright.sync_api import sync_playwright

    folder.mkdir(parents=True, exist_ok=True)
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=chromium, args=QUIET)
        for look in LOOKS:
            with signed_in(browser, visitor, look) as page:
                for scene in SCENES:
                    file = folder / f"{scene.name}{look.suffix}.png"
                    file.write_bytes(picture(page, visitor.url, scene))
                    say(f"{file} {file.stat().st_size // 1000} kB")
        browser.close()


@contextmanager
def signed_in(browser: "Browser", visitor: Visitor, look: Look) -> "Iterator[Page]":
    context = browser.new_context(
        locale=look.language, color_scheme=look.scheme, viewport={"width": look.width, "height": look.height}
    )
    context.set_default_timeout(PATIENCE)
    page = context.new_page()
    page.goto(visitor.url + "/admin/login/")
    page.fill("[name=username]", visitor.username)
    page.fill("[name=password]", visitor.password)
    page.click("[type=submit]")
    page.evaluate("localStorage.setItem('django.admin.navSidebarIsOpen', 'false')")
    yield page
    context.close()


def picture(page: "Page", url: str, scene: Scene) -> bytes:
    page.goto(url + CONSOLE + scene.path)
    if scene.click:
        page.locator(scene.click).first.click()
        page.wait_for_load_state()
    taken = base64.b64encode(page.screenshot(animations="disabled")).decode()
    drawing = page.context.new_page()  # a page of its own: the console's policy forbids such pictures
    pixels = base64.b64decode(drawing.evaluate(PIXELS, taken))
    drawing.close()
    return palette.png(pixels, page.evaluate("innerWidth"))

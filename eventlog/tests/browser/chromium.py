"""Debian's Chromium, started once for all tests of a folder."""

import asyncio
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Final

import pytest
from playwright.sync_api import Browser, BrowserContext, sync_playwright

CHROMIUM: Final = shutil.which("chromium") or shutil.which("chromium-browser")
QUIET: Final = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-gpu-rasterization",  # which Debian asks for, and a processor would have to play the GPU
    "--disable-software-rasterizer",
    "--disable-background-networking",
    "--disable-component-update",
    "--no-first-run",
]

TELL_REFUSED: Final = (
    "addEventListener('securitypolicyviolation', (told) => console.error(told.violatedDirective, told.blockedURI))"
)


@dataclass(frozen=True, slots=True)
class Chromium:
    """Playwright's plain interface leaves its event loop running in the test's thread, where Django and the event log
    take it for async code: it is there for as long as a test uses the browser, and not while another is made ready."""

    browser: Browser
    loop: asyncio.AbstractEventLoop

    @contextmanager
    def used(self) -> Iterator[Browser]:
        """Whatever a test has opened is closed after it."""
        asyncio._set_running_loop(self.loop)
        try:
            yield self.browser
            for context in self.browser.contexts:
                context.close()
        finally:
            asyncio._set_running_loop(None)


@contextmanager
def launched() -> Iterator[Chromium]:
    if CHROMIUM is None:
        pytest.skip("there is no Chromium: apt-get install chromium")
    with sync_playwright() as playwright:
        loop = asyncio.get_running_loop()
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=QUIET)
        asyncio._set_running_loop(None)
        yield Chromium(browser, loop)
        asyncio._set_running_loop(loop)
        browser.close()


def watched(context: BrowserContext, site: str) -> list[str]:
    """What should not be: lines in the browser's console, where a broken script, style or policy says so; pages that
    fail; requests to any other site. It fills while the context is in use."""
    said: list[str] = []
    context.add_init_script(TELL_REFUSED)
    context.on("console", lambda message: said.append(message.text))
    context.on("weberror", lambda error: said.append(str(error.error)))
    context.on("request", lambda request: None if request.url.startswith(site) else said.append(request.url))
    context.on("response", lambda answer: said.append(answer.url) if answer.status >= 500 else None)
    return said

"""What kind of client a `User-Agent` is of: browser and system, without versions, since they update themselves."""

import re
from functools import lru_cache
from typing import Final, NamedTuple

# The first that fits: Edge and Opera call themselves Chrome as well, and Chrome calls itself Safari.
BROWSERS: Final = (
    ("Edg", "Edge"),
    ("OPR/", "Opera"),
    ("SamsungBrowser", "Samsung Internet"),
    ("UCBrowser", "UC Browser"),
    ("MiuiBrowser", "Mi Browser"),
    ("Firefox/", "Firefox"),
    ("FxiOS/", "Firefox"),
    ("CriOS/", "Chrome"),
    ("Chrome/", "Chrome"),
    ("Safari/", "Safari"),
)
SYSTEMS: Final = (
    ("Windows", "Windows"),
    ("Android", "Android"),
    ("iPhone", "iOS"),
    ("iPad", "iOS"),
    ("CrOS", "ChromeOS"),
    ("Mac OS X", "macOS"),
    ("Linux", "Linux"),
)
PRODUCT: Final = re.compile(r"[\w.-]{1,40}")


class Client(NamedTuple):
    browser: str
    system: str

    def __str__(self) -> str:
        return " / ".join(part for part in self if part)


@lru_cache(maxsize=2048)
def client_of(user_agent: str) -> Client:
    """Programs go by the name that they begin with: `python-requests/2.32` is `python-requests`."""
    browser = next((name for mark, name in BROWSERS if mark in user_agent), "")
    system = next((name for mark, name in SYSTEMS if mark in user_agent), "")
    if not browser and (product := PRODUCT.match(user_agent)):
        browser = product[0]
    return Client(browser, system)

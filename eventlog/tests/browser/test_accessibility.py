"""Each page of the console as axe-core judges it, in light and in dark; and whether it is too wide for a phone."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

import pytest
from axe_core_python.sync_playwright import Axe
from django.contrib.auth.models import User
from django.utils import timezone
from playwright.sync_api import Page, ViewportSize

from eventlog import catalog
from eventlog.admin.columns import COLUMNS
from eventlog.logger import log_event
from eventlog.models import Alert, Block, DeadLetter, Event, EventMute, Hold, SavedView, SubjectRequest
from eventlog.pipeline import store
from eventlog.tests.alerts.conftest import found
from eventlog.tests.pipeline.test_store import poisoned

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]


@dataclass(frozen=True)
class Made:
    """What there is to look at."""

    event: Event
    user: User
    alert: Alert
    mute: EventMute
    hold: Hold
    letter: DeadLetter
    request: SubjectRequest


PAGES: tuple[Callable[[Made], str], ...] = (
    lambda made: "event/",
    lambda made: "event/?q=colour:red",
    lambda made: "event/?q=actor:nobody",
    lambda made: f"event/?columns={'&columns='.join(COLUMNS)}",
    lambda made: f"event/{made.event.pk}/change/",
    lambda made: "event/request/?id=r1",
    lambda made: f"event/user/?id={made.user.pk}",
    lambda made: "event/object/?type=nilai&id=17",
    lambda made: "event/object/?type=nilai&id=17&as_of=2020-01-01",
    lambda made: "event/address/?ip=203.0.113.7",
    lambda made: "alert/",
    lambda made: f"alert/{made.alert.pk}/change/",
    lambda made: "eventmute/",
    lambda made: "eventmute/add/",
    lambda made: f"eventmute/{made.mute.pk}/change/",
    lambda made: f"eventmute/{made.mute.pk}/delete/",
    lambda made: "block/",
    lambda made: "block/?q=nobody",
    lambda made: "../",  # the summary on the start page
    lambda made: "",
    lambda made: "status/",
    lambda made: "deadletter/",
    lambda made: "deadletter/?state__exact=retried",
    lambda made: f"deadletter/{made.letter.pk}/change/",
    lambda made: "hold/",
    lambda made: "hold/add/",
    lambda made: f"hold/{made.hold.pk}/change/",
    lambda made: "subjectrequest/",
    lambda made: "subjectrequest/add/",
    lambda made: f"subjectrequest/{made.request.pk}/change/",
    lambda made: "dashboard/",
    lambda made: "dashboard/?since=2020-01-01&until=2020-01-02",
)
DESK: ViewportSize = {"width": 1280, "height": 720}
PHONE: ViewportSize = {"width": 390, "height": 800}
PAPER: ViewportSize = {"width": 718, "height": 1000}  # A4 without its margins
TAGS = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "best-practice"]
QUICK = {"resultTypes": ["violations"], "preload": False, "iframes": False}
NOT_OURS = {"label-title-only": {"enabled": False}}  # the admin's own search bar has a picture for a label
OPENED = "document.querySelectorAll('details').forEach((each) => { each.open = true; })"
WIDER = "document.scrollingElement.scrollWidth > innerWidth"
SCROLLERS = """[...document.querySelectorAll('#content *')].filter((each) => each.scrollWidth > each.clientWidth + 1
    && ['auto', 'scroll'].includes(getComputedStyle(each).overflowX) && each.tagName !== 'PRE'
    && !(each.tabIndex === 0 && each.hasAttribute('aria-labelledby')) && !each.querySelector('a, input, select')
).map((each) => each.outerHTML.slice(0, 99))"""
CUT_OFF = """[...document.querySelectorAll('#content *')].some((each) => each.tagName !== 'SVG'
    && each.getClientRects().length && each.getBoundingClientRect().right > innerWidth + 1)"""
SETTLED = "document.getAnimations().forEach((each) => each.finish())"  # colours change slowly


@pytest.fixture
def made(change: None) -> Made:
    """Before the browser starts."""
    user = User.objects.get(username="auditor")
    address = {"ip_address": "203.0.113.7", "username": "guru001"}
    keys = tuple(log_event(catalog.LOGIN_FAILED, **address).id for _ in range(3))
    log_event(catalog.LOGIN, user_id=user.pk, username="auditor", user_agent="Mozilla/5.0 (X11) Firefox/140.0")
    SavedView.objects.create(owner=user, name="failures", address="?q=type:LOGIN_FAILED", is_shared=True)
    until = timezone.now() + timedelta(days=3)
    Block.objects.create(username="guru001", address="203.0.113.7", since=timezone.now(), until=until)
    mute = EventMute.objects.create(rule="xss", target="ip:203.0.113.9", until=until, reason="exams")
    found(rule="xss", event_type=catalog.XSS, target="ip:203.0.113.8", severity="critical")
    store.write(store.Batch([poisoned(username="x" * 200, user_agent="Mozilla/5.0 (X11; Linux x86_64) " * 9)]))
    return Made(
        event=Event.objects.get(event_type="NILAI_UPDATE"),
        user=user,
        alert=found(events=keys, event_count=3),
        mute=mute,
        hold=Hold.objects.create(username="guru001", reason="exams", placed_by="auditor"),
        letter=DeadLetter.objects.get(),
        request=SubjectRequest.objects.create(kind="erase", username="guru001", asked_by="ani", entered_by="ada"),
    )


@pytest.fixture
def context(made: Made, context: Any) -> Any:
    return context


def violations(page: Page, path: str, options: dict[str, Any]) -> Iterator[str]:
    page.evaluate("window.axe || " + Axe().axe_script)
    for each in page.evaluate("(options) => axe.run(document, options)", {**QUICK, **options})["violations"]:
        for node in each["nodes"]:
            yield f"{path} {each['id']}: {node['html'][:200]} ({node['target'][0]})"


def test_axe_finds_nothing_and_no_page_is_wider_than_a_phone(page: Page, made: Made) -> None:
    start = page.url.removesuffix("event/")
    said: list[str] = []
    for address in PAGES:
        path = address(made)
        page.emulate_media(color_scheme="light")
        page.goto(start + path)
        page.evaluate(OPENED)
        said += violations(page, path, {"runOnly": TAGS, "rules": NOT_OURS})
        page.emulate_media(color_scheme="dark")
        page.evaluate(SETTLED)
        said += violations(page, f"{path} in the dark", {"runOnly": ["color-contrast"]})
        page.set_viewport_size(PHONE)
        said += [f"{path} scrolls sideways"] * page.evaluate(WIDER)
        said += [f"{path} has {part} that only a mouse can scroll" for part in page.evaluate(SCROLLERS)]
        page.emulate_media(media="print")
        page.set_viewport_size(PAPER)
        said += [f"{path} is cut off on paper"] * page.evaluate(CUT_OFF)
        page.emulate_media(media="screen")
        page.set_viewport_size(DESK)
    assert not said, "\n".join(said)

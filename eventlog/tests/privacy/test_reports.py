"""Django's technical page keeps no secret either."""

import pytest
from django.test import RequestFactory
from pytest_django import Settings

from eventlog.privacy.reports import RedactingReporter

SECRET = "hunter2-hunter2"
CARD = "4111 1111 1111 1111"


@pytest.fixture
def page(rf: RequestFactory) -> str:
    """The page about a fault in a request that is full of secrets."""
    request = rf.post(
        f"/reset?token={SECRET}",
        {"password": SECRET, "note": f"card {CARD}"},
        headers={"Authorization": f"Bearer {SECRET}", "Cookie": f"sessionid={SECRET}"},
    )
    password = SECRET
    given = {"api_key": SECRET, "note": CARD}
    try:
        raise ValueError(f"no user with password={password}: {given}")
    except ValueError as fault:
        return RedactingReporter(request, type(fault), fault, fault.__traceback__).get_traceback_html()


@pytest.mark.parametrize("debug", [True, False])
def test_no_secret_is_on_the_page(page: str, settings: object, debug: bool) -> None:
    settings.DEBUG = debug  # type: ignore[attr-defined]
    assert SECRET not in page.replace('SECRET = "hunter2-hunter2"', "")
    assert CARD not in page.replace('CARD = "4111 1111 1111 1111"', "")


def test_what_is_no_secret_stays_readable(page: str) -> None:
    assert "ValueError" in page
    assert "no user with" in page


def test_a_secret_in_a_setting_is_not_on_the_page(rf: RequestFactory, settings: Settings) -> None:
    url = f"redis://:{SECRET}@cache:6379/0"
    settings.DEBUG, settings.CELERY_BROKER_URL, settings.NOMOR_HP = True, url, SECRET
    settings.CHANNELS = {"default": {"hosts": [url], "options": {"passwordlama": SECRET}}}
    page = RedactingReporter(rf.get("/"), ValueError, ValueError("x"), None).get_traceback_html()
    assert SECRET not in page and "cache:6379" in page


def test_a_setting_of_django_that_is_no_secret_stays(rf: RequestFactory, settings: Settings) -> None:
    settings.DEBUG, settings.SESSION_COOKIE_AGE = True, 987654321
    assert "987654321" in RedactingReporter(rf.get("/"), ValueError, ValueError("x"), None).get_traceback_html()


def test_the_page_tells_the_id_of_the_request(rf: RequestFactory, settings: Settings) -> None:
    settings.DEBUG, request = True, rf.get("/")
    request.request_id = "request-4711"  # type: ignore[attr-defined]
    page = RedactingReporter(request, ValueError, ValueError("no such class"), None).get_traceback_html()
    assert "no such class" in page and "request-4711" in page

"""Django's technical page keeps no secret either."""

import pytest
from django.test import RequestFactory

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

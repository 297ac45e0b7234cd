"""Checks of what is seen."""

from pytest_django import Settings

from eventlog import checks
from eventlog.tests.checks.found import ids


def test_a_missing_middleware_is_an_error(settings: Settings) -> None:
    settings.MIDDLEWARE = settings.MIDDLEWARE[1:]
    assert ids(checks.capture.middleware_is_first(None)) == ["eventlog.E005"]


def test_a_middleware_that_is_not_first_is_a_warning(settings: Settings) -> None:
    settings.MIDDLEWARE = settings.MIDDLEWARE[::-1]
    assert ids(checks.capture.middleware_is_first(None)) == ["eventlog.W001"]

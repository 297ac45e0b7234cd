"""What every test is given."""

import pytest
from django.conf import settings
from pytest_django import Settings


def pytest_configure() -> None:
    """The event log is off but in its own tests, which switch it on (`eventlog/tests/conftest.py`), and nobody asks too
    often but in the tests of that."""
    settings.EVENTLOG = {**settings.EVENTLOG, "ENABLED": False}
    settings.REST_FRAMEWORK = {**settings.REST_FRAMEWORK, "DEFAULT_THROTTLE_RATES": {}}


@pytest.fixture(autouse=True)
def quick_passwords(settings: Settings) -> None:
    settings.PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]

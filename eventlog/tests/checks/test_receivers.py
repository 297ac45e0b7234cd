"""Checks of those outside that are told something."""

from typing import Any

import pytest
from django.test import override_settings

from eventlog import checks
from eventlog.tests.checks.found import ids
from eventlog.tests.conftest import Change


@pytest.mark.parametrize(
    ("given", "expected"),
    [
        ({}, []),
        ({"ALERT_EMAILS": "kepala@school.example,guru@school.example"}, []),
        ({"ALERT_EMAILS": ["kepala"]}, ["eventlog.E011"]),
        ({"ALERT_EMAILS": {"kepala@school.example": {"severity": "worst"}}}, ["eventlog.E011"]),
        ({"ALERT_EMAILS": {"kepala@school.example": {"language": "xx"}}}, ["eventlog.E011"]),
        ({"ALERT_WEBHOOKS": {"soc": {"url": "https://soc.example", "secret": "whsec_c2hvcnQ="}}}, ["eventlog.E011"]),
        ({"ALERT_WEBHOOKS": {"soc": {"url": "ftp://soc.example"}}}, ["eventlog.E011"]),
        ({"ALERT_WEBHOOKS": {"soc": {"url": "https://soc.example", "colour": "red"}}}, ["eventlog.E011"]),
        ({"ALERT_WEBHOOKS": ["https://soc.example/in"]}, ["eventlog.W010"]),
        ({"ALERT_WEBHOOKS": ["https://hooks.slack.com/services/T/B/X"]}, []),
        ({"ALERT_EMAILS": ["kepala@school.example"], "SITE_URL": ""}, ["eventlog.W011"]),
    ],
)
def test_those_who_are_told_of_alerts_are_checked(
    event_log: Change, given: dict[str, Any], expected: list[str]
) -> None:
    event_log(**{"SITE_URL": "https://edupro.school.example", **given})
    with override_settings(ALLOWED_HOSTS=["*"]):
        found = checks.receivers.alerts_can_be_told(None)
    assert ids(found) == expected and all(message.hint for message in found)


def test_no_check_shows_a_secret(event_log: Change) -> None:
    event_log(ALERT_WEBHOOKS={"chat": {"url": "http://hooks.slack.com/services/T0SECRET", "secret": "whsec_U0VDUkVU"}})
    found = [*checks.receivers.alerts_can_be_told(None), *checks.settings.settings_are_right(None)]
    assert found and not [message for message in found if "SECRET" in f"{message.msg} {message.hint}"]

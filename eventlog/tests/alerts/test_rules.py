"""From what happened to the alert that somebody reads: nothing between them is made up."""

from collections.abc import Callable, Iterator
from time import monotonic, sleep

import pytest
from django.utils.translation import override

from eventlog.alerts import wording
from eventlog.logger import log_event
from eventlog.models import Alert, Event
from eventlog.tests.conftest import Change
from eventlog.tests.detection.rules.scenes import ATTACKER, forget

Settle = Callable[[], None]


@pytest.fixture
def watched(direct: Settle, event_log: Change) -> Iterator[Settle]:
    event_log(DETECT_BEHAVIOUR=True)
    forget()
    yield direct
    forget()


def test_guessing_opens_one_alert_that_explains_itself(watched: Settle) -> None:
    for _ in range(8):
        log_event("LOGIN_FAILED", username="guru.ani", ip_address=ATTACKER)
    watched()
    alert = Alert.objects.get()
    assert (alert.rule, alert.target, alert.event_count) == ("brute_force", "user:guru.ani", 8)
    with override("id"):
        assert wording.explanation(alert).startswith("Seseorang mencoba kata sandi satu demi satu: akun guru.ani")


def test_an_attack_is_an_open_alert_within_five_seconds(watched: Settle) -> None:
    """By itself: nobody asks for its events to be stored."""
    begun = monotonic()
    for _ in range(8):
        log_event("LOGIN_FAILED", username="guru.ani", ip_address=ATTACKER)
    while not Alert.objects.exists() and monotonic() - begun < 5:
        sleep(0.05)
    assert Alert.objects.exists()


def test_the_event_of_a_finding_is_stored_and_finds_nothing_more(watched: Settle) -> None:
    for number in range(3):
        log_event("XSS", ip_address=ATTACKER, request_path=f"/cari/{number}")
    watched()
    watched()
    assert (Alert.objects.count(), Event.objects.filter(event_type="XSS").count()) == (1, 4)

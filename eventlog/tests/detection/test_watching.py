"""Behaviour is looked at beside the writer, and nothing it does reaches the writer."""

from collections.abc import Callable, Iterator, Sequence
from itertools import count

import orjson
import pytest
from django.db import OperationalError

from eventlog.detection import findings, judging, watching
from eventlog.detection.findings import Finding
from eventlog.detection.observations import of_record
from eventlog.logger import log_event
from eventlog.models import Event
from eventlog.pipeline import store, watches
from eventlog.pipeline.outbox import events_alias
from eventlog.tests.conftest import Change
from eventlog.tests.detection.rules.scenes import ATTACKER, CHROME, HOME, PHONE, failed, forget, request

Settle = Callable[[], None]


@pytest.fixture(autouse=True)
def nothing_remembered() -> Iterator[None]:
    forget()
    yield
    forget()


@pytest.fixture
def told(monkeypatch: pytest.MonkeyPatch) -> list[Finding]:
    """Whatever is handed on."""
    found: list[Finding] = []
    monkeypatch.setattr(findings, "_receivers", [found.extend])
    return found


@pytest.fixture
def watched(direct: Settle, event_log: Change, told: list[Finding]) -> Settle:
    event_log(DETECT_BEHAVIOUR=True)
    return direct


def guess(count: int = 8) -> None:
    for _ in range(count):
        log_event("LOGIN_FAILED", username="guru.ani", ip_address=ATTACKER)


def test_what_is_stored_is_looked_at(watched: Settle, told: list[Finding]) -> None:
    guess()
    watched()
    assert {each.rule for each in told} == {"brute_force"}


def test_nobody_looks_where_that_is_switched_off(watched: Settle, event_log: Change, told: list[Finding]) -> None:
    event_log(DETECT_BEHAVIOUR=False)
    guess()
    watched()
    assert told == []


def test_a_rule_that_is_switched_off_finds_nothing(watched: Settle, event_log: Change, told: list[Finding]) -> None:
    event_log(RULES={"brute_force": {"enabled": False}})
    guess()
    watched()
    assert told == []


def test_a_receiver_that_fails_stops_neither_the_writer_nor_the_next_look(
    watched: Settle, told: list[Finding], monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(given: Sequence[Finding]) -> None:
        raise OperationalError("away")

    monkeypatch.setattr(findings, "_receivers", [refuse])
    guess()
    watched()
    assert Event.objects.count() == 8
    monkeypatch.setattr(findings, "_receivers", [told.extend])
    guess(1)
    watched()
    assert {each.rule for each in told} == {"brute_force"}


def test_a_rule_that_fails_does_not_silence_the_others(
    watched: Settle, event_log: Change, told: list[Finding], monkeypatch: pytest.MonkeyPatch
) -> None:
    event_log(RAISE_ERRORS=False)
    spray = next(rule for rule in judging.RULES if rule.name == "password_spray")
    monkeypatch.setattr(spray, "findings", lambda *_: 1 / 0)
    guess()
    watched()
    assert {each.rule for each in told} == {"brute_force"}


def test_that_a_rule_fails_is_told_once(db: None, event_log: Change, monkeypatch: pytest.MonkeyPatch) -> None:
    event_log(RAISE_ERRORS=False)
    monkeypatch.setattr(judging, "told_at", {})
    spray = next(rule for rule in judging.RULES if rule.name == "password_spray")
    monkeypatch.setattr(spray, "findings", lambda *_: 1 / 0)
    seen = [of_record(orjson.loads(failed(number, "guru.ani").to_json())) for number in range(8)]
    for _ in range(3):
        judging.judge(seen, events_alias())
    event = Event.objects.get(event_type="RULE_FAILED")
    assert (event.event_name, event.severity) == ("The rule password_spray failed", "high")
    assert event.error_message == "ZeroDivisionError: division by zero"


@pytest.mark.filterwarnings("ignore::pytest.PytestUnhandledThreadExceptionWarning")
def test_a_fault_of_our_own_ends_a_thread_and_the_next_batch_begins_another(
    transactional_db: None, told: list[Finding], monkeypatch: pytest.MonkeyPatch
) -> None:
    watcher, lines = watching.Watcher(), [failed(number, "guru.ani").to_json() for number in range(8)]
    store.write(store.Batch(lines))
    monkeypatch.setattr(findings, "_receivers", [lambda given: 1 / 0])
    watcher.take(lines)
    assert watcher.thread is not None
    watcher.thread.join(10)
    monkeypatch.setattr(findings, "_receivers", [told.extend])
    watcher.take(lines[:1])
    watcher.end(10)
    assert {each.rule for each in told} == {"brute_force"}


def test_what_was_rolled_back_is_not_shown(db: None, monkeypatch: pytest.MonkeyPatch) -> None:
    """In the transaction of a test nothing is committed."""
    seen: list[bytes] = []

    class Look:
        def __call__(self, records: Sequence[bytes]) -> None:
            seen.extend(records)

        def end(self, seconds: float) -> None:
            return

    monkeypatch.setattr(watches, "_watches", [Look()])
    store.write(store.Batch([failed(0, "guru.ani").to_json()]))
    assert seen == []


def test_requests_that_were_answered_are_passed_over() -> None:
    pages = [request(n, "/", session_id="b", ip_address=HOME, user_agent=CHROME) for n in range(50)]
    other = request(60, "/", session_id="b", ip_address=ATTACKER, user_agent=PHONE)
    lines = [each.to_json() for each in (*pages, other)]
    assert len(list(watching.worth_a_look(lines[:1]))) == 1  # nobody knows yet who holds the session
    judging.judge([of_record(orjson.loads(lines[0]))], "default")
    assert [each.user_agent for each in watching.worth_a_look(lines)] == [PHONE]


def test_the_sweep_has_its_turn_where_something_always_waits(
    transactional_db: None, told: list[Finding], monkeypatch: pytest.MonkeyPatch
) -> None:
    watcher = watching.Watcher()
    watcher.sweep_at = 0.0
    swept: list[float] = []

    def busy() -> None:
        watcher.wake.set()
        watcher.stopping = bool(swept) or next(looks) > 20

    looks = count()
    monkeypatch.setattr(watcher, "look", busy)
    monkeypatch.setattr(watching.sweep, "sweep", lambda *, seconds: swept.append(seconds))
    watcher.wake.set()
    watcher.watch()
    assert swept == [2.0]

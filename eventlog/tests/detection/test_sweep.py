"""The sweep finds what nobody has looked at."""

from collections.abc import Callable, Iterator, Sequence
from datetime import datetime, timedelta
from threading import Thread

import pytest
from django.db import connection, connections, transaction
from django.utils import timezone

from eventlog import tasks
from eventlog.detection import findings, rehearsal, sweep
from eventlog.detection.findings import Finding
from eventlog.detection.rules import SILENCE, silence
from eventlog.models import EventSweep
from eventlog.pipeline import store
from eventlog.record import make_record
from eventlog.tests.conftest import Change
from eventlog.tests.detection.rules.scenes import BASE, failed, forget
from eventlog.tests.finished import wait_for_others


@pytest.fixture(autouse=True)
def told(transactional_db: None, monkeypatch: pytest.MonkeyPatch) -> Iterator[list[Finding]]:
    found: list[Finding] = []
    monkeypatch.setattr(findings, "_receivers", [found.extend])
    forget()
    sweep.sweep(seconds=1)
    yield found
    forget()


def stored(count: int = 6) -> None:
    store.write(store.Batch([failed(number, "guru.ani").to_json() for number in range(count)]))
    wait_for_others()


def test_what_nobody_has_looked_at_is_found(told: list[Finding]) -> None:
    stored()
    assert sweep.sweep(seconds=5) == 6
    assert [each.rule for each in told] == ["brute_force"]


def test_what_was_swept_is_not_swept_again(told: list[Finding]) -> None:
    stored()
    sweep.sweep(seconds=5)
    assert (sweep.sweep(seconds=5), len(told)) == (0, 1)


def test_what_could_not_be_handed_on_is_found_again(told: list[Finding], monkeypatch: pytest.MonkeyPatch) -> None:
    stored()

    def refuse(given: Sequence[Finding]) -> None:
        raise RuntimeError

    monkeypatch.setattr(findings, "_receivers", [refuse])
    with pytest.raises(RuntimeError):
        sweep.sweep(seconds=5)
    monkeypatch.setattr(findings, "_receivers", [told.extend])
    sweep.sweep(seconds=5)
    assert [each.rule for each in told] == ["brute_force"]


def test_two_do_not_sweep_at_once(told: list[Finding]) -> None:
    stored()
    swept: list[int] = []

    def other() -> None:
        swept.append(sweep.sweep(seconds=1))
        connections.close_all()

    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(sweep.LOCK, [sweep.NAME])
        thread = Thread(target=other)
        thread.start()
        thread.join()
    assert (swept, sweep.sweep(seconds=5)) == ([0], 6)


def test_it_begins_with_what_is_stored_from_now_on(told: list[Finding]) -> None:
    EventSweep.objects.all().delete()
    stored()
    assert (sweep.sweep(seconds=5), told) == (0, [])


def test_the_scheduled_task_sweeps(told: list[Finding], event_log: Change) -> None:
    stored()
    assert tasks.sweep_rules() == 0
    event_log(DETECT_BEHAVIOUR=True)
    assert tasks.sweep_rules() == 6


# --- silence ---
@pytest.fixture
def few(event_log: Change) -> None:
    event_log(RULES={"events_silent": {"threshold": 3}})


def requests(begin: datetime, count: int = 3) -> None:
    records = [make_record("HTTP_REQUEST", {"timestamp": begin + timedelta(minutes=n)}) for n in range(count)]
    store.write(store.Batch([each.to_json() for each in records]))


def weeks_before(moment: datetime) -> None:
    for number in range(1, 5):
        requests(moment - timedelta(weeks=number))


Ask = Callable[[datetime], list[Finding]]


@pytest.fixture
def silent(few: None) -> Ask:
    return lambda moment: list(SILENCE.until(moment, "default"))


def test_an_hour_without_requests_after_a_busy_one_is_silence(silent: Ask) -> None:
    weeks_before(BASE)
    requests(BASE - timedelta(hours=1))
    (finding,) = silent(BASE + timedelta(hours=1, minutes=2))
    assert (finding.rule, finding.target, finding.first_seen) == ("events_silent", "site", BASE)
    assert finding.data["since"].startswith("2026-03-01T23:02")


def test_a_quiet_hour_that_was_never_busy_is_none(silent: Ask) -> None:
    requests(BASE - timedelta(hours=1))
    assert silent(BASE + timedelta(hours=1)) == []


def test_a_holiday_is_no_silence(silent: Ask) -> None:
    weeks_before(BASE)
    assert silent(BASE + timedelta(hours=1)) == []


def test_one_request_is_no_silence(silent: Ask) -> None:
    weeks_before(BASE)
    requests(BASE - timedelta(hours=1))
    requests(BASE, count=1)
    assert silent(BASE + timedelta(hours=1)) == []


def test_the_sweep_asks_for_silence(few: None, told: list[Finding], monkeypatch: pytest.MonkeyPatch) -> None:
    begin = timezone.now().replace(minute=0, second=0, microsecond=0) - timedelta(hours=1)
    weeks_before(begin)
    requests(begin - timedelta(hours=1))
    sweep.sweep(seconds=5)
    assert {each.rule for each in told} == {silence.EventsSilent.name}


def test_a_rehearsal_hands_nothing_on(told: list[Finding]) -> None:
    stored()
    seen = rehearsal.Rehearsal()
    assert sum(rehearsal.rehearse(seen, BASE - timedelta(days=1), BASE + timedelta(days=1), "default")) == 6
    assert ([each.rule for each in seen.findings.values()], told) == (["brute_force"], [])

"""Requests that try doors, and pages with a broken picture."""

import pickle
from collections.abc import Iterable

import orjson
import pytest

from eventlog import catalog
from eventlog.alerts.opening import receive
from eventlog.alerts.wording import explanation
from eventlog.detection.observations import of_record
from eventlog.detection.rules.probing import ScanBurst
from eventlog.models import Alert
from eventlog.record import EventRecord
from eventlog.tests.detection.rules.scenes import (
    ATTACKER,
    CHROME,
    MINUTE,
    NEWER_CHROME,
    PHONE,
    SCHOOL,
    event,
    play,
    request,
    until,
)

pytestmark = pytest.mark.django_db
PROBES = ["/.env", "/wp-login.php", "/phpmyadmin/", "/backup.zip", "/.git/config", "/server-status"]
WORDS = [
    f"{first}{second}"
    for first in ("admin", "old", "test", "api", "panel", "data")
    for second in "abcdefghijklmnopqrst"
]


def get(
    seconds: float, path: str, status: int = 404, ip: str = ATTACKER, agent: str = CHROME, **columns: object
) -> EventRecord:
    return request(seconds, path, status, ip_address=ip, user_agent=agent, **columns)


def scan() -> list[EventRecord]:
    return [get(number / 2, path) for number, path in enumerate([*PROBES, *(f"/{word}" for word in WORDS)][:120])]


# --- pages that are not there ---
def test_a_scanner_is_one_burst_and_one_scanner() -> None:
    told = play(scan())
    assert told.rules == {"scan_burst", "scanner"}
    assert (told.targets("scan_burst"), told.targets("scanner")) == ([f"ip:{ATTACKER}"], [f"ip:{ATTACKER}"])


def test_a_scanner_is_seen_after_five_seconds_and_a_burst_after_thirty() -> None:
    assert "scanner" in play(until(5, scan())).rules
    assert "scan_burst" in play(until(30, scan())[10:]).rules


def test_what_is_said_of_long_paths_is_short_and_still_right() -> None:
    """An alert holds as much as an event's data may, and what does not fit is lost."""
    (finding,) = play([get(number, f"/{'a' * 3900}{word}") for number, word in enumerate(WORDS[:40])]).findings
    receive([finding])
    alert = Alert.objects.get()
    assert "asked for 40 different pages" in explanation(alert) and len(explanation(alert)) < 2000


def test_what_is_remembered_of_long_paths_is_small() -> None:
    rule = ScanBurst()
    for number, word in enumerate(WORDS[:40]):
        rule.wants(of_record(orjson.loads(get(number, f"/{'a' * 3900}{word}", agent="b" * 900).to_json())))
    assert len(pickle.dumps(rule.paths.values)) < 2000


def test_a_missing_picture_is_asked_for_by_everybody() -> None:
    paths = ["/media/logo.png", "/favicon.ico"]
    agents = [CHROME, NEWER_CHROME, PHONE]
    assert play([get(n, paths[n % 2], ip=SCHOOL, agent=agents[n % 3]) for n in range(600)], size=100).findings == []


def test_missing_photos_of_all_pupils_are_one_thing_missing() -> None:
    assert play([get(n, f"/media/foto/{n}.jpg", ip=SCHOOL, username="guru.ani") for n in range(200)]).findings == []


def test_each_of_many_visitors_follows_one_old_link() -> None:
    pages = [get(n, f"/lama/{WORDS[n]}", ip=SCHOOL, session_id=f"s{n}") for n in range(100)]
    assert play(pages).findings == []


def test_two_of_the_internets_usual_probes_are_no_scanner() -> None:
    assert play([get(0, "/.env"), get(900, "/wp-login.php")]).rules == set()


def test_a_scanner_that_says_its_name_is_told_at_once() -> None:
    named = event("SCANNER", 0, ip_address=ATTACKER, request_path="/", severity=catalog.MEDIUM)
    assert play([named]).targets("scanner") == [f"ip:{ATTACKER}"]


def test_a_scanner_that_says_its_name_is_counted_over_the_day() -> None:
    named = [event("SCANNER", n, ip_address=ATTACKER, request_path="/", severity=catalog.MEDIUM) for n in range(60)]
    assert [each.event_count for each in play(named).of("scanner")] == [60]


def test_a_slow_scanner_is_a_scanner() -> None:
    assert "scanner" in play([get(15 * MINUTE * n, path) for n, path in enumerate(PROBES)]).rules


# --- doors that are closed ---
def test_many_refusals_of_one_person() -> None:
    pages = [get(3 * n, f"/admin/{word}/", 403, username="siswa001") for n, word in enumerate(WORDS[:30])]
    assert play(pages).targets("forbidden_burst") == ["user:siswa001"]


def test_a_person_who_is_refused_one_page_again_and_again() -> None:
    assert play([get(3 * n, "/admin/", 403, username="siswa001") for n in range(50)]).rules == set()


def test_a_page_whose_token_ran_out_asks_for_all_its_parts() -> None:
    assert play([get(n / 10, f"/api/{word}", 401) for n, word in enumerate(WORDS[:14])]).rules == set()


def test_a_stranger_who_tries_every_door_of_the_api() -> None:
    assert play([get(n, f"/api/{word}", 401) for n, word in enumerate(WORDS[:40])]).rules == {"forbidden_burst"}


# --- records of others ---
def records(count: int, **columns: object) -> Iterable[EventRecord]:
    return [
        get(4 * n, f"/api/nilai/{n}", endpoint="/api/nilai/{id}", username="siswa001", **columns) for n in range(count)
    ]


def test_record_after_record_that_is_not_his() -> None:
    told = play(records(40))
    assert told.targets("enumeration") == ["user:siswa001"]
    assert told.rules == {"enumeration"}


def test_a_few_old_bookmarks_are_no_enumeration() -> None:
    assert play(records(6)).rules == set()


def test_record_after_record_slowly() -> None:
    slowly = [
        get(2 * MINUTE * n, f"/api/nilai/{n}", 403, endpoint="/api/nilai/{id}", username="siswa001") for n in range(40)
    ]
    assert "enumeration" in play(slowly).rules


def test_a_teacher_opens_all_pupils_of_a_class() -> None:
    pages = [get(4 * n, f"/api/siswa/{n}", 200, endpoint="/api/siswa/{id}", username="guru.ani") for n in range(40)]
    assert play(pages).rules == set()

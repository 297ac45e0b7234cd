"""The busiest hour of a school, ten requests a second from three hundred people behind one address: nobody is told."""

from collections.abc import Sequence
from datetime import timedelta
from random import Random

import pytest
import time_machine

from eventlog.alerts import looking
from eventlog.alerts.opening import receive
from eventlog.detection.judging import judge
from eventlog.detection.watching import worth_a_look
from eventlog.models import Alert
from eventlog.pipeline import store
from eventlog.record import EventRecord
from eventlog.tests.detection.rules.scenes import (
    BASE,
    CHROME,
    DAY,
    FIREFOX,
    HOME,
    HOUR,
    MINUTE,
    NEWER_CHROME,
    PHONE,
    SCHOOL,
    batches,
    event,
    failed,
    habits,
    login,
    morning,
    play,
    request,
)

pytestmark = pytest.mark.django_db
AGENTS = [CHROME, NEWER_CHROME, PHONE, FIREFOX, CHROME.replace("Chrome/126.0", "Edg/126.0")]
PAGES = ("/api/siswa", "/api/nilai", "/api/presensi", "/saya/", "/api/auth/me")


def asked(seconds: float, pupil: int, chance: Random) -> EventRecord:
    """Of a hundred requests one leads nowhere (a missing photo, an old bookmark), one is refused (a page for teachers,
    a token that ran out), one is wrong."""
    page, status, luck = chance.choice(PAGES), 200, chance.random()
    if luck < 0.01:
        page, status = chance.choice((f"/api/siswa/{chance.randrange(300)}/foto", "/favicon.ico", "/rapor-lama")), 404
    elif luck < 0.02:
        page, status = chance.choice((("/admin/", 403), ("/api/nilai/import", 403), ("/api/auth/me", 401)))
    elif luck < 0.03:
        status = 400
    who = {"username": f"siswa{pupil:03d}", "session_id": f"s{pupil}", "auth_method": "session"}
    where = {"ip_address": SCHOOL, "user_agent": AGENTS[pupil % 5], "endpoint": page, "response_time_ms": 40.0}
    return request(seconds, page, status, **who, **where)


def hour() -> list[EventRecord]:
    """All that was refused or led nowhere, and of what was answered every fourth: that is all the same to the rules,
    and the other 26,000 would take the test ten seconds more."""
    chance = Random(11)
    requests = [asked(number / 10, chance.randrange(300), chance) for number in range(10 * HOUR)]
    kept = [each for number, each in enumerate(requests) if number % 4 == 0 or each.response_status != 200]
    return sorted([*morning(), *kept], key=lambda each: each.timestamp)


def test_an_hour_of_a_school_behind_one_address_opens_no_alert() -> None:
    for batch in batches([each.to_json() for each in hour()], 500):
        store.write(store.Batch(batch))
        receive(judge(list(worth_a_look(batch)), "default"))
    with time_machine.travel(BASE + timedelta(minutes=11), tick=False):
        looking.look()
    alerts = Alert.objects.exclude(rule="no_partition")  # there are none ahead of a month long past
    assert list(alerts.values_list("rule", "target")) == []


def test_a_lab_whose_computers_are_everybodys_is_no_attack() -> None:
    """Six lessons, each time another thirty at the same thirty computers; every tenth mistypes."""
    parts: list[EventRecord] = []
    for lesson in range(6):
        for seat in range(30):
            begin, name = lesson * 45 * MINUTE + seat * 7, f"siswa{lesson * 30 + seat:03d}"
            who = {"username": name, "session_id": f"s-{name}", "ip_address": SCHOOL, "user_agent": FIREFOX}
            parts += [failed(begin, name, SCHOOL, FIREFOX)] if seat % 10 == 0 else []
            parts.append(login(begin + 20, name, SCHOOL, FIREFOX, session_id=f"s-{name}"))
            parts += [request(begin + 60 * number, f"/tugas/{number}", **who) for number in range(1, 5)]
    assert play(parts, size=200).findings == []


def test_marks_of_a_class_entered_at_home_in_the_evening_are_no_attack() -> None:
    evening = 12.5 * HOUR
    who = {"username": "guru.ani", "session_id": "s-ani", "ip_address": HOME, "user_agent": CHROME}
    usual = [*habits("guru.ani"), *habits("guru.ani", HOME, hour=12)]
    entered = [
        event(kind, evening + 20 * number, entity_type="nilai", entity_id=str(number), **who)
        for number in range(35)
        for kind in ("NILAI_READ", "NILAI_UPDATE")
    ]
    assert play(usual, [login(evening, "guru.ani", HOME, session_id="s-ani")], entered).findings == []


@pytest.mark.parametrize("days", [(), range(-28, 0, 7)], ids=["on the first day", "as every week"])
def test_an_export_of_all_pupils_by_the_office_is_no_attack(days: Sequence[int]) -> None:
    told = {"rows": 300, "format": "xlsx", "complete": True}
    who = {"username": "tu.sari", "ip_address": SCHOOL, "user_agent": FIREFOX, "event_data": told}
    exports = [event("EXPORT_DATA", day * DAY + 3 * HOUR, **who) for day in (*days, 0)]
    assert play(habits("tu.sari", SCHOOL, FIREFOX) if days else [], exports).findings == []

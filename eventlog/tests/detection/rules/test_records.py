"""Records carried away, rights taken, and people who do their work."""

from collections.abc import Iterable

import pytest
from django.contrib.auth.models import Group, Permission

from eventlog import catalog
from eventlog.record import EventRecord
from eventlog.tests.detection.rules.scenes import ATTACKER, DAY, HOME, HOUR, event, habits, play

pytestmark = pytest.mark.django_db


# --- exports ---
def export(seconds: float, rows: int, username: str = "operator", event_type: str = "EXPORT_DATA") -> EventRecord:
    return event(event_type, seconds, username=username, event_data={"rows": rows, "format": "xlsx", "complete": True})


def read(seconds: float, number: int, username: str = "guru.ani") -> EventRecord:
    about = {"entity_type": "nilai", "entity_id": str(number), "action": "READ"}
    return event("NILAI_READ", seconds, username=username, **about)


def reads(day: int, count: int) -> Iterable[EventRecord]:
    return [read(day * DAY + 5 * number, number) for number in range(count)]


def test_far_more_records_than_ever() -> None:
    told = play(*(reads(-day, 15) for day in range(1, 11)), reads(0, 400))
    assert told.targets("mass_export") == ["user:guru.ani"]
    assert told.of("mass_export")[0].data["records"] >= 400


def test_who_exports_everything_every_friday_may() -> None:
    fridays = [export(-3 * DAY - week * 7 * DAY, 1200) for week in range(4)]
    assert play(habits("operator"), fridays, [export(4 * DAY, 1250)]).rules == set()


def test_who_has_never_exported_anything_takes_the_whole_school() -> None:
    assert play(habits("guru.ani"), [export(0, 1200, "guru.ani")]).targets("mass_export") == ["user:guru.ani"]


def test_a_busy_day_is_no_theft() -> None:
    assert play(*(reads(-day, 80) for day in range(1, 11)), reads(0, 210)).rules == set()


def test_a_first_export_of_a_class_is_no_theft() -> None:
    assert play([export(0, 300)]).rules == set()


def test_an_account_without_habits_that_takes_all() -> None:
    assert play([export(60 * number, 1200) for number in range(5)]).targets("mass_export") == ["user:operator"]


def test_events_of_one_download_are_counted_once() -> None:
    same = {"request_id": "r1", "username": "operator", "event_data": {"rows": 700}}
    twice = [event("EXPORT_DATA", 0, **same), event("NILAI_EXPORT", 0, action="EXPORT", entity_type="nilai", **same)]
    assert play(twice).rules == set()


# --- rights ---
def change(seconds: float, **columns: object) -> EventRecord:
    given = {"entity_type": "user", "entity_id": "9", "entity_name": "siswa001", "username": "admin", "user_id": 1}
    return event("PERMISSION_CHANGE", seconds, **{**given, **columns})


def added(*names: str, **columns: object) -> EventRecord:
    return change(0, action="add", event_data={"relation": "auth.User_groups", "what": list(names)}, **columns)


def test_a_superuser_is_made() -> None:
    told = play([change(0, new_values={"is_superuser": True, "is_staff": True})])
    assert [(each.rule, each.target, each.severity) for each in told.findings] == [
        ("privilege_escalation", "user:admin", catalog.HIGH)
    ]


def test_to_give_oneself_rights_is_worst() -> None:
    own = {"entity_id": "9", "user_id": 9, "username": "siswa001"}
    assert play([added("guru", **own)]).findings[0].severity == catalog.CRITICAL


def test_a_group_that_may_change_accounts_is_power() -> None:
    group = Group.objects.create(name="kepala")
    group.permissions.add(Permission.objects.get(codename="change_user"))
    assert play([added("kepala")]).rules == {"privilege_escalation"}


def test_a_permission_over_accounts_is_power() -> None:
    assert play([added("auth.change_user")]).rules == {"privilege_escalation"}


def test_new_teachers_get_their_group() -> None:
    Group.objects.get_or_create(name="guru")
    assert play([added("guru", entity_id=str(100 + number)) for number in range(30)]).rules == set()


def test_to_take_rights_away_is_no_gain() -> None:
    assert play([change(0, new_values={"is_superuser": False})]).rules == set()


def test_members_added_from_the_groups_side_are_seen() -> None:
    data = {"relation": "auth.User_groups", "what": ["siswa001"], "from_other_side": True}
    given = {"entity_type": "group", "entity_name": "administrators", "action": "add", "event_data": data}
    assert play([change(0, **given)]).findings[0].data["receivers"] == ["siswa001"]


# --- what capture has found ---
def test_hundreds_of_injections_are_one_finding() -> None:
    tries = [
        event("SQL_INJECTION", n, ip_address=ATTACKER, severity="medium", request_path=f"/cari/{n}") for n in range(200)
    ]
    told = play(tries)
    (finding,) = told.findings
    assert (finding.rule, finding.target, finding.event_count) == ("sql_injection", f"ip:{ATTACKER}", 200)


def test_a_flood_from_one_address_does_not_hide_what_came_from_another() -> None:
    quiet = event("SQL_INJECTION", 0, ip_address=HOME, severity="high")
    flood = [event("SQL_INJECTION", n / 10, ip_address=ATTACKER, severity="low") for n in range(600)]
    assert play([quiet], flood, size=601).targets("sql_injection") == [f"ip:{HOME}", f"ip:{ATTACKER}"]


def test_each_attack_of_a_flood_is_counted() -> None:
    flood = [event("SQL_INJECTION", n / 10, ip_address=ATTACKER, severity="low") for n in range(1200)]
    assert [each.event_count for each in play(flood, size=300).of("sql_injection")] == [1200]


def test_attacks_of_one_day_are_one_whatever_the_day_is_in_utc() -> None:
    tries = [event("XSS", hour * HOUR, ip_address=ATTACKER, severity="low") for hour in (-1, 1)]  # at six and at eight
    assert [each.event_count for each in play(tries, size=1).of("xss")] == [2]


def test_the_worst_of_them_counts() -> None:
    tries = [event("XSS", n, ip_address=ATTACKER, severity="high" if n == 3 else "low") for n in range(6)]
    assert play(tries).findings[0].severity == "high"


def test_the_event_of_a_finding_is_no_new_finding() -> None:
    told_of = {"finding": "0b7e9a5e-0000-5000-8000-000000000000", "rule": "xss"}
    events = [event(kind, 0, ip_address=ATTACKER, event_data=told_of) for kind in ("XSS", "SCANNER", "TAMPERING")]
    assert play(events).rules == set()


def test_changes_past_the_application_are_told_by_kind_of_record() -> None:
    changes = [event("OUT_OF_BAND_CHANGE", n, username="postgres", entity_type="nilai") for n in range(5)]
    assert play(changes).targets("out_of_band_change") == ["entity:nilai"]


def test_tampering_is_critical() -> None:
    told = play([event("TAMPERING", HOUR)])
    assert [(each.rule, each.target, each.severity) for each in told.findings] == [
        ("tampering", "site", catalog.CRITICAL)
    ]

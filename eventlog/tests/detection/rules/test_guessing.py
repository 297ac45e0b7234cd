"""Passwords guessed, and people who only mistype."""

import pytest

from eventlog import catalog
from eventlog.record import EventRecord
from eventlog.tests.conftest import Change
from eventlog.tests.detection.rules.scenes import (
    ATTACKER,
    CAFE,
    HOME,
    HOUR,
    MINUTE,
    SCHOOL,
    event,
    failed,
    habits,
    login,
    morning,
    play,
    until,
)

pytestmark = pytest.mark.django_db
MANY = {"password_spray", "credential_stuffing", "distributed_brute_force", "success_after_failures"}


# --- one account ---
def test_thirty_failures_of_one_account_are_guessing() -> None:
    attack = [failed(2 * number, "guru.ani") for number in range(30)]
    told = play(attack)
    assert told.rules == {"brute_force"}
    (finding,) = told.findings
    assert (finding.target, finding.event_count, finding.severity) == ("user:guru.ani", 30, catalog.HIGH)


def test_guessing_is_seen_at_the_fifth_failure() -> None:
    attack = [failed(2 * number, "guru.ani") for number in range(5)]
    assert play(attack[:4]).rules == set()
    assert play(attack[4:]).rules == {"brute_force"}


def test_the_threshold_is_a_setting(event_log: Change) -> None:
    event_log(FAILED_LOGIN_THRESHOLD=3)
    assert play([failed(number, "guru.ani") for number in range(3)]).rules == {"brute_force"}


def test_spellings_of_a_name_are_one_account() -> None:
    names = ["guru.ani", "Guru.Ani", "GURU.ANI", "ｇｕｒｕ.ani", " guru.ani"]
    assert play([failed(number, name) for number, name in enumerate(names)]).targets("brute_force") == ["user:guru.ani"]


def test_the_addresses_of_one_household_are_one() -> None:
    attack = [failed(number, "guru.ani", f"2001:db8:1:2::{number:x}") for number in range(1, 7)]
    assert play(attack).rules == {"brute_force"}


def test_a_name_that_no_account_has_is_told_of_the_address() -> None:
    unknown = {"event_data": {"name_hash": "ab" * 16, "name_length": 9}}
    assert play([failed(number, "", **unknown) for number in range(6)]).targets("brute_force") == [f"ip:{ATTACKER}"]


def test_one_attempt_each_quarter_of_an_hour_is_guessing_too() -> None:
    attack = [failed(20 * MINUTE * number, "guru.ani") for number in range(60)]
    assert play(until(6 * HOUR, attack)).rules == {"brute_force"}


def test_a_forgotten_password_is_no_guessing() -> None:
    tries = [failed(60 * number, "guru.budi", HOME) for number in range(4)]
    reset = [event("PASSWORD_RESET", 300, username="guru.budi", ip_address=HOME)]
    assert play(habits("guru.budi", HOME), tries, reset, [login(360, "guru.budi", HOME)]).rules == set()


def test_somebody_at_his_usual_place_who_fails_seven_times_is_a_note() -> None:
    tries = [failed(30 * number, "guru.budi", HOME) for number in range(7)]
    told = play(habits("guru.budi", HOME), tries, [login(400, "guru.budi", HOME)])
    assert [(each.rule, each.severity) for each in told.findings] == [("brute_force", catalog.LOW)]


def test_a_few_failures_every_day_are_no_guessing() -> None:
    def day(number: int) -> list[object]:
        begin = number * 3 * HOUR
        return [*(failed(begin + n, "guru.budi", HOME) for n in range(3)), login(begin + 9, "guru.budi", HOME)]

    assert play(*(day(number) for number in range(8))).rules == set()  # type: ignore[arg-type]


def test_one_account_from_many_addresses() -> None:
    attack = [failed(20 * number, "guru.ani", f"45.{number}.205.33") for number in range(50)]
    told = play(attack)
    assert told.rules == {"distributed_brute_force"}
    assert told.targets("distributed_brute_force") == ["user:guru.ani"]


def test_one_account_from_many_addresses_slowly() -> None:
    attack = [failed(40 * MINUTE * number, "guru.ani", f"45.{number}.205.33") for number in range(30)]
    assert "distributed_brute_force" in play(attack).rules


def test_a_phone_on_its_way_is_not_many_addresses() -> None:
    tries = [
        failed(60 * number, "guru.ani", ip) for number, ip in enumerate([HOME, CAFE, CAFE, "114.122.31.9", SCHOOL])
    ]
    assert play(habits("guru.ani"), tries, [login(400, "guru.ani", SCHOOL)]).rules == set()


# --- many accounts ---
def test_a_list_of_stolen_passwords_is_tried() -> None:
    attack = [
        (login if number in (57, 141) else failed)(number, f"siswa{number:03d}", ATTACKER) for number in range(1, 201)
    ]
    assert play(until(60, attack)).targets("credential_stuffing") == [f"ip:{ATTACKER}"]
    told = play(attack[60:])
    assert told.targets("success_after_failures") == ["user:siswa057", "user:siswa141"]
    assert len(told.findings) <= 6


def test_stolen_passwords_from_all_addresses_of_a_network() -> None:
    attack = [failed(number, f"siswa{number:03d}", f"45.155.205.{number % 20}") for number in range(100)]
    assert play(attack).targets("credential_stuffing") == ["net:45.155.205.0/24"]


def test_stolen_passwords_from_everywhere() -> None:
    attack = [failed(number, f"siswa{number:03d}", f"45.{number}.205.1") for number in range(100)]
    assert play(attack).targets("credential_stuffing") == ["site"]


def unknown(seconds: float, name: str, ip: str = ATTACKER) -> EventRecord:
    """A failure under a name that no account has: only its hash is kept."""
    return failed(seconds, "", ip, event_data={"name_hash": name, "name_length": len(name)})


def test_names_that_no_account_has_are_tried_one_after_the_other() -> None:
    told = play([unknown(20 * number, f"n{number}") for number in range(60)])
    (finding,) = told.of("user_enumeration")
    assert (finding.target, finding.event_count, finding.data["counts"]["names"]) == (f"ip:{ATTACKER}", 60, 60)


def test_names_are_looked_for_behind_the_schools_address_at_noon() -> None:
    pupils = [login(30 * number, f"siswa{number:03d}") for number in range(40)]
    assert play(pupils, [unknown(20 * n, f"n{n}", SCHOOL) for n in range(60)]).targets("user_enumeration") == [
        f"ip:{SCHOOL}"
    ]


def test_a_class_that_was_told_the_wrong_names_looks_for_none() -> None:
    """All thirty-six mistype, each in his own way, some twice, before they get in."""
    wrong = [unknown(number, f"w{number % 36}", SCHOOL) for number in range(54)]
    right = [login(120 + number, f"siswa{number:03d}") for number in range(36)]
    assert "user_enumeration" not in play(wrong, right).rules


def test_a_school_on_the_day_of_new_names_looks_for_none() -> None:
    """Of three hundred in ten minutes every third mistypes his name."""
    wrong = [unknown(2 * number, f"w{number}", SCHOOL) for number in range(0, 300, 3)]
    right = [login(2 * number + 20, f"siswa{number:03d}") for number in range(300)]
    assert "user_enumeration" not in play(wrong, right).rules


def test_one_password_on_many_accounts_in_rounds() -> None:
    attack = [failed(20 * MINUTE * turn + 5 * n, f"guru{n:02d}") for turn in range(3) for n in range(40)]
    assert "password_spray" in play(until(25 * MINUTE, attack)).rules
    assert "brute_force" not in play(attack[80:]).rules


def test_one_password_on_many_accounts_slowly() -> None:
    attack = [failed(30 * MINUTE * number, f"guru{number:02d}") for number in range(20)]
    assert play(attack).targets("password_spray") == [f"ip:{ATTACKER}"]


def test_a_spray_with_success() -> None:
    attack = [failed(30 * number, f"guru{number:02d}") for number in range(20)]
    assert play(attack, [login(700, "guru77", ATTACKER)]).targets("success_after_failures") == ["user:guru77"]


def test_a_spray_from_inside_the_school_is_seen_among_its_pupils() -> None:
    attack = [failed(700 + 12 * turn * 10 + 2 * n, f"guru{n:03d}", SCHOOL) for turn in range(2) for n in range(200)]
    assert {"password_spray"} & play(morning(), attack).rules


# --- innocent twins ---
def test_a_school_behind_one_address_may_mistype_at_seven() -> None:
    assert play(morning()).findings == []


@pytest.mark.parametrize("seed", range(5))
def test_a_school_may_mistype_whatever_the_luck(seed: int) -> None:
    assert play(morning(seed=seed), size=100).findings == []


def test_a_school_may_mistype_on_the_day_of_new_passwords() -> None:
    """Every fifth fails and goes to the office."""
    lost = [failed(2 * n, f"siswa{n:03d}", SCHOOL) for n in range(0, 300, 5)]
    there = [login(2 * n, f"siswa{n:03d}", SCHOOL) for n in range(300) if n % 5]
    assert play(lost, there).findings == []


def test_a_computer_of_the_lab_is_used_by_one_pupil_after_the_other() -> None:
    found = []
    for number in range(30):
        begin = number * 90
        found += [failed(begin + n, f"siswa{number}", "10.0.0.17") for n in range(number % 3)]
        found.append(login(begin + 20, f"siswa{number}", "10.0.0.17"))
    assert play(found).findings == []


# --- success ---
def test_a_sign_in_after_many_failures() -> None:
    attack = [failed(number, "guru.ani") for number in range(8)]
    told = play(habits("guru.ani"), attack, [login(30, "guru.ani", ATTACKER)])
    assert told.targets("success_after_failures") == ["user:guru.ani"]


def test_a_sign_in_after_failures_from_everywhere() -> None:
    attack = [failed(20 * number, "guru.ani", f"45.{number}.205.33") for number in range(20)]
    told = play(habits("guru.ani"), attack, [login(500, "guru.ani", "45.99.1.2")])
    assert told.targets("success_after_failures") == ["user:guru.ani"]


def test_the_owner_signs_in_while_others_guess() -> None:
    attack = [failed(20 * number, "guru.ani", f"45.{number}.205.33") for number in range(20)]
    told = play(habits("guru.ani"), attack, [login(500, "guru.ani", SCHOOL)])
    assert told.of("success_after_failures") == []


# --- twice is once ---
def test_looking_in_another_order_finds_the_same() -> None:
    attack = [failed(2 * number, "guru.ani") for number in range(30)]
    found = {each.id for each in play(attack).findings}
    assert {each.id for each in play(attack, size=7).findings} == found
    assert {each.id for each in play(reversed(attack), size=1).findings} == found


def test_an_attack_of_a_day_is_few_findings() -> None:
    attack = [failed(5 * MINUTE * number, "guru.ani") for number in range(288)]
    assert len(play(attack, size=100).of("brute_force")) <= 2

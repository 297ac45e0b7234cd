"""Sign-ins that are not like their person's, and people whose life changes a little."""

from pathlib import Path

import pytest
from mmdb_writer import MMDBWriter
from netaddr import IPSet

from eventlog import catalog
from eventlog.tests.conftest import Change
from eventlog.tests.detection.rules.scenes import (
    ABROAD,
    AMSTERDAM,
    CAFE,
    CHROME,
    FIREFOX,
    HOME,
    HOUR,
    JAKARTA,
    MINUTE,
    NEWER_CHROME,
    PHONE,
    SCHOOL,
    SINGAPORE,
    SURABAYA,
    habits,
    login,
    play,
)

pytestmark = pytest.mark.django_db


# --- travel ---
def test_jakarta_and_amsterdam_within_an_hour() -> None:
    there = login(45 * MINUTE, "guru.ani", ABROAD, event_data={"geo": AMSTERDAM})
    told = play(
        habits("guru.ani", event_data={"geo": JAKARTA}), [login(0, "guru.ani", event_data={"geo": JAKARTA}), there]
    )
    assert told.targets("impossible_travel") == ["user:guru.ani"]
    assert told.of("impossible_travel")[0].data["km"] == pytest.approx(11_350, rel=0.01)
    assert len(told.findings) <= 3


def test_a_flight_to_surabaya_is_possible() -> None:
    there = login(2 * HOUR, "guru.ani", HOME, event_data={"geo": SURABAYA})
    here = [login(0, "guru.ani", event_data={"geo": JAKARTA})]
    assert play(habits("guru.ani", event_data={"geo": JAKARTA}), here, [there]).of("impossible_travel") == []


def test_the_exit_of_a_network_that_is_used_every_day_is_no_journey() -> None:
    home = habits("guru.ani", event_data={"geo": JAKARTA})
    through = habits("guru.ani", ABROAD, hour=6, event_data={"geo": SINGAPORE})
    play(home, through)
    today = [login(0, "guru.ani", event_data={"geo": JAKARTA})]
    today.append(login(40 * MINUTE, "guru.ani", ABROAD, event_data={"geo": SINGAPORE}))
    assert play(today).of("impossible_travel") == []


@pytest.fixture
def geoip(tmp_path: Path, event_log: Change) -> Path:
    """A database of places that knows two addresses."""
    writer = MMDBWriter(database_type="GeoLite2-City", float_type="f64")
    for address, known in ((SCHOOL, JAKARTA), (ABROAD, AMSTERDAM)):
        location = {"latitude": known["lat"], "longitude": known["lon"]}
        writer.insert_network(
            IPSet([f"{address}/32"]), {"country": {"iso_code": known["country"]}, "location": location}
        )
    writer.to_db_file(str(tmp_path / "places.mmdb"))
    event_log(GEOIP_PATH=tmp_path / "places.mmdb")
    return tmp_path / "places.mmdb"


def test_places_come_from_a_geoip_database(geoip: Path) -> None:
    told = play([login(0, "guru.ani", SCHOOL), login(45 * MINUTE, "guru.ani", ABROAD)])
    assert told.rules == {"impossible_travel"}


def test_without_any_places_nobody_travels() -> None:
    assert play([login(0, "guru.ani", SCHOOL), login(45 * MINUTE, "guru.ani", ABROAD)]).rules == set()


# --- devices ---
def test_a_new_device_in_a_new_network_is_a_note() -> None:
    told = play(habits("guru.ani"), [login(0, "guru.ani", CAFE, FIREFOX)])
    assert [(each.rule, each.target, each.severity) for each in told.findings] == [
        ("new_device", "user:guru.ani", catalog.LOW)
    ]


@pytest.mark.parametrize(
    ("ip", "agent"),
    [(SCHOOL, PHONE), (CAFE, CHROME), (SCHOOL, NEWER_CHROME)],
    ids=["a new phone at school", "the old computer at a café", "an update"],
)
def test_one_thing_new_is_everyday_life(ip: str, agent: str) -> None:
    assert play(habits("guru.ani"), [login(0, "guru.ani", ip, agent)]).rules == set()


def test_another_country_is_told_of_also_with_the_same_browser() -> None:
    told = play(
        habits("guru.ani", event_data={"geo": JAKARTA}), [login(0, "guru.ani", ABROAD, event_data={"geo": AMSTERDAM})]
    )
    assert "new_device" in told.rules


def test_a_new_account_has_no_habits() -> None:
    assert play([login(0, "guru.baru"), login(HOUR, "guru.baru", CAFE, PHONE)]).rules == set()


# --- hours ---
def test_a_sign_in_at_half_past_two_at_night() -> None:
    told = play(habits("guru.ani"), [login(-4.5 * HOUR, "guru.ani")])
    assert told.targets("off_hours") == ["user:guru.ani"]
    assert told.of("off_hours")[0].data["hour"] == "02:30"


def test_an_hour_earlier_than_usual_is_not_told() -> None:
    assert play(habits("guru.ani"), [login(-2 * HOUR, "guru.ani")]).rules == set()


def test_whoever_works_at_night_may() -> None:
    assert play(habits("penjaga", hour=19), [login(19.5 * HOUR, "penjaga")]).rules == set()


def test_in_the_week_of_exams_all_work_late() -> None:
    names = [f"guru{number}" for number in range(8)]
    late = [login(13 * HOUR + 60 * number, name) for number, name in enumerate(names)]
    told = play(*(habits(name) for name in names), late)
    assert len(told.of("off_hours")) <= 5  # those before the school was seen to work late


def test_in_the_week_of_exams_nothing_is_told_of_those_who_come_when_others_are_there() -> None:
    names = [f"guru{number}" for number in range(8)]
    late = [login(13 * HOUR + 60 * number, name) for number, name in enumerate(names)]
    assert play(*(habits(name) for name in names), late, size=1000).of("off_hours") == []


# --- many addresses ---
def test_one_account_from_many_addresses_in_an_hour() -> None:
    logins = [login(8 * MINUTE * n, "guru.ani", f"114.{120 + n}.1.2", PHONE) for n in range(6)]
    assert "unusual_access" in play(logins).rules


def test_a_day_at_home_at_school_and_on_the_phone_is_usual() -> None:
    logins = [login(8 * MINUTE * n, "guru.ani", ip, PHONE) for n, ip in enumerate([HOME, CAFE, SCHOOL, CAFE, SCHOOL])]
    assert play(logins).rules == set()

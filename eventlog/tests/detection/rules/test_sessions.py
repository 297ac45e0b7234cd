"""Sessions and tokens in other hands, and phones on their way."""

import pytest

from eventlog.record import EventRecord
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
    SCRIPT,
    event,
    play,
    request,
    until,
)

pytestmark = pytest.mark.django_db


def page(seconds: float, ip: str, agent: str, session: str = "b", **columns: object) -> EventRecord:
    return request(
        seconds, "/admin/", username="tu.sari", session_id=session, ip_address=ip, user_agent=agent, **columns
    )


# --- sessions ---
def test_a_stolen_session_is_used_beside_its_owner() -> None:
    owner = [page(20 * number, HOME, CHROME) for number in range(60)]
    thief = [page(600 + 20 * number + 7, ABROAD, SCRIPT) for number in range(30)]
    assert play(until(599, owner)).rules == set()
    told = play(owner, until(660, thief))
    assert told.targets("session_hijack") == ["session:b"]
    assert len(play(owner, thief).findings) <= 3


def test_a_phone_changes_its_network() -> None:
    ips = [HOME, CAFE, HOME]
    assert play([page(300 * number, ip, PHONE) for number, ip in enumerate(ips)]).rules == set()


def test_a_browser_updates_itself_overnight() -> None:
    assert play([page(0, HOME, CHROME), page(10 * HOUR, SCHOOL, NEWER_CHROME)]).rules == set()


def test_the_same_browser_updates_itself_at_once_and_elsewhere() -> None:
    assert play([page(0, HOME, CHROME), page(60, SCHOOL, NEWER_CHROME)]).rules == set()


def test_another_browser_at_the_same_place_is_no_theft() -> None:
    assert play([page(0, HOME, PHONE), page(60, HOME, CHROME), page(90, HOME, PHONE)]).rules == set()


def test_a_session_that_goes_on_elsewhere_hours_later_is_no_theft() -> None:
    assert play([page(0, HOME, CHROME), page(5 * HOUR, SCHOOL, FIREFOX)]).rules == set()


def test_a_thief_who_says_he_is_the_same_browser_is_seen_by_his_place() -> None:
    geo = [{"geo": JAKARTA}, {"geo": AMSTERDAM}]
    pages = [page(40 * n, (HOME, ABROAD)[n % 2], CHROME, event_data=geo[n % 2]) for n in range(8)]
    assert play(pages).rules == {"session_hijack"}


def test_a_tunnel_that_is_switched_on_and_off_is_no_theft() -> None:
    geo = [{"geo": JAKARTA}, {"geo": AMSTERDAM}, {"geo": JAKARTA}]
    pages = [page(120 * n, (HOME, ABROAD, HOME)[n], CHROME, event_data=geo[n]) for n in range(3)]
    assert play(pages).rules == set()


def test_two_sessions_of_a_person_are_two() -> None:
    assert play([page(0, HOME, CHROME, "a"), page(20, CAFE, PHONE, "b")]).rules == set()


# --- tokens ---
def token(event_type: str, seconds: float, ip: str = HOME, agent: str = CHROME, **columns: object) -> EventRecord:
    given = {"username": "tu.sari", "user_id": 7, **columns}
    return event(event_type, seconds, ip_address=ip, user_agent=agent, **given)


def shown(seconds: float, ip: str, agent: str) -> EventRecord:
    claims = {"claims": {"user_id": "7", "token_type": "refresh"}}
    return token("TOKEN_REJECTED", seconds, ip, agent, username="", user_id=None, error_code="blacklisted",
                 event_data=claims)  # fmt: skip


def test_a_withdrawn_token_is_shown_from_elsewhere() -> None:
    told = play([token("TOKEN_ISSUED", 0), token("TOKEN_BLACKLISTED", 600), shown(900, ABROAD, SCRIPT)])
    assert told.rules == {"token_reuse"}


def test_a_page_that_was_left_open_shows_its_withdrawn_token_once() -> None:
    assert play([token("TOKEN_ISSUED", 0), token("TOKEN_BLACKLISTED", 600), shown(602, HOME, CHROME)]).rules == set()


def test_a_withdrawn_token_is_shown_again_and_again() -> None:
    again = [shown(700 + 10 * number, HOME, CHROME) for number in range(5)]
    assert play([token("TOKEN_ISSUED", 0), token("TOKEN_BLACKLISTED", 600)], again).rules == {"token_reuse"}


def test_a_token_is_renewed_by_somebody_who_never_signed_in() -> None:
    told = play([token("TOKEN_ISSUED", 0), token("TOKEN_REFRESH", 25 * MINUTE, ABROAD, SCRIPT)])
    assert told.targets("token_reuse") == ["user:tu.sari"]


def test_a_token_is_renewed_on_the_way() -> None:
    issued = token("TOKEN_ISSUED", 0, HOME, PHONE)
    assert play([issued, token("TOKEN_REFRESH", 25 * MINUTE, CAFE, PHONE)]).rules == set()

"""Timelines: of a request, a person, a record, an address."""

import re
from datetime import timedelta
from html import unescape
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.test import Client
from django.utils import timezone
from pytest_django import DjangoAssertNumQueries
from time_machine import travel

from eventlog import catalog
from eventlog.logger import log_event
from eventlog.tests.admin.pages import LIST, page_of, reader_with, shown
from eventlog.tests.conftest import Change
from eventlog.tests.zoo.models import Animal

PAGES = ("request/?id=r1", "user/?id=7", "user/?name=ada", "object/?type=siswa&id=12", "address/?ip=203.0.113.7")


def sentences(page: str) -> list[str]:
    return re.findall(r'<a class="eventlog-sentence"[^>]*>([^<]*)</a>', page)


# --- who, and what it costs ---
@pytest.mark.parametrize("path", PAGES)
def test_nobody_sees_them_without_the_permission(db: None, path: str) -> None:
    assert reader_with().get(LIST + path).status_code == 403


@pytest.mark.parametrize("path", PAGES)
def test_a_timeline_costs_at_most_fifteen_queries(
    auditor: Client, path: str, event_log: Change, django_assert_max_num_queries: DjangoAssertNumQueries
) -> None:
    columns = {"request_id": "r1", "user_id": 7, "username": "ada", "ip_address": "203.0.113.7"}
    for _ in range(60):
        log_event("SISWA_UPDATE", entity_type="siswa", entity_id="12", **columns)
    event_log(ENABLED=False)
    with django_assert_max_num_queries(15):
        assert len(sentences(shown(auditor, LIST + path))) >= 50


@pytest.mark.parametrize(
    "path", ["request/", "user/?id=x", f"user/?id={10**30}", "object/?type=siswa", "address/?ip=x"]
)
def test_what_is_not_asked_for_well_is_not_there(auditor: Client, path: str) -> None:
    assert auditor.get(LIST + path).status_code == 404


@pytest.mark.parametrize("path", PAGES)
def test_of_what_the_log_does_not_know_it_says_so(auditor: Client, path: str) -> None:
    assert "The log knows nothing of this" in shown(auditor, LIST + path)


def test_a_security_event_is_in_no_timeline_of_an_auditor(auditor: Client) -> None:
    log_event(catalog.SQL_INJECTION, request_id="r1", ip_address="203.0.113.7")
    pages = [shown(auditor, LIST + path) for path in ("request/?id=r1", "address/?ip=203.0.113.7")]
    assert [sentences(page) for page in pages] == [[], []]


# --- a request ---
def test_a_request_is_told_from_its_beginning(auditor: Client) -> None:
    begin = timezone.now()
    log_event("LOGOUT", username="ada", request_id="r1", timestamp=begin + timedelta(milliseconds=20))
    log_event("LOGIN", username="ada", request_id="r1", timestamp=begin)
    page = shown(auditor, f"{LIST}request/?id=r1")
    assert sentences(page) == ["ada signed in", "ada signed out"] and "+20 ms" in page


# --- a person ---
def test_a_person_s_week_is_a_map_of_hours(auditor: Client) -> None:
    with travel("2026-10-05T01:30:00Z"):  # a Monday, 08:30 in Jakarta
        for _ in range(4):
            log_event("LOGIN", user_id=7, username="ada")
        page = shown(auditor, f"{LIST}user/?id=7")
    monday = page[page.index(">Monday<") : page.index(">Tuesday<")]
    cells = re.findall(r'<td class="eventlog-shade-(\d)">(\d*)</td>', monday)
    assert [(hour, *cell) for hour, cell in enumerate(cells) if cell[1]] == [(8, "5", "4")]


def test_a_person_s_devices_and_addresses_are_named(auditor: Client) -> None:
    agent = "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/140.0 Safari/537"
    log_event("LOGIN", user_id=7, username="ada", ip_address="203.0.113.7", user_agent=agent)
    page = shown(auditor, f"{LIST}user/?id=7")
    assert "Chrome / Windows" in page and f'href="{LIST}address/?ip=203.0.113.7"' in page


def test_failed_sign_ins_under_the_name_are_there_though_nobody_was_signed_in(auditor: Client) -> None:
    log_event("LOGIN", user_id=7, username="ada")
    failed = log_event("LOGIN_FAILED", username="ada", ip_address="203.0.113.9")
    page = shown(auditor, f"{LIST}user/?id=7")
    failures = page[page.index("eventlog-failures") :]
    assert page_of(failed) in failures and "203.0.113.9" in failures


def test_a_name_without_an_account_has_a_timeline(auditor: Client) -> None:
    log_event("LOGIN_FAILED", username="mallory")
    assert sentences(shown(auditor, f"{LIST}user/?name=mallory")) == ["mallory could not sign in"]


def test_what_was_long_ago_is_in_no_sum(auditor: Client) -> None:
    log_event("LOGIN", user_id=7, username="ada", timestamp=timezone.now() - timedelta(days=3))
    assert "eventlog-week" not in shown(auditor, f"{LIST}user/?id=7&days=1")
    assert "eventlog-week" in shown(auditor, f"{LIST}user/?id=7&days=7")


# --- a record ---
def test_a_record_s_history_has_what_was_done_to_many(auditor: Client) -> None:
    animal = Animal.objects.create(name="Leo")
    Animal.objects.update(name="Simba")
    assert len(sentences(shown(auditor, f"{LIST}object/?type=animal&id={animal.pk}"))) == 2


def test_a_record_is_shown_as_it_was_on_a_day(auditor: Client) -> None:
    with travel("2026-10-03T05:00:00Z"):
        animal = Animal.objects.create(name="Leo")
    animal.name = "Simba"
    animal.save()
    page = shown(auditor, f"{LIST}object/?type=animal&id={animal.pk}&as_of=2026-10-03")
    assert "<td>Leo</td>" in page[page.index("eventlog-snapshot") :] and "2026-10-03 23:59" in page


def test_before_it_was_made_it_was_not_there(auditor: Client) -> None:
    log_event("ANIMAL_READ", timestamp=timezone.now() - timedelta(days=400))
    animal = Animal.objects.create(name="Leo")
    assert "It was not there" in shown(auditor, f"{LIST}object/?type=animal&id={animal.pk}&as_of=2026-01-01")


@pytest.mark.parametrize("query", ["as_of=soon", "as_of=%00", "as_of="])
def test_a_day_that_is_none_shows_the_history_alone(auditor: Client, query: str) -> None:
    animal = Animal.objects.create(name="Leo")
    page = shown(auditor, f"{LIST}object/?type=animal&id={animal.pk}&{query}")
    assert len(sentences(page)) == 1 and 'class="eventlog-snapshot"' not in page
    assert ("This time cannot be understood." in page) is (query != "as_of=")


def test_a_kind_that_no_model_has_is_shown_without_a_past(auditor: Client) -> None:
    log_event("PRINTER_UPDATE", entity_type="printer", entity_id="a/b", action="UPDATE")
    page = shown(auditor, f"{LIST}object/?type=printer&id=a%2Fb&as_of=2026-01-01")
    assert len(sentences(page)) == 1 and "as_of" not in page


# --- an address ---
def test_an_address_tells_who_came_from_there(auditor: Client) -> None:
    log_event("LOGIN", username="ada", ip_address="203.0.113.7")
    log_event("LOGIN_FAILED", username="budi", ip_address="203.0.113.7")
    page = shown(auditor, f"{LIST}address/?ip=203.0.113.7")
    assert f'href="{LIST}user/?name=ada"' in page and "Failed sign-ins" in page


# --- ways in ---
@pytest.fixture
def superuser(admin_client: Client) -> Client:
    return admin_client


def test_an_account_s_page_leads_to_its_events(superuser: Client, django_user_model: type[User]) -> None:
    user = django_user_model.objects.create_user("ada")
    page = shown(superuser, f"/admin/auth/user/{user.pk}/change/")
    assert f'href="{LIST}object/?type=user&amp;id={user.pk}"' in page and f'href="{LIST}user/?id={user.pk}"' in page


def test_a_record_s_page_leads_to_its_events(superuser: Client, siswa: Any) -> None:
    page = shown(superuser, f"/admin/school/siswa/{siswa.pk}/change/")
    assert f'href="{LIST}object/?type=siswa&amp;id={siswa.pk}"' in page and "user/?id=" not in page


@pytest.fixture
def siswa(db: None) -> Any:
    from edupro.school.models import Siswa

    return Siswa.objects.create(nis="1", nama="Ahmad Fauzi", kelas="X-1")


def test_who_may_see_no_events_is_not_led_to_them(db: None, siswa: Any) -> None:
    from django.contrib.auth.models import Permission

    user = User.objects.create_user("clerk", is_staff=True)
    user.user_permissions.set(Permission.objects.filter(codename="view_siswa"))
    client = Client()
    client.force_login(user)
    page = client.get(f"/admin/school/siswa/{siswa.pk}/change/").content.decode()
    assert "eventlog/event/object" not in page


def test_what_was_changed_of_a_record_is_a_click_away(auditor: Client) -> None:
    log_event("SISWA_READ", action="READ", entity_type="siswa", entity_id="12", reason="only a look")
    log_event("SISWA_UPDATE", action="UPDATE", entity_type="siswa", entity_id="12", entity_name="Ahmad")
    page = shown(auditor, f"{LIST}object/?type=siswa&id=12")
    link = re.search('<a href="([^"]+)">Only changes</a>', page)
    assert link is not None
    changes = shown(auditor, unescape(link[1]))
    assert "changed student Ahmad" in changes and "looked at" not in changes

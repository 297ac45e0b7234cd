"""Locked and unlocked accounts."""

from collections.abc import Callable
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.test import Client
from rest_framework.test import APIClient

from edupro.people import accounts
from edupro.people.tests.conftest import PASSWORD


@pytest.fixture
def chief(person: Callable[..., User]) -> User:
    return person("admin", is_staff=True)


@pytest.fixture
def desk(client: Client, chief: User) -> Client:
    client.force_login(chief)
    return client


def is_active(user: User) -> bool:
    return User.objects.get(pk=user.pk).is_active


def test_the_buttons_lock_and_unlock(desk: Client, guru: User) -> None:
    page = f"/admin/auth/user/{guru.pk}/"
    assert f"{page}lock/" in desk.get(f"{page}change/").content.decode()
    desk.post(f"{page}lock/")
    assert not is_active(guru) and f"{page}unlock/" in desk.get(f"{page}change/").content.decode()
    desk.post(f"{page}unlock/")
    assert is_active(guru)


def test_the_actions_lock_and_unlock(desk: Client, guru: User, chief: User) -> None:
    for action, active in (("lock_selected", False), ("unlock_selected", True)):
        desk.post("/admin/auth/user/", {"action": action, "_selected_action": [guru.pk, chief.pk]})
        assert (is_active(guru), is_active(chief)) == (active, True)


def test_a_lock_ends_sessions_and_tokens_for_good(chief: User, guru: User) -> None:
    browser, api = Client(), APIClient()
    browser.force_login(guru)
    tokens = api.post("/api/auth/login", {"username": guru.username, "password": PASSWORD}).json()
    bearer: dict[str, Any] = {"headers": {"authorization": f"Bearer {tokens['access']}"}}
    accounts.lock(guru, by=chief)
    assert browser.get("/api/auth/me").status_code == api.get("/api/auth/me", **bearer).status_code == 401
    accounts.unlock(guru, by=chief)
    assert browser.get("/api/auth/me").status_code == 401
    assert api.post("/api/auth/refresh", {"refresh": tokens["refresh"]}).status_code == 401


def test_a_lock_ends_nobody_elses_session(chief: User, guru: User) -> None:
    browser = Client()
    browser.force_login(chief)
    accounts.lock(guru, by=chief)
    assert browser.get("/api/auth/me").status_code == 200


def test_a_locked_person_is_told_the_same_as_with_a_wrong_password(chief: User, guru: User) -> None:
    accounts.lock(guru, by=chief)
    said = []
    for password in (PASSWORD, "wrong"):
        response = Client().post("/accounts/login/", {"username": guru.username, "password": password})
        said.append(str(response.context["form"].non_field_errors()))
    assert said[0] == said[1] and "correct username" in said[0]


def test_nobody_locks_himself(chief: User) -> None:
    with pytest.raises(accounts.Refused, match="your own"):
        accounts.lock(chief, by=chief)


def test_the_last_superuser_is_not_locked(chief: User) -> None:
    root = User.objects.create_superuser("root")
    with pytest.raises(accounts.Refused, match="last superuser"):
        accounts.lock(root, by=chief)
    accounts.lock(root, by=User.objects.create_superuser("boss"))
    assert not is_active(root)


def test_an_administrator_locks_no_superuser(chief: User) -> None:
    root, _other = User.objects.create_superuser("root"), User.objects.create_superuser("boss")
    with pytest.raises(accounts.Refused, match="more than yours"):
        accounts.lock(root, by=chief)


def test_the_form_is_no_second_way(desk: Client, guru: User) -> None:
    fields = {"username": guru.username, "first_name": "Gita", "role": "guru", "kelas": ["X"]}
    desk.post(f"/admin/auth/user/{guru.pk}/change/", fields)  # a box that is not ticked is not sent
    assert is_active(guru)


@pytest.mark.parametrize("turn", ["lock", "unlock"])
def test_a_link_locks_nobody(desk: Client, guru: User, turn: str) -> None:
    assert desk.get(f"/admin/auth/user/{guru.pk}/{turn}/").status_code == 405


@pytest.mark.parametrize("role", ["guru", "siswa"])
def test_others_lock_nobody(client: Client, person: Callable[..., User], chief: User, role: str) -> None:
    client.force_login(person(role, is_staff=True))
    client.post(f"/admin/auth/user/{chief.pk}/lock/")
    client.post("/admin/auth/user/", {"action": "lock_selected", "_selected_action": [chief.pk]})
    assert is_active(chief)


def test_what_is_nobodys_key_does_nothing(desk: Client) -> None:
    assert desk.post("/admin/auth/user/999999999999999999999999/lock/").status_code == 302

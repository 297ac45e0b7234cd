"""Signing in, staying in and leaving, with tokens."""

from collections.abc import Callable
from typing import Any

import pytest
from django.contrib.auth.models import Group, User
from django.test import Client
from rest_framework.test import APIClient
from rest_framework_simplejwt.tokens import AccessToken

from edupro.people.tests.conftest import PASSWORD


@pytest.fixture
def guru(person: Callable[..., User]) -> User:
    return person("guru", first_name="Ada", email="ada@example.org")


def login(client: APIClient, user: User, slash: str = "") -> Any:
    return client.post(f"/api/auth/login{slash}", {"username": user.username, "password": PASSWORD}).json()


def claims(token: str) -> dict[str, Any]:
    return AccessToken(token).payload  # type: ignore[arg-type]


@pytest.fixture
def api() -> APIClient:
    return APIClient()


@pytest.mark.parametrize("slash", ["", "/"])
def test_signing_in_gives_both_tokens(api: APIClient, guru: User, slash: str) -> None:
    assert set(login(api, guru, slash)) == {"access", "refresh"}


def test_the_access_token_says_who_and_what(api: APIClient, guru: User) -> None:
    token = claims(login(api, guru)["access"])
    assert (token["username"], token["role"]) == ("guru-ada", "guru")


def test_a_form_signs_in_as_well(api: APIClient, guru: User) -> None:
    fields = {"username": guru.username, "password": PASSWORD}
    assert api.post("/api/auth/login", fields, format="multipart").status_code == 200


def test_a_wrong_password_is_a_401_with_a_code(api: APIClient, guru: User) -> None:
    response = api.post("/api/auth/login", {"username": guru.username, "password": "no"})
    assert (response.status_code, response.json()["code"]) == (401, "no_active_account")


def test_who_has_left_does_not_get_in(api: APIClient, guru: User) -> None:
    User.objects.update(is_active=False)
    assert login(api, guru)["status"] == 401


@pytest.mark.parametrize("slash", ["", "/"])
def test_me_is_who_the_token_says(api: APIClient, guru: User, slash: str) -> None:
    body = api.get(f"/api/auth/me{slash}", headers={"authorization": f"Bearer {login(api, guru)['access']}"}).json()
    expected = {"id": guru.pk, "username": "guru-ada", "name": "Ada", "email": "ada@example.org", "role": "guru"}
    assert body == expected


def test_a_student_may_ask_who_he_is(client_of: Callable[[str], APIClient]) -> None:
    assert client_of("siswa").get("/api/auth/me").json()["role"] == "siswa"


def test_a_session_is_as_good_as_a_token(client: APIClient, guru: User) -> None:
    client.force_login(guru)
    assert client.get("/api/auth/me").status_code == 200


def test_nobody_is_asked_who_he_is(api: APIClient, db: None) -> None:
    response = api.get("/api/auth/me")
    assert (response.status_code, response.json()["code"]) == (401, "not_authenticated")


@pytest.mark.parametrize("slash", ["", "/"])
def test_a_refresh_gives_a_new_pair_and_ends_the_old_one(api: APIClient, guru: User, slash: str) -> None:
    old = {"refresh": login(api, guru)["refresh"]}
    assert set(api.post(f"/api/auth/refresh{slash}", old).json()) == {"access", "refresh"}
    assert api.post(f"/api/auth/refresh{slash}", old).json()["code"] == "token_not_valid"


def test_a_refreshed_token_knows_the_new_role(api: APIClient, guru: User) -> None:
    refresh = login(api, guru)["refresh"]
    guru.groups.set(Group.objects.filter(name="admin"))
    assert claims(api.post("/api/auth/refresh", {"refresh": refresh}).json()["access"])["role"] == "admin"


def test_the_refresh_token_of_a_deleted_account_is_not_valid(api: APIClient, guru: User) -> None:
    refresh = login(api, guru)["refresh"]
    guru.delete()
    response = api.post("/api/auth/refresh", {"refresh": refresh})
    assert (response.status_code, response.json()["code"]) == (401, "token_not_valid")


@pytest.mark.parametrize("slash", ["", "/"])
def test_leaving_ends_the_refresh_token(api: APIClient, guru: User, slash: str) -> None:
    token = {"refresh": login(api, guru)["refresh"]}
    assert api.post(f"/api/auth/logout{slash}", token).status_code == 200
    assert api.post("/api/auth/refresh", token).status_code == 401


def test_leaving_with_a_token_that_is_none_is_a_401(api: APIClient, db: None) -> None:
    assert api.post("/api/auth/logout", {"refresh": "x"}).status_code == 401


def test_no_page_of_the_admin_shows_a_token(api: APIClient, guru: User, admin_client: Client) -> None:
    login(api, guru)
    index = admin_client.get("/admin/").content.decode()
    assert "/admin/auth/user/" in index and "token_blacklist" not in index
    assert admin_client.get("/admin/token_blacklist/outstandingtoken/").status_code == 404

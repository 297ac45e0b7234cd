"""What comes first after a sign-in: a password of one's own, then what is where."""

from collections.abc import Callable

import pytest
from django.contrib.auth.models import User
from django.test import Client
from rest_framework.test import APIClient

from edupro.people.models import Account
from edupro.people.tests.conftest import NEW_PASSWORD, PASSWORD

CHANGE = {"old_password": PASSWORD, "new_password1": NEW_PASSWORD, "new_password2": NEW_PASSWORD}


@pytest.fixture
def invited(person: Callable[..., User]) -> User:
    user = person("guru", is_staff=True)
    Account.objects.create(user=user)
    return user


def sign_in(client: Client, user: User, password: str = PASSWORD) -> str:
    return str(client.post("/accounts/login/", {"username": user.username, "password": password})["Location"])


# --- a temporary password ---
@pytest.mark.parametrize("path", ["/", "/saya/", "/admin/", "/accounts/nothing/", "/demo/"])
def test_a_temporary_password_opens_no_page(client: Client, temporary: User, path: str) -> None:
    sign_in(client, temporary)
    response = client.get(path)
    assert response.status_code == 404 or response["Location"] == "/accounts/password_change/"


def test_a_form_cannot_be_sent_either(client: Client, temporary: User) -> None:
    sign_in(client, temporary)
    assert client.post("/admin/auth/user/add/", {})["Location"] == "/accounts/password_change/"


def test_a_new_password_opens_them(client: Client, temporary: User) -> None:
    sign_in(client, temporary)
    assert "set by somebody else" in client.get("/accounts/password_change/").content.decode()
    client.post("/accounts/password_change/", CHANGE)
    assert client.get("/").headers.get("Location", "").startswith("/accounts/welcome/")
    assert client.get("/").status_code == 200
    sign_in(again := Client(), temporary, NEW_PASSWORD)
    assert again.get("/saya/").headers.get("Location") != "/accounts/password_change/"


def test_one_may_leave_instead(client: Client, temporary: User) -> None:
    sign_in(client, temporary)
    client.post("/accounts/logout/")
    assert client.get("/").status_code == 200


def token_of(user: User) -> APIClient:
    client = APIClient()
    sent = {"username": user.username, "password": PASSWORD}
    client.credentials(HTTP_AUTHORIZATION=f"Bearer {client.post('/api/auth/login', sent).json()['access']}")
    return client


def by_session(user: User) -> APIClient:
    client = APIClient()
    client.login(username=user.username, password=PASSWORD)
    return client


def by_basic(user: User) -> APIClient:
    client = APIClient()
    client.credentials(HTTP_AUTHORIZATION="Basic c2lzd2EtYWRhOmNvcnJlY3QgaG9yc2UgYmF0dGVyeSBzdGFwbGU=")
    return client


each_way = pytest.mark.parametrize("way", [token_of, by_session, by_basic])


@each_way
@pytest.mark.parametrize("path", ["/api/siswa", "/api/nilai", "/api/events/recent"])
def test_the_api_says_what_is_to_be_done(temporary: User, way: Callable[[User], APIClient], path: str) -> None:
    response = way(temporary).get(path)
    assert (response.status_code, response.json()["code"]) == (403, "password_change_required")
    assert "/api/auth/password/change" in response.json()["detail"]


@each_way
def test_the_api_lets_one_do_it(temporary: User, way: Callable[[User], APIClient]) -> None:
    client = way(temporary)
    assert client.get("/api/auth/me").status_code == 200
    body = {"old_password": PASSWORD, "new_password": NEW_PASSWORD}
    assert client.post("/api/auth/password/change", body).status_code == 200
    assert not Account.objects.get().password_is_temporary


def test_a_refresh_does_not_help(temporary: User) -> None:
    client = APIClient()
    sent = {"username": temporary.username, "password": PASSWORD}
    pair = client.post("/api/auth/login", sent).json()
    access = client.post("/api/auth/refresh", {"refresh": pair["refresh"]}).json()["access"]
    assert client.get("/api/siswa", headers={"authorization": f"Bearer {access}"}).status_code == 403


def test_a_password_that_an_administrator_sets_is_temporary(client: Client, person: Callable[..., User]) -> None:
    user = person("guru")
    client.force_login(person("admin", is_staff=True))
    fields = {"password1": NEW_PASSWORD, "password2": NEW_PASSWORD, "usable_password": "true", "set-password": "1"}
    client.post(f"/admin/auth/user/{user.pk}/password/", fields)
    assert Account.objects.get(user=user).password_is_temporary
    assert User.objects.get(pk=user.pk).check_password(NEW_PASSWORD)


@pytest.mark.parametrize("before", ["", "0", "+", "%20"])
def test_ones_own_is_set_where_the_old_one_is_asked_for(
    client: Client, person: Callable[..., User], before: str
) -> None:
    admin = person("admin", is_staff=True)
    client.force_login(admin)
    page = f"/admin/auth/user/{before}{admin.pk}/password/"
    fields = {"password1": NEW_PASSWORD, "password2": NEW_PASSWORD, "usable_password": "true"}
    assert client.post(page, fields)["Location"] == "/accounts/password_change/"
    assert User.objects.get(pk=admin.pk).check_password(PASSWORD)


# --- the welcome ---
@pytest.mark.parametrize("sign_in_page", ["/accounts/login/", "/admin/login/"])
def test_the_first_page_is_the_welcome_and_leads_on(client: Client, invited: User, sign_in_page: str) -> None:
    client.post(sign_in_page, {"username": invited.username, "password": PASSWORD})
    there = client.get("/admin/school/siswa/?q=a")["Location"]
    page = client.get(there).content.decode()
    assert "Welcome" in page and 'value="/admin/school/siswa/?q=a"' in page and "enter their marks" in page
    assert client.post("/accounts/welcome/", {"next": "/admin/school/siswa/?q=a"})["Location"].startswith("/admin/")


def test_it_comes_once_a_sign_in_until_it_is_dismissed(client: Client, invited: User) -> None:
    sign_in(client, invited)
    assert [client.get("/").status_code for _ in range(2)] == [302, 200]
    sign_in(again := Client(), invited)
    assert again.get("/").status_code == 302
    again.post("/accounts/welcome/")
    sign_in(third := Client(), invited)
    assert third.get("/").status_code == 200


def test_it_leads_to_no_other_site(client: Client, invited: User) -> None:
    client.force_login(invited)
    assert client.post("/accounts/welcome/", {"next": "https://evil.example/"})["Location"] == "/"


def test_who_was_not_registered_here_is_not_led_there(client: Client, guru: User) -> None:
    sign_in(client, guru)
    assert client.get("/").status_code == 200


@pytest.mark.parametrize("role", ["admin", "guru", "siswa", "nobody"])
def test_it_can_be_read_again(client: Client, person: Callable[..., User], role: str) -> None:
    client.force_login(person(role))
    assert "/accounts/welcome/" in client.get("/").content.decode()
    assert client.get("/accounts/welcome/").status_code == 200

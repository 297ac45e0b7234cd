"""Passwords changed and forgotten, on the pages and by the API."""

from collections.abc import Callable
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.core.mail import EmailMessage
from django.test import Client
from pytest_django import DjangoAssertNumQueries, Settings
from rest_framework.test import APIClient
from rest_framework_simplejwt.tokens import RefreshToken

from edupro.people import links, tasks
from edupro.people.tests.conftest import NEW_PASSWORD, PASSWORD

CHANGE = {"old_password": PASSWORD, "new_password1": NEW_PASSWORD, "new_password2": NEW_PASSWORD}
NEW = {"new_password1": NEW_PASSWORD, "new_password2": NEW_PASSWORD}
UNUSABLE = ["12345678", "password", "short", "ada@example.org"]


@pytest.fixture
def ada(person: Callable[..., User]) -> User:
    return person("siswa", email="ada@example.org")


def tokens_of(user: User) -> dict[str, str]:
    sent = {"username": user.username, "password": PASSWORD}
    return APIClient().post("/api/auth/login", sent).json()  # type: ignore[no-any-return]


def still_good(tokens: dict[str, str]) -> list[int]:
    client = APIClient()
    me = client.get("/api/auth/me", headers={"authorization": f"Bearer {tokens['access']}"})
    return [me.status_code, client.post("/api/auth/refresh", {"refresh": tokens["refresh"]}).status_code]


# --- changed ---
def test_a_password_is_changed_on_its_page(client: Client, ada: User) -> None:
    client.force_login(ada)
    assert client.post("/accounts/password_change/", CHANGE)["Location"] == "/accounts/password_change/done/"
    ada.refresh_from_db()
    assert ada.check_password(NEW_PASSWORD) and client.get("/accounts/password_change/done/").status_code == 200


def test_a_change_ends_every_other_session_and_all_tokens(client: Client, ada: User) -> None:
    other, tokens = Client(), tokens_of(ada)
    client.force_login(ada)
    other.force_login(ada)
    client.post("/accounts/password_change/", CHANGE)
    assert [who.get("/api/auth/me").status_code for who in (client, other)] == [200, 401]
    assert still_good(tokens) == [401, 401]


def test_a_change_by_any_other_way_ends_tokens_too(ada: User) -> None:
    tokens = tokens_of(ada)
    ada.set_password(NEW_PASSWORD)
    ada.save()
    assert still_good(tokens) == [401, 401]


@pytest.mark.parametrize(
    "wrong",
    [{"old_password": "no"}, {"new_password2": "other"}, {"new_password1": PASSWORD, "new_password2": PASSWORD}],
)
def test_a_change_that_is_not_right_changes_nothing(client: Client, ada: User, wrong: dict[str, str]) -> None:
    client.force_login(ada)
    assert client.post("/accounts/password_change/", {**CHANGE, **wrong}).status_code == 200
    ada.refresh_from_db()
    assert ada.check_password(PASSWORD)


def test_the_pages_about_a_password_want_somebody(client: Client) -> None:
    assert client.get("/accounts/password_change/")["Location"] == "/accounts/login/?next=/accounts/password_change/"


def test_the_admin_leads_to_the_same_pages(admin_client: Client) -> None:
    assert admin_client.get("/admin/password_change/")["Location"] == "/accounts/password_change/"
    assert "/admin/password_reset/" in Client().get("/admin/login/").content.decode()


@pytest.mark.parametrize("slash", ["", "/"])
def test_the_api_changes_a_password(ada: User, speak: Callable[[User], APIClient], slash: str) -> None:
    tokens = tokens_of(ada)
    body = {"old_password": PASSWORD, "new_password": NEW_PASSWORD}
    assert speak(ada).post(f"/api/auth/password/change{slash}", body).status_code == 200
    ada.refresh_from_db()
    assert ada.check_password(NEW_PASSWORD) and still_good(tokens) == [401, 401]


@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({"old_password": "no"}, "old_password"),
        ({"new_password": PASSWORD}, "new_password"),
        ({"new_password": None}, "new_password"),
        *(({"new_password": value}, "new_password") for value in UNUSABLE),
    ],
)
def test_the_api_says_what_is_wrong(
    ada: User, speak: Callable[[User], APIClient], change: dict[str, Any], field: str
) -> None:
    body = {"old_password": PASSWORD, "new_password": NEW_PASSWORD, **change}
    response = speak(ada).post("/api/auth/password/change", body)
    assert (response.status_code, list(response.json()["errors"])) == (400, [field])


def test_a_session_of_the_api_outlives_its_own_change(client: Client, ada: User) -> None:
    client.force_login(ada)
    body = {"old_password": PASSWORD, "new_password": NEW_PASSWORD}
    client.post("/api/auth/password/change", body, content_type="application/json")
    assert client.get("/api/auth/me").status_code == 200


# --- forgotten ---
def test_a_forgotten_password_is_set_by_the_link_in_the_mail(
    client: Client, ada: User, link: Callable[[], str], mailoutbox: list[EmailMessage]
) -> None:
    tokens = tokens_of(ada)
    client.post("/accounts/password_reset/", {"email": "ADA@example.org"})
    page = client.get(link())["Location"]
    assert page.endswith("/set-password/") and ada.username in client.get(page).content.decode()
    assert client.post(page, NEW)["Location"] == "/accounts/reset/done/"
    assert client.login(username=ada.username, password=NEW_PASSWORD) and still_good(tokens) == [401, 401]


def test_a_link_works_once(client: Client, ada: User, link: Callable[[], str]) -> None:
    client.post("/accounts/password_reset/", {"email": ada.email})
    client.post(client.get(link())["Location"], NEW)
    response = Client().get(link())
    assert response.status_code == 200 and "password_reset" in response.content.decode()


def test_the_link_of_a_locked_account_does_not_hold(client: Client, ada: User, link: Callable[[], str]) -> None:
    client.post("/accounts/password_reset/", {"email": ada.email})
    User.objects.update(is_active=False)
    assert client.get(link()).status_code == 200


@pytest.mark.parametrize("uid", ["x", "MQ", "%00", "ééé", "OTk5OTk5OTk5OTk5OTk5OTk5OTk5", "_-_-", "4pi6"])
def test_a_link_of_ones_own_making_leads_nowhere(client: Client, ada: User, uid: str) -> None:
    assert client.get(f"/accounts/reset/{uid}/abc-def/").status_code == 200


def test_nobody_learns_who_has_an_account(client: Client, ada: User, mailoutbox: list[EmailMessage]) -> None:
    answers = [client.post("/accounts/password_reset/", {"email": to}) for to in (ada.email, "eve@example.org")]
    assert answers[0]["Location"] == answers[1]["Location"] and len(mailoutbox) == 1
    said = [APIClient().post("/api/auth/password/reset", {"email": to}).json() for to in (ada.email, "e@example.org")]
    assert said[0] == said[1]


@pytest.mark.parametrize("email", ["ada@example.org", "eve@example.org"])
def test_the_page_itself_asks_nobody_who_has_this_address(
    client: Client,
    ada: User,
    email: str,
    monkeypatch: pytest.MonkeyPatch,
    django_assert_num_queries: DjangoAssertNumQueries,
) -> None:
    sent: list[Any] = []
    monkeypatch.setattr(tasks.send_reset_links, "delay", lambda *given: sent.append(given))
    with django_assert_num_queries(0):
        client.post("/accounts/password_reset/", {"email": email})
    assert sent == [(email, "en", "http://testserver")]


def test_who_shares_an_address_is_named_in_his_own_mail(ada: User, mailoutbox: list[EmailMessage]) -> None:
    User.objects.create_user("eva", "Ada@example.org", PASSWORD)
    tasks.send_reset_links(ada.email, "en", "http://testserver")
    assert sorted(name for mail in mailoutbox for name in ("eva", ada.username) if name in mail.body) == sorted(
        ["eva", ada.username]
    )


def test_an_account_without_an_address_gets_none(person: Callable[..., User]) -> None:
    person("guru")
    assert links.with_address("") == []


def test_the_mail_speaks_the_language_of_the_page(client: Client, ada: User, mailoutbox: list[EmailMessage]) -> None:
    client.post("/accounts/password_reset/", {"email": ada.email}, headers={"accept-language": "id"})
    assert mailoutbox[0].subject == "EduPro: kata sandi baru" and "Halo" in mailoutbox[0].body


def test_no_link_is_sent_to_a_site_that_is_not_ours(ada: User, settings: Settings, mailoutbox: list[Any]) -> None:
    settings.ALLOWED_HOSTS = ["school.example"]
    response = Client().post("/accounts/password_reset/", {"email": ada.email}, headers={"host": "evil.example"})
    assert response.status_code == 400 and mailoutbox == []


# --- forgotten, by the API ---
@pytest.fixture
def parts(ada: User, link: Callable[[], str]) -> dict[str, str]:
    """What the link in the mail has in it."""
    APIClient().post("/api/auth/password/reset", {"email": ada.email})
    uid, token = link().strip("/").split("/")[-2:]
    return {"uid": uid, "token": token}


@pytest.mark.parametrize("slash", ["", "/"])
def test_the_api_sets_a_forgotten_password_once(ada: User, parts: dict[str, str], slash: str) -> None:
    body = {**parts, "new_password": NEW_PASSWORD}
    url = f"/api/auth/password/reset/confirm{slash}"
    assert [APIClient().post(url, body).status_code for _ in range(2)] == [200, 400]
    ada.refresh_from_db()
    assert ada.check_password(NEW_PASSWORD)


@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({"uid": "x"}, "token"),
        ({"uid": "\x00"}, "uid"),
        ({"token": "abc-def"}, "token"),
        ({"uid": "é" * 50}, "token"),
        *(({"new_password": value}, "new_password") for value in UNUSABLE),
    ],
)
def test_the_api_sets_none_for_what_is_wrong(parts: dict[str, str], change: dict[str, str], field: str) -> None:
    response = APIClient().post("/api/auth/password/reset/confirm", {**parts, "new_password": NEW_PASSWORD, **change})
    assert (response.status_code, list(response.json()["errors"])) == (400, [field])


@pytest.mark.parametrize("email", ["", "x", None, ["a@b.example"], "a@b\x00.example"])
def test_what_is_no_address_is_a_400(db: None, email: Any) -> None:
    assert APIClient().post("/api/auth/password/reset", {"email": email}).status_code == 400


# --- signing in ---
def test_one_signs_in_and_out_on_a_page(client: Client, ada: User) -> None:
    sent = {"username": ada.username, "password": PASSWORD}
    assert client.post("/accounts/login/", sent)["Location"] == "/"
    assert ada.username in client.get("/").content.decode()
    assert (
        client.post("/accounts/logout/")["Location"] == "/" and "/accounts/login/" in client.get("/").content.decode()
    )


@pytest.mark.parametrize("there", ["https://evil.example/", "//evil.example", "javascript:alert(1)"])
def test_a_sign_in_leads_to_no_other_site(client: Client, ada: User, there: str) -> None:
    sent = {"username": ada.username, "password": PASSWORD, "next": there}
    assert client.post("/accounts/login/", sent)["Location"] == "/"


def test_a_refresh_token_of_the_old_password_is_ended(ada: User, client: Client) -> None:
    token = str(RefreshToken.for_user(ada))
    client.force_login(ada)
    client.post("/accounts/password_change/", CHANGE)
    assert APIClient().post("/api/auth/refresh", {"refresh": token}).json()["code"] == "token_not_valid"

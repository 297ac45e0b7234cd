"""The life of simplejwt's tokens, in any language."""

import base64
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import jwt
import pytest
from asgiref.sync import async_to_sync
from django.contrib.auth.models import User
from django.test import AsyncClient, Client
from django.utils import translation
from pytest_django import Settings
from rest_framework_simplejwt.tokens import AccessToken, RefreshToken

from eventlog.models import Event
from eventlog.tests.altering import forget

from .conftest import PASSWORD

pytestmark = pytest.mark.django_db
Find = Callable[..., Event]
JSON = "application/json"


@pytest.fixture(params=["en", "id"])
def language(request: pytest.FixtureRequest, settings: Settings) -> str:
    settings.LANGUAGE_CODE = request.param
    return str(request.param)


def signed_in(client: Client) -> dict[str, str]:
    answer: dict[str, str] = client.post("/api/auth/login", {"username": "ada", "password": PASSWORD}, JSON).json()
    forget()
    return answer


def test_a_token_that_is_issued_is_recorded_with_its_user(client: Client, ada: User, the_event: Find) -> None:
    client.post("/api/auth/login", {"username": "ada", "password": PASSWORD}, JSON)
    event = the_event("TOKEN_ISSUED")
    assert (event.user_id, event.username, event.user_role, event.auth_method) == (ada.pk, "ada", "guru", "jwt")


def test_the_request_for_a_token_is_its_users_and_about_signing_in(
    client: Client, ada: User, request_event: Find
) -> None:
    client.post("/api/auth/login", {"username": "ada", "password": PASSWORD}, JSON)
    event = request_event()
    assert (event.username, event.auth_method, event.event_category) == ("ada", "jwt", "AUTH")


def test_no_token_and_no_password_is_kept(client: Client, ada: User) -> None:
    given = client.post("/api/auth/login", {"username": "ada", "password": PASSWORD}, JSON).json()
    client.post("/api/auth/refresh", {"refresh": given["refresh"]}, JSON)
    everything = str(list(Event.objects.values()))
    assert not any(secret in everything for secret in (given["access"], given["refresh"], PASSWORD))


def test_a_refresh_is_recorded_with_its_user(client: Client, ada: User, the_event: Find) -> None:
    client.post("/api/auth/refresh", {"refresh": signed_in(client)["refresh"]}, JSON)
    assert (the_event("TOKEN_REFRESH").username, the_event("HTTP_REQUEST").username) == ("ada", "ada")


def test_a_withdrawal_is_recorded_with_its_user(client: Client, ada: User, the_event: Find) -> None:
    client.post("/api/auth/logout", {"refresh": signed_in(client)["refresh"]}, JSON)
    assert (the_event("TOKEN_BLACKLISTED").username, the_event("HTTP_REQUEST").username) == ("ada", "ada")


def test_a_wrong_password_is_a_failed_sign_in_and_no_refused_token(
    client: Client, ada: User, types: Callable[[], list[str]]
) -> None:
    answer = client.post("/api/auth/login", {"username": "ada", "password": "wrong"}, JSON)
    assert answer.status_code == 401 and types() == ["LOGIN_FAILED", "UNAUTHORIZED_ACCESS"]


def test_a_wrong_password_beside_a_good_token_refuses_no_token(
    client: Client, ada: User, bearer: Callable[..., Any], types: Callable[[], list[str]]
) -> None:
    client.post("/api/auth/login", {"username": "ada", "password": "wrong"}, JSON, **bearer(ada))
    assert "TOKEN_REJECTED" not in types()


def expired(token_class: Any, user: User) -> str:
    token = token_class.for_user(user)
    token.set_exp(lifetime=-timedelta(hours=1))
    return str(token)


def forged(token_class: Any, user: User) -> str:
    return jwt.encode(token_class.for_user(user).payload, "a key that is not ours" * 3)


def wrong_type(token_class: Any, user: User) -> str:
    return str((AccessToken if token_class is RefreshToken else RefreshToken).for_user(user))


def withdrawn(token_class: Any, user: User) -> str:
    token = RefreshToken.for_user(user)
    token.blacklist()
    return str(token)


REASONS = [(expired, "expired"), (forged, "bad_signature"), (wrong_type, "wrong_type")]


@pytest.mark.parametrize(("make", "reason"), REASONS)
def test_a_refused_access_token_is_recorded_with_the_reason(
    client: Client, ada: User, the_event: Find, language: str, make: Callable[..., str], reason: str
) -> None:
    client.get("/api/siswa", headers={"authorization": f"Bearer {make(AccessToken, ada)}", "accept-language": language})
    event = the_event("TOKEN_EXPIRED" if reason == "expired" else "TOKEN_REJECTED")
    assert (event.error_code, event.username, event.user_id) == (reason, "", None)


@pytest.mark.parametrize("path", ["/api/auth/refresh", "/api/auth/logout"])
@pytest.mark.parametrize(("make", "reason"), [*REASONS, (withdrawn, "blacklisted")])
def test_a_refused_refresh_token_is_recorded_with_the_reason(
    client: Client, ada: User, the_event: Find, language: str, path: str, make: Callable[..., str], reason: str
) -> None:
    with translation.override(language):
        client.post(path, {"refresh": make(RefreshToken, ada)}, JSON, headers={"accept-language": language})
    event = the_event("TOKEN_EXPIRED" if reason == "expired" else "TOKEN_REJECTED")
    assert (event.error_code, event.auth_method) == (reason, "anonymous")
    assert the_event("HTTP_REQUEST").event_category == "AUTH"


def test_under_asgi_a_withdrawn_token_is_recorded_too(
    async_client: AsyncClient, ada: User, the_event: Find, direct: Callable[[], None]
) -> None:
    body = {"refresh": withdrawn(RefreshToken, ada)}
    answer = async_to_sync(async_client.post)("/api/auth/refresh", body, JSON)
    direct()
    assert (answer.status_code, the_event("TOKEN_REJECTED").error_code) == (401, "blacklisted")


@pytest.mark.parametrize("garbage", ["x", "x.y.z", "..", "a b c", "\x00", "é" * 100, "x" * 50_000])
def test_garbage_is_a_bad_signature(client: Client, the_event: Find, garbage: str) -> None:
    client.post("/api/auth/refresh", {"refresh": garbage}, JSON)
    assert [event.error_code for event in Event.objects.filter(event_type="TOKEN_REJECTED")] in ([], ["bad_signature"])
    assert the_event("HTTP_REQUEST").response_status in (400, 401)


def test_a_token_whose_own_json_is_nested_thousands_deep_is_no_fault_of_ours(client: Client, the_event: Find) -> None:
    deep = base64.urlsafe_b64encode(b"[" * 5000).decode()
    client.get("/api/auth/login", headers={"authorization": f"Bearer {deep}.{deep}.x"})
    assert the_event("HTTP_REQUEST").response_status == 405


def test_a_good_token_of_an_inactive_account_is_refused_for_the_account(
    client: Client, ada: User, bearer: Callable[..., Any], the_event: Find, language: str
) -> None:
    shown = bearer(ada)
    User.objects.update(is_active=False)
    client.get("/api/siswa", **shown)
    assert the_event("TOKEN_REJECTED").error_code == "user_inactive"


def test_a_good_token_of_a_deleted_account_is_refused_for_the_account(
    client: Client, ada: User, bearer: Callable[..., Any], the_event: Find
) -> None:
    shown = bearer(ada)
    ada.delete()
    client.get("/api/siswa", **shown)
    assert the_event("TOKEN_REJECTED").error_code == "user_not_found"


def test_a_token_that_was_renewed_is_withdrawn_and_refused_when_used_again(
    client: Client, ada: User, the_event: Find
) -> None:
    old = signed_in(client)["refresh"]
    client.post("/api/auth/refresh", {"refresh": old}, JSON)
    client.post("/api/auth/refresh", {"refresh": old}, JSON)
    assert the_event("TOKEN_REJECTED").error_code == "blacklisted"


def test_the_claims_of_a_refused_token_are_kept_as_what_they_are(client: Client, ada: User, the_event: Find) -> None:
    client.get("/api/siswa", headers={"authorization": f"Bearer {forged(AccessToken, ada)}"})
    assert the_event("TOKEN_REJECTED").event_data["claims"]["user_id"] == str(ada.pk)


def test_no_token_shown_is_no_refused_token(client: Client, types: Callable[[], list[str]]) -> None:
    client.get("/api/siswa")
    assert types() == ["UNAUTHORIZED_ACCESS"]


def test_a_refusal_by_a_view_that_does_not_know_tokens_refuses_no_good_token(
    client: Client, ada: User, bearer: Callable[..., Any], types: Callable[[], list[str]]
) -> None:
    client.get("/try/status/401/", **bearer(ada))
    assert types() == ["UNAUTHORIZED_ACCESS"]

"""Sign-ins by session: in, out, and tried in vain."""

from collections.abc import Callable
from typing import Any

import pytest
from django.contrib.auth import authenticate
from django.contrib.auth.models import User
from django.db import connection, transaction
from django.forms.models import model_to_dict
from django.test import Client
from django.test.utils import CaptureQueriesContext

from eventlog.capture import logins
from eventlog.models import Event
from eventlog.tests.altering import forget

from .conftest import PASSWORD

pytestmark = pytest.mark.django_db
Find = Callable[..., Event]


def sign_in(client: Client, name: str, password: str = PASSWORD) -> None:
    client.post("/admin/login/", {"username": name, "password": password})


@pytest.fixture
def boss(db: None) -> User:
    return User.objects.create_superuser("boss", password=PASSWORD)


def test_a_sign_in_is_recorded(client: Client, boss: User, the_event: Find) -> None:
    sign_in(client, "boss")
    event = the_event("LOGIN")
    assert (event.user_id, event.username, event.user_role, event.auth_method) == (boss.pk, "boss", "admin", "session")
    assert event.session_id and event.request_id == the_event("HTTP_REQUEST").request_id


def test_a_sign_out_is_recorded(client: Client, boss: User, the_event: Find) -> None:
    client.force_login(boss)
    client.post("/admin/logout/")
    assert (the_event("LOGOUT").username, the_event("LOGOUT").auth_method) == ("boss", "session")


def test_a_failed_sign_in_is_recorded_without_the_password(client: Client, boss: User, the_event: Find) -> None:
    sign_in(client, "boss", "hunter2")
    event = the_event("LOGIN_FAILED")
    assert (event.username, event.user_id, event.auth_method) == ("boss", None, "anonymous")
    assert "hunter2" not in "".join(str(model_to_dict(each)) for each in Event.objects.all())


@pytest.mark.parametrize(
    ("name", "reason"), [("boss", "BAD_CREDENTIALS"), ("gone", "INACTIVE"), ("root", "UNKNOWN_NAME"), ("", "")]
)
def test_a_failed_sign_in_says_why(boss: User, the_event: Find, name: str, reason: str) -> None:
    User.objects.create_user("gone", password=PASSWORD, is_active=False)
    authenticate(username=name, password="hunter2")
    assert the_event("LOGIN_FAILED").error_code == reason


@pytest.mark.parametrize("name", ["admin", "root", "Administrator", "test"])
def test_a_name_that_attackers_try_is_kept(client: Client, the_event: Find, name: str) -> None:
    sign_in(client, name)
    assert the_event("LOGIN_FAILED").username == name


@pytest.mark.parametrize("path", ["/admin/login/", "/api/auth/login"])
@pytest.mark.parametrize("name", ["hunter2secret", " hunter2secret ", "ｈunter2secret"])  # NFKC makes an h of the last
def test_a_name_that_may_be_a_password_is_kept_nowhere(client: Client, path: str, name: str) -> None:
    client.post(path, {"username": name, "password": "x"})
    everything = "".join(str(model_to_dict(each)) for each in Event.objects.all())
    assert "unter2secret" not in everything


def test_of_such_a_name_a_hash_and_the_length_are_kept(client: Client, the_event: Find) -> None:
    sign_in(client, "hunter2secret")
    data = the_event("LOGIN_FAILED").event_data
    assert data["name_length"] == 13 and len(data["name_hash"]) == 32


def test_equal_names_have_equal_hashes(client: Client) -> None:
    sign_in(client, "hunter2secret")
    sign_in(client, "hunter2secret")
    assert len({str(event.event_data) for event in Event.objects.filter(event_type="LOGIN_FAILED")}) == 1


def test_a_failed_sign_in_by_basic_authentication_is_recorded(client: Client, ada: User, the_event: Find) -> None:
    client.get("/api/siswa", headers={"authorization": "Basic YWRhOndyb25n"})
    assert the_event("LOGIN_FAILED").username == "ada"


def test_a_right_and_a_wrong_name_cost_the_same_queries(ada: User) -> None:
    def failed(name: str) -> int:
        with CaptureQueriesContext(connection) as captured:
            logins.claimed(name)
        return len(captured)

    assert failed("ada") == failed("hunter2secret") == 1


@pytest.mark.parametrize("name", ["", None, "a\0b", "\ud800", "x" * 20_000, 7, ["list"]])
def test_odd_names_are_recorded_and_never_a_fault(the_event: Find, name: Any) -> None:
    logins.login_failed(None, {"username": name})
    assert the_event("LOGIN_FAILED").event_status == "FAILED"


def test_a_sign_in_outside_of_any_request_is_recorded(ada: User, the_event: Find) -> None:
    authenticate(username="ada", password="wrong")
    assert (the_event("LOGIN_FAILED").username, the_event("LOGIN_FAILED").request_id) == ("ada", "")


def test_storing_the_password_under_a_newer_hash_at_sign_in_is_no_password_change(
    client: Client, boss: User, settings: Any, types: Callable[[], list[str]]
) -> None:
    forget()
    settings.PASSWORD_HASHERS = [
        "django.contrib.auth.hashers.PBKDF2PasswordHasher",
        "django.contrib.auth.hashers.MD5PasswordHasher",
    ]
    sign_in(client, "boss")
    boss.refresh_from_db()
    assert boss.password.startswith("pbkdf2") and "PASSWORD_CHANGE" not in types()


def test_a_failed_sign_in_survives_the_rollback_of_its_request(
    ada: User, direct: Callable[[], None], the_event: Find
) -> None:
    with pytest.raises(ZeroDivisionError), transaction.atomic():
        authenticate(username="ada", password="wrong")
        raise ZeroDivisionError
    direct()
    assert the_event("LOGIN_FAILED").username == "ada"


@pytest.mark.parametrize(
    ("path", "body", "expected"),
    [
        ("/api/auth/login", {"username": "ada", "password": "wrong"}, "LOGIN_FAILED"),
        ("/api/siswa", {"nis": "1"}, "UNAUTHORIZED_ACCESS"),
    ],
)
def test_a_refusal_under_atomic_requests_keeps_its_evidence(
    client: Client,
    ada: User,
    direct: Callable[[], None],
    monkeypatch: pytest.MonkeyPatch,
    the_event: Find,
    path: str,
    body: dict[str, str],
    expected: str,
) -> None:
    monkeypatch.setitem(connection.settings_dict, "ATOMIC_REQUESTS", True)
    answer = client.post(path, body, "application/json")
    direct()
    assert answer.status_code == 401 and the_event(expected).request_id == the_event("HTTP_REQUEST").request_id


def test_a_fault_under_atomic_requests_undoes_the_change_and_keeps_the_requests_event(
    client: Client,
    siswa: Any,
    direct: Callable[[], None],
    monkeypatch: pytest.MonkeyPatch,
    types: Callable[[], list[str]],
    the_event: Find,
) -> None:
    monkeypatch.setitem(connection.settings_dict, "ATOMIC_REQUESTS", True)
    client.post(f"/try/rename/{siswa.pk}/?fail=1")
    direct()
    siswa.refresh_from_db()
    assert siswa.nama == "Budi Santoso" and "SISWA_UPDATE" not in types()
    assert the_event("HTTP_REQUEST").response_status == 500

"""Who it was, and how that was shown."""

import base64
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import jwt
import pytest
from asgiref.sync import async_to_sync
from django.contrib.auth.models import AnonymousUser, Group, User
from django.db import connection
from django.test import AsyncClient, Client
from django.test.utils import CaptureQueriesContext
from pytest_django import Settings
from rest_framework_simplejwt.tokens import AccessToken

from edupro.school.models import Siswa
from eventlog.capture import actors
from eventlog.models import Event
from eventlog.pipeline import roles

from .conftest import PASSWORD

pytestmark = pytest.mark.django_db
Find = Callable[..., Event]
Bearer = Callable[[User], dict[str, Any]]
MIDDLEWARE = "eventlog.capture.middleware.EventLoggingMiddleware"


def actor_of(event: Event) -> tuple[Any, ...]:
    return event.user_id, event.username, event.user_role, event.auth_method


@pytest.mark.parametrize("path", ["/try/whoami/", "/try/status/200/", "/no/such/page", "/try/open/", "/try/broken/"])
def test_a_session_names_its_user_whether_the_view_asked_or_not(
    client: Client, ada: User, request_event: Find, path: str
) -> None:
    client.force_login(ada)
    client.get(path)
    assert actor_of(request_event()) == (ada.pk, "ada", "guru", "session")


@pytest.mark.parametrize("path", ["/try/awhoami/", "/try/whoami/", "/try/status/200/", "/no/such/page"])
def test_a_session_under_asgi_names_its_user(
    async_client: AsyncClient, ada: User, request_event: Find, path: str
) -> None:
    async_client.force_login(ada)
    roles.forget()
    async_to_sync(async_client.get)(path)
    assert actor_of(request_event()) == (ada.pk, "ada", "guru", "session")


def test_an_event_by_hand_in_an_async_view_names_the_user(
    async_client: AsyncClient, ada: User, the_event: Find, direct: Callable[[], None]
) -> None:
    async_client.force_login(ada)
    async_to_sync(async_client.get)("/try/alog/")
    direct()
    assert actor_of(the_event("MAINTENANCE")) == (ada.pk, "ada", "guru", "session")


def test_an_event_in_an_async_view_is_whole_also_where_the_role_is_not_known_yet(
    async_client: AsyncClient, ada: User, the_event: Find, direct: Callable[[], None]
) -> None:
    async_client.force_login(ada)
    roles.forget()
    async_to_sync(async_client.get)("/try/alog/")
    direct()
    assert (the_event("MAINTENANCE").username, the_event("HTTP_REQUEST").user_role) == ("ada", "guru")


def test_the_request_that_signs_in_is_its_users(client: Client, ada: User, request_event: Find) -> None:
    client.post("/admin/login/", {"username": "ada", "password": PASSWORD})
    client.post("/try/sign-in/", {"username": "ada"})
    assert actor_of(request_event(endpoint="/try/sign-in/")) == (ada.pk, "ada", "guru", "session")


def test_the_request_that_signs_out_is_its_users(client: Client, ada: User, request_event: Find) -> None:
    client.force_login(ada)
    client.post("/try/sign-out/")
    assert actor_of(request_event()) == (ada.pk, "ada", "guru", "session")


def test_an_account_that_deletes_itself_is_still_named(client: Client, ada: User, request_event: Find) -> None:
    client.force_login(ada)
    key = ada.pk
    client.post("/try/leave/")
    assert (request_event().user_id, request_event().username) == (key, "ada")


@pytest.mark.parametrize("path", ["/api/siswa", "/api/siswa/99999", "/api/auth/me", "/try/broken/"])
def test_a_token_names_its_user_through_drf(
    client: Client, ada: User, bearer: Bearer, request_event: Find, path: str
) -> None:
    client.get(path, **bearer(ada))
    assert actor_of(request_event()) == (ada.pk, "ada", "guru", "jwt")


@pytest.mark.parametrize("path", ["/try/status/200/", "/no/such/page", "/try/fail/", "/try/open/"])
def test_a_token_that_no_view_looked_at_is_verified_by_us(
    client: Client, ada: User, bearer: Bearer, request_event: Find, path: str
) -> None:
    client.get(path, **bearer(ada))
    assert actor_of(request_event()) == (ada.pk, "ada", "guru", "jwt")


def test_a_token_without_a_name_still_gives_the_key(client: Client, ada: User, request_event: Find) -> None:
    client.get("/no/such/page", headers={"authorization": f"Bearer {AccessToken.for_user(ada)}"})
    assert (request_event().user_id, request_event().auth_method) == (ada.pk, "jwt")


def forged(ada: User) -> str:
    return jwt.encode(AccessToken.for_user(ada).payload, "a key that is not ours" * 3)


def expired(ada: User) -> str:
    token = AccessToken.for_user(ada)
    token.set_exp(lifetime=-timedelta(hours=1))
    return str(token)


def unsigned(ada: User) -> str:
    claims = str(AccessToken.for_user(ada)).split(".")[1]
    head = base64.urlsafe_b64encode(b'{"alg":"none"}').decode().rstrip("=")
    return f"{head}.{claims}."


def nested(ada: User) -> str:
    deep = base64.urlsafe_b64encode(b"[" * 5000).decode().rstrip("=")
    return f"{deep}.{deep}.x"


@pytest.mark.parametrize("path", ["/api/siswa", "/no/such/page"])
@pytest.mark.parametrize("make", [forged, expired, unsigned])
def test_a_bad_token_never_names_the_actor(
    client: Client, ada: User, request_event: Find, path: str, make: Callable[[User], str]
) -> None:
    client.get(path, headers={"authorization": f"Bearer {make(ada)}"})
    assert actor_of(request_event()) == (None, "", "", "anonymous")


def test_a_token_nested_thousands_deep_is_nobodys_and_no_fault_of_ours(
    client: Client, ada: User, request_event: Find
) -> None:
    answer = client.get("/try/status/200/", headers={"authorization": f"Bearer {nested(ada)}"})
    assert (answer.status_code, request_event().auth_method) == (200, "anonymous")


def basic(name: str, password: str) -> dict[str, Any]:
    return {"headers": {"authorization": "Basic " + base64.b64encode(f"{name}:{password}".encode()).decode()}}


def test_basic_authentication_names_its_user(client: Client, ada: User, request_event: Find) -> None:
    client.get("/api/siswa", **basic("ada", PASSWORD))
    assert actor_of(request_event()) == (ada.pk, "ada", "guru", "basic")


def test_a_session_behind_a_proxys_basic_header_is_a_session(client: Client, ada: User, request_event: Find) -> None:
    client.force_login(ada)
    client.get("/try/whoami/", **basic("proxy", "secret"))
    assert actor_of(request_event()) == (ada.pk, "ada", "guru", "session")


def test_a_wrong_basic_password_names_nobody(client: Client, ada: User, request_event: Find) -> None:
    client.get("/api/siswa", **basic("ada", "wrong"))
    assert actor_of(request_event()) == (None, "", "", "anonymous")


def test_a_bad_token_does_not_take_the_name_of_a_session_away(client: Client, ada: User, request_event: Find) -> None:
    client.force_login(ada)
    client.get("/api/siswa", headers={"authorization": "Bearer x.y.z"})
    assert actor_of(request_event()) == (ada.pk, "ada", "guru", "session")


def test_a_visitor_is_anonymous(client: Client, request_event: Find) -> None:
    client.get("/try/whoami/")
    assert actor_of(request_event()) == (None, "", "", "anonymous")


@pytest.mark.parametrize("cookie", ["", "x" * 32, "\x00", "ä" * 100])
def test_a_made_up_session_is_anonymous(client: Client, request_event: Find, cookie: str) -> None:
    client.get("/try/status/200/", headers={"cookie": f"sessionid={cookie}"})
    assert actor_of(request_event()) == (None, "", "", "anonymous")


def test_the_session_is_kept_as_a_hash_that_is_the_same_for_all_its_requests(client: Client, ada: User) -> None:
    client.force_login(ada)
    client.get("/try/whoami/")
    client.get("/try/status/200/")
    hashes = set(Event.objects.filter(event_type="HTTP_REQUEST").values_list("session_id", flat=True))
    assert len(hashes) == 1 and client.cookies["sessionid"].value not in hashes and hashes != {""}


def test_a_new_role_counts_at_once(client: Client, ada: User) -> None:
    client.force_login(ada)
    client.get("/try/whoami/")
    ada.groups.set(Group.objects.filter(name="admin"))
    client.get("/try/whoami/")
    assert list(Event.objects.filter(event_type="HTTP_REQUEST").values_list("user_role", flat=True).order_by("id")) == [
        "guru",
        "admin",
    ]


# --- what it costs ---
def queries(ask: Callable[[], Any]) -> list[str]:
    with CaptureQueriesContext(connection) as captured:
        ask()
    return [query["sql"].split(" ")[0] for query in captured.captured_queries]


@pytest.fixture
def with_and_without(settings: Settings, direct: Callable[[], None]) -> Callable[[Callable[[], Any]], bool]:
    """Whether something takes the same queries with our middleware and without."""

    def same(ask: Callable[[], Any]) -> bool:
        recorded = queries(ask)
        settings.MIDDLEWARE = [name for name in settings.MIDDLEWARE if name != MIDDLEWARE]
        return recorded == queries(ask)

    return same


@pytest.mark.parametrize("path", ["/try/whoami/", "/api/siswa", "/api/auth/me"])
def test_a_session_that_the_view_looked_at_costs_no_query_of_ours(
    ada: User, path: str, with_and_without: Callable[..., bool]
) -> None:
    def ask() -> None:
        client = Client()
        client.cookies["sessionid"] = key
        client.get(path)

    first = Client()
    first.force_login(ada)
    key = first.cookies["sessionid"].value
    assert with_and_without(ask)


@pytest.mark.parametrize("path", ["/api/siswa", "/api/auth/me", "/no/such/page", "/try/status/200/"])
def test_a_token_costs_no_query_of_ours(
    ada: User, bearer: Bearer, path: str, with_and_without: Callable[..., bool]
) -> None:
    headers = bearer(ada)
    assert with_and_without(lambda: Client().get(path, **headers))


def test_an_async_view_that_looked_at_the_user_costs_no_query_of_ours(
    ada: User, with_and_without: Callable[..., bool]
) -> None:
    client = AsyncClient()
    client.force_login(ada)
    assert with_and_without(lambda: async_to_sync(client.get)("/try/awhoami/"))


def test_a_visitor_costs_no_query(with_and_without: Callable[..., bool]) -> None:
    assert with_and_without(lambda: Client().get("/try/whoami/"))


def test_our_own_queries_are_not_counted_as_the_requests(client: Client, ada: User, request_event: Find) -> None:
    client.force_login(ada)
    client.get("/try/status/200/")  # whose session and user only we ask for
    assert request_event().db_query_count == 0


def test_changes_of_a_request_are_made_by_its_actor(
    client: Client, ada: User, bearer: Bearer, siswa: Siswa, the_event: Find
) -> None:
    nilai = {"siswa": siswa.pk, "semester": 1, "tahun_ajaran": "2025/2026"}
    client.post("/api/nilai", nilai, "application/json", **bearer(ada))
    assert actor_of(the_event("NILAI_CREATE")) == (ada.pk, "ada", "guru", "jwt")


def test_a_change_by_a_view_that_did_not_look_is_made_by_the_sessions_user(
    client: Client, ada: User, siswa: Siswa, the_event: Find
) -> None:
    client.force_login(ada)
    answer = client.post(f"/try/rename/{siswa.pk}/")
    assert actor_of(the_event("SISWA_UPDATE")) == (ada.pk, "ada", "guru", "session")
    assert "Cookie" not in answer.get("Vary", "")  # the answer is as without us


def test_a_view_that_makes_an_account_and_signs_it_in_is_its_users(client: Client, the_event: Find) -> None:
    client.post("/try/register/", {"username": "eva"})
    eva = User.objects.get().pk
    assert actor_of(the_event("USER_REGISTER")) == (None, "", "", "anonymous")
    assert actor_of(the_event("SISWA_CREATE")) == actor_of(the_event("HTTP_REQUEST")) == (eva, "eva", "", "session")


def test_a_sign_in_that_renews_the_hash_of_the_password_is_its_users(
    client: Client, ada: User, settings: Settings, request_event: Find
) -> None:
    User.objects.update(is_staff=True)
    settings.PASSWORD_HASHERS = ["django.contrib.auth.hashers.ScryptPasswordHasher", *settings.PASSWORD_HASHERS]
    client.post("/admin/login/", {"username": "ada", "password": PASSWORD})
    ada.refresh_from_db()
    assert (ada.password[:6], request_event().username) == ("scrypt", "ada")


def test_a_change_before_the_view_authenticates_does_not_make_the_rest_anonymous(
    client: Client, ada: User, the_event: Find
) -> None:
    client.get("/try/counting/", **basic("ada", PASSWORD))
    before, after = (Event.objects.get(entity_name__contains=name).username for name in ("Before", "After"))
    assert (before, after, the_event("HTTP_REQUEST").auth_method) == ("", "ada", "basic")


def test_nobody_is_known_of_a_request_without_middleware(rf: Any) -> None:
    request = rf.get("/")
    request.user = AnonymousUser()
    assert actors.known_actor(request) is None

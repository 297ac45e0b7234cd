"""`/api/events/recent` and `/api/events/{id}`."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from django.contrib.auth.models import Permission, User
from django.utils import timezone
from pytest_django import DjangoAssertNumQueries
from rest_framework.test import APIClient
from rest_framework_simplejwt.tokens import AccessToken

from eventlog import catalog
from eventlog.logger import log_event
from eventlog.models import Event
from eventlog.tests.altering import altering, forget
from eventlog.tests.conftest import Change

RECENT = "/api/events/recent"


def api_with(*codenames: str) -> APIClient:
    user = User.objects.create_user("auditor")
    user.user_permissions.set(Permission.objects.filter(content_type__app_label="eventlog", codename__in=codenames))
    client = APIClient()
    client.credentials(HTTP_AUTHORIZATION=f"Bearer {AccessToken.for_user(user)}")
    return client


@pytest.fixture
def auditor(db: None) -> APIClient:
    """Signed in, and with nothing in the log but what the test puts there."""
    client = api_with("view_event")
    forget()
    return client


def types(client: APIClient, query: str = "") -> list[str]:
    return [event["event_type"] for event in client.get(RECENT + query).json()]


# --- who ---
@pytest.mark.parametrize("path", [RECENT, "/api/events/0198f2c4-a1b2-7c3e-9d00-000000000000"])
def test_strangers_are_asked_who_they_are(db: None, path: str) -> None:
    response = APIClient().get(path)
    assert response.status_code == 401 and response["Content-Type"] == "application/problem+json"


def test_without_the_permission_one_sees_what_one_did_oneself(db: None) -> None:
    client = api_with()
    forget()
    own, other = log_event("LOGIN", user_id=User.objects.get().pk), log_event("LOGOUT", user_id=0)
    assert types(client) == ["LOGIN"]
    assert [client.get(f"/api/events/{event.id}").status_code for event in (own, other)] == [200, 404]


def test_security_events_are_absent_for_auditors(auditor: APIClient) -> None:
    finding = log_event(catalog.SQL_INJECTION)
    assert "SQL_INJECTION" not in types(auditor) and auditor.get(f"/api/events/{finding.id}").status_code == 404


def test_security_events_are_there_with_their_permission(db: None) -> None:
    client, finding = api_with("view_event", "view_security"), log_event(catalog.SQL_INJECTION)
    assert "SQL_INJECTION" in types(client) and client.get(f"/api/events/{finding.id}").status_code == 200


def test_a_session_and_basic_auth_will_do_too(admin_client: Any) -> None:
    assert admin_client.get(RECENT).status_code == 200


# --- recent ---
def test_the_newest_come_first(auditor: APIClient) -> None:
    log_event("LOGIN", timestamp=timezone.now() - timedelta(hours=1))
    log_event("LOGOUT", timestamp=timezone.now() - timedelta(minutes=1))
    assert types(auditor)[:2] == ["LOGOUT", "LOGIN"]


def test_a_hundred_unless_told(auditor: APIClient) -> None:
    for _ in range(102):
        log_event("MAINTENANCE")
    assert [len(types(auditor)), len(types(auditor, "?limit=101")), len(types(auditor, "?limit=2"))] == [100, 101, 2]


def test_what_is_asked_for_with_an_empty_value_is_the_default(auditor: APIClient) -> None:
    log_event("LOGIN")
    log_event("MAINTENANCE")
    assert {"LOGIN", "MAINTENANCE"} <= set(types(auditor, "?limit=&category="))


def test_one_category_can_be_asked_for(auditor: APIClient) -> None:
    log_event("LOGIN")
    log_event("MAINTENANCE")
    assert types(auditor, "?category=AUTH") == ["LOGIN"]


def test_the_newest_are_narrowed_as_a_list_is(auditor: APIClient) -> None:
    for severity in ("high", "low"):
        log_event("MAINTENANCE", severity=severity)
    assert [event["severity"] for event in auditor.get(f"{RECENT}?severity=high,critical").json()] == ["high"]


@pytest.mark.parametrize(
    ("query", "field"),
    [
        ("limit=0", "limit"),
        ("limit=1001", "limit"),
        ("limit=-1", "limit"),
        ("limit=ten", "limit"),
        ("limit=%00", "limit"),
        ("limit=" + "9" * 5000, "limit"),
        ("category=auth", "category"),
        ("category=%00", "category"),
    ],
)
def test_a_bad_question_names_the_field(auditor: APIClient, query: str, field: str) -> None:
    response = auditor.get(f"{RECENT}?{query}")
    assert response.status_code == 400 and response["Content-Type"] == "application/problem+json"
    assert list(response.json()["errors"]) == [field]


@pytest.mark.parametrize("rows", [1, 60])
def test_recent_is_one_query_on_events(
    auditor: APIClient, rows: int, event_log: Change, django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    for number in range(rows):
        log_event("LOGIN", user_id=number)
    event_log(ENABLED=False)
    with django_assert_num_queries(4):  # user, two for permissions, events
        assert len(auditor.get(RECENT).json()) == rows


# --- one event ---
def test_keys_are_the_table_s_columns(auditor: APIClient) -> None:
    event = auditor.get(f"/api/events/{log_event('LOGIN', user_id=7, username='ada').id}").json()
    assert list(event) == [field.column for field in Event._meta.concrete_fields if not field.name.endswith("_salt")]
    assert (event["user_id"], event["username"], event["event_type"]) == (7, "ada", "LOGIN")


def test_values_are_json(auditor: APIClient) -> None:
    when = datetime(2026, 10, 3, 17, 30, tzinfo=UTC)
    given = log_event("LOGIN", timestamp=when, event_data={"a": [1, None]}, ip_address="::1", tags=["x"])
    event = auditor.get(f"/api/events/{given.id}").json()
    assert event["id"] == str(given.id) and datetime.fromisoformat(event["timestamp"]) == when
    assert (event["event_data"], event["ip_address"], event["tags"]) == ({"a": [1, None]}, "::1", ["x"])


def test_bytes_are_hexadecimal(db: None) -> None:
    client, given = api_with("view_event", "view_security"), log_event("LOGIN")
    with altering():
        Event.objects.filter(id=given.id).update(digest=b"\x00\xff", actor_commitment=None)
    event = client.get(f"/api/events/{given.id}").json()
    assert event["digest"] == "00ff" and event["actor_commitment"] is None


def test_tracebacks_and_digests_are_for_those_who_see_security(auditor: APIClient) -> None:
    given = log_event("ERROR_500", stack_trace="Traceback")
    with altering():
        Event.objects.filter(id=given.id).update(digest=b"\x00\xff")
    event = auditor.get(f"/api/events/{given.id}").json()
    assert (event["stack_trace"], event["digest"]) == ("", None)


@pytest.mark.parametrize("path", [RECENT, "/api/events/{}"])
def test_a_trailing_slash_changes_nothing(auditor: APIClient, path: str) -> None:
    path = path.format(log_event("LOGIN").id)
    assert [auditor.get(path).status_code, auditor.get(f"{path}/").status_code] == [200, 200]


@pytest.mark.parametrize(
    "key", ["x", "7", "00000000-0000-0000-0000-000000000000", "0198f2c4-a1b2-7c3e-9d00-000000000000", "-" * 36, "%00"]
)
def test_an_unknown_id_is_not_found(auditor: APIClient, key: str) -> None:
    response = auditor.get(f"/api/events/{key}")
    assert response.status_code == 404 and response["Content-Type"] == "application/problem+json"


@pytest.mark.parametrize("method", ["post", "put", "patch", "delete"])
def test_nothing_can_be_written(auditor: APIClient, method: str) -> None:
    event = log_event("LOGIN")
    assert getattr(auditor, method)(f"/api/events/{event.id}", {}).status_code == 405
    assert Event.objects.filter(id=event.id).exists()


def test_an_id_from_beyond_the_calendar_is_not_found(auditor: APIClient) -> None:
    assert auditor.get("/api/events/ffffffff-ffff-7fff-bfff-ffffffffffff").status_code == 404

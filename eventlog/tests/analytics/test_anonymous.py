"""With `ANONYMOUS_ANALYTICS` numbers say what happened, and not who it was. The events do."""

from typing import Any

import pytest
from django.contrib.auth.models import User
from django.test import Client
from rest_framework.test import APIClient

from eventlog.logger import log_event
from eventlog.models import Event, Rollup, UserDay
from eventlog.tests.admin.pages import shown
from eventlog.tests.conftest import Change

pytestmark = pytest.mark.django_db
ADDRESSES = ("203.0.113.7", "203.0.113.200", "203.0.114.1", "2001:db8:1:2::3", "2001:db8:1:ffff::4", "2001:db8:2::5")


@pytest.fixture
def ada() -> User:
    return User.objects.create_superuser("ada")


@pytest.fixture
def anonymous(event_log: Change) -> None:
    event_log(ANONYMOUS_ANALYTICS=True)


def answer(user: User, path: str) -> Any:
    api = APIClient()
    api.force_authenticate(user)
    return api.get(f"/api/events/analytics/{path}").json()


def test_no_user_is_counted(anonymous: None, ada: User) -> None:
    log_event("LOGIN", user_id=ada.pk, username="ada")
    assert not UserDay.objects.exists()
    assert Rollup.objects.get(event_type="LOGIN").event_count == 1  # and everything else is
    assert Event.objects.get(event_type="LOGIN").username == "ada"


def test_nobody_is_told_not_even_of_before(event_log: Change, ada: User) -> None:
    log_event("LOGIN", user_id=ada.pk, username="ada")
    assert [each["username"] for each in answer(ada, "users")["users"]] == ["ada"]
    assert answer(ada, "users")["anonymous"] is False
    event_log(ANONYMOUS_ANALYTICS=True)
    for path in ("users", "users?by=name"):
        told = answer(ada, path)
        assert (told["users"], told["anonymous"]) == ([], True)
    assert answer(ada, "summary")["active_users"] is None


def test_failed_sign_ins_are_told_by_network(anonymous: None, ada: User) -> None:
    for address in (*ADDRESSES, None):
        log_event("LOGIN_FAILED", username="guru.ani", ip_address=address)
    told = answer(ada, "failed-logins")
    assert {row["ip_address"]: row["event_count"] for row in told["by_address"]} == {
        "203.0.113.0": 2,
        "203.0.114.0": 1,
        "2001:db8:1::": 2,
        "2001:db8:2::": 1,
        None: 1,
    }
    assert (told["total"], told["by_user"], told["anonymous"]) == (7, [], True)


def test_the_dashboard_says_why_nobody_is_there(anonymous: None, ada: User) -> None:
    log_event("LOGIN", user_id=ada.pk, username="guru.ani")
    client = Client()
    client.force_login(ada)
    page = shown(client, "/admin/eventlog/dashboard/")
    assert "this site keeps its numbers anonymous" in page and "Active users" not in page and "guru.ani" not in page

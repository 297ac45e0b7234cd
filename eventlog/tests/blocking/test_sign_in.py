"""A blocked sign-in by each door: 429, no password looked at, and told as what it was."""

from base64 import b64encode
from collections.abc import Callable
from typing import Any
from unittest.mock import patch

import pytest
from asgiref.sync import async_to_sync
from django.contrib.auth.models import User
from django.test import AsyncClient, Client
from rest_framework.test import APIClient

from eventlog.models import Block, Event
from eventlog.tests.blocking.conftest import HERE, PASSWORD
from eventlog.tests.conftest import Change

pytestmark = pytest.mark.django_db
TheEvent = Callable[[str], Event]
FORM = {"username": "guru.ani", "password": PASSWORD}


def by_page(path: str, **extra: Any) -> Any:
    return Client(REMOTE_ADDR=HERE, **extra).post(path, FORM)


def by_token(address: str = HERE) -> Any:
    return APIClient(REMOTE_ADDR=address).post("/api/auth/login", FORM, format="json")


@pytest.mark.parametrize("path", ["/admin/login/", "/accounts/login/"])
def test_a_page_says_so_and_when_to_try_again(block: Block, path: str) -> None:
    response = by_page(path)
    assert response.status_code == 429 and 0 < int(response["Retry-After"]) <= 15 * 60
    assert "15 minutes" in response.content.decode()


def test_a_page_says_so_in_the_users_language(block: Block) -> None:
    assert "15 menit" in by_page("/accounts/login/", HTTP_ACCEPT_LANGUAGE="id").content.decode()


def test_a_program_gets_a_problem(block: Block) -> None:
    response = by_token()
    assert (response.status_code, response["Content-Type"]) == (429, "application/problem+json")
    assert response.json()["request_id"] == response["X-Request-ID"]


def test_basic_authentication_is_refused_too(block: Block) -> None:
    given = b64encode(f"guru.ani:{PASSWORD}".encode()).decode()
    client = APIClient(REMOTE_ADDR=HERE, HTTP_AUTHORIZATION=f"Basic {given}")
    assert client.get("/api/siswa").status_code == 429


def test_it_is_so_under_asgi(block: Block) -> None:
    Block.objects.update(address="127.0.0.1")
    client = AsyncClient()
    assert async_to_sync(client.post)("/accounts/login/", FORM).status_code == 429


def test_no_password_is_looked_at(block: Block) -> None:
    with patch("django.contrib.auth.backends.ModelBackend.authenticate") as looked:
        by_page("/accounts/login/")
    assert not looked.called


def test_it_is_told_as_a_failed_sign_in_that_was_blocked(block: Block, the_event: TheEvent) -> None:
    by_page("/accounts/login/")
    assert (the_event("LOGIN_FAILED").error_code, the_event("HTTP_REQUEST").response_status) == ("BLOCKED", 429)


def test_who_is_signed_in_already_stays_so(block: Block, client: Client) -> None:
    client.force_login(User.objects.get(username="guru.ani"))
    assert client.get("/admin/", REMOTE_ADDR=HERE).status_code == 200


def test_from_elsewhere_the_password_opens(block: Block) -> None:
    assert by_token("198.51.100.9").status_code == 200


def test_nobody_is_refused_where_the_site_does_not_want_it(block: Block, event_log: Change) -> None:
    event_log(BLOCK_AFTER_BRUTE_FORCE=False)
    assert by_token().status_code == 200

"""The home page and the error pages."""

import pytest
from django.http import HttpRequest
from django.test import Client, RequestFactory

from edupro import errors


def test_the_home_page_needs_no_database(client: Client) -> None:
    assert "EduPro" in client.get("/").content.decode()


def test_the_home_page_touches_no_session(client: Client) -> None:
    assert "sessionid" not in client.get("/").cookies


def test_the_home_page_speaks_indonesian(client: Client) -> None:
    assert "Administrasi" in client.get("/", headers={"accept-language": "id"}).content.decode()


def test_the_language_is_chosen_once(client: Client) -> None:
    client.post("/i18n/setlang/", {"language": "id", "next": "/"})
    assert "Administrasi" in client.get("/").content.decode()


def test_no_page_brings_scripts_or_styles_along(client: Client) -> None:
    for path in ("/", "/nothing"):
        page = client.get(path).content.decode()
        assert "<script" not in page and "<style" not in page and "style=" not in page


def test_an_unknown_page_is_a_page(client: Client) -> None:
    response = client.get("/nothing")
    assert response.status_code == 404 and "<h1>" in response.content.decode()


@pytest.fixture
def request_with_id(rf: RequestFactory) -> HttpRequest:
    request = rf.get("/somewhere")
    request.request_id = "abc-123"  # type: ignore[attr-defined]
    return request


def test_every_error_page_shows_the_request_id(request_with_id: HttpRequest) -> None:
    for handler in (errors.bad_request, errors.permission_denied, errors.page_not_found):
        assert b"abc-123" in handler(request_with_id, Exception()).content
    assert b"abc-123" in errors.server_error(request_with_id).content


def test_a_problem_body_carries_the_request_id(rf: RequestFactory) -> None:
    request = rf.get("/api/siswa")
    request.request_id = "abc-123"  # type: ignore[attr-defined]
    assert errors.problem_body(request, 404)["request_id"] == "abc-123"

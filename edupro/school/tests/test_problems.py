"""Errors are RFC 9457 problem bodies, and bad input is never a 500."""

import json
from base64 import b64encode
from collections.abc import Callable
from typing import Any
from unittest.mock import patch

import pytest
from django.db import IntegrityError
from django.test import Client
from psycopg2.errors import UniqueViolation
from rest_framework.test import APIClient

from edupro.school.models import NilaiRaport, Siswa
from edupro.school.views import SiswaViewSet

MEMBERS = {"type", "title", "status", "detail", "instance", "request_id"}
STUDENT = {"nis": "7", "nama": "Ani", "kelas": "X-1"}


def test_a_validation_problem_names_the_fields(admin_api: APIClient) -> None:
    response = admin_api.post("/api/siswa", {"nama": "Ani"})
    body = response.json()
    assert response["Content-Type"] == "application/problem+json"
    assert body["status"] == 400 and set(body["errors"]) == {"nis", "kelas"} and set(body) > MEMBERS


def test_a_refused_token_keeps_the_members_of_simplejwt(db: None) -> None:
    response: Any = APIClient().get("/api/siswa", headers={"authorization": "Bearer abc"})
    assert response.data["code"] == "token_not_valid" and response.data["messages"][0]["token_type"] == "access"
    assert response.data["detail"] and set(response.data) > MEMBERS


def test_a_forbidden_request_says_so(guru_api: APIClient, siswa: Siswa) -> None:
    body = guru_api.delete(f"/api/siswa/{siswa.pk}").json()
    assert (body["title"], body["instance"], body["code"]) == (
        "Forbidden",
        f"/api/siswa/{siswa.pk}",
        "permission_denied",
    )


@pytest.mark.parametrize("path", ["/api/siswa/0", "/api/siswa/x", "/api/siswa/%00", f"/api/siswa/{'9' * 5000}"])
def test_a_student_that_is_not_there_is_a_404(admin_api: APIClient, path: str) -> None:
    response = admin_api.get(path)
    assert (response.status_code, response["Content-Type"]) == (404, "application/problem+json")


@pytest.mark.parametrize("path", ["/api", "/api/", "/api/nothing", "/api/siswa/1/nothing"])
def test_an_unknown_route_of_the_api_is_a_problem(client: Client, path: str) -> None:
    response = client.get(path)
    assert response["Content-Type"] == "application/problem+json" and response.json()["instance"] == path


def test_a_fault_of_ours_in_the_api_is_a_problem(admin_api: APIClient) -> None:
    admin_api.raise_request_exception = False
    with patch.object(SiswaViewSet, "get_queryset", side_effect=RuntimeError("secret")):
        response = admin_api.get("/api/siswa")
    assert response.json()["status"] == 500 and "secret" not in response.content.decode()


@pytest.mark.parametrize(
    ("accept", "kind"),
    [
        ("application/json", "application/problem+json"),
        ("application/problem+json", "application/problem+json"),
        ("*/*", "text/html; charset=utf-8"),
        ("text/html,application/json;q=0.9", "text/html; charset=utf-8"),
        ("image/png", "text/html; charset=utf-8"),
    ],
)
def test_elsewhere_the_accept_header_decides(client: Client, accept: str, kind: str) -> None:
    assert client.get("/nothing", headers={"accept": accept})["Content-Type"] == kind


def test_a_number_that_is_taken_is_a_400(admin_api: APIClient, siswa: Siswa) -> None:
    assert "nis" in admin_api.post("/api/siswa", STUDENT | {"nis": siswa.nis}).json()["errors"]


def test_a_second_report_of_one_semester_is_a_400(guru_api: APIClient, siswa: Siswa) -> None:
    report = {"siswa": siswa.pk, "semester": 1, "tahun_ajaran": "2025/2026"}
    assert [guru_api.post("/api/nilai", report).status_code for _ in range(2)] == [201, 400]


def test_a_report_cannot_be_moved_onto_another(guru_api: APIClient, siswa: Siswa) -> None:
    first = NilaiRaport.objects.create(siswa=siswa, semester=1, tahun_ajaran="2025/2026")
    NilaiRaport.objects.create(siswa=siswa, semester=2, tahun_ajaran="2025/2026")
    assert guru_api.patch(f"/api/nilai/{first.pk}", {"semester": 2}).status_code == 400


def test_a_second_income_of_one_student_is_a_400(admin_api: APIClient, siswa: Siswa) -> None:
    assert [admin_api.post("/api/penghasilan", {"siswa": siswa.pk}).status_code for _ in range(2)] == [201, 400]


def test_losing_a_race_for_a_number_is_a_409(admin_api: APIClient) -> None:
    lost = IntegrityError()
    lost.__cause__ = UniqueViolation()
    with patch.object(Siswa, "save", side_effect=lost):
        assert admin_api.post("/api/siswa", STUDENT).json()["code"] == "conflict"


@pytest.mark.parametrize(
    "wrong",
    [
        {"matematika": 101},
        {"matematika": -1},
        {"matematika": "NaN"},
        {"matematika": 10**400},
        {"matematika": []},
        {"semester": 0},
        {"tahun_ajaran": "2025/2027"},
        {"siswa": 10**30},
        {"siswa": {"id": 1}},
        {"siswa": True},
    ],
)
def test_a_wrong_value_is_named(guru_api: APIClient, siswa: Siswa, wrong: dict[str, Any]) -> None:
    report = {"siswa": siswa.pk, "semester": 1, "tahun_ajaran": "2025/2026"} | wrong
    response = guru_api.post("/api/nilai", report)
    assert response.status_code == 400 and set(response.json()["errors"]) == set(wrong)


@pytest.mark.parametrize(
    "wrong",
    [
        {"nama": "a\x00b"},
        {"nis": "\ud800"},
        {"jenis_kelamin": "\ud800"},
        {"nama": "x" * 151},
        {"alamat": "x" * 501},
        {"tanggal_lahir": "0000-00-00"},
    ],
)
def test_a_wrong_text_is_named(admin_api: APIClient, wrong: dict[str, str]) -> None:
    body = json.dumps(STUDENT | wrong)
    response = admin_api.post("/api/siswa", body, content_type="application/json")
    assert set(response.json()["errors"]) == set(wrong)


@pytest.mark.parametrize(
    "body",
    [
        b"{",
        b"",
        b"[]",
        b"null",
        b'"text"',
        b"\xff\xfe",
        b'{"nis": NaN}',
        b"[" * 100_000,
        b'{"a":' * 5_000 + b"1" + b"}" * 5_000,
        b'{"nis": ' + b"9" * 5_000 + b"}",
    ],
)
def test_a_body_that_makes_no_sense_is_a_400(admin_api: APIClient, body: bytes) -> None:
    for path in ("/api/siswa", "/api/auth/login"):
        assert admin_api.post(path, body, content_type="application/json").status_code == 400


@pytest.mark.parametrize(
    "credentials",
    [
        {"username": "a\x00b", "password": "x"},
        {"username": "a", "password": "\x00"},
        {"username": "\ud800", "password": "x"},
        {"username": "a" * 151, "password": "x"},
        {"username": "a", "password": "x" * 5_000},
        {"username": "a", "password": "x" * 10_000_000},
        {"username": ["a"], "password": {"b": 1}},
    ],
    ids=["nul", "nul in password", "surrogate", "long name", "long password", "10 MB", "not text"],
)
def test_strange_credentials_are_a_400(db: None, credentials: dict[str, Any]) -> None:
    response = APIClient().post("/api/auth/login", json.dumps(credentials), content_type="application/json")
    assert (response.status_code, response["Content-Type"]) == (400, "application/problem+json")


@pytest.mark.parametrize("kind", ["application/x-www-form-urlencoded", "multipart/form-data; boundary=x"])
def test_a_form_of_10_megabytes_is_a_400(db: None, kind: str) -> None:
    part = b'--x\r\nContent-Disposition: form-data; name="password"\r\n\r\n' if "x-www" not in kind else b"password="
    response = APIClient().post("/api/auth/login", part + b"x" * 10_000_000, content_type=kind)
    assert response.status_code == 400


@pytest.mark.parametrize("charset", ["bogus", "zlib", "utf-7", "utf-16"])
def test_a_strange_charset_is_a_400(db: None, charset: str) -> None:
    kind = f"application/json; charset={charset}"
    assert APIClient().post("/api/auth/login", b'{"username": "a"}', content_type=kind).status_code == 400


@pytest.mark.parametrize("name", ["a\x00b", "ä", "a" * 10_000])
def test_strange_basic_credentials_are_a_401(db: None, name: str) -> None:
    basic = b64encode(f"{name}:x".encode()).decode()
    assert APIClient().get("/api/siswa", headers={"authorization": f"Basic {basic}"}).status_code == 401


@pytest.mark.parametrize("header", ["Bearer", "Bearer a b", "Bearer \x00", "Basic", "Basic %%%", "Bearer é", "x"])
def test_a_strange_authorization_is_a_401(db: None, header: str) -> None:
    assert APIClient().get("/api/siswa", headers={"authorization": header}).status_code == 401


@pytest.mark.parametrize("refresh", ["", "a.b.c", "\x00", None, 5, "é" * 1000])
def test_a_strange_refresh_token_is_refused(db: None, refresh: object) -> None:
    for path in ("/api/auth/refresh", "/api/auth/logout"):
        assert APIClient().post(path, {"refresh": refresh}).status_code in (400, 401)


def test_html_is_not_what_the_api_speaks(client_of: Callable[[str], APIClient]) -> None:
    assert client_of("guru").get("/api/siswa", headers={"accept": "text/html"}).status_code == 406


def test_a_method_that_is_not_offered_is_a_405(admin_api: APIClient) -> None:
    assert admin_api.delete("/api/siswa").json()["code"] == "method_not_allowed"


def test_a_body_of_another_kind_is_a_415(admin_api: APIClient) -> None:
    assert admin_api.post("/api/siswa", b"x", content_type="text/csv").status_code == 415

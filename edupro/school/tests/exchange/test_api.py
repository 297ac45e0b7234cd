"""Import by the API: previews, problems, permissions."""

import time
from collections.abc import Callable
from io import BytesIO
from typing import Any

import pytest
from django.contrib.auth.models import Permission, User
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test.client import BOUNDARY, MULTIPART_CONTENT
from rest_framework.test import APIClient

from edupro.school.models import Siswa
from edupro.school.tests.exchange.conftest import delimited, workbook

HEAD = ["nis", "nama", "kelas"]
ROWS = [HEAD, ["1001", "Budi", "XI-1"], ["7", "Ani", "X-1"]]


def send(client: APIClient, file: Any, query: str = "", name: str = "siswa", **fields: Any) -> Any:
    return client.post(f"/api/{name}/import{query}", {"file": file, **fields}, format="multipart")


@pytest.mark.parametrize("slash", ["", "/"])
def test_a_dry_run_tells_all_and_does_nothing(admin_api: APIClient, siswa: Siswa, slash: str) -> None:
    told = send(admin_api, workbook(ROWS), f"{slash}?dry_run=1").json()
    assert told["counts"] == {"create": 1, "change": 1, "same": 0} and told["mistakes_total"] == 0
    assert {"column": "kelas", "old": "X-1", "new": "XI-1"} in told["changes"][0]["values"]
    assert Siswa.objects.count() == 1


def test_an_import_answers_with_what_it_did(admin_api: APIClient, siswa: Siswa) -> None:
    response = send(admin_api, delimited(ROWS, ";"))
    assert (response.status_code, response.json()) == (200, {"counts": {"create": 1, "change": 1, "same": 0}})
    assert Siswa.objects.get(nis="1001").kelas == "XI-1"


def test_mistakes_are_a_problem_in_the_users_language(admin_api: APIClient) -> None:
    response = admin_api.post(
        "/api/siswa/import", {"file": workbook([HEAD, ["7", "", "X"]])}, format="multipart", HTTP_ACCEPT_LANGUAGE="id"
    )
    assert (response.status_code, response["Content-Type"]) == (422, "application/problem+json")
    mistake = {"row": 2, "column": "nama", "value": "", "message": "Data baru harus diisi di sini."}
    assert response.json()["mistakes"] == [mistake] and not Siswa.objects.exists()


def test_of_many_changes_and_mistakes_the_first_are_listed_and_all_counted(admin_api: APIClient) -> None:
    rows = [[str(n), "A", "X"] for n in range(150)] + [["", "A", "X"]] * 1100
    told = send(admin_api, delimited([HEAD, *rows]), "?dry_run=1").json()
    assert (len(told["changes"]), len(told["mistakes"]), told["mistakes_total"]) == (100, 1000, 1100)


@pytest.mark.parametrize("query", ["", "?dry_run=1"])
def test_a_hostile_file_is_a_problem_that_says_why(admin_api: APIClient, query: str) -> None:
    response = send(admin_api, workbook([HEAD, ["1", "=1+1", "X"]]), query)
    assert (response.status_code, response["Content-Type"]) == (422, "application/problem+json")
    assert (response.json()["code"], response.json()["detail"][:20]) == ("formula", "B2 holds a formula. ")


class Endless(BytesIO):
    """200 MB in one part of a form, made while they are read."""

    def __init__(self, megabytes: int) -> None:
        head = f'--{BOUNDARY}\r\nContent-Disposition: form-data; name="file"; filename="a.csv"\r\n\r\n'
        self.pieces = [head.encode(), *[bytes(1024 * 1024)] * megabytes, f"\r\n--{BOUNDARY}--\r\n".encode()]
        self.size = sum(map(len, self.pieces))
        self.rest = b""

    def read(self, size: int | None = -1) -> bytes:
        while len(self.rest) < (size or 0) and self.pieces:
            self.rest += self.pieces.pop(0)
        taken, self.rest = self.rest[:size], self.rest[size:]
        return taken


def test_200_mb_are_refused_and_kept_nowhere(admin_api: APIClient) -> None:
    endless, started = Endless(200), time.perf_counter()
    response = admin_api.generic(
        "POST", "/api/siswa/import", b"", MULTIPART_CONTENT, **{"wsgi.input": endless, "CONTENT_LENGTH": endless.size}
    )
    assert (response.status_code, response.json()["code"]) == (422, "too_large")
    assert time.perf_counter() - started < 10 and not endless.pieces  # read to the end, so that the answer is heard


@pytest.mark.parametrize("body", [{}, {"file": "text"}])
def test_no_file_is_a_400(admin_api: APIClient, body: dict[str, str]) -> None:
    response = admin_api.post("/api/siswa/import", body, format="multipart")
    assert response.status_code == 400 and "file" in response.json()["errors"]


def test_json_is_a_415_and_a_strange_dry_run_a_400(admin_api: APIClient) -> None:
    assert admin_api.post("/api/siswa/import", {}).status_code == 415
    assert send(admin_api, workbook(ROWS), "?dry_run=perhaps").status_code == 400


def test_an_empty_file_is_refused(admin_api: APIClient) -> None:
    assert send(admin_api, SimpleUploadedFile("a.csv", b"")).json()["code"] == "empty"


def test_a_plan_that_no_longer_holds_is_a_conflict(admin_api: APIClient, siswa: Siswa) -> None:
    seen = send(admin_api, workbook(ROWS), "?dry_run=1").json()["plan"]
    Siswa.objects.update(kelas="X-9")
    assert send(admin_api, workbook(ROWS), plan=seen).status_code == 409
    assert Siswa.objects.count() == 1


@pytest.mark.parametrize(
    ("role", "name", "status"), [("guru", "siswa", 403), ("siswa", "nilai", 403), ("guru", "nilai", 422)]
)
def test_an_import_needs_both_add_and_change(
    client_of: Callable[[str], APIClient], role: str, name: str, status: int
) -> None:
    assert send(client_of(role), workbook([["x"], ["y"]]), name=name).status_code == status


def test_who_may_add_but_not_change_may_not_import(client_of: Callable[[str], APIClient], db: None) -> None:
    client = client_of("siswa")
    User.objects.get().user_permissions.set(Permission.objects.filter(codename="add_siswa"))
    assert send(client, workbook(ROWS)).status_code == 403

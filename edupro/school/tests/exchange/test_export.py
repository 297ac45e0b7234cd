"""Exports and templates: filtered, harmless, and good to be imported again."""

from collections.abc import Callable, Iterator
from datetime import date
from io import BytesIO
from typing import Any
from unittest.mock import patch

import openpyxl
import pytest
from django.contrib.auth.models import User
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from django.utils.translation import override
from pytest_django import DjangoAssertNumQueries
from rest_framework.test import APIClient

from edupro.school.exchange import plan, table
from edupro.school.exchange.entities import ENTITIES, SISWA
from edupro.school.exchange.signals import exported
from edupro.school.models import NilaiRaport, PenghasilanOrtu, Presensi, Siswa

FORMATS = pytest.mark.parametrize("format", ["csv", "xlsx"])
NASTY = [
    '=HYPERLINK("x")',
    "+62",
    "-1",
    "@x",
    "'=1",
    "0071",
    "a,b;c\t\"d'",
    "#N/A",
    "1e5",
    "Jl. A\r\nB",
    "\u00e9 \u2603",
]


def body(response: Any) -> bytes:
    return b"".join(response.streaming_content)


def exported_file(client: APIClient, name: str, format: str, query: str = "") -> SimpleUploadedFile:
    response = client.get(f"/api/{name}/export?format={format}{query}")
    assert response.status_code == 200, response.content
    return SimpleUploadedFile(f"{name}.{format}", body(response))


@pytest.fixture
def school(many: list[Siswa]) -> None:
    """With the texts that spreadsheets misunderstand."""
    for siswa, text in zip(many, NASTY, strict=False):
        siswa.nama, siswa.alamat, siswa.tanggal_lahir, siswa.jenis_kelamin = text, text, date(2010, 3, 21), "P"
        siswa.save()
    Presensi.objects.bulk_create(Presensi(siswa=one, semester=1, tahun_ajaran="2025/2026", hadir=9) for one in many)
    PenghasilanOrtu.objects.bulk_create(PenghasilanOrtu(siswa=one, pendidikan_ayah="SMA") for one in many)


@FORMATS
@pytest.mark.parametrize("name", ENTITIES)
def test_an_export_is_imported_again_as_it_is(
    admin_api: APIClient, root: User, school: None, name: str, format: str
) -> None:
    again = plan.make(table.read(exported_file(admin_api, name, format), ENTITIES[name]), ENTITIES[name], user=root)
    assert (again.counts, again.mistakes) == ({"create": 0, "change": 0, "same": 60}, ())


def test_no_cell_of_a_csv_begins_like_a_formula(admin_api: APIClient, school: None) -> None:
    text = exported_file(admin_api, "siswa", "csv").read().decode("utf-8-sig")
    assert "'=HYPERLINK" in text and "'+62" in text and "'-1" in text and "'@x" in text and "''=1" in text


def test_no_cell_of_a_workbook_is_a_formula(admin_api: APIClient, school: None) -> None:
    sheet = openpyxl.load_workbook(exported_file(admin_api, "siswa", "xlsx")).worksheets[0]
    types = {cell.data_type for row in sheet.iter_rows(min_row=2) for cell in row if cell.value is not None}
    assert types == {"s", "d"}


@FORMATS
def test_an_export_is_filtered_searched_and_ordered_as_the_list(
    admin_api: APIClient, many: list[Siswa], format: str
) -> None:
    file = exported_file(admin_api, "siswa", format, "&kelas=X-0&search=siswa+3&ordering=-nis")
    numbers = [row.cells["nis"] for row in table.read(file, SISWA).rows]
    assert len(numbers) == 8 and numbers == sorted(numbers, reverse=True)


@FORMATS
def test_an_export_costs_no_query_a_row(
    admin_api: APIClient, many: list[Siswa], format: str, django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    with django_assert_num_queries(5):  # the user, his permissions and his groups', his roles, the rows
        exported_file(admin_api, "nilai", format)


@FORMATS
@pytest.mark.parametrize("slash", ["", "/"])
def test_an_export_answers_with_and_without_slash(admin_api: APIClient, siswa: Siswa, slash: str, format: str) -> None:
    response = admin_api.get(f"/api/siswa/export{slash}?format={format}", HTTP_ACCEPT="text/csv")
    assert response.status_code == 200 and f".{format}" in response["Content-Disposition"] and body(response)


@pytest.mark.parametrize("page", ["export", "template"])
def test_another_format_is_a_problem(admin_api: APIClient, page: str) -> None:
    response = admin_api.get(f"/api/siswa/{page}?format=pdf")
    assert (response.status_code, response["Content-Type"]) == (400, "application/problem+json")


@pytest.mark.parametrize(("role", "status"), [("admin", 200), ("guru", 403), ("siswa", 403)])
def test_who_may_not_see_may_not_export(client_of: Callable[[str], APIClient], role: str, status: int) -> None:
    assert client_of(role).get("/api/penghasilan/export").status_code == status


@pytest.fixture
def heard() -> Iterator[list[dict[str, Any]]]:
    said: list[dict[str, Any]] = []

    def listen(sender: Any, **kwargs: Any) -> None:
        said.append({"sender": sender, **kwargs})

    exported.connect(listen)
    yield said
    exported.disconnect(listen)


@FORMATS
def test_an_export_is_told_when_it_has_ended(
    admin_api: APIClient, many: list[Siswa], format: str, heard: list[dict[str, Any]]
) -> None:
    response = admin_api.get(f"/api/nilai/export?format={format}&kelas=X-1")
    assert not heard and body(response)
    assert (heard[0]["sender"], heard[0]["format"], heard[0]["rows"]) == (NilaiRaport, format, 30)
    assert heard[0]["filter"] == {"kelas": "X-1"} and heard[0]["complete"]


@FORMATS
def test_an_export_that_breaks_off_is_not_told_as_complete(
    admin_api: APIClient, many: list[Siswa], format: str, heard: list[dict[str, Any]]
) -> None:
    response = admin_api.get(f"/api/siswa/export?format={format}")
    next(iter(response.streaming_content))
    response.close()
    assert [one["complete"] for one in heard] == [False]


@FORMATS
@pytest.mark.parametrize("page", ["/api/siswa/export", "/admin/school/siswa/export/"])
def test_who_asks_by_head_gets_no_export_and_none_is_told(
    client: Client, root: User, many: list[Siswa], page: str, format: str, heard: list[dict[str, Any]]
) -> None:
    client.force_login(root)
    with patch("django.test.client.conditional_content_removal", lambda request, response: response):  # as servers do
        response = client.head(page, {"format": format})
    assert response.status_code == 200 and body(response) == b"" and not heard


@FORMATS
@pytest.mark.parametrize("name", ENTITIES)
def test_a_template_is_a_table_with_an_example(admin_api: APIClient, root: User, name: str, format: str) -> None:
    response = admin_api.get(f"/api/{name}/template?format={format}")
    entity = ENTITIES[name]
    found = table.read(SimpleUploadedFile(f"a.{format}", body(response)), entity)
    mistakes = plan.make(found, entity, user=root).mistakes
    assert len(found.rows) == 1 and {one.column for one in mistakes} <= {"nis"}  # of nobody, for all but students


def test_the_notes_of_a_template_are_in_the_users_language(admin_api: APIClient) -> None:
    response = admin_api.get("/api/siswa/template?format=xlsx", HTTP_ACCEPT_LANGUAGE="id")
    with override("en"):
        notes = openpyxl.load_workbook(BytesIO(body(response))).worksheets[1]
    assert (notes.title, notes["A2"].value, notes["C2"].value) == ("Petunjuk", "nis", "selalu")

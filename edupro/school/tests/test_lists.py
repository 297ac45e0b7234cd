"""Filters, search, order and pages of the lists, and what they cost."""

from typing import Any

import pytest
from pytest_django import DjangoAssertNumQueries
from rest_framework.test import APIClient

from edupro.school.models import NilaiRaport, PenghasilanOrtu, Presensi, Siswa

ORDERINGS = ["", "rata_rata", "-rata_rata", "semester", "-matematika,semester", "tahun_ajaran,-rata_rata"]


def walk(client: APIClient, url: str, link: str = "next") -> list[list[dict[str, Any]]]:
    pages = []
    step: str | None = url
    while step:
        body = client.get(step).json()
        pages.append(body["results"])
        step = body[link]
    return pages


def ids(pages: list[list[dict[str, Any]]]) -> list[int]:
    return [row["id"] for page in pages for row in page]


@pytest.mark.parametrize("ordering", ORDERINGS)
def test_the_pages_hold_every_row_once(guru_api: APIClient, many: list[Siswa], ordering: str) -> None:
    seen = ids(walk(guru_api, f"/api/nilai?page_size=7&ordering={ordering}"))
    assert sorted(seen) == sorted(NilaiRaport.objects.values_list("pk", flat=True))


@pytest.mark.parametrize("ordering", ORDERINGS)
def test_the_pages_are_in_the_order_of_one_long_page(guru_api: APIClient, many: list[Siswa], ordering: str) -> None:
    long = guru_api.get(f"/api/nilai?page_size=200&ordering={ordering}").json()["results"]
    assert ids(walk(guru_api, f"/api/nilai?page_size=7&ordering={ordering}")) == ids([long])


@pytest.mark.parametrize("ordering", ORDERINGS)
def test_the_way_back_is_the_same_way(guru_api: APIClient, many: list[Siswa], ordering: str) -> None:
    first = guru_api.get(f"/api/nilai?page_size=25&ordering={ordering}").json()
    second = guru_api.get(first["next"]).json()
    assert guru_api.get(second["previous"]).json()["results"] == first["results"]


def test_a_page_has_25_rows_unless_asked(guru_api: APIClient, many: list[Siswa]) -> None:
    assert [len(page) for page in walk(guru_api, "/api/siswa")] == [25, 25, 10]


def test_a_page_has_200_rows_at_most(guru_api: APIClient, db: None) -> None:
    Siswa.objects.bulk_create(Siswa(nis=str(n), nama="X", kelas="X") for n in range(201))
    assert len(guru_api.get("/api/siswa?page_size=100000").json()["results"]) == 200


def test_a_row_that_comes_between_two_pages_moves_nothing(guru_api: APIClient, many: list[Siswa]) -> None:
    first = guru_api.get("/api/siswa?ordering=nis").json()
    Siswa.objects.create(nis="0000-new", nama="New", kelas="X")
    assert guru_api.get(first["next"]).json()["results"][0]["nis"] == "0025"


@pytest.mark.parametrize("query", ["page_size=0", "page_size=-1", "page_size=x", "page_size=²", "cursor=abc"])
def test_a_page_that_makes_no_sense_is_a_400(guru_api: APIClient, query: str) -> None:
    assert guru_api.get(f"/api/siswa?{query}").status_code == 400


def test_a_cursor_belongs_to_its_list_and_order(guru_api: APIClient, many: list[Siswa]) -> None:
    cursor = guru_api.get("/api/siswa").json()["next"].split("cursor=")[1]
    assert guru_api.get(f"/api/nilai?cursor={cursor}").status_code == 400
    assert guru_api.get(f"/api/siswa?ordering=nis&cursor={cursor}").status_code == 400


@pytest.mark.parametrize(
    ("query", "count"),
    [("kelas=X-0", 30), ("nis=0007", 1), ("search=%22siswa+3%22", 9), ("search=0059", 1), ("kelas=X-0&search=0059", 0)],
)
def test_students_are_found(guru_api: APIClient, many: list[Siswa], query: str, count: int) -> None:
    assert len(guru_api.get(f"/api/siswa?page_size=200&{query}").json()["results"]) == count


@pytest.mark.parametrize(
    ("query", "count"),
    [("rata_rata_min=72", 10), ("rata_rata_max=71", 10), ("kelas=X-1", 30), ("search=0059", 1), ("semester=2", 0)],
)
def test_reports_are_found(guru_api: APIClient, many: list[Siswa], query: str, count: int) -> None:
    assert len(guru_api.get(f"/api/nilai?page_size=200&{query}").json()["results"]) == count


def test_attendance_is_found_by_category(guru_api: APIClient, siswa: Siswa) -> None:
    Presensi.objects.create(siswa=siswa, semester=1, tahun_ajaran="2025/2026", hadir=1, alpa=9)
    assert len(guru_api.get("/api/presensi?kategori=Kurang").json()["results"]) == 1


def test_incomes_are_found_by_total(admin_api: APIClient, siswa: Siswa) -> None:
    PenghasilanOrtu.objects.create(siswa=siswa, penghasilan_ayah=5)
    assert len(admin_api.get("/api/penghasilan?total_max=5&kategori=Rendah").json()["results"]) == 1


@pytest.mark.parametrize("query", ["siswa=x", "semester=x", "semester=1e999999999", "kategori=x", "kelas=%00"])
def test_a_filter_that_makes_no_sense_is_a_400(guru_api: APIClient, query: str) -> None:
    assert guru_api.get(f"/api/presensi?{query}").status_code == 400


@pytest.mark.parametrize("query", ["ordering=siswa__nis", "ordering=id;drop", "ordering=%00", "semester=99999999999"])
def test_an_order_that_is_not_offered_is_passed_over(guru_api: APIClient, query: str) -> None:
    assert guru_api.get(f"/api/presensi?{query}").status_code == 200


@pytest.mark.parametrize("name", ["siswa", "nilai"])
def test_a_list_costs_five_queries(
    guru_api: APIClient, many: list[Siswa], name: str, django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    with django_assert_num_queries(5):  # the user, his permissions and his groups', his role, the page
        guru_api.get(f"/api/{name}?page_size=50")

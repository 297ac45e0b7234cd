"""The school in the admin."""

from collections.abc import Callable

import pytest
from django.contrib.auth.models import User
from django.test import Client
from pytest_django import DjangoAssertNumQueries

from edupro.school.models import NilaiRaport, PenghasilanOrtu, Presensi, Siswa


@pytest.fixture
def browser(client: Client, person: Callable[..., User]) -> Client:
    client.force_login(person("admin", is_staff=True))
    return client


@pytest.mark.parametrize("model", ["siswa", "nilairaport", "presensi", "penghasilanortu"])
def test_every_model_has_its_pages(browser: Client, model: str) -> None:
    for page in ("", "?q=budi", "add/"):
        assert browser.get(f"/admin/school/{model}/{page}").status_code == 200


@pytest.mark.parametrize("model", [Presensi, PenghasilanOrtu])
def test_a_record_shows_what_is_computed(browser: Client, siswa: Siswa, model: type[Presensi]) -> None:
    columns = {"semester": 1, "tahun_ajaran": "2025/2026"} if model is Presensi else {}
    record = model.objects.create(siswa=siswa, **columns)
    page = browser.get(f"/admin/school/{model._meta.model_name}/{record.pk}/change/").content.decode()
    assert "field-kategori" in page and 'name="kategori"' not in page


def test_a_double_report_is_an_error_of_the_form(browser: Client, siswa: Siswa) -> None:
    fields = {"siswa": siswa.pk, "semester": 1, "tahun_ajaran": "2025/2026"}
    statuses = [browser.post("/admin/school/nilairaport/add/", fields).status_code for _ in range(2)]
    assert statuses == [302, 200] and NilaiRaport.objects.count() == 1


@pytest.mark.parametrize("model", [NilaiRaport, Presensi, PenghasilanOrtu])
def test_a_record_is_headed_by_its_students_name(browser: Client, siswa: Siswa, model: type[Presensi]) -> None:
    columns = {} if model is PenghasilanOrtu else {"semester": 1, "tahun_ajaran": "2025/2026"}
    record = model.objects.create(siswa=siswa, **columns)
    page = browser.get(f"/admin/school/{model._meta.model_name}/{record.pk}/change/")
    assert str(page.context["subtitle"]).startswith(f"{siswa.nama} (")


def test_a_list_asks_no_more_for_many_rows(
    browser: Client, many: list[Siswa], django_assert_max_num_queries: DjangoAssertNumQueries
) -> None:
    with django_assert_max_num_queries(10):  # session, user, permissions, filters, two counts, the page
        browser.get("/admin/school/nilairaport/")


def test_students_are_offered_by_name(browser: Client, siswa: Siswa) -> None:
    query = {"app_label": "school", "model_name": "nilairaport", "field_name": "siswa", "term": "budi"}
    assert browser.get("/admin/autocomplete/", query).json()["results"][0]["id"] == str(siswa.pk)

"""Computed columns and the rules that the database keeps by itself."""

from decimal import Decimal
from typing import Any

import pytest
from django.core.exceptions import ValidationError
from django.db import IntegrityError, transaction
from django.db.models import F
from pytest_django import DjangoAssertNumQueries

from edupro.school.models import NilaiRaport, PenghasilanOrtu, Presensi, Siswa

SEMESTER: dict[str, Any] = {"semester": 1, "tahun_ajaran": "2025/2026"}


def test_the_average_is_that_of_the_marks_there_are(siswa: Siswa) -> None:
    report = NilaiRaport.objects.create(siswa=siswa, matematika=80, ipa=75, ips=75, **SEMESTER)
    report.refresh_from_db()
    assert report.rata_rata == Decimal("76.67")


def test_a_report_without_marks_has_no_average(siswa: Siswa) -> None:
    assert NilaiRaport.objects.create(siswa=siswa, **SEMESTER).rata_rata is None


def test_saving_one_mark_by_name_saves_the_average_too(siswa: Siswa) -> None:
    report = NilaiRaport.objects.create(siswa=siswa, matematika=80, **SEMESTER)
    report.matematika = 90
    report.save(update_fields=["matematika"])
    report.refresh_from_db()
    assert report.rata_rata == 90


def test_saving_another_column_by_name_leaves_the_average_alone(siswa: Siswa) -> None:
    report = NilaiRaport.objects.create(siswa=siswa, matematika=80, **SEMESTER)
    NilaiRaport.objects.update(matematika=60, rata_rata=60)
    report.semester = 2
    report.save(update_fields=["semester"])
    report.refresh_from_db()
    assert report.rata_rata == 60


def test_saving_no_column_asks_nothing(siswa: Siswa, django_assert_num_queries: DjangoAssertNumQueries) -> None:
    report = NilaiRaport.objects.create(siswa=siswa, matematika=80, **SEMESTER)
    with django_assert_num_queries(0):
        report.save(update_fields=[])


def test_a_mark_raised_by_an_expression_is_in_the_average(siswa: Siswa) -> None:
    report = NilaiRaport.objects.create(siswa=siswa, matematika=80, **SEMESTER)
    report.matematika = F("matematika") + 5
    report.save()
    report.refresh_from_db()
    assert report.matematika == 85 and report.rata_rata == 85


def test_marks_given_as_text_are_numbers(siswa: Siswa) -> None:
    assert NilaiRaport.objects.create(siswa=siswa, matematika="80", ipa="90", **SEMESTER).rata_rata == 85


def test_update_or_create_computes(siswa: Siswa) -> None:
    NilaiRaport.objects.create(siswa=siswa, matematika=80, **SEMESTER)
    NilaiRaport.objects.update_or_create({"matematika": 100}, siswa=siswa, **SEMESTER)
    assert NilaiRaport.objects.get().rata_rata == 100


def test_a_bulk_insert_computes(many: list[Siswa]) -> None:
    assert NilaiRaport.objects.get(siswa=many[3]).rata_rata == 73


@pytest.mark.parametrize(
    ("hadir", "alpa", "percentage", "category"),
    [(0, 0, None, ""), (19, 1, 95, "Sangat Baik"), (17, 3, 85, "Baik"), (15, 5, 75, "Cukup"), (74, 26, 74, "Kurang")],
)
def test_attendance_is_graded(siswa: Siswa, hadir: int, alpa: int, percentage: int | None, category: str) -> None:
    record = Presensi.objects.create(siswa=siswa, hadir=hadir, alpa=alpa, **SEMESTER)
    assert (record.persentase, record.kategori) == (percentage, category)


@pytest.mark.parametrize(
    ("father", "mother", "category"),
    [(0, 0, "Rendah"), (2_999_999, 0, "Rendah"), (1_500_000, 1_500_000, "Sedang"), (7_000_000, 0, "Tinggi")],
)
def test_incomes_are_added_and_graded(siswa: Siswa, father: int, mother: int, category: str) -> None:
    income = PenghasilanOrtu.objects.create(siswa=siswa, penghasilan_ayah=father, penghasilan_ibu=mother)
    assert (income.total, income.kategori) == (father + mother, category)


@pytest.mark.parametrize(
    "columns",
    [{"matematika": 101}, {"semester": 0}, {"semester": 13}, {"tahun_ajaran": "2025-2026"}],
)
def test_the_database_refuses_what_is_out_of_range(siswa: Siswa, columns: dict[str, Any]) -> None:
    with pytest.raises(IntegrityError), transaction.atomic():
        NilaiRaport.objects.create(siswa=siswa, **SEMESTER | columns)


def test_the_database_refuses_a_second_report_of_one_semester(siswa: Siswa) -> None:
    NilaiRaport.objects.create(siswa=siswa, **SEMESTER)
    with pytest.raises(IntegrityError), transaction.atomic():
        NilaiRaport.objects.create(siswa=siswa, **SEMESTER)


@pytest.mark.parametrize("year", ["2025/2027", "2025", "25/26", "2025/2026 ", "²025/2026", ""])
def test_a_school_year_is_two_years_in_a_row(siswa: Siswa, year: str) -> None:
    with pytest.raises(ValidationError):
        NilaiRaport(siswa=siswa, semester=1, tahun_ajaran=year).full_clean()


def test_a_record_is_named_without_a_query(siswa: Siswa, django_assert_num_queries: DjangoAssertNumQueries) -> None:
    NilaiRaport.objects.create(siswa=siswa, **SEMESTER)
    report = NilaiRaport.objects.get()
    with django_assert_num_queries(0):
        assert str(report) == f"{siswa.pk}, 2025/2026/1"


def test_a_record_is_named_after_a_loaded_student(siswa: Siswa) -> None:
    assert str(PenghasilanOrtu(siswa=siswa)) == "Budi Santoso (1001)"

"""What the tree is given of a student."""

import pytest
from pytest_django import DjangoAssertNumQueries

from edupro.prediction.bands import prestasi_of
from edupro.prediction.features import Features, examples, features_of, how_many_examples
from edupro.prediction.tests.conftest import YEAR, add_students
from edupro.school.models import NilaiRaport, PenghasilanOrtu, Presensi, Siswa

pytestmark = pytest.mark.django_db


@pytest.fixture
def budi() -> Siswa:
    """Two reports, 60 then 90, and days that were worse before the last one."""
    siswa = Siswa.objects.create(nis="1001", nama="Budi", kelas="X-1")
    for semester, (matematika, hadir) in enumerate([(60, 80), (90, 100)], start=1):
        NilaiRaport.objects.create(siswa=siswa, semester=semester, tahun_ajaran=YEAR, matematika=matematika)
        Presensi.objects.create(siswa=siswa, semester=semester, tahun_ajaran=YEAR, hadir=hadir, alpa=100 - hadir)
    PenghasilanOrtu.objects.create(siswa=siswa, penghasilan_ayah=5_000_000)
    return siswa


def test_all_reports_and_days_together_foretell_the_next(budi: Siswa) -> None:
    assert features_of(Siswa.objects.all()) == {budi.pk: Features(nilai=75.0, penghasilan="Sedang", presensi="Baik")}


def test_the_last_report_is_the_label_and_no_feature(budi: Siswa) -> None:
    only = examples(Siswa.objects.all())[0]
    assert only.features == Features(nilai=60.0, penghasilan="Sedang", presensi="Cukup") and only.label == "Tinggi"


def test_the_last_report_is_the_latest_by_year_and_semester(budi: Siswa) -> None:
    NilaiRaport.objects.create(siswa=budi, semester=2, tahun_ajaran="2023/2024", matematika=30)
    assert examples(Siswa.objects.all())[0].features.nilai == 45.0


def test_whoever_has_one_report_is_foretold_but_not_learned_from() -> None:
    add_students(1, reports=1)
    assert features_of(Siswa.objects.all()) and not examples(Siswa.objects.all())


def test_a_report_without_marks_is_none(budi: Siswa, without_reports: Siswa) -> None:
    NilaiRaport.objects.create(siswa=without_reports, semester=1, tahun_ajaran=YEAR)
    NilaiRaport.objects.create(siswa=budi, semester=1, tahun_ajaran="2026/2027")
    assert set(features_of(Siswa.objects.all())) == {budi.pk}
    assert examples(Siswa.objects.all())[0].label == "Tinggi"


def test_what_is_not_known_is_a_level_below_the_lowest() -> None:
    assert Features(nilai=70.0).numbers() == [70.0, -1.0, -1.0]
    assert Features(70.0, "Rendah", "Sangat Baik").numbers() == [70.0, 0.0, 3.0]


@pytest.mark.parametrize(("mean", "band"), [(0, "Rendah"), (74.99, "Rendah"), (75, "Sedang"), (85, "Tinggi")])
def test_bands_begin_at_75_and_85(mean: float, band: str) -> None:
    assert prestasi_of(mean) == band  # type: ignore[arg-type]


def test_a_school_costs_three_queries(students: list[Siswa], django_assert_num_queries: DjangoAssertNumQueries) -> None:
    with django_assert_num_queries(3):
        assert len(examples(Siswa.objects.all())) == 60


def test_examples_are_counted_without_reading_them(students: list[Siswa], without_reports: Siswa) -> None:
    add_students(3, reports=1, kelas="X-2")
    assert how_many_examples() == 60

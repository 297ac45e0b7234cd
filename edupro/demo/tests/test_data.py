from collections.abc import Iterable

import pytest

from edupro.demo import data
from edupro.school.models import NilaiRaport, PenghasilanOrtu, Presensi, Siswa


def rows() -> Iterable[tuple[object, ...]]:
    return NilaiRaport.objects.order_by("siswa__nis", "tahun_ajaran", "semester").values_list("siswa__nis", "rata_rata")


@pytest.fixture
def school(db: None) -> None:
    data.make()


def test_there_are_two_hundred_students_with_all_their_records(school):
    assert Siswa.objects.count() == PenghasilanOrtu.objects.count() == 200
    assert not Siswa.objects.filter(nilai=None).exists() and not Siswa.objects.filter(presensi=None).exists()


def test_every_value_is_one_that_a_form_would_take(school):
    for model in (Siswa, NilaiRaport, Presensi, PenghasilanOrtu):
        for row in model.objects.all()[:60]:
            row.full_clean(validate_unique=False, validate_constraints=False)


def test_the_same_school_is_made_everywhere(school):
    before = list(rows()), list(Siswa.objects.order_by("nis").values_list("nama", "tanggal_lahir", "alamat"))
    Siswa.objects.all().delete()
    data.make()
    assert before == (
        list(rows()),
        list(Siswa.objects.order_by("nis").values_list("nama", "tanggal_lahir", "alamat")),
    )


def test_a_second_run_changes_nothing(school):
    Siswa.objects.filter(nis=data.nis(0)).update(kelas="X-9")
    assert data.make() == 0
    assert Siswa.objects.get(nis=data.nis(0)).kelas == "X-9" and Siswa.objects.count() == 200


def test_only_the_missing_are_made_anew(school):
    Siswa.objects.filter(kelas="XII-1").delete()
    assert data.make() == 25
    assert NilaiRaport.objects.filter(siswa__kelas="XII-1").count() == 25 * 4


def test_every_category_of_attendance_and_income_occurs(school):
    assert set(Presensi.objects.values_list("kategori", flat=True)) >= {"Sangat Baik", "Baik"}
    assert set(PenghasilanOrtu.objects.values_list("kategori", flat=True)) == {"Rendah", "Sedang", "Tinggi"}


def test_those_who_stay_away_have_lower_marks(school):
    def average(**who: object) -> float:
        marks = NilaiRaport.objects.filter(siswa__in=Siswa.objects.filter(**who)).values_list("rata_rata", flat=True)
        return float(sum(marks) / len(marks))

    assert average(presensi__alpa__gte=6) < average(presensi__alpa=0) - 3


def test_the_first_class_has_only_this_year(school):
    assert set(NilaiRaport.objects.filter(siswa__kelas="X-1").values_list("tahun_ajaran", flat=True)) == {
        data.THIS_YEAR
    }

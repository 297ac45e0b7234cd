"""Creating, reading, changing and deleting the school's records."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from pytest_django import Settings
from rest_framework.test import APIClient

from edupro.school.models import NilaiRaport, PenghasilanOrtu, Presensi, Siswa

PNG = b"\x89PNG\r\n\x1a\n" + bytes(100)


@pytest.fixture
def media(settings: Settings, tmp_path: Path) -> Iterator[Path]:
    settings.MEDIA_ROOT = tmp_path
    yield tmp_path


@pytest.fixture
def semester(siswa: Siswa) -> dict[str, Any]:
    return {"siswa": siswa.pk, "semester": 1, "tahun_ajaran": "2025/2026"}


@pytest.mark.parametrize("slash", ["", "/"])
def test_a_student_needs_only_number_name_and_class(admin_api: APIClient, slash: str) -> None:
    response = admin_api.post(f"/api/siswa{slash}", {"nis": "7", "nama": "Ani", "kelas": "X-1"})
    assert response.status_code == 201 and Siswa.objects.get(nis="7").nama == "Ani"


@pytest.mark.parametrize("slash", ["", "/"])
def test_a_student_is_read_changed_and_deleted(admin_api: APIClient, siswa: Siswa, slash: str) -> None:
    url = f"/api/siswa/{siswa.pk}{slash}"
    assert admin_api.get(url).json()["nis"] == "1001"
    assert admin_api.patch(url, {"kelas": "XI-1"}).json()["kelas"] == "XI-1"
    assert admin_api.put(url, {"nis": "2", "nama": "B", "kelas": "X"}).json()["nis"] == "2"
    assert admin_api.delete(url).status_code == 204 and not Siswa.objects.exists()


def test_a_report_answers_with_its_average_and_its_student(guru_api: APIClient, semester: dict[str, Any]) -> None:
    body = guru_api.post("/api/nilai", semester | {"matematika": 80, "ipa": 91}).json()
    assert (body["rata_rata"], body["siswa_nama"]) == ("85.50", "Budi Santoso")


def test_the_average_cannot_be_written(guru_api: APIClient, semester: dict[str, Any]) -> None:
    guru_api.post("/api/nilai", semester | {"matematika": 80, "rata_rata": 100})
    assert NilaiRaport.objects.get().rata_rata == 80


def test_a_changed_mark_changes_the_average(guru_api: APIClient, siswa: Siswa) -> None:
    report = NilaiRaport.objects.create(siswa=siswa, semester=1, tahun_ajaran="2025/2026", matematika=80)
    assert guru_api.patch(f"/api/nilai/{report.pk}", {"matematika": 60}).json()["rata_rata"] == "60.00"


def test_attendance_answers_with_its_category(guru_api: APIClient, semester: dict[str, Any]) -> None:
    body = guru_api.post("/api/presensi", semester | {"hadir": 90, "sakit": 10}).json()
    assert (body["persentase"], body["kategori"]) == ("90.00", "Baik")


def test_incomes_answer_with_their_total(admin_api: APIClient, siswa: Siswa) -> None:
    incomes = {"siswa": siswa.pk, "penghasilan_ayah": 4_000_000, "penghasilan_ibu": 1_000_000}
    body = admin_api.post("/api/penghasilan", incomes).json()
    assert (body["total"], body["kategori"]) == (5_000_000, "Sedang")


def test_a_deleted_student_takes_his_records_with_him(admin_api: APIClient, siswa: Siswa) -> None:
    Presensi.objects.create(siswa=siswa, semester=1, tahun_ajaran="2025/2026")
    PenghasilanOrtu.objects.create(siswa=siswa)
    admin_api.delete(f"/api/siswa/{siswa.pk}")
    assert not Presensi.objects.exists() and not PenghasilanOrtu.objects.exists()


def test_a_photo_is_kept_under_a_name_of_ours(admin_api: APIClient, siswa: Siswa, media: Path) -> None:
    photo = SimpleUploadedFile("../../budi.PNG", PNG)
    response = admin_api.patch(f"/api/siswa/{siswa.pk}", {"foto": photo}, format="multipart")
    siswa.refresh_from_db()
    assert response.status_code == 200 and "budi" not in siswa.foto.path and Path(siswa.foto.path).exists()


@pytest.mark.parametrize(("name", "content"), [("ani.png", PNG), ("ani.webp", b"RIFF\x0a\0\0\0WEBPVP8 ")])
def test_a_student_may_come_with_a_photo(admin_api: APIClient, media: Path, name: str, content: bytes) -> None:
    fields = {"nis": "7", "nama": "Ani", "kelas": "X-1", "foto": SimpleUploadedFile(name, content)}
    assert admin_api.post("/api/siswa", fields, format="multipart").status_code == 201


@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("a.svg", b"<svg/>"),
        ("a.png", b"<script>"),
        ("a.png", PNG + bytes(2**21)),
        ("png", PNG),
        ("a.png", b""),
        ("a.webp", b"RIFF\x24\0\0\0WAVEfmt "),
    ],
)
def test_what_is_no_small_picture_is_refused(
    admin_api: APIClient, siswa: Siswa, media: Path, name: str, content: bytes
) -> None:
    body = {"foto": SimpleUploadedFile(name, content)}
    response = admin_api.patch(f"/api/siswa/{siswa.pk}", body, format="multipart")
    assert response.status_code == 400 and "foto" in response.json()["errors"]

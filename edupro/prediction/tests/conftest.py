"""Students to learn from, and people who may ask."""

from collections.abc import Callable, Iterator
from pathlib import Path
from random import Random
from typing import Any

import pytest
from django.contrib.auth.models import Group, User
from pytest_django import Settings
from rest_framework.test import APIClient
from rest_framework_simplejwt.tokens import AccessToken

from edupro.prediction import files, training
from edupro.prediction.models import ModelVersion, TrainingRun
from edupro.prediction.parameters import Parameters
from edupro.school.models import KelasGuru, NilaiRaport, PenghasilanOrtu, Presensi, Siswa

YEAR = "2025/2026"
SUBJECTS = ("matematika", "ipa", "ips")


@pytest.fixture(autouse=True)
def media(settings: Settings, tmp_path: Path) -> Iterator[Path]:
    """Files of the test's own, and no tree remembered from another test."""
    settings.MEDIA_ROOT = tmp_path
    files.forget()
    yield tmp_path
    files.forget()


def add_students(number: int, *, reports: int = 2, kelas: str = "X-1") -> list[Siswa]:
    """Their marks follow from talent and attendance; incomes are known of most. The same each time."""
    dice = Random(f"{number} {kelas}")
    students = Siswa.objects.bulk_create(
        Siswa(nis=f"{kelas}{n:04}", nama=f"Siswa {n}", kelas=kelas) for n in range(number)
    )
    incomes, marks, days = list[PenghasilanOrtu](), list[NilaiRaport](), list[Presensi]()
    for siswa in students:
        talent, absent = dice.uniform(62, 92), dice.choice([0, 0, 4, 12, 30])
        if dice.random() < 0.9:
            incomes.append(PenghasilanOrtu(siswa=siswa, penghasilan_ayah=dice.randrange(1, 12) * 1_000_000))
        for number in range(1, reports + 1):
            semester: dict[str, Any] = {"siswa": siswa, "semester": number, "tahun_ajaran": YEAR}
            given = {subject: round(talent - absent / 5 + dice.gauss(0, 2)) for subject in SUBJECTS}
            marks.append(NilaiRaport(**semester, **given))
            days.append(Presensi(**semester, hadir=100 - absent, alpa=absent))
    PenghasilanOrtu.objects.bulk_create(incomes)
    NilaiRaport.objects.bulk_create(marks)
    Presensi.objects.bulk_create(days)
    return students


@pytest.fixture
def students(db: None) -> list[Siswa]:
    return add_students(60)


@pytest.fixture
def without_reports(db: None) -> Siswa:
    return Siswa.objects.create(nis="none", nama="Tanpa Nilai", kelas="X-1")


def train(**parameters: object) -> TrainingRun:
    """One training, in this process."""
    run = TrainingRun.objects.order(by=None, parameters=Parameters.of(parameters).as_dict())
    training.perform(run.pk)
    run.refresh_from_db()
    return run


@pytest.fixture
def version(students: list[Siswa]) -> ModelVersion:
    trained = train().version
    assert trained is not None
    return trained


def person(role: str, **columns: object) -> User:
    user = User.objects.create_user(f"{role}-ada", password="a password of hers", **columns)
    user.groups.set(Group.objects.filter(name=role))
    if role == "guru":
        KelasGuru.objects.bulk_create(KelasGuru(user=user, kelas=kelas) for kelas in ("X-1", "X-2"))
    return user


@pytest.fixture
def client_of(db: None) -> Callable[[str], APIClient]:
    def make(role: str) -> APIClient:
        client = APIClient()
        client.credentials(HTTP_AUTHORIZATION=f"Bearer {AccessToken.for_user(person(role))}")
        return client

    return make


@pytest.fixture
def admin_api(client_of: Callable[[str], APIClient]) -> APIClient:
    return client_of("admin")


@pytest.fixture
def guru_api(client_of: Callable[[str], APIClient]) -> APIClient:
    return client_of("guru")

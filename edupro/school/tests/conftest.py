"""People of each role with a client that speaks for them, and a student to speak of."""

from collections.abc import Callable
from typing import Any

import pytest
from django.contrib.auth.models import Group, User
from pytest_django import Settings
from rest_framework.test import APIClient
from rest_framework_simplejwt.tokens import AccessToken

from edupro.school.models import KelasGuru, NilaiRaport, Siswa

PASSWORD = "correct horse battery staple"


@pytest.fixture(autouse=True)
def quick_passwords(settings: Settings) -> None:
    settings.PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]


@pytest.fixture
def person(db: None) -> Callable[..., User]:
    def make(role: str, **columns: Any) -> User:
        user = User.objects.create_user(f"{role}-ada", password=PASSWORD, **columns)
        user.groups.set(Group.objects.filter(name=role))
        return user

    return make


def speaking_for(user: User) -> APIClient:
    client = APIClient()
    client.credentials(HTTP_AUTHORIZATION=f"Bearer {AccessToken.for_user(user)}")
    return client


@pytest.fixture
def client_of(person: Callable[..., User]) -> Callable[[str], APIClient]:
    return lambda role: speaking_for(person(role))


@pytest.fixture
def admin_api(client_of: Callable[[str], APIClient]) -> APIClient:
    return client_of("admin")


@pytest.fixture
def guru(person: Callable[..., User]) -> User:
    """Has the classes of all students below."""
    user = person("guru")
    KelasGuru.objects.bulk_create(KelasGuru(user=user, kelas=kelas) for kelas in ("X", "X-0", "X-1"))
    return user


@pytest.fixture
def guru_api(guru: User) -> APIClient:
    return speaking_for(guru)


@pytest.fixture
def siswa(db: None) -> Siswa:
    return Siswa.objects.create(nis="1001", nama="Budi Santoso", kelas="X-1")


@pytest.fixture
def many(db: None) -> list[Siswa]:
    """Sixty students with one report each; every third has no mark, many share theirs."""
    students = Siswa.objects.bulk_create(
        [Siswa(nis=f"{n:04}", nama=f"Siswa {n % 7}", kelas=f"X-{n % 2}") for n in range(60)]
    )
    NilaiRaport.objects.bulk_create(
        NilaiRaport(siswa=student, semester=1, tahun_ajaran="2025/2026", matematika=None if n % 3 else 70 + n % 4)
        for n, student in enumerate(students)
    )
    return students

"""The home page says what is where for whom, and a student's page what the school has about him."""

import re
from collections.abc import Callable

import pytest
from django.contrib.auth.models import Permission, User
from django.test import Client
from pytest_django import DjangoAssertNumQueries

from edupro.school.models import NilaiRaport, Presensi, Siswa


def links(client: Client) -> list[str]:
    return re.findall(r'<li><a href="([^"]+)"', client.get("/").content.decode())


@pytest.fixture
def seen_by(client: Client, person: Callable[..., User]) -> Callable[..., Client]:
    def make(role: str, **columns: bool) -> Client:
        client.force_login(person(role, **columns))
        return client

    return make


def test_a_stranger_learns_where_to_sign_in(client: Client, db: None) -> None:
    assert links(client) == ["/accounts/login/", "/admin/", "/health/ready"]


@pytest.mark.parametrize(
    ("role", "staff", "has", "has_not"),
    [
        ("admin", True, "/admin/auth/user/add/", "/saya/"),
        ("guru", True, "/admin/school/nilairaport/", "/admin/school/penghasilanortu/"),
        ("guru", False, "/api/siswa", "/admin/"),
        ("siswa", False, "/api/siswa", "/saya/"),  # no student yet
        ("nobody", False, "/accounts/password_change/", "/api/siswa"),
        ("auditor", True, "/admin/", "/admin/school/siswa/"),
    ],
)
def test_each_sees_his_own_doors(
    seen_by: Callable[..., Client], role: str, staff: bool, has: str, has_not: str
) -> None:
    doors = links(seen_by(role, is_staff=staff))
    assert has in doors and has_not not in doors


@pytest.mark.parametrize("role", ["admin", "guru", "siswa", "nobody"])
@pytest.mark.parametrize("staff", [True, False])
def test_every_door_opens(seen_by: Callable[..., Client], siswa: Siswa, role: str, staff: bool) -> None:
    client = seen_by(role, is_staff=staff)
    Siswa.objects.update(user=User.objects.get())
    assert {path: client.get(path).status_code for path in links(client)} == dict.fromkeys(links(client), 200)


@pytest.mark.parametrize("codename", ["change_siswa", "add_siswa"])
def test_a_permission_by_hand_opens_what_it_says(seen_by: Callable[..., Client], codename: str) -> None:
    client = seen_by("nobody", is_staff=True)
    User.objects.get().user_permissions.set(Permission.objects.filter(codename=codename))
    assert {client.get(path).status_code for path in links(client)} == {200}


# --- a student's own page ---
@pytest.fixture
def budi(client: Client, person: Callable[..., User], siswa: Siswa) -> Client:
    siswa.user = person("siswa")
    siswa.save()
    NilaiRaport.objects.create(siswa=siswa, semester=1, tahun_ajaran="2025/2026", matematika=87)
    Presensi.objects.create(siswa=siswa, semester=1, tahun_ajaran="2025/2026", hadir=96, sakit=4)
    ani = Siswa.objects.create(nis="2", nama="Ani", kelas="X-1")
    NilaiRaport.objects.create(siswa=ani, semester=1, tahun_ajaran="2025/2026", matematika=43)
    client.force_login(siswa.user)
    return client


def test_a_student_sees_his_marks_and_attendance(budi: Client) -> None:
    page = budi.get("/saya/").content.decode()
    assert all(words in page for words in ("Budi Santoso", "Mathematics", "<td>87</td>", "<td>96</td>", "96.00"))


def test_and_nobody_elses(budi: Client) -> None:
    page = budi.get("/saya/").content.decode()
    assert "Ani" not in page and ">43<" not in page


def test_it_asks_no_more_for_many_semesters(
    budi: Client, siswa: Siswa, django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    NilaiRaport.objects.bulk_create(
        NilaiRaport(siswa=siswa, semester=number, tahun_ajaran="2025/2026") for number in range(2, 9)
    )
    with django_assert_num_queries(6):  # session, user, roles, student, marks, attendance
        budi.get("/saya/")


def test_a_student_without_a_record_has_no_page(seen_by: Callable[..., Client]) -> None:
    assert seen_by("siswa").get("/saya/").status_code == 404


def test_a_stranger_has_to_sign_in(client: Client, db: None) -> None:
    assert client.get("/saya/")["Location"] == "/accounts/login/?next=/saya/"

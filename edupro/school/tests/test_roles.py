"""What the groups may do, through the API."""

from collections.abc import Callable

import pytest
from django.apps import apps
from django.contrib.auth.models import Group, User
from pytest_django import DjangoAssertNumQueries, Settings
from rest_framework.test import APIClient

from edupro.school.models import Siswa
from edupro.school.roles import grant_roles, role_of

LISTS = ["siswa", "nilai", "presensi", "penghasilan"]


@pytest.mark.parametrize("name", LISTS)
def test_admin_reads_every_list(admin_api: APIClient, name: str) -> None:
    assert admin_api.get(f"/api/{name}").status_code == 200


@pytest.mark.parametrize(("name", "status"), [("siswa", 200), ("nilai", 200), ("presensi", 200), ("penghasilan", 403)])
def test_a_student_reads_all_but_incomes(client_of: Callable[[str], APIClient], name: str, status: int) -> None:
    assert client_of("siswa").get(f"/api/{name}").status_code == status


@pytest.mark.parametrize("name", LISTS)
def test_a_student_writes_nothing(client_of: Callable[[str], APIClient], name: str) -> None:
    client = client_of("siswa")
    assert [client.post(f"/api/{name}", {}).status_code, client.patch(f"/api/{name}/1", {}).status_code] == [403, 403]


@pytest.mark.parametrize("name", LISTS)
def test_a_stranger_is_asked_who_he_is(client: APIClient, db: None, name: str) -> None:
    response = client.get(f"/api/{name}")
    assert (response.status_code, response["WWW-Authenticate"][:6]) == (401, "Bearer")


@pytest.mark.parametrize(("name", "status"), [("siswa", 200), ("nilai", 200), ("presensi", 200), ("penghasilan", 403)])
def test_a_teacher_reads_all_but_incomes(guru_api: APIClient, name: str, status: int) -> None:
    assert guru_api.get(f"/api/{name}").status_code == status


def test_a_teacher_gives_marks(guru_api: APIClient, siswa: Siswa) -> None:
    mark = {"siswa": siswa.pk, "semester": 1, "tahun_ajaran": "2025/2026", "matematika": 88}
    assert guru_api.post("/api/nilai", mark).status_code == 201


def test_a_teacher_changes_no_student(guru_api: APIClient, siswa: Siswa) -> None:
    assert guru_api.patch(f"/api/siswa/{siswa.pk}", {"nama": "X"}).status_code == 403


def test_the_metadata_of_a_list_is_for_its_readers(client_of: Callable[[str], APIClient]) -> None:
    assert client_of("siswa").options("/api/penghasilan").status_code == 403


def test_admin_registers_and_changes_users_and_deletes_none(person: Callable[..., User]) -> None:
    permissions = {name for name in person("admin").get_all_permissions() if name.startswith("auth.")}
    assert permissions == {"auth.view_user", "auth.add_user", "auth.change_user"}


def test_the_settings_grant_roles_what_other_apps_have(person: Callable[..., User]) -> None:
    assert person("admin").has_perm("eventlog.view_event") and not person("guru").has_perm("eventlog.view_event")


def test_without_them_the_school_grants_nothing_of_other_apps(db: None, settings: Settings) -> None:
    settings.ROLE_PERMISSIONS = {}
    Group.objects.all().delete()
    for name in ("school", "eventlog"):
        grant_roles(apps.get_app_config(name))
    admin = Group.objects.get(name="admin")
    assert set(admin.permissions.values_list("content_type__app_label", flat=True)) == {"school"}


def test_granting_twice_is_granting_once(db: None) -> None:
    before = set(Group.objects.values_list("name", "permissions"))
    grant_roles(apps.get_app_config("school"))
    assert set(Group.objects.values_list("name", "permissions")) == before


def test_a_right_given_by_hand_survives_the_next_migrate(db: None, person: Callable[..., User]) -> None:
    guru, admin = Group.objects.get(name="guru"), Group.objects.get(name="admin")
    guru.permissions.add(*admin.permissions.filter(codename="view_user"))
    grant_roles(apps.get_app_config("auth"))
    assert person("guru").has_perm("auth.view_user")


def test_the_role_is_the_first_group(person: Callable[..., User]) -> None:
    user = person("siswa")
    user.groups.add(Group.objects.get(name="guru"))
    assert role_of(user) == "guru"


def test_a_superuser_is_an_admin(person: Callable[..., User]) -> None:
    assert role_of(person("guru", is_superuser=True)) == "admin"


def test_who_has_no_group_has_no_role(
    person: Callable[..., User], django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    user = person("nobody")
    with django_assert_num_queries(1):
        assert role_of(user) == ""

"""Registration by an administrator, in the admin and by the API."""

from collections.abc import Callable
from typing import Any

import pytest
from django.contrib.auth.models import Group, Permission, User
from django.core.mail import EmailMessage
from django.test import Client
from pytest_django import DjangoCaptureOnCommitCallbacks
from rest_framework.test import APIClient

from edupro.people.tests.conftest import NEW_PASSWORD
from edupro.school.models import Siswa

TEACHER = {"username": "rina.guru", "name": "Rina Dewi Sari", "email": "rina@school.example", "role": "guru"}
BY_HAND = {"password1": NEW_PASSWORD, "password2": NEW_PASSWORD}


@pytest.fixture
def desk(client: Client, person: Callable[..., User], siswa: Siswa) -> Client:
    client.force_login(person("admin", is_staff=True))
    return client


def added(desk: Client, fields: dict[str, Any]) -> Any:
    """The errors of the form, or nothing where it was taken."""
    response = desk.post("/admin/auth/user/add/", fields)
    return response.context["adminform"].errors if response.status_code == 200 else {}


def test_the_page_offers_all_that_a_registration_needs(desk: Client) -> None:
    page = desk.get("/admin/auth/user/add/").content.decode()
    assert all(f'name="{name}"' in page for name in (*TEACHER, "kelas", "nis", "password1"))


def test_a_teacher_gets_classes_and_the_admin(desk: Client) -> None:
    assert added(desk, {**TEACHER, **BY_HAND, "kelas": ["X-1"]}) == {}
    user = User.objects.get(username="rina.guru")
    assert (user.get_full_name(), user.is_staff, user.is_superuser) == ("Rina Dewi Sari", True, False)
    assert [*user.groups.values_list("name", flat=True), *user.kelas_guru.values_list("kelas", flat=True)] == [
        "guru",
        "X-1",
    ]


def test_a_student_gets_his_record_and_no_admin(desk: Client, siswa: Siswa) -> None:
    assert added(desk, {**TEACHER, **BY_HAND, "role": "siswa", "nis": "1001"}) == {}
    siswa.refresh_from_db()
    assert siswa.user == User.objects.get(username="rina.guru") and not siswa.user.is_staff


@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({"username": "Rina"}, "username"),
        ({"username": "ab"}, "username"),
        ({"username": "rina@school"}, "username"),
        ({"username": "-rina"}, "username"),
        ({"username": "r" * 31}, "username"),
        ({"username": "admin-ada"}, "username"),
        ({"username": "rina\x00"}, "username"),
        ({"name": ""}, "name"),
        ({"role": ""}, "role"),
        ({"role": "superuser"}, "role"),
        ({"kelas": ["XII-9"]}, "kelas"),
        ({"role": "siswa", "nis": "1001", "kelas": ["X-1"]}, "kelas"),
        ({"nis": "1001"}, "nis"),
        ({"role": "siswa", "nis": "9999"}, "nis"),
        ({"role": "siswa"}, "nis"),
        ({"email": "", "password1": "", "password2": ""}, "email"),
        ({"password1": "12345678", "password2": "12345678"}, "password2"),
        ({"password1": "rina.guru1", "password2": "rina.guru1"}, "password2"),
        ({"password2": ""}, "password2"),
    ],
)
def test_what_is_wrong_is_said_at_its_field(desk: Client, change: dict[str, Any], field: str) -> None:
    assert list(added(desk, {**TEACHER, **BY_HAND, **change})) == [field]
    assert not User.objects.filter(first_name="Rina").exists()


def test_a_student_has_one_account(desk: Client, siswa: Siswa, person: Callable[..., User]) -> None:
    Siswa.objects.update(user=person("siswa"))
    assert list(added(desk, {**TEACHER, **BY_HAND, "role": "siswa", "nis": "1001"})) == ["nis"]


def test_an_invitation_leads_to_a_password_and_in(
    desk: Client,
    link: Callable[[], str],
    mailoutbox: list[EmailMessage],
    django_capture_on_commit_callbacks: DjangoCaptureOnCommitCallbacks,
) -> None:
    with django_capture_on_commit_callbacks(execute=True):
        added(desk, TEACHER)
    assert mailoutbox[0].to == ["rina@school.example"] and "rina.guru" in mailoutbox[0].body
    visitor = Client()
    page = visitor.get(link())["Location"]
    visitor.post(page, {"new_password1": NEW_PASSWORD, "new_password2": NEW_PASSWORD})
    assert visitor.login(username="rina.guru", password=NEW_PASSWORD)


def test_the_invitation_is_in_the_language_of_the_page(
    desk: Client,
    mailoutbox: list[EmailMessage],
    django_capture_on_commit_callbacks: DjangoCaptureOnCommitCallbacks,
) -> None:
    with django_capture_on_commit_callbacks(execute=True):
        desk.post("/admin/auth/user/add/", TEACHER, headers={"accept-language": "id"})
    assert mailoutbox[0].subject == "EduPro: akun Anda" and "Halo Rina" in mailoutbox[0].body


# --- by the API ---
BODY = {**TEACHER, "kelas": ["X-1", "XI-1", "X-1"], "password": NEW_PASSWORD}


@pytest.mark.parametrize("slash", ["", "/"])
def test_the_api_registers_as_well(admin_api: APIClient, slash: str) -> None:
    response = admin_api.post(f"/api/auth/register{slash}", BODY)
    user = User.objects.get(username="rina.guru")
    expected = {"id": user.pk, "kelas": ["X-1", "XI-1", "X-1"], "siswa": None, "invited": False}
    assert response.status_code == 201 and response.json().items() >= expected.items()
    assert user.check_password(NEW_PASSWORD) and user.kelas_guru.count() == 2


def test_the_api_invites_who_gets_no_password(
    admin_api: APIClient,
    siswa: Siswa,
    mailoutbox: list[EmailMessage],
    django_capture_on_commit_callbacks: DjangoCaptureOnCommitCallbacks,
) -> None:
    with django_capture_on_commit_callbacks(execute=True):
        response = admin_api.post("/api/auth/register", {**TEACHER, "role": "siswa", "siswa": siswa.pk})
    assert response.json()["invited"] and len(mailoutbox) == 1
    assert not User.objects.get(username="rina.guru").has_usable_password()


@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({"username": "Rina"}, "username"),
        ({"username": ["a"]}, "username"),
        ({"role": "root"}, "role"),
        ({"role": "admin"}, "kelas"),
        ({"kelas": "X-1"}, "kelas"),
        ({"kelas": [""]}, "kelas"),
        ({"siswa": 1}, "siswa"),
        ({"password": "password"}, "password"),
        ({"password": "x" * 5000}, "password"),
        ({"email": "no address"}, "email"),
        ({"name": ""}, "name"),
    ],
)
def test_the_api_says_what_is_wrong(admin_api: APIClient, change: dict[str, Any], field: str) -> None:
    response = admin_api.post("/api/auth/register", {**BODY, **change})
    assert (response.status_code, list(response.json()["errors"])) == (400, [field])


@pytest.mark.parametrize(("role", "status"), [("guru", 403), ("siswa", 403), ("nobody", 403)])
def test_only_an_administrator_registers(client_of: Callable[[str], APIClient], role: str, status: int) -> None:
    assert client_of(role).post("/api/auth/register", BODY).status_code == status
    assert not User.objects.filter(username="rina.guru").exists()


def test_a_stranger_is_asked_who_he_is(db: None) -> None:
    assert APIClient().post("/api/auth/register", BODY).status_code == 401


def test_nobody_gives_a_role_that_may_more_than_himself(
    person: Callable[..., User], speak: Callable[[User], APIClient]
) -> None:
    clerk = person("clerk")
    clerk.user_permissions.set(Permission.objects.filter(codename__in=["add_user", "change_user", "view_user"]))
    response = speak(clerk).post("/api/auth/register", {**BODY, "role": "admin", "kelas": []})
    assert list(response.json()["errors"]) == ["role"]


@pytest.mark.parametrize("flag", ["is_superuser", "is_staff", "groups", "user_permissions"])
def test_what_is_not_asked_for_is_not_taken(admin_api: APIClient, flag: str) -> None:
    value = [Group.objects.get(name="admin").pk] if flag == "groups" else [1] if "perm" in flag else True
    admin_api.post("/api/auth/register", {**BODY, "role": "siswa", "kelas": [], flag: value})
    made = User.objects.filter(username="rina.guru").first()
    assert made is None or not (made.is_superuser or made.is_staff or made.user_permissions.exists())

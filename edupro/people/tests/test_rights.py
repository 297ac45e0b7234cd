"""Attempts to get more rights than one has, by the pages about accounts."""

from collections.abc import Callable
from typing import Any

import pytest
from django.contrib.auth.models import Group, Permission, User
from django.test import Client

from edupro.people.tests.conftest import NEW_PASSWORD, PASSWORD
from edupro.school.models import Siswa


@pytest.fixture
def browser(client: Client, person: Callable[..., User]) -> Client:
    client.force_login(person("admin", is_staff=True, email="ada@school.example"))
    return client


def page(user: User, name: str = "change") -> str:
    return f"/admin/auth/user/{user.pk}/{name}/"


EVERYTHING: dict[str, Any] = {"is_superuser": "on", "is_staff": "on", "is_active": "on"}


def test_the_role_admin_cannot_make_itself_a_superuser(browser: Client) -> None:
    user = User.objects.get()
    fields = {"username": "admin-ada", **EVERYTHING, "first_name": "Ada"}
    browser.post(page(user), fields)
    user.refresh_from_db()
    assert user.first_name == "Ada" and not user.is_superuser


def test_nor_anybody_else(browser: Client, guru: User) -> None:
    everything = {"user_permissions": [*Permission.objects.values_list("pk", flat=True)]}
    groups = {"groups": [Group.objects.create(name="chiefs").pk]}
    browser.post(page(guru), {"username": guru.username, "role": "guru", **EVERYTHING, **everything, **groups})
    guru.refresh_from_db()
    assert not guru.is_superuser and not guru.is_staff and not guru.user_permissions.exists()
    assert [group.name for group in guru.groups.all()] == ["guru"]


def test_nor_register_one(browser: Client) -> None:
    fields = {"username": "eve", "name": "Eve", "role": "admin", "password1": NEW_PASSWORD, "password2": NEW_PASSWORD}
    more = {"user_permissions": [Permission.objects.first().pk]}  # type: ignore[union-attr]
    assert browser.post("/admin/auth/user/add/", {**fields, **EVERYTHING, **more}).status_code == 302
    eve = User.objects.get(username="eve")
    assert eve.is_staff and not eve.is_superuser and not eve.user_permissions.exists()


@pytest.mark.parametrize("role", ["guru", "siswa", "admin", ""])
def test_the_role_admin_gives_and_takes_roles(browser: Client, guru: User, role: str) -> None:
    browser.post(page(guru), {"username": guru.username, "role": role})
    guru = User.objects.get(pk=guru.pk)
    assert [group.name for group in guru.groups.all()] == [role] * bool(role)
    assert guru.is_staff == (role == "admin")  # who keeps his role keeps the rest as it was


def test_another_group_outlives_a_new_role(browser: Client, guru: User) -> None:
    guru.groups.add(Group.objects.create(name="choir"))
    browser.post(page(guru), {"username": guru.username, "role": "siswa"})
    assert set(guru.groups.values_list("name", flat=True)) == {"choir", "siswa"}


def test_nobody_changes_his_own_role(browser: Client) -> None:
    user = User.objects.get()
    assert 'name="role"' not in browser.get(page(user)).content.decode()
    browser.post(page(user), {"username": user.username, "role": "siswa"})
    assert user.groups.get().name == "admin"


@pytest.fixture(params=["superuser", "auditor", "locked auditor", "auditor by group", "clerk of the log"])
def beyond(request: pytest.FixtureRequest, db: None) -> User:
    """Accounts that may something that the role admin may not."""
    user = User.objects.create_user("hendra", "h@school.example", PASSWORD, is_staff=True)
    right = Permission.objects.get(codename="view_security" if "clerk" not in request.param else "delete_user")
    if request.param == "superuser":
        user.is_superuser = True
    elif "group" in request.param:
        group = Group.objects.create(name="auditors")
        group.permissions.add(right)
        user.groups.add(group)
    else:
        user.user_permissions.add(right)
    user.is_active = "locked" not in request.param
    user.save()
    return user


@pytest.mark.parametrize("name", ["change", "password"])
def test_who_may_more_is_not_touched(browser: Client, beyond: User, name: str) -> None:
    fields = {"username": "x", "email": "ada@school.example", "password1": NEW_PASSWORD, "password2": NEW_PASSWORD}
    assert browser.post(page(beyond, name), {**fields, "usable_password": "true", "role": ""}).status_code == 403
    after = User.objects.get(pk=beyond.pk)
    assert (after.username, after.email, after.password) == (beyond.username, beyond.email, beyond.password)


@pytest.mark.parametrize("name", ["lock", "unlock"])
def test_nor_locked_or_unlocked(browser: Client, beyond: User, name: str) -> None:
    User.objects.create_superuser("another")
    browser.post(page(beyond, name))
    assert User.objects.get(pk=beyond.pk).is_active == beyond.is_active


def test_but_may_be_looked_at(browser: Client, beyond: User) -> None:
    response = browser.get(page(beyond))
    assert response.status_code == 200 and 'name="_save"' not in response.content.decode()


@pytest.mark.parametrize("role", ["guru", "siswa"])
@pytest.mark.parametrize("path", ["/admin/auth/user/", "/admin/auth/user/add/", "/admin/auth/group/", "/admin/school/"])
def test_other_roles_reach_no_account(client: Client, person: Callable[..., User], role: str, path: str) -> None:
    client.force_login(person(role, is_staff=True))
    if path.startswith("/admin/auth"):
        assert client.get(path).status_code == client.post(path).status_code == 403


def test_the_role_admin_reaches_no_group_and_deletes_no_account(browser: Client, guru: User) -> None:
    assert browser.get("/admin/auth/group/").status_code == 403
    assert browser.post(page(guru, "delete"), {"post": "yes"}).status_code == 403


def test_a_page_of_a_student_offers_no_account(browser: Client, siswa: Siswa) -> None:
    fields = {"nis": "1001", "nama": "Budi", "kelas": "X-1", "user": User.objects.get().pk}
    assert browser.post(f"/admin/school/siswa/{siswa.pk}/change/", fields).status_code == 302
    siswa.refresh_from_db()
    assert siswa.nama == "Budi" and siswa.user is None


def test_a_superuser_gives_rights(admin_client: Client, person: Callable[..., User]) -> None:
    user = person("guru")
    text = admin_client.get(page(user)).content.decode()
    assert 'name="is_superuser"' in text and 'name="groups"' in text and 'name="role"' not in text


def test_a_superuser_gives_one_role_at_most(admin_client: Client, guru: User) -> None:
    roles = Group.objects.filter(name__in=["guru", "siswa"]).values_list("pk", flat=True)
    answer = admin_client.post(page(guru), {"username": guru.username, "groups": [*roles]})
    assert "Choose one role at most" in answer.content.decode() and guru.groups.get().name == "guru"


def test_a_superuser_gives_classes_with_the_group(admin_client: Client, guru: User) -> None:
    group = Group.objects.get(name="guru")
    fields = {"username": guru.username, "groups": [group.pk], "kelas": ["X-1"], "is_staff": "on"}
    assert admin_client.post(page(guru), fields).status_code == 302
    assert [*guru.kelas_guru.values_list("kelas", flat=True)] == ["X-1"]


def test_an_old_name_may_stay_as_it_is(browser: Client) -> None:
    old = User.objects.create_user("Pak.Bambang@old")
    browser.post(page(old), {"username": old.username, "first_name": "Bambang", "role": ""})
    assert User.objects.get(pk=old.pk).first_name == "Bambang"

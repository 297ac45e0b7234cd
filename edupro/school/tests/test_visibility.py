"""Whose students, marks, attendance and incomes somebody sees: by the queryset, the API and the admin."""

from collections.abc import Callable
from typing import Any

import pytest
from django.contrib.auth.models import AnonymousUser, Group, Permission, User
from django.test import Client
from pytest_django import DjangoAssertNumQueries
from rest_framework.test import APIClient

from edupro.school.models import KelasGuru, NilaiRaport, PenghasilanOrtu, Presensi, Siswa
from edupro.school.tests.conftest import speaking_for

MODELS = (Siswa, NilaiRaport, Presensi, PenghasilanOrtu)
ALL, HIS_CLASS, HIMSELF, NOTHING = {"Ani", "Budi", "Cici"}, {"Ani", "Budi"}, {"Budi"}, set[str]()
SEEN = {
    "superuser": ALL,
    "admin": ALL,
    "guru": HIS_CLASS,
    "guru without a class": NOTHING,
    "siswa": HIMSELF,
    "siswa without a student": NOTHING,
    "guru and siswa": {"Ani", "Budi"},
    "guru and admin": ALL,
    "auditor with permissions": ALL,
    "auditor without": NOTHING,
    "guru with every permission": HIS_CLASS,
    "guru in another group": HIS_CLASS,
    "locked admin": NOTHING,
    "stranger": NOTHING,
}
each_person = pytest.mark.parametrize("who", SEEN)
each_model = pytest.mark.parametrize("model", MODELS)
SEMESTER = {"semester": 1, "tahun_ajaran": "2025/2026"}


@pytest.fixture
def school(db: None) -> dict[str, Siswa]:
    """Ani and Budi in X-1, Cici in X-2, with one record of each kind."""
    classes = {"Ani": "X-1", "Budi": "X-1", "Cici": "X-2"}
    students = {nama: Siswa.objects.create(nis=nama, nama=nama, kelas=kelas) for nama, kelas in classes.items()}
    for siswa in students.values():
        NilaiRaport.objects.create(siswa=siswa, **SEMESTER, matematika=80)
        Presensi.objects.create(siswa=siswa, **SEMESTER)
        PenghasilanOrtu.objects.create(siswa=siswa)
    return students


@pytest.fixture
def people(school: dict[str, Siswa]) -> Callable[[str], Any]:
    def make(who: str) -> Any:
        if who == "stranger":
            return AnonymousUser()
        user = User.objects.create_user("ada", is_staff=True, is_superuser=who == "superuser")
        user.is_active = not who.startswith("locked")
        user.groups.set(Group.objects.filter(name__in=who.split()))
        if "another group" in who:
            user.groups.add(Group.objects.create(name="a group before all others"))
        if who.startswith("guru") and "without" not in who:
            KelasGuru.objects.create(user=user, kelas="X-1")
        if "siswa" in who and "without" not in who:
            Siswa.objects.filter(nama="Budi").update(user=user)
        if "permission" in who:
            user.user_permissions.set(Permission.objects.filter(content_type__app_label="school"))
        return user

    return make


def names(rows: Any) -> set[str]:
    return {getattr(row, "siswa", row).nama for row in rows}


@each_model
@each_person
def test_everybody_sees_what_is_his(people: Callable[[str], Any], who: str, model: Any) -> None:
    assert names(model.objects.visible_to(people(who))) == SEEN[who]


@each_model
@pytest.mark.parametrize("who", ["admin", "guru", "siswa", "auditor with permissions"])
def test_the_api_shows_no_more(people: Callable[[str], Any], who: str, model: Any) -> None:
    name = {"nilairaport": "nilai", "penghasilanortu": "penghasilan"}.get(
        model._meta.model_name, model._meta.model_name
    )
    response = speaking_for(people(who)).get(f"/api/{name}")
    seen = {row.get("siswa_nama") or row["nama"] for row in response.json().get("results", [])}
    assert seen == (SEEN[who] if response.status_code == 200 else NOTHING)


@each_model
@pytest.mark.parametrize("who", ["superuser", "admin", "guru", "auditor with permissions"])
def test_the_admin_shows_no_more(client: Client, people: Callable[[str], Any], who: str, model: Any) -> None:
    client.force_login(people(who))
    response = client.get(f"/admin/school/{model._meta.model_name}/")
    assert (response.status_code == 403) or names(response.context["cl"].result_list) == SEEN[who]


@pytest.mark.parametrize("who", ["guru", "siswa"])
def test_another_persons_student_is_not_there(people: Callable[[str], Any], school: dict[str, Siswa], who: str) -> None:
    client, cici = speaking_for(people(who)), school["Cici"]
    answers = [client.get(f"/api/{path}").status_code for path in (f"siswa/{cici.pk}", f"nilai/{cici.nilai.get().pk}")]
    assert answers == [404, 404]


@pytest.mark.parametrize("who", ["guru", "siswa", "guru and siswa", "admin"])
def test_whose_they_are_is_asked_in_two_queries(
    people: Callable[[str], Any], django_assert_num_queries: DjangoAssertNumQueries, who: str
) -> None:
    user = people(who)
    with django_assert_num_queries(2):  # his roles, the rows
        list(NilaiRaport.objects.visible_to(user))


def test_a_filter_cannot_ask_beyond_the_class(people: Callable[[str], Any], school: dict[str, Siswa]) -> None:
    client = speaking_for(people("guru"))
    for query in ("kelas=X-2", f"siswa={school['Cici'].pk}", "search=Cici"):
        assert client.get(f"/api/nilai?{query}").json()["results"] == []


# --- writing ---
@pytest.fixture
def guru_of_x1(people: Callable[[str], Any]) -> APIClient:
    return speaking_for(people("guru"))


@pytest.mark.parametrize("name", ["nilai", "presensi"])
def test_a_teacher_adds_nothing_to_a_student_of_another_class(
    guru_of_x1: APIClient, school: dict[str, Siswa], name: str
) -> None:
    body = {"siswa": school["Cici"].pk, "semester": 2, "tahun_ajaran": "2025/2026"}
    response = guru_of_x1.post(f"/api/{name}", body)
    assert response.status_code == 400 and list(response.json()["errors"]) == ["siswa"]


def test_a_strange_student_is_told_from_none_by_nothing(guru_of_x1: APIClient, school: dict[str, Siswa]) -> None:
    said = [
        guru_of_x1.post("/api/nilai", {"siswa": pk, **SEMESTER}).json()["errors"]["siswa"][0].replace(str(pk), "?")
        for pk in (school["Cici"].pk, 999_999)
    ]
    assert said[0] == said[1]


@pytest.mark.parametrize("method", ["patch", "put", "delete"])
def test_a_teacher_changes_no_record_of_another_class(
    guru_of_x1: APIClient, school: dict[str, Siswa], method: str
) -> None:
    presensi = school["Cici"].presensi.get()
    response = getattr(guru_of_x1, method)(f"/api/presensi/{presensi.pk}", {"hadir": 1})
    assert response.status_code in (403, 404) and Presensi.objects.get(pk=presensi.pk).hadir == 0


def test_a_teacher_moves_no_record_to_another_class(guru_of_x1: APIClient, school: dict[str, Siswa]) -> None:
    nilai = school["Ani"].nilai.get()
    body = {"siswa": school["Cici"].pk, "semester": 2}
    assert guru_of_x1.patch(f"/api/nilai/{nilai.pk}", body).status_code == 400
    assert NilaiRaport.objects.get(pk=nilai.pk).siswa == school["Ani"]


@pytest.fixture
def desk(client: Client, people: Callable[[str], Any]) -> Client:
    client.force_login(people("guru"))
    return client


def test_in_the_admin_a_strange_student_is_no_choice(desk: Client, school: dict[str, Siswa]) -> None:
    nilai, cici = school["Ani"].nilai.get(), school["Cici"].pk
    for page in ("add", f"{nilai.pk}/change"):
        fields = {"siswa": cici, "semester": 2, "tahun_ajaran": "2025/2026"}
        assert "siswa" in desk.post(f"/admin/school/nilairaport/{page}/", fields).context["adminform"].errors
    assert NilaiRaport.objects.filter(siswa=cici).count() == 1


def test_in_the_admin_a_strange_record_is_not_there(desk: Client, school: dict[str, Siswa]) -> None:
    nilai = school["Cici"].nilai.get()
    for page in ("change", "history"):
        assert desk.get(f"/admin/school/nilairaport/{nilai.pk}/{page}/")["Location"] == "/admin/"
    fields = {"siswa": nilai.siswa_id, **SEMESTER, "matematika": 100}
    desk.post(f"/admin/school/nilairaport/{nilai.pk}/change/", fields)
    assert NilaiRaport.objects.get(pk=nilai.pk).matematika == 80


def test_only_ones_own_students_are_suggested(desk: Client, school: dict[str, Siswa]) -> None:
    query = {"app_label": "school", "model_name": "nilairaport", "field_name": "siswa", "term": ""}
    suggested = desk.get("/admin/autocomplete/", query).json()["results"]
    assert {row["id"] for row in suggested} == {str(school[nama].pk) for nama in ("Ani", "Budi")}


def test_the_account_of_a_deleted_user_leaves_the_student(people: Callable[[str], Any]) -> None:
    people("siswa").delete()
    assert Siswa.objects.get(nama="Budi").user is None


def test_an_account_cannot_be_written_to_a_student_by_the_api(people: Callable[[str], Any]) -> None:
    client = speaking_for(people("admin"))
    response = client.patch(f"/api/siswa/{Siswa.objects.get(nama='Ani').pk}", {"user": User.objects.get().pk})
    assert response.status_code == 200 and Siswa.objects.get(nama="Ani").user is None

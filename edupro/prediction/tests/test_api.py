"""Training and predicting through the API, by role."""

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from pytest_django import DjangoAssertNumQueries, Settings
from rest_framework.test import APIClient

from edupro.celery import app
from edupro.prediction.models import ModelVersion, Prediksi, TrainingRun
from edupro.prediction.tests.conftest import add_students
from edupro.school.models import Siswa

pytestmark = pytest.mark.django_db


@pytest.fixture
def worker() -> Iterator[None]:
    """Tasks are done at once."""
    app.conf.task_always_eager = True
    yield
    app.conf.task_always_eager = False


@pytest.mark.parametrize("slash", ["", "/"])
def test_a_training_is_ordered_and_followed(
    admin_api: APIClient, students: list[Siswa], worker: None, slash: str
) -> None:
    answer = admin_api.post(f"/api/prediksi/train{slash}", {"max_depth": 3})
    assert answer.status_code == 202 and answer["Location"].endswith(f"/{answer.json()['id']}")
    state = admin_api.get(f"{answer['Location']}{slash}").json()
    assert (state["status"], state["progress"], state["version"]) == ("done", 100, 1)
    assert state["parameters"]["max_depth"] == 3 and state["step_text"] == "Ready" and not state["error"]


def test_too_few_students_are_a_422_with_words(admin_api: APIClient) -> None:
    add_students(12)
    answer = admin_api.post("/api/prediksi/train", headers={"accept-language": "id"})
    assert (answer.status_code, answer.json()["code"]) == (422, "untrainable")
    assert "30" in answer.json()["detail"] and "12" in answer.json()["detail"] and "siswa" in answer.json()["detail"]


def test_a_second_training_is_a_409(admin_api: APIClient, students: list[Siswa]) -> None:
    TrainingRun.objects.order(by=None, parameters={})
    assert admin_api.post("/api/prediksi/train").status_code == 409


@pytest.mark.parametrize(
    "body", [{"max_depth": 0}, {"max_depth": "deep"}, {"min_samples_leaf": -1}, {"class_weight": "x"}, [1]]
)
def test_parameters_that_make_no_sense_are_a_400(admin_api: APIClient, body: Any) -> None:
    assert admin_api.post("/api/prediksi/train", body).status_code == 400
    assert not TrainingRun.objects.exists()


@pytest.mark.parametrize("slash", ["", "/"])
def test_one_student_is_foretold_with_the_way_to_it(
    guru_api: APIClient, version: ModelVersion, students: list[Siswa], slash: str
) -> None:
    body = guru_api.post(f"/api/prediksi/predict{slash}", {"siswa": students[0].pk}).json()
    assert body["result"] in ("Rendah", "Sedang", "Tinggi") and body["version"] == 1
    assert body["confidence"] == body["probabilities"][body["result"]] == max(body["probabilities"].values())
    assert body["siswa_nis"] == students[0].nis and "mean mark" in body["explanation"][0]
    assert Prediksi.objects.get().created_by.username == "guru-ada"  # type: ignore[union-attr]


def test_a_student_is_meant_by_id_or_by_number(
    guru_api: APIClient, version: ModelVersion, students: list[Siswa]
) -> None:
    first, other = students[:2]
    Siswa.objects.filter(pk=other.pk).update(nis=str(first.pk))
    asked = {first.nis: first, first.pk: first, str(first.pk): other, str(students[2].pk): students[2]}
    for key, siswa in asked.items():
        assert guru_api.post("/api/prediksi/predict", {"siswa": key}).json()["siswa"] == siswa.pk


@pytest.mark.parametrize("key", [None, "", True, [], {}, "\0", "a\0b", "9" * 41])
def test_a_key_that_makes_no_sense_is_a_400(guru_api: APIClient, version: ModelVersion, key: Any) -> None:
    assert guru_api.post("/api/prediksi/predict", {"siswa": key}).status_code == 400


def test_half_a_character_is_a_400(guru_api: APIClient, version: ModelVersion) -> None:
    for path, body in (("predict", b'{"siswa": "\\ud800"}'), ("batch", b'{"kelas": "\\ud800"}')):
        answer = guru_api.generic("POST", f"/api/prediksi/{path}", body, content_type="application/json")
        assert answer.status_code == 400


@pytest.mark.parametrize("key", [0, -1, 1.5, 10**30, "9" * 40, "nobody", "²"])
def test_a_student_that_is_not_there_is_a_404(guru_api: APIClient, version: ModelVersion, key: Any) -> None:
    assert guru_api.post("/api/prediksi/predict", {"siswa": key}).status_code == 404


def test_without_marks_nothing_is_foretold(guru_api: APIClient, version: ModelVersion, without_reports: Siswa) -> None:
    answer = guru_api.post("/api/prediksi/predict", {"siswa": without_reports.pk})
    assert (answer.status_code, answer.json()["code"]) == (422, "no_marks")


@pytest.mark.parametrize("path", ["predict", "batch"])
def test_before_the_first_training_there_is_a_409(guru_api: APIClient, students: list[Siswa], path: str) -> None:
    answer = guru_api.post(f"/api/prediksi/{path}", {"siswa": students[0].pk})
    assert (answer.status_code, answer.json()["code"]) == (409, "no_model")


def test_a_damaged_model_is_told(guru_api: APIClient, version: ModelVersion, students: list[Siswa]) -> None:
    Path(version.file.path).write_bytes(b"{}")
    answer = guru_api.post("/api/prediksi/predict", {"siswa": students[0].pk})
    assert (answer.status_code, answer.json()["code"]) == (503, "model_damaged")


@pytest.mark.parametrize("slash", ["", "/"])
def test_a_class_is_foretold_at_once(
    guru_api: APIClient, version: ModelVersion, without_reports: Siswa, slash: str
) -> None:
    add_students(5, kelas="X-2")
    body = guru_api.post(f"/api/prediksi/batch{slash}", {"kelas": "X-2"}).json()
    assert (body["count"], sum(body["summary"].values()), body["without_marks"]) == (5, 5, [])
    assert {row["kelas"] for row in body["results"]} == {"X-2"}


def test_all_are_foretold_and_who_has_no_marks_is_named(
    guru_api: APIClient, version: ModelVersion, without_reports: Siswa
) -> None:
    body = guru_api.post("/api/prediksi/batch", {}).json()
    assert body["count"] == 60 and body["without_marks"] == ["none"] and Prediksi.objects.count() == 60


def test_a_school_is_foretold_by_a_handful_of_queries(
    guru_api: APIClient, version: ModelVersion, django_assert_max_num_queries: DjangoAssertNumQueries
) -> None:
    with django_assert_max_num_queries(12):  # the user and his rights, the version, four reads, one write
        assert guru_api.post("/api/prediksi/batch", {}).json()["count"] == 60


@pytest.mark.parametrize("kelas", ["no such class", "\0", "x" * 30, ""])
def test_a_class_that_is_not_there_is_refused(guru_api: APIClient, version: ModelVersion, kelas: str) -> None:
    assert guru_api.post("/api/prediksi/batch", {"kelas": kelas}).status_code in (400, 404)


@pytest.mark.parametrize("slash", ["", "/"])
def test_the_history_is_read_by_pages(guru_api: APIClient, version: ModelVersion, slash: str) -> None:
    guru_api.post("/api/prediksi/batch", {})
    first = guru_api.get(f"/api/prediksi/history{slash}?page_size=40").json()
    second = guru_api.get(first["next"]).json()
    assert len({row["id"] for row in first["results"] + second["results"]}) == 60 and second["next"] is None


def test_the_history_of_a_student(guru_api: APIClient, version: ModelVersion, students: list[Siswa]) -> None:
    guru_api.post("/api/prediksi/batch", {})
    newest = guru_api.post("/api/prediksi/predict", {"siswa": students[3].pk}).json()["id"]
    for key in (students[3].pk, students[3].nis):
        rows = guru_api.get(f"/api/prediksi/history?siswa={key}").json()["results"]
        assert len(rows) == 2 and rows[0]["id"] == newest


@pytest.mark.parametrize(
    ("query", "status"),
    [("siswa=%00", 400), ("siswa=nobody", 404), ("result=x", 400), ("kelas=%00", 400), ("cursor=x", 400)],
)
def test_a_history_that_makes_no_sense_is_refused(guru_api: APIClient, query: str, status: int) -> None:
    assert guru_api.get(f"/api/prediksi/history?{query}").status_code == status


def test_the_history_costs_no_query_a_row(
    guru_api: APIClient, version: ModelVersion, django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    guru_api.post("/api/prediksi/batch", {})
    with django_assert_num_queries(5):  # the user, his permissions and his groups', the page
        guru_api.get("/api/prediksi/history?page_size=50")


def test_a_teacher_learns_no_incomes_by_this_way(
    guru_api: APIClient, admin_api: APIClient, version: ModelVersion, students: list[Siswa]
) -> None:
    asked = {"siswa": students[0].pk}
    seen, known = (api.post("/api/prediksi/predict", asked).json()["features"] for api in (guru_api, admin_api))
    assert "penghasilan" not in seen and "penghasilan" in known


WAYS = [("post", "train"), ("get", "train/1"), ("post", "predict"), ("post", "batch"), ("get", "history")]


@pytest.mark.parametrize(("method", "path"), WAYS)
def test_a_stranger_is_asked_who_he_is(method: str, path: str) -> None:
    assert getattr(APIClient(), method)(f"/api/prediksi/{path}").status_code == 401


@pytest.mark.parametrize(("method", "path"), WAYS)
def test_a_student_may_none_of_it(client_of: Callable[[str], APIClient], method: str, path: str) -> None:
    assert getattr(client_of("siswa"), method)(f"/api/prediksi/{path}").status_code == 403


@pytest.mark.parametrize(("method", "path"), WAYS[:2])
def test_a_teacher_trains_nothing(guru_api: APIClient, method: str, path: str) -> None:
    assert getattr(guru_api, method)(f"/api/prediksi/{path}").status_code == 403


@pytest.fixture
def one_class_only(monkeypatch: pytest.MonkeyPatch) -> None:
    """Whoever asks sees class X-2 only."""
    manager = type(Siswa.objects)
    monkeypatch.setattr(manager, "visible_to", lambda self, _user: self.filter(kelas="X-2"))


def test_what_somebody_may_not_see_is_not_there(
    guru_api: APIClient, version: ModelVersion, students: list[Siswa], settings: Settings, one_class_only: None
) -> None:
    add_students(3, kelas="X-2")
    Prediksi.objects.create(siswa=students[0], version=version, result="Rendah")
    assert guru_api.post("/api/prediksi/predict", {"siswa": students[0].pk}).status_code == 404
    assert guru_api.post("/api/prediksi/batch", {}).json()["count"] == 3
    assert guru_api.post("/api/prediksi/batch", {"kelas": "X-1"}).status_code == 404
    assert len(guru_api.get("/api/prediksi/history").json()["results"]) == 3
    assert guru_api.get(f"/api/prediksi/history?siswa={students[0].pk}").status_code == 404

"""The admin's pages: who may what, and what they show."""

from collections.abc import Callable
from pathlib import Path

import pytest
from django.contrib.auth.models import Permission
from django.test import Client

from edupro.prediction import predicting
from edupro.prediction.models import ModelVersion, Prediksi, TrainingRun
from edupro.prediction.tests.conftest import add_students, person, train
from edupro.school.models import Siswa

pytestmark = pytest.mark.django_db
VERSIONS, RUNS, PREDICTIONS = (f"/admin/prediction/{name}/" for name in ("modelversion", "trainingrun", "prediksi"))


@pytest.fixture
def signed_in() -> Callable[[str], Client]:
    def sign_in(role: str) -> Client:
        client = Client()
        client.force_login(person(role, is_staff=True))
        return client

    return sign_in


@pytest.fixture
def admin(signed_in: Callable[[str], Client]) -> Client:
    return signed_in("admin")


@pytest.fixture
def guru(signed_in: Callable[[str], Client]) -> Client:
    return signed_in("guru")


def test_the_list_of_versions_tells_how_good_each_is(admin: Client, version: ModelVersion) -> None:
    page = admin.get(VERSIONS).content.decode()
    assert f"{100 * version.metrics['accuracy']:.1f} %" in page and "Train" in page and "Predict" in page


def test_a_version_is_drawn_and_told_in_words(admin: Client, version: ModelVersion) -> None:
    page = admin.get(f"{VERSIONS}{version.pk}/change/").content.decode()
    assert '<svg class="prediction-tree" role="img"' in page and 'class="prediction-rules"' in page
    assert page.count('<th scope="row">') == 9 and "predicted: Low" in page and version.fingerprint in page
    assert "style=" not in page.partition("<svg")[2] and "next report" in page


def test_a_version_whose_file_is_damaged_still_has_its_page(admin: Client, version: ModelVersion) -> None:
    Path(version.file.path).unlink()
    assert "Train anew" in admin.get(f"{VERSIONS}{version.pk}/change/").content.decode()


def test_an_older_version_is_made_active(admin: Client, version: ModelVersion) -> None:
    train()
    assert "Make active" in admin.get(f"{VERSIONS}{version.pk}/change/").content.decode()
    admin.post(f"{VERSIONS}{version.pk}/activate/")
    assert ModelVersion.objects.active() == version
    assert "Make active" not in admin.get(f"{VERSIONS}{version.pk}/change/").content.decode()


def test_too_few_students_are_told_on_the_page(admin: Client) -> None:
    add_students(3)
    page = admin.post(f"{VERSIONS}train/", follow=True).content.decode()
    assert "at least 30 students" in page and "at least 30 students" in admin.get(RUNS).content.decode()


def test_a_run_is_followed_with_and_without_a_script(admin: Client, students: list[Siswa]) -> None:
    run = TrainingRun.objects.order(by=None, parameters={})
    page = admin.get(f"{RUNS}{run.pk}/change/?follow=1").content.decode()
    assert f'data-state="{RUNS}{run.pk}/state/"' in page and 'http-equiv="refresh"' in page
    state = admin.get(f"{RUNS}{run.pk}/state/").json()
    assert (state["over"], state["progress"], state["text"]) == (False, 0, "Waiting for a worker")


def test_a_run_that_is_done_leads_to_its_version(admin: Client, students: list[Siswa]) -> None:
    run = train()
    url = f"{VERSIONS}{run.version_id}/change/"
    assert admin.get(f"{RUNS}{run.pk}/change/?follow=1").url == url  # type: ignore[attr-defined]
    assert admin.get(f"{RUNS}{run.pk}/state/").json()["next"] == url
    assert admin.get(f"{RUNS}{run.pk}/change/").status_code == 200


def test_a_class_is_predicted_and_listed(guru: Client, version: ModelVersion) -> None:
    add_students(4, kelas="X-2")
    page = guru.post(f"{PREDICTIONS}predict/", {"kelas": "X-2"}, follow=True).content.decode()
    assert "4 students predicted" in page and page.count('class="field-result"') == 4


def test_a_class_that_is_not_there_is_an_error_of_the_form(guru: Client, version: ModelVersion) -> None:
    page = guru.post(f"{PREDICTIONS}predict/", {"kelas": "<script>"}).content.decode()
    assert "errorlist" in page and "<script>" not in page.partition("errorlist")[2].partition("</form>")[0]


def test_before_the_first_training_nothing_is_offered(guru: Client, students: list[Siswa]) -> None:
    assert "No model has been trained yet" in guru.get(f"{PREDICTIONS}predict/").content.decode()
    assert guru.post(f"{PREDICTIONS}predict/", {"kelas": ""}).status_code == 200 and not Prediksi.objects.exists()


def test_a_prediction_says_why_but_no_income_to_a_teacher(
    guru: Client, admin: Client, version: ModelVersion, students: list[Siswa]
) -> None:
    prediksi = predicting.predict_one(students[0], by=None)
    pages = [client.get(f"{PREDICTIONS}{prediksi.pk}/change/").content.decode() for client in (guru, admin)]
    assert all("Mean mark" in page for page in pages)
    assert ["Parents&#x27; income: <b>" in page for page in pages] == [False, True]


def test_the_predictions_of_one_student(guru: Client, version: ModelVersion, students: list[Siswa]) -> None:
    predicting.predict_many(Siswa.objects.all(), by=None)
    page = guru.get(f"{PREDICTIONS}?siswa__id__exact={students[0].pk}").content.decode()
    assert page.count('class="field-result"') == 1


@pytest.mark.parametrize("query", ["batch=x", "siswa__id__exact=x", "result__exact=%00"])
def test_a_filter_that_makes_no_sense_is_no_fault(guru: Client, query: str) -> None:
    assert guru.get(f"{PREDICTIONS}?{query}").status_code in (200, 302, 400)


@pytest.mark.parametrize("path", [VERSIONS, RUNS, f"{VERSIONS}1/change/", f"{RUNS}1/state/"])
def test_a_teacher_sees_no_models(guru: Client, path: str) -> None:
    assert guru.get(path).status_code in (302, 403)


@pytest.mark.parametrize("path", [f"{VERSIONS}train/", f"{VERSIONS}1/activate/"])
def test_a_teacher_changes_no_models(guru: Client, students: list[Siswa], path: str) -> None:
    assert guru.post(path).status_code == 403 and not TrainingRun.objects.exists()


@pytest.mark.parametrize("path", ["train/", "1/activate/"])
def test_what_changes_something_is_posted(admin: Client, path: str) -> None:
    assert admin.get(f"{VERSIONS}{path}").status_code == 405


def test_nobody_adds_edits_or_deletes(version: ModelVersion) -> None:
    root = Client()
    user = person("admin", is_staff=True, is_superuser=True)
    root.force_login(user)
    assert Permission.objects.filter(content_type__app_label="prediction").exists()
    for path in (f"{VERSIONS}add/", f"{VERSIONS}{version.pk}/delete/", f"{PREDICTIONS}add/", f"{RUNS}add/"):
        assert root.get(path).status_code == 403
    assert root.post(f"{VERSIONS}{version.pk}/change/", {"number": 9}).status_code == 403


def test_a_list_is_not_narrowed_by_incomes(guru: Client, version: ModelVersion) -> None:
    predicting.predict_many(Siswa.objects.all(), by=None)
    assert guru.get(PREDICTIONS, {"features__penghasilan": "Tinggi"}).status_code == 400


def test_the_list_offers_the_classes_of_the_readers_students(guru: Client, version: ModelVersion) -> None:
    add_students(1, kelas="Z-9")
    predicting.predict_many(Siswa.objects.all(), by=None)
    page = guru.get(PREDICTIONS).content.decode()
    assert "siswa__kelas=X-1" in page and "Z-9" not in page

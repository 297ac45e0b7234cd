"""What the event log hears of it: each event is made by the thing that it names."""

from collections.abc import Callable, Iterator
from datetime import timedelta
from pathlib import Path
from unittest.mock import patch

import pytest
from django.utils.timezone import now
from pytest_django import Settings
from rest_framework.test import APIClient

from edupro.prediction import files, predicting
from edupro.prediction.errors import ModelDamaged, NoModel
from edupro.prediction.models import ModelVersion, TrainingRun
from edupro.prediction.models.run import Overtaken
from edupro.prediction.parameters import Parameters
from edupro.prediction.tests.conftest import add_students, train
from edupro.school.models import Siswa
from eventlog.models import Event
from eventlog.tests.altering import forget

Quiet = Callable[[], None]


@pytest.fixture
def told(db: None, settings: Settings, tmp_path: Path) -> Iterator[Quiet]:
    """The event log, on; calling it forgets what it has heard."""
    off = settings.EVENTLOG
    on = {"ENABLED": True, "PIPELINE": "sync", "RAISE_ERRORS": True, "SPOOL_DIR": tmp_path / "spool"}
    settings.EVENTLOG = {**off, **on}
    yield forget
    settings.EVENTLOG = off


def of(event_type: str) -> Event:
    return Event.objects.get(event_type=event_type)


def ml_types() -> list[str]:
    return list(Event.objects.filter(event_category="ML").order_by("id").values_list("event_type", flat=True))


def test_a_training_tells_each_of_its_steps(told: Quiet) -> None:
    add_students(60)
    told()
    version = train(max_depth=3).version
    assert version is not None
    assert ml_types() == ["MODEL_TRAIN_START", "MODEL_EVALUATE", "MODEL_SAVE", "MODEL_TRAIN"]
    event = of("MODEL_TRAIN")
    assert (event.entity_type, event.event_data["version"]) == ("prestasi", 1)
    assert event.event_data["metrics"]["accuracy"] == version.metrics["accuracy"]
    assert event.event_data["parameters"]["max_depth"] == 3 and event.event_data["counts"]["students"] == 60
    assert event.event_data["features"] == ["nilai", "penghasilan", "presensi"]
    assert of("MODEL_SAVE").event_data["sha256"] == version.file_sha256
    judged = of("MODEL_EVALUATE").event_data
    assert (judged["version"], judged["metrics"]["confusion"]) == (1, version.metrics["confusion"])


def test_a_training_that_fails_tells_why(told: Quiet) -> None:
    add_students(5)
    train()
    assert ml_types() == ["MODEL_TRAIN_START", "MODEL_TRAIN_FAILED"]
    assert "there are 5" in of("MODEL_TRAIN_FAILED").error_message


def test_a_training_whose_worker_has_died_is_told_as_failed(told: Quiet) -> None:
    run = TrainingRun.objects.order(by=None, parameters=Parameters.of({}).as_dict())
    TrainingRun.objects.filter(pk=run.pk).update(status="running", heartbeat=now() - timedelta(minutes=3))
    for _ in range(2):
        TrainingRun.objects.tell_lost()
    assert (of("MODEL_TRAIN_FAILED").error_code, of("MODEL_TRAIN_FAILED").entity_type) == ("lost", "prestasi")


def test_a_version_that_is_not_kept_is_not_told_as_saved(told: Quiet) -> None:
    add_students(60)
    told()
    with patch.object(TrainingRun, "finish", side_effect=Overtaken):
        train()
    assert (of("MODEL_SAVE").event_status, of("MODEL_SAVE").error_code) == ("FAILED", "Overtaken")
    assert of("MODEL_TRAIN_FAILED").event_data["version"] == of("MODEL_SAVE").event_data["version"] == 1


def test_a_prediction_tells_the_student_by_key_only(told: Quiet) -> None:
    siswa = add_students(60)[0]
    train()
    told()
    prediksi = predicting.predict_one(siswa, by=None)
    event = of("PREDICTION_SINGLE")
    assert (event.entity_id, event.event_data["siswa"], event.event_data["version"]) == (str(prediksi.pk), siswa.pk, 1)
    assert event.event_data["confidence"] == pytest.approx(prediksi.confidence, abs=1e-4)
    assert siswa.nama not in str(event.event_data) and str(prediksi.features["nilai"]) not in str(event.event_data)
    assert "features" not in of("PRESTASI_CREATE").new_values
    assert ml_types() == ["MODEL_LOAD", "PREDICTION_SINGLE"]


def test_a_batch_tells_how_many(told: Quiet) -> None:
    add_students(60)
    train()
    Siswa.objects.create(nis="none", nama="Tanpa Nilai", kelas="X-1")
    told()
    batch = predicting.predict_many(Siswa.objects.all(), by=None)
    counts = of("PREDICTION_BATCH").event_data["counts"]
    assert (counts["asked"], counts["made"], counts["without_marks"]) == (61, 60, 1)
    assert sum(counts.get(band, 0) for band in batch.counts()) == 60


def test_another_file_is_told_as_a_load_that_failed(told: Quiet, version: ModelVersion) -> None:
    Path(version.file.path).write_bytes(b"{}")
    told()
    with pytest.raises(ModelDamaged):
        files.load(version)
    event = of("MODEL_LOAD")
    assert (event.event_status, event.error_code) == ("FAILED", "ModelDamaged")
    assert event.event_data["expected_sha256"] == version.file_sha256 != event.event_data["found_sha256"]


def test_a_refused_prediction_is_told(told: Quiet) -> None:
    with pytest.raises(NoModel):
        predicting.predict_one(add_students(1)[0], by=None)
    assert (of("PREDICTION_SINGLE").event_status, of("PREDICTION_SINGLE").error_code) == ("FAILED", "NoModel")


def test_a_request_that_predicts_is_of_the_category_of_predictions(told: Quiet, guru_api: APIClient) -> None:
    siswa = add_students(60)[0]
    train()
    told()
    guru_api.post("/api/prediksi/predict", {"siswa": siswa.pk})
    request, made = of("HTTP_REQUEST"), of("PREDICTION_SINGLE")
    assert (request.event_category, request.endpoint) == ("ML", "/api/prediksi/predict")
    assert (made.username, made.request_id) == ("guru-ada", request.request_id)

"""A training from its order to its end, in this process."""

from datetime import timedelta
from pathlib import Path
from unittest.mock import patch

import pytest
from django.db import IntegrityError, transaction
from django.utils.timezone import now
from django.utils.translation import override
from kombu.exceptions import OperationalError

from edupro.demo import data
from edupro.prediction import ordering, tasks, training
from edupro.prediction.errors import Busy, NoQueue, Untrainable
from edupro.prediction.features import examples
from edupro.prediction.models import ModelVersion, TrainingRun
from edupro.prediction.parameters import Parameters
from edupro.prediction.tests.conftest import YEAR, add_students, train
from edupro.school.models import NilaiRaport, Siswa

pytestmark = pytest.mark.django_db


def ordered() -> TrainingRun:
    return TrainingRun.objects.order(by=None, parameters=Parameters().as_dict())


def test_sixty_students_make_an_active_version(students: list[Siswa], media: Path) -> None:
    run = train(max_depth=3)
    version = ModelVersion.objects.get()
    assert (run.status, run.progress, run.version, version.is_active) == ("done", 100, version, True)
    assert (version.number, version.parameters["max_depth"], version.metrics["students"]) == (1, 3, 60)
    assert version.metrics["accuracy"] > 0.75 > version.metrics["baseline"]
    assert Path(version.file.path).stat().st_mode & 0o077 == 0


def test_the_demo_has_something_to_find() -> None:
    data.make()
    metrics = train().version.metrics  # type: ignore[union-attr]
    assert metrics["accuracy"] > 0.8 and metrics["baseline"] < 0.5


def test_the_next_version_takes_over(version: ModelVersion) -> None:
    assert train(max_depth=2).version == ModelVersion.objects.active()
    assert list(ModelVersion.objects.values_list("number", "is_active")) == [(2, True), (1, False)]


def test_an_older_version_can_be_made_active_again(version: ModelVersion) -> None:
    train()
    version.activate()
    assert ModelVersion.objects.active() == version


def test_the_database_knows_one_active_version(version: ModelVersion) -> None:
    second = train().version
    with pytest.raises(IntegrityError), transaction.atomic():
        ModelVersion.objects.filter(pk=version.pk).update(is_active=True)
    assert ModelVersion.objects.active() == second


def test_equal_data_have_equal_fingerprints(version: ModelVersion) -> None:
    assert train(max_depth=2).version.fingerprint == version.fingerprint  # type: ignore[union-attr]
    NilaiRaport.objects.first().delete()  # type: ignore[union-attr]
    assert train().version.fingerprint != version.fingerprint  # type: ignore[union-attr]


def test_the_steps_are_told_as_they_come(students: list[Siswa]) -> None:
    told: list[tuple[str, int]] = []
    plain = TrainingRun.advance

    def advance(run: TrainingRun, step: str, *, progress: int) -> None:
        plain(run, step, progress=progress)
        told.append((step, progress))

    with patch.object(TrainingRun, "advance", advance):
        train()
    assert [progress for _step, progress in told] == sorted(progress for _step, progress in told)
    assert list(dict(told)) == ["reading", "judging", "learning", "saving"] and len(told) == 9


def test_too_few_students_are_told_in_words(db: None) -> None:
    add_students(29)
    run = train()
    assert run.status == "failed" and "at least 30 students" in run.error and "there are 29" in run.error
    with override("id"):
        assert "30 siswa" in run.error


def test_students_who_are_all_alike_teach_nothing(db: None) -> None:
    for siswa in add_students(30, reports=0):
        for semester in (1, 2):
            NilaiRaport.objects.create(siswa=siswa, semester=semester, tahun_ajaran=YEAR, matematika=80)
    assert train().fault == "one_band" and not ModelVersion.objects.exists()


def test_a_fault_of_ours_ends_the_run_and_goes_on(students: list[Siswa], media: Path) -> None:
    run = ordered()
    with patch.object(TrainingRun, "finish", side_effect=LookupError), pytest.raises(LookupError):
        training.perform(run.pk)
    run.refresh_from_db()
    assert (run.status, run.fault) == ("failed", "broken")
    assert not ModelVersion.objects.exists() and not list(media.rglob("*.json"))


def test_one_training_at_a_time(students: list[Siswa]) -> None:
    ordered()
    with pytest.raises(Busy):
        ordered()


def test_a_message_that_comes_twice_trains_once(students: list[Siswa]) -> None:
    run = train()
    tasks.train(run.pk)
    tasks.train(run.pk + 1)
    assert ModelVersion.objects.count() == 1


@pytest.mark.parametrize(("status", "minutes", "fault"), [("running", 3, "lost"), ("waiting", 11, "untaken")])
def test_a_run_that_nobody_works_on_is_told_as_failed(db: None, status: str, minutes: int, fault: str) -> None:
    run = ordered()
    TrainingRun.objects.filter(pk=run.pk).update(status=status, heartbeat=now() - timedelta(minutes=minutes))
    ordered()  # the next one is not in its way
    run.refresh_from_db()
    assert (run.status, run.fault) == ("failed", fault) and run.error


@pytest.mark.parametrize(("status", "minutes"), [("running", 1), ("waiting", 9)])
def test_a_run_with_a_sign_of_life_is_left_alone(db: None, status: str, minutes: int) -> None:
    run = ordered()
    TrainingRun.objects.update(status=status, heartbeat=now() - timedelta(minutes=minutes))
    TrainingRun.objects.tell_lost()
    run.refresh_from_db()
    assert run.status == status


def test_a_worker_that_was_given_up_changes_nothing_any_more(students: list[Siswa], media: Path) -> None:
    run = ordered()
    with patch.object(training, "fingerprint", side_effect=lambda _examples: run.fail("lost") or "x"):
        training.perform(run.pk)
    run.refresh_from_db()
    assert run.fault == "lost" and not ModelVersion.objects.exists() and not list(media.rglob("*.json"))


def test_a_queue_that_is_away_ends_the_run(students: list[Siswa]) -> None:
    with patch.object(tasks.train, "delay", side_effect=OperationalError), pytest.raises(NoQueue):
        ordering.order(by=None, parameters=Parameters())
    assert TrainingRun.objects.get().fault == "no_queue"


def test_too_few_are_told_without_a_worker(db: None) -> None:
    with pytest.raises(Untrainable):
        ordering.order(by=None, parameters=Parameters())
    assert TrainingRun.objects.get().fault == "too_few" and not examples(Siswa.objects.all())

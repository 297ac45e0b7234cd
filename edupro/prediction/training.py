"""One training: from the students' records to a new active version, or to the words that say why not."""

import hashlib
from collections.abc import Sequence
from typing import Any

from django.db import transaction

from edupro.prediction import features, files
from edupro.prediction.errors import Untrainable
from edupro.prediction.features import FEATURES, Example
from edupro.prediction.models import ModelVersion, TrainingRun
from edupro.prediction.models.run import Overtaken
from edupro.prediction.parameters import Parameters
from edupro.school.models import Siswa
from eventlog.ml import MLRun, ml_run

MIN_STUDENTS = 30  # labelled ones; with fewer each fold would judge a handful
MIN_BANDS = 2
JUDGING_FROM, JUDGING_TO = 10, 70  # % of the progress


class Unfit(Untrainable):
    """Carries the fault that the run is told with."""

    def __init__(self, fault: TrainingRun.Fault, **data: Any) -> None:
        super().__init__(str(fault.label) % data)
        self.fault, self.data = fault, data


def perform(pk: int) -> None:
    """Do the run, once, whoever else has its message. What the students' records do not allow is told in the run and
    raised nowhere; a fault of ours is told there in general and goes on."""
    run = TrainingRun.objects.claim(pk)
    if run is None:
        return
    try:
        with ml_run("prestasi", kind="train") as told:
            make_version(run, told)
    except Unfit as error:
        run.fail(error.fault, **error.data)
    except Overtaken:
        return  # it was told as lost, and another may be under way
    except BaseException:
        run.fail(TrainingRun.Fault.BROKEN)
        raise


def make_version(run: TrainingRun, told: MLRun) -> None:
    """Raises Unfit, Overtaken."""
    parameters = Parameters.of(run.parameters)
    told.parameters(**parameters.as_dict())
    told.features(*FEATURES)
    told.version = ModelVersion.objects.next_number()  # nobody else trains now
    run.advance(run.Step.READING, progress=5)
    examples = features.examples(Siswa.objects.all())
    told.counts(students=len(examples), needed=MIN_STUDENTS)
    see_that_they_will_do(examples)
    from edupro.prediction import learning  # slow and large: for workers only, and for what can be learned from

    metrics = evaluated(run, examples, number=told.version)
    told.metrics(**{name: metrics[name] for name in ("accuracy", "precision", "recall", "f1", "baseline")})
    run.advance(run.Step.LEARNING, progress=80)
    learned = learning.learn(examples, parameters)
    version = ModelVersion(
        number=told.version,
        created_by=run.requested_by,
        parameters=parameters.as_dict(),
        metrics=metrics,
        importances=learned.importances,
        fingerprint=fingerprint(examples),
        sklearn_version=learning.VERSION,
    )
    run.advance(run.Step.SAVING, progress=90)
    save(run, version, learned.tree)


def see_that_they_will_do(examples: Sequence[Example]) -> None:
    """Raises Unfit."""
    if len(examples) < MIN_STUDENTS:
        raise Unfit(TrainingRun.Fault.TOO_FEW, needed=MIN_STUDENTS, found=len(examples))
    if len({example.label for example in examples}) < MIN_BANDS:
        raise Unfit(TrainingRun.Fault.ONE_BAND)


def evaluated(run: TrainingRun, examples: Sequence[Example], *, number: int) -> dict[str, Any]:
    from edupro.prediction import learning

    def judged(fold: int, folds: int) -> None:
        run.advance(run.Step.JUDGING, progress=JUDGING_FROM + (JUDGING_TO - JUDGING_FROM) * fold // folds)

    run.advance(run.Step.JUDGING, progress=JUDGING_FROM)
    with ml_run("prestasi", kind="evaluate") as told:
        told.version = number
        metrics = learning.evaluate(examples, Parameters.of(run.parameters), judged=judged)
        told.metrics(**metrics)
        told.counts(students=len(examples), folds=metrics["folds"])
    return metrics


def save(run: TrainingRun, version: ModelVersion, tree: Any) -> None:
    """The file, the row, and the end of the run: all or nothing; it is saved once all of them are."""
    try:
        with ml_run("prestasi", kind="save") as told, transaction.atomic():
            files.save(version, tree, told)
            version.save()
            version.activate()
            run.finish(version)
    except BaseException:
        version.file.delete(save=False)
        raise


def fingerprint(examples: Sequence[Example]) -> str:
    """SHA-256 over the sorted rows: equal for equal students' data, whatever else has changed."""
    return hashlib.sha256("\n".join(sorted(example.row() for example in examples)).encode()).hexdigest()

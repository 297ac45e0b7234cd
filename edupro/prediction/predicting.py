"""Foretelling the achievement of one student, or of many."""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from statistics import fmean
from typing import Any
from uuid import UUID, uuid4

from django.db.models import QuerySet

from edupro.prediction import features, files
from edupro.prediction.errors import NoMarks, NoModel, NoStudents
from edupro.prediction.features import FEATURES, Features
from edupro.prediction.models import ModelVersion, Prediksi
from edupro.prediction.tree import Tree
from edupro.school.models import Siswa
from eventlog.ml import MLRun, ml_run

BATCH_SIZE = 1000  # rows a statement


@dataclass(frozen=True, slots=True)
class Batch:
    """`without_marks` are the students of whom nothing can be foretold."""

    key: UUID
    version: ModelVersion
    made: Sequence[Prediksi]
    without_marks: Sequence[Siswa]

    def counts(self) -> dict[str, int]:
        """Students by band."""
        return dict(Counter(prediksi.result for prediksi in self.made))


def predict_one(siswa: Siswa, *, by: Any) -> Prediksi:
    """Raises NoModel, NoMarks, ModelDamaged."""
    with ml_run("prestasi", kind="predict") as run:
        run.facts(siswa=siswa.pk)
        version, tree = model(run)
        known = features.features_of(Siswa.objects.filter(pk=siswa.pk)).get(siswa.pk)
        if known is None:
            raise NoMarks
        prediksi = foretold(siswa, known, tree)
        prediksi.version, prediksi.created_by = version, by
        prediksi.save()
        run.entity_id, run.confidence = prediksi.pk, round(prediksi.confidence, 4)
        return prediksi


def predict_many(students: QuerySet[Siswa], *, by: Any) -> Batch:
    """In the students' order. Raises NoStudents, NoModel, NoMarks, ModelDamaged."""
    with ml_run("prestasi", kind="batch") as run:
        version, tree = model(run)
        asked = list(students)
        known = features.features_of(students.order_by())
        run.counts(asked=len(asked), without_marks=sum(siswa.pk not in known for siswa in asked))
        if not asked or not known:
            raise NoMarks if asked else NoStudents
        batch = made(asked, known, model=(version, tree), by=by)
        run.facts(batch=batch.key)
        run.counts(made=len(batch.made), **batch.counts())
        run.confidence = round(fmean(prediksi.confidence for prediksi in batch.made), 4)
        return batch


def model(run: MLRun) -> tuple[ModelVersion, Tree]:
    version = ModelVersion.objects.active()
    if version is None:
        raise NoModel
    run.version = version.number
    run.features(*FEATURES)
    return version, files.load(version)


def made(asked: Sequence[Siswa], known: Mapping[int, Features], *, model: tuple[ModelVersion, Tree], by: Any) -> Batch:
    key, (version, tree) = uuid4(), model
    rows = [foretold(siswa, known[siswa.pk], tree) for siswa in asked if siswa.pk in known]
    for row in rows:
        row.version, row.created_by, row.batch = version, by, key
    Prediksi.objects.bulk_create(rows, batch_size=BATCH_SIZE)
    return Batch(key, version, rows, [siswa for siswa in asked if siswa.pk not in known])


def foretold(siswa: Siswa, known: Features, tree: Tree) -> Prediksi:
    _path, leaf = tree.path(known.numbers())
    shares = tree.shares(leaf)
    return Prediksi(siswa=siswa, result=tree.commonest(leaf), probabilities=shares, features=known.as_dict())

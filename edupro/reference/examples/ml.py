"""Examples of ML: a decision tree learns and is asked."""

from typing import Any, Final

from edupro.reference.examples.cast import JOB, OFFICE, ROOM, TEACHER, Example, fault
from eventlog import catalog

ML: Final = "eventlog/capture/ml.py"
PARAMETERS: Final = {"criterion": "entropy", "max_depth": 4, "min_samples_leaf": 5, "random_state": 0}
METRICS: Final = {"accuracy": 0.81, "precision": 0.79, "recall": 0.8, "f1": 0.79, "baseline": 0.5}
FEATURES: Final = ["nilai", "penghasilan", "presensi"]
FILE: Final = {"sha256": "1c6699acf6a0134448f1d0266f43c433a1034aaf2bde73fa4a923726d0f26044", "bytes": 869}


def run(**data: Any) -> dict[str, Any]:
    told = {"event_data": data} if data else {}
    return {"entity_type": "prestasi", "entity_name": "prestasi", **told}


IN_WORKER: Final = {**OFFICE, **JOB, "auth_method": "session"}
EXAMPLES: Final = (
    Example(
        catalog.MODEL_TRAIN_START,
        ML,
        "a training begins, so that one that is killed is not unseen",
        {**IN_WORKER, **run()},
    ),
    Example(
        catalog.MODEL_TRAIN,
        ML,
        "a training has ended well",
        {
            **IN_WORKER,
            **run(
                version=3,
                duration_ms=94.4,
                parameters=PARAMETERS,
                features=FEATURES,
                counts={"students": 360, "needed": 30},
                metrics=METRICS,
            ),
        },
    ),
    Example(
        catalog.MODEL_TRAIN_FAILED,
        ML,
        "a training has failed, or its process was lost",
        {
            **IN_WORKER,
            **run(duration_ms=3.1),
            **fault("Untrainable", "Of 12 students all is known that is needed; it takes 30."),
        },
    ),
    Example(
        catalog.MODEL_EVALUATE,
        ML,
        "a model was tried on students whom it had not seen",
        {**IN_WORKER, **run(version=3, duration_ms=31.9, metrics=METRICS)},
    ),
    Example(
        catalog.MODEL_SAVE,
        ML,
        "a model was written to its file",
        {**IN_WORKER, **run(version=3, duration_ms=27.6, **FILE)},
    ),
    Example(
        catalog.MODEL_LOAD,
        ML,
        "a process has read a model, and compared its file with what was saved",
        {**TEACHER, **ROOM, **run(version=3, duration_ms=1.2, expected_sha256=FILE["sha256"])},
    ),
    Example(
        catalog.PREDICTION_SINGLE,
        ML,
        "one student's achievement was foretold",
        {**TEACHER, **ROOM, **run(version=3, confidence=0.91, duration_ms=0.9, features=FEATURES, siswa=123)},
    ),
    Example(
        catalog.PREDICTION_BATCH,
        ML,
        "that of many at once",
        {
            **TEACHER,
            **ROOM,
            **run(
                version=3,
                confidence=0.94,
                duration_ms=56.6,
                features=FEATURES,
                counts={"asked": 31, "without_marks": 1, "made": 30, "Rendah": 4, "Sedang": 17, "Tinggi": 9},
                batch="21f32653-de6a-41f6-bf63-f35f4d8e7578",
            ),
        },
    ),
)

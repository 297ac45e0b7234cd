"""Ordering a training, for the API and the admin alike."""

from typing import Any

from kombu.exceptions import OperationalError

from edupro.prediction import features, tasks, training
from edupro.prediction.errors import NoQueue, Untrainable
from edupro.prediction.models import TrainingRun
from edupro.prediction.parameters import Parameters


def order(*, by: Any, parameters: Parameters) -> TrainingRun:
    """A run that a worker will do. Raises Busy, Untrainable, NoQueue; all but Busy leave a run that says so too."""
    run = TrainingRun.objects.order(by=by, parameters=parameters.as_dict())
    if features.how_many_examples() < training.MIN_STUDENTS:
        training.perform(run.pk)  # it ends at its first step: as a worker would, but told at once
        run.refresh_from_db()
        if run.status == run.Status.FAILED:
            raise Untrainable(run.error)
        return run
    try:
        tasks.train.delay(run.pk)
    except (OperationalError, OSError) as error:
        run.fail(run.Fault.NO_QUEUE)
        raise NoQueue from error
    return run

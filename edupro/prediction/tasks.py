"""The training as a job."""

from celery import shared_task

from edupro.prediction import training


@shared_task(ignore_result=True)
def train(run: int) -> None:
    """Do the training with this key. Its message may come twice."""
    training.perform(run)

"""A training from its order to its end."""

from datetime import timedelta
from typing import Any

from django.conf import settings
from django.core.validators import MaxValueValidator
from django.db import IntegrityError, models, transaction
from django.utils.timezone import now
from django.utils.translation import gettext_lazy as _

from edupro.prediction.errors import Busy
from edupro.prediction.models.version import ModelVersion
from eventlog import EventLogger

LOST_AFTER = timedelta(minutes=2)  # without a heartbeat; each step has one, and takes seconds
OPEN = ("waiting", "running")
UNTAKEN_AFTER = timedelta(minutes=10)  # in the queue; a worker may be at something else


class Overtaken(Exception):
    """The run was told as failed while its worker was still at it."""


class TrainingRunQuerySet(models.QuerySet["TrainingRun"]):
    def order(self, *, by: Any, parameters: dict[str, Any]) -> "TrainingRun":
        """A new run that waits for a worker. Raises Busy while another is under way."""
        self.tell_lost()
        try:
            with transaction.atomic():
                return self.create(requested_by=by, parameters=parameters)
        except IntegrityError as error:
            raise Busy from error

    def tell_lost(self) -> None:
        """What nobody works on any more has failed: its worker has died, or there is none."""
        time = now()
        running, waiting = TrainingRun.Status.RUNNING, TrainingRun.Status.WAITING
        lost = self.filter(status=running, heartbeat__lt=time - LOST_AFTER)
        if lost.update(status=TrainingRun.Status.FAILED, fault=TrainingRun.Fault.LOST, ended=time):
            EventLogger().log_ml_event("MODEL_TRAIN_FAILED", entity_type="prestasi", error_code="lost")  # only one runs
        untaken = self.filter(status=waiting, heartbeat__lt=time - UNTAKEN_AFTER)
        untaken.update(status=TrainingRun.Status.FAILED, fault=TrainingRun.Fault.UNTAKEN, ended=time)

    def claim(self, pk: int) -> "TrainingRun | None":
        """The run, for the one worker that does it; None where it is taken or over."""
        time, running = now(), TrainingRun.Status.RUNNING
        waiting = self.filter(pk=pk, status=TrainingRun.Status.WAITING)
        return self.get(pk=pk) if waiting.update(status=running, started=time, heartbeat=time) else None


class TrainingRun(models.Model):
    class Status(models.TextChoices):
        WAITING = "waiting", _("waiting")
        RUNNING = "running", _("running")
        DONE = "done", _("done")
        FAILED = "failed", _("failed")

    class Step(models.TextChoices):
        QUEUED = "queued", _("Waiting for a worker")
        READING = "reading", _("Reading the students' records")
        JUDGING = "judging", _("Finding out how good a tree is")
        LEARNING = "learning", _("Learning the tree")
        SAVING = "saving", _("Saving the new version")
        READY = "ready", _("Ready")

    class Fault(models.TextChoices):
        """Why a run has failed; the words may want values from `fault_data`."""

        TOO_FEW = (
            "too_few",
            _("Training needs at least %(needed)s students with two reports; there are %(found)s."),
        )
        ONE_BAND = "one_band", _("All students have the same achievement: there is nothing to tell apart.")
        LOST = "lost", _("The worker stopped before the training was done. Train again.")
        UNTAKEN = "untaken", _("No worker took the training on. See that one runs, then train again.")
        NO_QUEUE = "no_queue", _("The training could not be handed to a worker. See that the queue can be reached.")
        BROKEN = "broken", _("Something went wrong on our side, and it has been noted. Nothing was changed.")

    status = models.CharField(_("state"), max_length=7, choices=Status.choices, default=Status.WAITING)
    progress = models.PositiveSmallIntegerField(_("progress (%)"), default=0, validators=[MaxValueValidator(100)])
    step = models.CharField(_("step"), max_length=8, choices=Step.choices, default=Step.QUEUED)
    fault = models.CharField(_("fault"), max_length=8, choices=Fault.choices, blank=True)
    fault_data = models.JSONField(default=dict, editable=False)
    parameters = models.JSONField(_("parameters"), default=dict)
    version = models.ForeignKey(
        ModelVersion, models.SET_NULL, null=True, related_name="runs", verbose_name=_("model version")
    )
    created = models.DateTimeField(_("ordered"), default=now)
    started = models.DateTimeField(_("started"), null=True)
    ended = models.DateTimeField(_("ended"), null=True)
    heartbeat = models.DateTimeField(_("last sign of life"), default=now)
    requested_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.SET_NULL, null=True, related_name="+", verbose_name=_("ordered by")
    )

    objects = TrainingRunQuerySet.as_manager()

    class Meta:
        verbose_name = _("training")
        verbose_name_plural = _("trainings")
        ordering = ["-id"]
        constraints = [
            models.UniqueConstraint(  # of those that have not ended there is one
                fields=["ended"], condition=models.Q(ended=None), nulls_distinct=False, name="prediction_one_run"
            ),
            models.CheckConstraint(
                condition=models.Q(ended=None, status__in=OPEN) | (~models.Q(ended=None) & ~models.Q(status__in=OPEN)),
                name="prediction_run_ended",
            ),
            models.CheckConstraint(condition=models.Q(progress__range=(0, 100)), name="prediction_run_progress"),
        ]

    def __str__(self) -> str:
        return str(self.pk)

    @property
    def is_over(self) -> bool:
        return self.ended is not None

    @property
    def error(self) -> str:
        """In words, empty where nothing went wrong."""
        return str(self.Fault(self.fault).label) % self.fault_data if self.fault else ""

    def advance(self, step: str, *, progress: int) -> None:
        """Tell how far it is, which is a sign of life too. Raises Overtaken."""
        self._update(step=step, progress=progress, heartbeat=now())

    def finish(self, version: ModelVersion) -> None:
        """Raises Overtaken."""
        done, ready = self.Status.DONE, self.Step.READY
        self._update(status=done, step=ready, progress=100, version=version, ended=now())

    def fail(self, fault: str, **data: Any) -> None:
        """Of a run that is over already nothing is changed."""
        values = {"status": self.Status.FAILED, "fault": fault, "fault_data": data, "ended": now()}
        type(self).objects.filter(pk=self.pk, ended=None).update(**values)
        self.refresh_from_db()

    def _update(self, **values: Any) -> None:
        if not type(self).objects.filter(pk=self.pk, status=self.Status.RUNNING).update(**values):
            raise Overtaken
        for name, value in values.items():
            setattr(self, name, value)

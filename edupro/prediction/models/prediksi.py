"""What was foretold of a student."""

from typing import Self
from uuid import UUID

from django.conf import settings
from django.contrib.auth.models import AbstractBaseUser, AnonymousUser
from django.db import models
from django.utils.timezone import now
from django.utils.translation import gettext_lazy as _

from edupro.prediction.bands import Prestasi
from edupro.prediction.models.version import ModelVersion
from edupro.school.models import Siswa
from edupro.school.models.siswa import student


class PrediksiQuerySet(models.QuerySet["Prediksi"]):
    def visible_to(self, user: AbstractBaseUser | AnonymousUser) -> Self:
        """Those of the students that `user` may see."""
        return self.filter(siswa__in=Siswa.objects.visible_to(user))

    def in_batch(self, batch: UUID) -> Self:
        return self.filter(batch=batch).order_by("siswa__nama", "pk")


class Prediksi(models.Model):
    """Never edited: another prediction is another row."""

    # The index that begins with the student is below, so the key needs none of its own.
    siswa = models.ForeignKey(Siswa, models.CASCADE, db_index=False, related_name="prediksi", verbose_name=_("student"))
    version = models.ForeignKey(
        ModelVersion, models.PROTECT, related_name="predictions", verbose_name=_("model version")
    )
    result = models.CharField(_("predicted achievement"), max_length=6, choices=Prestasi.choices)
    probabilities = models.JSONField(_("probabilities"), default=dict)  # {band: share}
    features = models.JSONField(_("looked at"), default=dict)  # as features.Features has them
    batch = models.UUIDField(_("batch"), null=True, editable=False)  # what was foretold at once
    created = models.DateTimeField(_("predicted"), default=now)
    created_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.SET_NULL, null=True, related_name="+", verbose_name=_("asked by")
    )

    objects = PrediksiQuerySet.as_manager()
    hidden: frozenset[str] = frozenset()  # features that whoever it is shown to may not know

    class Meta:
        verbose_name = _("prediction")
        verbose_name_plural = _("predictions")
        ordering = ["-id"]
        indexes = [
            models.Index(fields=["siswa", "-id"], name="prediksi_of_student"),  # the history of one
            models.Index(fields=["batch"], name="prediksi_of_batch", condition=models.Q(batch__isnull=False)),
        ]

    def __str__(self) -> str:
        return f"{student(self)}: {self.result}"

    @property
    def confidence(self) -> float:
        """The share of students like this one who reached what is foretold, from 0 to 1."""
        return float(self.probabilities.get(self.result, 0.0))

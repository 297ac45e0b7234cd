"""A tree that was trained: how, on what, and how good it is."""

from typing import Any

from django.conf import settings
from django.core.files.storage import FileSystemStorage
from django.db import models, transaction
from django.utils.timezone import now
from django.utils.translation import gettext_lazy as _


def private_storage() -> FileSystemStorage:
    """Below MEDIA_ROOT, which no address serves, and for the site's own user only."""
    return FileSystemStorage(file_permissions_mode=0o600, directory_permissions_mode=0o700)


class ModelVersionQuerySet(models.QuerySet["ModelVersion"]):
    def active(self) -> "ModelVersion | None":
        return self.filter(is_active=True).first()

    def lock(self) -> None:
        """Nobody else activates one until the transaction ends."""
        list(self.select_for_update().order_by("pk").values_list("pk"))

    def next_number(self) -> int:
        return int(self.aggregate(last=models.Max("number", default=0))["last"]) + 1


class ModelVersion(models.Model):
    """Never edited but for `is_active`, which exactly one has once there is any."""

    number = models.PositiveIntegerField(_("version"), unique=True)
    created = models.DateTimeField(_("trained"), default=now)
    created_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.SET_NULL, null=True, related_name="+", verbose_name=_("trained by")
    )
    is_active = models.BooleanField(_("active"), default=False)
    parameters = models.JSONField(_("parameters"), default=dict)  # as parameters.Parameters has them
    metrics = models.JSONField(_("measures"), default=dict)  # as learning.measures gives them
    importances = models.JSONField(_("importance of the features"), default=dict)  # {feature: share}
    fingerprint = models.CharField(_("fingerprint of the students' data"), max_length=64)  # SHA-256, hexadecimal
    file = models.FileField(_("file"), upload_to="models", storage=private_storage)
    file_sha256 = models.CharField(_("fingerprint of the file"), max_length=64)
    sklearn_version = models.CharField(_("version of scikit-learn"), max_length=20)

    objects = ModelVersionQuerySet.as_manager()

    class Meta:
        verbose_name = _("model version")
        verbose_name_plural = _("model versions")
        ordering = ["-number"]
        constraints = [
            models.UniqueConstraint(
                fields=["is_active"], condition=models.Q(is_active=True), name="prediction_one_active_version"
            )
        ]

    def __str__(self) -> str:
        return str(self.number)

    def activate(self) -> None:
        """Predictions are made with this version from now on."""
        with transaction.atomic():
            type(self).objects.lock()
            for version in type(self).objects.filter(is_active=True).exclude(pk=self.pk):
                version.is_active = False
                version.save(update_fields=["is_active"])
            self.is_active = True
            self.save(update_fields=["is_active"])

    def measure(self, name: str) -> Any:
        return self.metrics.get(name)

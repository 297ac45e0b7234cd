"""Which classes a teacher has."""

from django.conf import settings
from django.db import models
from django.utils.translation import gettext_lazy as _


class KelasGuru(models.Model):
    """One class of one teacher. A class is only its name, as it stands with its students."""

    # The unique constraint begins with the user, so the key needs no index of its own.
    user = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        models.CASCADE,
        related_name="kelas_guru",
        db_index=False,
        verbose_name=_("teacher"),
    )
    kelas = models.CharField(_("class"), max_length=20)

    class Meta:
        verbose_name = _("class of a teacher")
        verbose_name_plural = _("classes of teachers")
        ordering = ["kelas", "id"]
        constraints = [
            models.UniqueConstraint(fields=["user", "kelas"], name="kelas_guru_once"),  # and: whose students are mine?
            models.CheckConstraint(condition=~models.Q(kelas=""), name="kelas_guru_has_name"),
        ]

    def __str__(self) -> str:
        return self.kelas

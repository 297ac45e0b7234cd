"""A student's attendance in one semester, in days."""

from decimal import ROUND_HALF_UP, Decimal
from typing import Any

from django.core.validators import MaxValueValidator
from django.db import models
from django.utils.translation import gettext_lazy as _

from edupro.school.models.semester import SemesterRecord

MAX_DAYS = 366


def days(verbose_name: Any) -> "models.PositiveSmallIntegerField[Any, Any]":
    return models.PositiveSmallIntegerField(verbose_name, default=0, validators=[MaxValueValidator(MAX_DAYS)])


class Presensi(SemesterRecord):
    class Kategori(models.TextChoices):
        SANGAT_BAIK = "Sangat Baik", _("Very good")
        BAIK = "Baik", _("Good")
        CUKUP = "Cukup", _("Sufficient")
        KURANG = "Kurang", _("Poor")

    hadir = days(_("days present"))
    sakit = days(_("days ill"))
    izin = days(_("days excused"))
    alpa = days(_("days absent"))
    persentase = models.DecimalField(_("attendance (%)"), max_digits=5, decimal_places=2, null=True, editable=False)
    kategori = models.CharField(_("category"), max_length=11, choices=Kategori.choices, blank=True, editable=False)

    inputs = ("hadir", "sakit", "izin", "alpa")
    computed = ("persentase", "kategori")

    class Meta(SemesterRecord.Meta):
        verbose_name = _("attendance record")
        verbose_name_plural = _("attendance")
        default_related_name = "presensi"
        indexes = [
            *SemesterRecord.Meta.indexes,
            models.Index(fields=["persentase", "id"], name="presensi_by_percentage"),  # who is away most
        ]
        constraints = [
            *SemesterRecord.Meta.constraints,
            *(
                models.CheckConstraint(condition=models.Q(**{f"{name}__range": (0, MAX_DAYS)}), name=f"{name}_days")
                for name in ("hadir", "sakit", "izin", "alpa")
            ),
        ]

    def compute(self) -> None:
        """Both empty while no day is counted."""
        numbers = [number or 0 for number in self.numbers()]
        counted = sum(numbers)
        self.persentase = (
            (Decimal(100 * numbers[0]) / counted).quantize(Decimal("0.01"), rounding=ROUND_HALF_UP) if counted else None
        )
        self.kategori = "" if self.persentase is None else self._category(self.persentase)

    def _category(self, percent: Decimal) -> str:
        """The school's own bands: 95, 85 and 75 % (the usual least attendance for moving up a year)."""
        bands = ((95, self.Kategori.SANGAT_BAIK), (85, self.Kategori.BAIK), (75, self.Kategori.CUKUP))
        return next((name for least, name in bands if percent >= least), self.Kategori.KURANG)

"""The marks of a student's report in one semester."""

from decimal import ROUND_HALF_UP, Decimal
from typing import Any

from django.core.validators import MaxValueValidator
from django.db import models
from django.utils.translation import gettext_lazy as _

from edupro.school.models.semester import SemesterRecord

CENT = Decimal("0.01")
SUBJECTS = (
    "pendidikan_agama",
    "pendidikan_pancasila",
    "bahasa_indonesia",
    "matematika",
    "bahasa_inggris",
    "ipa",
    "ips",
    "sejarah",
    "seni_budaya",
    "penjas",
    "informatika",
)


def mark(verbose_name: Any) -> "models.PositiveSmallIntegerField[Any, Any]":
    """Whole marks from 0 to 100, as reports print them; null where the subject was not taken."""
    return models.PositiveSmallIntegerField(verbose_name, null=True, blank=True, validators=[MaxValueValidator(100)])


class NilaiRaport(SemesterRecord):
    pendidikan_agama = mark(_("religious education"))
    pendidikan_pancasila = mark(_("civics"))
    bahasa_indonesia = mark(_("Indonesian language"))
    matematika = mark(_("mathematics"))
    bahasa_inggris = mark(_("English language"))
    ipa = mark(_("natural sciences"))
    ips = mark(_("social sciences"))
    sejarah = mark(_("history"))
    seni_budaya = mark(_("arts and culture"))
    penjas = mark(_("physical education"))
    informatika = mark(_("informatics"))
    rata_rata = models.DecimalField(_("average"), max_digits=5, decimal_places=2, null=True, editable=False)

    inputs = SUBJECTS
    computed = ("rata_rata",)

    class Meta(SemesterRecord.Meta):
        verbose_name = _("report mark")
        verbose_name_plural = _("report marks")
        default_related_name = "nilai"
        indexes = [
            *SemesterRecord.Meta.indexes,
            models.Index(fields=["rata_rata", "id"], name="nilai_by_average"),  # best and weakest first
        ]
        constraints = [
            *SemesterRecord.Meta.constraints,
            *(  # one a subject, so that the database says which mark was wrong
                models.CheckConstraint(condition=models.Q(**{f"{name}__range": (0, 100)}), name=f"{name}_0_100")
                for name in SUBJECTS
            ),
        ]

    def compute(self) -> None:
        marks = [number for number in self.numbers() if number is not None]
        self.rata_rata = (Decimal(sum(marks)) / len(marks)).quantize(CENT, rounding=ROUND_HALF_UP) if marks else None

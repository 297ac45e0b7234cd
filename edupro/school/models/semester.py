"""What nilai and presensi share: one row a student and semester."""

from django.core.validators import MaxValueValidator, MinValueValidator
from django.db import models
from django.utils.translation import gettext_lazy as _

from edupro.school.models.computed import Computed
from edupro.school.models.siswa import Siswa, student
from edupro.school.validators import SCHOOL_YEAR, school_year


class SemesterRecord(Computed):
    # The unique constraint begins with the student, so the key needs no index of its own.
    siswa = models.ForeignKey(Siswa, models.CASCADE, db_index=False, verbose_name=_("student"))
    semester = models.PositiveSmallIntegerField(
        _("semester"),
        validators=[MinValueValidator(1), MaxValueValidator(12)],
        help_text=_("1 or 2 within the year, or counted from the first year on (up to 12)."),
    )
    tahun_ajaran = models.CharField(
        _("school year"), max_length=9, validators=[school_year], help_text=_("For example 2025/2026.")
    )

    class Meta:
        abstract = True
        ordering = ["-tahun_ajaran", "-semester", "-id"]
        indexes = [
            models.Index(fields=["-tahun_ajaran", "-semester", "-id"], name="%(class)s_newest"),  # the list
        ]
        constraints = [
            models.UniqueConstraint(fields=["siswa", "tahun_ajaran", "semester"], name="%(class)s_once_a_semester"),
            models.CheckConstraint(condition=models.Q(semester__range=(1, 12)), name="%(class)s_semester_1_12"),
            models.CheckConstraint(condition=models.Q(tahun_ajaran__regex=SCHOOL_YEAR), name="%(class)s_school_year"),
        ]

    def __str__(self) -> str:
        return f"{student(self)}, {self.tahun_ajaran}/{self.semester}"

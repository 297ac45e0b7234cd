"""What a student's parents earn, in rupiah a month."""

from typing import Any

from django.core.validators import MaxValueValidator
from django.db import models
from django.utils.translation import gettext_lazy as _

from edupro.school.models.computed import Computed
from edupro.school.models.siswa import Siswa, student

MAX_RUPIAH = 1_000_000_000_000  # keeps the sum of two far from the end of bigint
SEDANG_FROM = 3_000_000  # rupiah a month for both together; the school's own bands
TINGGI_FROM = 7_000_000


def rupiah(verbose_name: Any) -> "models.PositiveBigIntegerField[Any, Any]":
    return models.PositiveBigIntegerField(verbose_name, default=0, validators=[MaxValueValidator(MAX_RUPIAH)])


class PenghasilanOrtu(Computed):
    class Pendidikan(models.TextChoices):
        TIDAK_SEKOLAH = "Tidak Sekolah", _("No schooling")
        SD = "SD", _("Primary school")
        SMP = "SMP", _("Lower secondary school")
        SMA = "SMA", _("Upper secondary school")
        DIPLOMA = "Diploma", _("Diploma")
        S1 = "S1", _("Bachelor's degree")
        S2 = "S2", _("Master's degree")
        S3 = "S3", _("Doctorate")

    class Kategori(models.TextChoices):
        RENDAH = "Rendah", _("Low")
        SEDANG = "Sedang", _("Middle")
        TINGGI = "Tinggi", _("High")

    siswa = models.OneToOneField(Siswa, models.CASCADE, related_name="penghasilan", verbose_name=_("student"))
    penghasilan_ayah = rupiah(_("father's income"))
    penghasilan_ibu = rupiah(_("mother's income"))
    pekerjaan_ayah = models.CharField(_("father's occupation"), max_length=100, blank=True)
    pekerjaan_ibu = models.CharField(_("mother's occupation"), max_length=100, blank=True)
    pendidikan_ayah = models.CharField(_("father's education"), max_length=13, choices=Pendidikan.choices, blank=True)
    pendidikan_ibu = models.CharField(_("mother's education"), max_length=13, choices=Pendidikan.choices, blank=True)
    total = models.PositiveBigIntegerField(_("total income"), default=0, editable=False)
    kategori = models.CharField(_("category"), max_length=6, choices=Kategori.choices, blank=True, editable=False)

    inputs = ("penghasilan_ayah", "penghasilan_ibu")
    computed = ("total", "kategori")

    class Meta:
        verbose_name = _("parents' income")
        verbose_name_plural = _("parents' incomes")
        ordering = ["-id"]
        indexes = [models.Index(fields=["total", "id"], name="penghasilan_by_total")]  # who may need help
        constraints = [
            *(
                models.CheckConstraint(condition=models.Q(**{f"{name}__range": (0, MAX_RUPIAH)}), name=f"{name}_range")
                for name in ("penghasilan_ayah", "penghasilan_ibu")
            )
        ]

    def __str__(self) -> str:
        return student(self)

    def compute(self) -> None:
        self.total = sum(number or 0 for number in self.numbers())
        self.kategori = self._category()

    def _category(self) -> str:
        if self.total < SEDANG_FROM:
            return self.Kategori.RENDAH
        return self.Kategori.SEDANG if self.total < TINGGI_FROM else self.Kategori.TINGGI

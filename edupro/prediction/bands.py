"""The bands of achievement that are foretold."""

from decimal import Decimal

from django.db import models
from django.utils.translation import gettext_lazy as _

SEDANG_FROM = Decimal(75)  # the usual least mark for a pass (KKM)
TINGGI_FROM = Decimal(85)


class Prestasi(models.TextChoices):
    RENDAH = "Rendah", _("Low")
    SEDANG = "Sedang", _("Middle")
    TINGGI = "Tinggi", _("High")


def prestasi_of(mean_mark: Decimal) -> str:
    """The band of a mean mark from 0 to 100."""
    if mean_mark < SEDANG_FROM:
        return Prestasi.RENDAH.value
    return (Prestasi.SEDANG if mean_mark < TINGGI_FROM else Prestasi.TINGGI).value

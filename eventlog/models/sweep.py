"""How far those have got that go through everything by and by."""

from django.db import models
from django.utils.translation import gettext_lazy as _


class EventSweep(models.Model):
    """A row for the rules (`detection/sweep.py`), changed under their lock, and one for the verification
    (`integrity/rounds.py`), changed by who has not been overtaken."""

    name = models.CharField(primary_key=True, max_length=20)
    place = models.CharField(max_length=54)  # in store order, or a batch's id; all up to it has been looked at
    swept_at = models.DateTimeField(auto_now=True)

    class Meta:
        db_table = "event_sweeps"
        verbose_name = _("sweep")
        verbose_name_plural = _("sweeps")
        default_permissions = ()

    def __str__(self) -> str:
        return self.name

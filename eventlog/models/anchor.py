"""What each anchor has got of the checkpoints."""

from django.db import models
from django.utils.translation import gettext_lazy as _

from eventlog.models.attempts import Attempts


class EventAnchor(Attempts):
    """One of CHECKPOINT_ANCHORS. Whoever changes its row holds the anchor's lock, see `integrity/anchors.py`."""

    name = models.CharField(primary_key=True, max_length=250)  # that in the settings
    made_at = models.DateTimeField(null=True)  # of the newest checkpoint that it has
    size = models.BigIntegerField(null=True)  # of the log by that
    due_at = models.DateTimeField()  # it is to have one that is made from then on

    class Meta:
        db_table = "event_anchors"
        verbose_name = _("anchor")
        verbose_name_plural = _("anchors")
        default_permissions = ()

    def __str__(self) -> str:
        return self.name

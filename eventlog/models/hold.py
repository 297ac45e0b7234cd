"""Legal holds: what must not be removed, whatever its time."""

from datetime import datetime
from typing import Self

from django.conf import settings
from django.core.exceptions import ValidationError
from django.db import models
from django.db.models.functions import Now
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from eventlog.visible import visible


class HoldQuerySet(models.QuerySet["Hold"]):
    def in_force(self, now: datetime | None = None) -> Self:
        in_time = models.Q(until=None) | models.Q(until__gt=now or timezone.now())
        return self.filter(in_time, lifted_at=None)


class Hold(models.Model):
    """Keeps the events for which all of it is true that is given; `retention/holds.py` says when that is. Never changed
    but by being lifted, and never deleted."""

    user = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        models.DO_NOTHING,
        null=True,
        blank=True,
        editable=False,
        db_constraint=False,
        db_index=False,
        related_name="+",
    )  # the account that has the name when the hold is placed: it may get another one, or go
    username = models.CharField(
        _("user name"),
        max_length=150,
        blank=True,
        default="",
        help_text=_("What this person did, and what was done under this name; the account may be gone."),
    )
    entity_type = models.CharField(
        _("kind of record"), max_length=100, blank=True, default="", help_text=_("As events name it, such as siswa.")
    )
    entity_id = models.CharField(_("record ID"), max_length=255, blank=True, default="")
    request_id = models.CharField(_("request ID"), max_length=64, blank=True, default="")
    begin = models.DateTimeField(_("events from"), null=True, blank=True)
    end = models.DateTimeField(_("events before"), null=True, blank=True)
    reason = models.TextField(_("reason"))
    until = models.DateTimeField(
        _("until"), null=True, blank=True, help_text=_("When the hold ends by itself. Empty: when it is lifted.")
    )
    placed_at = models.DateTimeField(_("placed at"), db_default=Now(), editable=False)
    placed_by = models.CharField(_("placed by"), max_length=150, editable=False)
    lifted_at = models.DateTimeField(_("lifted at"), null=True, blank=True, editable=False)
    lifted_by = models.CharField(_("lifted by"), max_length=150, blank=True, default="", editable=False)
    lift_reason = models.TextField(_("reason for lifting"), blank=True, default="", editable=False)

    objects = HoldQuerySet.as_manager()

    class Meta:
        db_table = "event_holds"
        verbose_name = _("hold")
        verbose_name_plural = _("holds")
        default_permissions = ("view", "add", "change")  # to see, to place, to lift
        constraints = [
            # One about everything would stop all removal: a range of time says so openly.
            models.CheckConstraint(
                name="event_holds_about_something",
                condition=~models.Q(username="", entity_type="", request_id="", begin=None, end=None),
                violation_error_message=_("Say what is to be kept: of whom, of which record or request, or of when."),
            ),
            models.CheckConstraint(
                name="event_holds_record",
                condition=models.Q(entity_id="") | ~models.Q(entity_type=""),
                violation_error_message=_("A record ID needs the kind of record, too."),
            ),
            models.CheckConstraint(
                name="event_holds_time",
                condition=models.Q(begin=None) | models.Q(end=None) | models.Q(begin__lt=models.F("end")),
                violation_error_message=_("The time ends before it begins."),
            ),
            models.CheckConstraint(name="event_holds_reason", condition=~models.Q(reason="")),
        ]

    def __str__(self) -> str:
        return visible(f"{self.pk}: {self.reason}"[:80])

    def clean(self) -> None:
        if self.until is not None and self.until <= timezone.now():
            raise ValidationError({"until": _("It would be over already.")})

    @property
    def is_in_force(self) -> bool:
        return self.lifted_at is None and (self.until is None or self.until > timezone.now())

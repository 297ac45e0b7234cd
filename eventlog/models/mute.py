"""Mutes: what is known and shall alarm nobody."""

from datetime import datetime
from typing import Final, Self

from django.conf import settings
from django.db import models
from django.db.models.functions import Cast, Now
from django.utils.translation import gettext_lazy as _

from eventlog.models.alert import MAX_RULE, MAX_TARGET
from eventlog.visible import visible

ANY: Final = "*"


class MuteQuerySet(models.QuerySet["EventMute"]):
    def covering(self, rule: str, target: str, now: datetime) -> Self:
        """A mute never covers the account of who has made it."""
        in_force = models.Q(until__isnull=True) | models.Q(until__gt=now)
        kind, _colon, name = target.partition(":")
        found = self.filter(in_force, rule=rule, target__in=[target, ANY])
        if kind == "account" and name:
            return found.annotate(by=Cast("user_id", models.TextField())).exclude(by=name)
        return found.exclude(username__iexact=name) if kind == "user" and name else found


class EventMute(models.Model):
    """What the rule finds about the target (`*`: about any) opens no alert. It is recorded and counted all the same."""

    rule = models.CharField(_("rule"), max_length=MAX_RULE)
    target = models.CharField(_("target"), max_length=MAX_TARGET, help_text=_("As an alert names it; * for any."))
    until = models.DateTimeField(_("until"), null=True, blank=True, help_text=_("Empty: until it is lifted."))
    reason = models.TextField(_("reason"), blank=True, default="")
    finding_count = models.IntegerField(_("findings"), default=0, editable=False)  # that it has kept quiet
    user = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        models.DO_NOTHING,
        null=True,
        editable=False,
        db_constraint=False,
        db_index=False,
        related_name="+",
    )  # who has muted it
    username = models.CharField(_("user name"), max_length=150, blank=True, default="", editable=False)
    created_at = models.DateTimeField(_("muted at"), db_default=Now(), editable=False)

    objects = MuteQuerySet.as_manager()

    class Meta:
        db_table = "event_mutes"
        verbose_name = _("mute")
        verbose_name_plural = _("mutes")
        default_permissions = ()
        constraints = [
            # Also the index that a finding is looked up by.
            models.UniqueConstraint(fields=["rule", "target"], name="event_mutes_once")
        ]

    def __str__(self) -> str:
        return visible(f"{self.rule} {self.target}")

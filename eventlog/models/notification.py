"""Notifications: what is to be said of an alert to whom, and whether it has come through."""

import random
from datetime import datetime, timedelta
from typing import Final, Self

from django.db import models
from django.db.models.functions import Now
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from eventlog import catalog
from eventlog.models.alert import OPEN, Alert

OPENED: Final = "opened"
REOPENED: Final = "reopened"
RAISED: Final = "raised"
ESCALATED: Final = "escalated"
RECOVERED: Final = "recovered"
KINDS: Final = {
    OPENED: _("New alert"),
    REOPENED: _("Alert is back"),
    RAISED: _("Alert is worse"),
    ESCALATED: _("Nobody has looked at it"),
    RECOVERED: _("Alert is over"),
}
NEWS: Final = (OPENED, REOPENED, RAISED)

WAITING: Final = "waiting"
SENT: Final = "sent"
FAILED: Final = "failed"
WITHDRAWN: Final = "withdrawn"
STATES: Final = {
    WAITING: pgettext_lazy("notification", "waiting"),
    SENT: pgettext_lazy("notification", "sent"),
    FAILED: pgettext_lazy("notification", "failed"),
    WITHDRAWN: pgettext_lazy("notification", "withdrawn"),
}
KIND_CHOICES: Final = list(KINDS.items())
STATE_CHOICES: Final = list(STATES.items())

FIRST_PAUSE: Final = timedelta(seconds=10)  # after a failure, then twice as long each time
LONGEST_PAUSE: Final = timedelta(minutes=15)
MAX_ATTEMPTS: Final = 16  # about two hours


class NotificationQuerySet(models.QuerySet["EventNotification"]):
    def due(self, now: datetime) -> Self:
        return self.filter(state=WAITING, due_at__lte=now)

    def gathering(self, until: datetime) -> Self:
        """News that wait for more and have not been tried."""
        return self.filter(state=WAITING, kind__in=NEWS, attempts=0, due_at__lte=until)

    def news(self) -> Self:
        return self.filter(kind__in=NEWS)


class EventNotification(models.Model):
    """One thing to say to one channel; what is said, and in which language, is found when it is sent."""

    id = models.BigAutoField(primary_key=True)
    alert = models.ForeignKey(Alert, models.CASCADE, db_index=False, related_name="notifications")
    channel = models.CharField(_("channel"), max_length=300)  # its name, "mail:ada@school.example"; never a URL
    kind = models.CharField(_("kind"), max_length=20, choices=KIND_CHOICES)
    severity = models.CharField(max_length=10, choices=list(catalog.SEVERITIES.items()))  # the alert's at that time
    state = models.CharField(_("state"), max_length=20, default=WAITING, choices=STATE_CHOICES)
    due_at = models.DateTimeField(_("due at"))
    attempts = models.IntegerField(_("attempts"), default=0)
    last_error = models.TextField(_("last error"), blank=True, default="")
    created_at = models.DateTimeField(db_default=Now())
    sent_at = models.DateTimeField(_("sent at"), null=True)

    objects = NotificationQuerySet.as_manager()

    class Meta:
        db_table = "event_notifications"
        verbose_name = _("notification")
        verbose_name_plural = _("notifications")
        default_permissions = ()
        indexes = [
            models.Index(  # what is due?
                fields=["due_at"], name="event_notifications_due", condition=models.Q(state="waiting")
            ),
            models.Index(fields=["alert", "channel", "id"], name="event_notifications_alert"),  # the alert's page
        ]

    def __str__(self) -> str:
        return f"{self.kind} {self.channel}"

    def is_void(self, alert: Alert) -> bool:
        """Whether what has happened meanwhile has made it needless."""
        if self.kind == RECOVERED:
            return not alert.is_closed
        return alert.is_closed if self.kind == RAISED else alert.state != OPEN

    def was_sent(self, now: datetime) -> None:
        self.state, self.sent_at, self.last_error = SENT, now, ""

    def was_refused(self, reason: str, now: datetime, *, for_ever: bool) -> None:
        """Wait longer each time, or give up."""
        self.last_error = reason
        pause = min(LONGEST_PAUSE, FIRST_PAUSE * 2 ** min(self.attempts - 1, 10))
        self.due_at = now + pause * random.uniform(0.5, 1.0)
        if for_ever or self.attempts >= MAX_ATTEMPTS:
            self.state = FAILED

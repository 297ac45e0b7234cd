"""Alerts: what somebody should look at, and what has become of it."""

from datetime import datetime
from typing import TYPE_CHECKING, Any, Final, Self
from uuid import UUID

from django.conf import settings
from django.db import models
from django.db.models.functions import Now
from django.utils import timezone
from django.utils.translation import gettext_lazy as _
from uuid_utils.compat import uuid7

from eventlog import catalog
from eventlog.visible import visible

if TYPE_CHECKING:
    from django.contrib.auth.models import AnonymousUser, User

OPEN: Final = "open"
ACKNOWLEDGED: Final = "acknowledged"
RESOLVED: Final = "resolved"
FALSE_POSITIVE: Final = "false_positive"
STATES: Final = {
    OPEN: _("Open"),
    ACKNOWLEDGED: _("Acknowledged"),
    RESOLVED: _("Resolved"),
    FALSE_POSITIVE: _("False positive"),
}
STATE_CHOICES: Final = list(STATES.items())
PENDING: Final = (OPEN, ACKNOWLEDGED)
CLOSED: Final = (RESOLVED, FALSE_POSITIVE)
RIGHTS: Final = ("eventlog.view_event", "eventlog.view_security")  # to see alerts: they speak of SECURITY
CHANGE: Final = "eventlog.change_alert"
MAX_RULE, MAX_TARGET = 100, 300  # characters
LEVELS: Final = list(catalog.SEVERITIES)


RANK: Final = models.Case(
    *(models.When(severity=name, then=models.Value(rank)) for rank, name in enumerate(LEVELS)),
    output_field=models.SmallIntegerField(),
)
QUEUE: Final = (RANK.desc(), "opened_at", "id")  # what is worst, and of that what has waited longest
NEWEST: Final = ("-last_seen", "-id")


def level(severity: str) -> int:
    return LEVELS.index(severity)


def may_see_alerts(user: "User | AnonymousUser") -> bool:
    return user.is_active and user.has_perms(RIGHTS)


class AlertQuerySet(models.QuerySet["Alert"]):
    def visible_to(self, user: "User | AnonymousUser") -> Self:
        return self if may_see_alerts(user) else self.none()

    def about(self, rule: str, target: str) -> Self:
        return self.filter(rule=rule, target=target)

    def pending(self) -> Self:
        return self.filter(state__in=PENDING)

    def open_by_severity(self) -> dict[str, int]:
        """Of each severity, 0 where there is none."""
        found = self.filter(state=OPEN).order_by().values_list("severity").annotate(number=models.Count("pk"))
        return {**dict.fromkeys(catalog.SEVERITIES, 0), **dict(found)}

    def as_queue(self) -> Self:
        """What is still to be done, in the order in which to do it."""
        return self.pending().order_by(*QUEUE)

    def past(self, before: datetime) -> Self:
        """Closed, and nothing has been seen of them since."""
        return self.filter(state__in=CLOSED, last_seen__lt=before, closed_at__lt=before)

    def last_closed(self, rule: str, target: str) -> "Alert | None":
        return self.about(rule, target).filter(state__in=CLOSED).order_by("-closed_at").first()


class Alert(models.Model):
    """What one rule has found about one target, until somebody says what it was, or it is over.

    `event_count` is the sum over its findings. Times are those of the events, but for `opened_at`, `closed_at` and
    `updated_at`. The first, the last and the worst event may be removed before the alert is.
    """

    id = models.UUIDField(_("ID"), primary_key=True, default=uuid7)
    rule = models.CharField(_("rule"), max_length=MAX_RULE)
    event_type = models.CharField(_("type"), max_length=100)
    target = models.CharField(_("target"), max_length=MAX_TARGET)  # by kind: "ip:203.0.113.7", "user:guru001", "site"
    severity = models.CharField(_("severity"), max_length=10, choices=list(catalog.SEVERITIES.items()))
    state = models.CharField(_("state"), max_length=20, default=OPEN, choices=STATE_CHOICES)
    first_seen = models.DateTimeField(_("first seen"))
    last_seen = models.DateTimeField(_("last seen"))
    finding_count = models.IntegerField(_("findings"), default=0)
    event_count = models.BigIntegerField(_("events"), default=0)
    first_event = models.UUIDField(_("first event"), null=True)
    last_event = models.UUIDField(_("last event"), null=True)
    worst_event = models.UUIDField(_("worst event"), null=True)
    data = models.JSONField(_("data"), default=dict)  # of the latest finding: what the explanation speaks of
    assignee = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        models.DO_NOTHING,
        null=True,
        blank=True,
        db_constraint=False,
        db_index=False,
        related_name="+",
        verbose_name=_("assignee"),
    )  # the account may be gone, so screens use `assignee_id` and `assignee_name`
    assignee_name = models.CharField(_("assignee"), max_length=150, blank=True, default="")  # as it was at the time
    notes = models.JSONField(_("notes"), default=list)  # [{"at", "username", "from", "to", "text"}], oldest first
    reason = models.TextField(_("reason"), blank=True, default="")  # of its being closed
    opened_at = models.DateTimeField(_("opened at"), db_default=Now())
    closed_at = models.DateTimeField(_("closed at"), null=True)
    reopen_count = models.IntegerField(_("reopened"), default=0)
    updated_at = models.DateTimeField(_("updated at"), db_default=Now())

    objects = AlertQuerySet.as_manager()

    class Meta:
        db_table = "event_alerts"
        verbose_name = _("alert")
        verbose_name_plural = _("alerts")
        default_permissions = ("change",)
        constraints = [
            # Whoever finds it, and how many at once: there is one.
            models.UniqueConstraint(
                fields=["rule", "target"], condition=models.Q(state__in=PENDING), name="event_alerts_pending"
            ),
            models.CheckConstraint(condition=models.Q(state__in=list(STATES)), name="event_alerts_state"),
            models.CheckConstraint(
                condition=models.Q(severity__in=list(catalog.SEVERITIES)), name="event_alerts_severity"
            ),
        ]
        indexes = [
            models.Index(fields=["-last_seen", "-id"], name="event_alerts_newest"),  # the list, keyset pages
            models.Index(fields=["state", "-last_seen", "-id"], name="event_alerts_state_newest"),  # what is open?
            models.Index(fields=["rule", "target", "-closed_at"], name="event_alerts_before"),  # has it been here?
        ]

    def __str__(self) -> str:
        return visible(f"{self.rule} {self.target}")

    @property
    def is_closed(self) -> bool:
        return self.state in CLOSED

    @property
    def evidence(self) -> dict[str, UUID]:
        """{"first": id, …}, each event once."""
        named = {"first": self.first_event, "last": self.last_event, "worst": self.worst_event}
        found: dict[str, UUID] = {}
        for name, key in named.items():
            if key is not None and key not in found.values():
                found[name] = key
        return found

    def note(self, by: Any, text: str, *, came_from: str = "") -> None:
        """`by` is a user; None for the system. `came_from` is the state before, where that has changed."""
        name = by.get_username() if by is not None else ""
        states = {"from": came_from, "to": self.state} if came_from else {}
        self.notes = [*self.notes, {"at": timezone.now().isoformat(), "username": name, **states, "text": text}]

    def give_to(self, user: Any) -> None:
        """None: to nobody."""
        self.assignee_id, self.assignee_name = (None, "") if user is None else (user.pk, user.get_username())

    def enter(self, state: str, *, now: datetime) -> None:
        self.state, self.closed_at = state, now if state in CLOSED else None

"""What people have asked for: to be given what the log knows of them, or to have it forgotten."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final, Self

from django.conf import settings
from django.core.exceptions import ValidationError
from django.db import models
from django.utils import timezone
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy
from uuid_utils.compat import uuid7

EXPORT: Final = "export"
ERASE: Final = "erase"
KINDS: Final = {EXPORT: _("To be given the data"), ERASE: _("To have the data erased")}

OPEN: Final = "open"
CONFIRMED: Final = "confirmed"
DONE: Final = "done"
REFUSED: Final = "refused"
STATES: Final = {
    OPEN: pgettext_lazy("request", "Open"),
    CONFIRMED: pgettext_lazy("request", "Confirmed, being done"),
    DONE: pgettext_lazy("request", "Done"),
    REFUSED: pgettext_lazy("request", "Refused"),
}
PENDING: Final = (OPEN, CONFIRMED)
TIME_TO_ANSWER: Final = timedelta(hours=72)  # UU PDP 27/2022, articles 32 and 43 f.: three times 24 hours


def due() -> datetime:
    return timezone.now() + TIME_TO_ANSWER


@dataclass(frozen=True, slots=True)
class Standing:
    """How many wait for an answer, how many of those for too long, how many cannot be carried out, and when the next is
    due."""

    pending: int
    overdue: int
    stuck: int
    next_due: datetime | None


class SubjectRequestQuerySet(models.QuerySet["SubjectRequest"]):
    def pending(self) -> Self:
        return self.filter(state__in=PENDING)

    def about(self, *, username: str, entity_type: str, entity_id: str) -> Self:
        return self.filter(username__iexact=username, entity_type=entity_type, entity_id=entity_id)

    def standing(self, now: datetime) -> Standing:
        late, stuck = models.Q(due_at__lt=now), models.Q(state=CONFIRMED) & ~models.Q(reason="")
        found = self.pending().aggregate(
            pending=models.Count("pk"),
            overdue=models.Count("pk", filter=late),
            stuck=models.Count("pk", filter=stuck),
            next_due=models.Min("due_at"),
        )
        return Standing(**found)

    def to_erase(self) -> Self:
        """Those that may be done, the oldest first; one that was begun and not ended among them."""
        return self.filter(kind=ERASE, state=CONFIRMED).order_by("received_at", "id")


class SubjectRequest(models.Model):
    """About an account (`username`, or its number) or a record, never both.

    `plan` is what an erasure has found out and not done yet (`subjects/person.py`). When it is done the row names
    nobody any more; `fingerprint` is the same for the same person, for who knows the key.
    """

    id = models.UUIDField(primary_key=True, default=uuid7)
    kind = models.CharField(_("kind"), max_length=10, choices=list(KINDS.items()))
    username = models.CharField(
        _("user name"), max_length=150, blank=True, default="", help_text=_("Or the account's number; it may be gone.")
    )
    entity_type = models.CharField(
        _("kind of record"), max_length=100, blank=True, default="", help_text=_("As events name it, such as siswa.")
    )
    entity_id = models.CharField(_("record ID"), max_length=255, blank=True, default="")
    asked_by = models.CharField(
        _("who asked"), max_length=200, help_text=_("The person, or who may speak for him, such as a parent.")
    )
    received_at = models.DateTimeField(_("received"), default=timezone.now)
    due_at = models.DateTimeField(_("due"), default=due, editable=False)
    state = models.CharField(_("state"), max_length=10, default=OPEN, choices=list(STATES.items()), editable=False)
    entered_by = models.CharField(_("entered by"), max_length=150, editable=False)
    entered_by_user = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        models.DO_NOTHING,
        null=True,
        editable=False,
        db_constraint=False,
        db_index=False,
        related_name="+",
    )  # who has entered it cannot confirm it under another name
    decided_by = models.CharField(_("confirmed or refused by"), max_length=150, blank=True, default="", editable=False)
    decided_at = models.DateTimeField(_("confirmed or refused at"), null=True, editable=False)
    reason = models.TextField(_("reason"), blank=True, default="", editable=False)  # of a refusal, or of a standstill
    done_at = models.DateTimeField(_("done"), null=True, editable=False)
    fingerprint = models.CharField(max_length=64, blank=True, default="", editable=False)
    plan = models.JSONField(null=True, editable=False)

    objects = SubjectRequestQuerySet.as_manager()

    class Meta:
        db_table = "event_subject_requests"
        verbose_name = _("request of a person")
        verbose_name_plural = _("requests of people")
        default_permissions = ("view", "add", "change")  # to see, to enter, to confirm or refuse
        constraints = [
            models.CheckConstraint(
                name="event_subject_requests_about",
                condition=models.Q(username="") | models.Q(entity_type="", entity_id=""),
                violation_error_message=_("Give either the account or the record."),
            ),
            models.CheckConstraint(name="event_subject_requests_kind", condition=models.Q(kind__in=list(KINDS))),
            models.CheckConstraint(name="event_subject_requests_state", condition=models.Q(state__in=list(STATES))),
        ]
        indexes = [
            models.Index(  # what is to be done, and until when?
                fields=["due_at"], name="event_subject_requests_due", condition=models.Q(state__in=PENDING)
            )
        ]

    def __str__(self) -> str:
        return f"{self.kind} {self.received_at:%Y-%m-%d} {self.state}"

    def clean(self) -> None:
        if not self.username and not (self.entity_type and self.entity_id):
            raise ValidationError(_("Say about whom it is: an account, or a record with its kind and ID."))
        if self.received_at and self.received_at > timezone.now():
            raise ValidationError({"received_at": _("It cannot have been received later than now.")})

    @property
    def is_pending(self) -> bool:
        return self.state in PENDING

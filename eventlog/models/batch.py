"""What the pipeline itself keeps: batches (the accounts), the outbox, and events that the database refused."""

from datetime import datetime
from typing import TYPE_CHECKING, Any, Final, Self

from django.db import models
from django.db.models.functions import Now
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from eventlog.models.alert import may_see_alerts
from eventlog.visible import visible

if TYPE_CHECKING:
    from django.contrib.auth.models import AnonymousUser, User

WAITING: Final = "waiting"
RETRIED: Final = "retried"
DISCARDED: Final = "discarded"
REFUSED_STATES: Final = {
    WAITING: pgettext_lazy("refused event", "Waits for a decision"),
    RETRIED: pgettext_lazy("refused event", "Stored after all"),
    DISCARDED: pgettext_lazy("refused event", "Discarded"),
}


class Xid8Field(models.BigIntegerField):  # type: ignore[type-arg]
    """A PostgreSQL transaction id with its epoch; comparable with `eventlog_horizon`."""

    def db_type(self, connection: Any) -> str:
        return "xid8"


class CurrentTransaction(models.Func):
    """The id of the transaction that runs the statement. For the first migrations, before there were epochs."""

    function = "pg_current_xact_id"
    output_field = Xid8Field()


class StoredTransaction(models.Func):
    """The place of that transaction in the store order: its id in the cluster's epoch (`models/epoch.py`)."""

    function = "eventlog_stored_xid"
    output_field = Xid8Field()


class EventBatch(models.Model):
    """One transaction of `store.write`: a closed segment of a writer's journal, and outbox rows claimed with it.

    The accounts rest on these rows: of the sequence numbers `first_sequence` to `last_sequence` (and the
    `outbox_count` rows), `event_count` were stored, `dead_count` refused, `duplicate_count` were there already,
    and the rest, `dropped_count`, was shed or damaged. A batch of events that had been refused before takes them away
    from the dead: its `dead_count` is negative, for a sealed batch is not changed.
    """

    id = models.UUIDField(primary_key=True)
    writer = models.CharField(max_length=32, blank=True)  # empty: stored on the caller's connection
    first_sequence = models.BigIntegerField(null=True)
    last_sequence = models.BigIntegerField(null=True)
    outbox_count = models.IntegerField(default=0)
    event_count = models.IntegerField(default=0)
    dead_count = models.IntegerField(default=0)
    duplicate_count = models.IntegerField(default=0)
    dropped_count = models.IntegerField(default=0)
    # The seal, see integrity/seals.py. Hashes are 32 bytes.
    sealer = models.CharField(max_length=32, blank=True, db_default="")  # the chain that it goes on
    sealer_place = models.BigIntegerField(null=True)  # in that chain, from 1
    previous_seal = models.BinaryField(null=True)
    leaves = models.BinaryField(null=True)  # 48 bytes an event
    root = models.BinaryField(null=True)
    first_timestamp = models.DateTimeField(null=True)
    last_timestamp = models.DateTimeField(null=True)
    seal = models.BinaryField(null=True)
    stored_at = models.DateTimeField(db_default=Now())
    stored_xid = Xid8Field(db_default=StoredTransaction())

    class Meta:
        db_table = "event_batches"
        verbose_name = _("batch")
        verbose_name_plural = _("batches")
        constraints = [
            # A segment is stored once, whoever tries: its owner after a lost COMMIT, or an adopter.
            models.UniqueConstraint(
                fields=["writer", "first_sequence"],
                condition=models.Q(first_sequence__isnull=False),
                name="event_batches_segment",
            ),
            # A chain does not fork; and the store looks for the last of it.
            models.UniqueConstraint(
                fields=["sealer", "sealer_place"],
                name="event_batches_chain",
            ),
        ]
        indexes = [models.Index(fields=["stored_xid", "id"], name="event_batches_order")]  # store order, for cursors

    def __str__(self) -> str:
        return str(self.pk)


class OutboxEvent(models.Model):
    """An event written by the transaction of the change it tells of; lives for about a second.

    `record` is the event, where Python made it; `change` is what a trigger saw, of which the writer makes the event.
    """

    id = models.UUIDField(primary_key=True)
    record = models.TextField(db_default="")  # the event's JSON
    change = models.TextField(null=True)  # noqa: DJ001  JSON; NULL tells the two kinds apart

    class Meta:
        db_table = "event_outbox"
        verbose_name = _("waiting event")
        verbose_name_plural = _("waiting events")

    def __str__(self) -> str:
        return str(self.pk)


class DeadLetterQuerySet(models.QuerySet["DeadLetter"]):
    def visible_to(self, user: "User | AnonymousUser") -> Self:
        """They may be of any category, so to who sees every event."""
        return self if may_see_alerts(user) else self.none()

    def waiting(self) -> Self:
        return self.filter(state=WAITING)

    def counts_by_state(self) -> dict[str, int]:
        """Of each state, 0 where there is none."""
        found = self.order_by().values_list("state").annotate(number=models.Count("pk"))
        return {**dict.fromkeys(REFUSED_STATES, 0), **dict(found)}


class DeadLetter(models.Model):
    """An event that the database refused; its batch was stored without it.

    It stays as it was refused, whatever becomes of it, until retention removes it.
    """

    id = models.BigAutoField(primary_key=True)
    batch_id = models.UUIDField()
    refused_at = models.DateTimeField(db_default=Now())
    sqlstate = models.CharField(max_length=5, blank=True)
    reason = models.TextField()
    record = models.TextField()  # the event's JSON
    state = models.CharField(
        _("state"), max_length=10, default=WAITING, db_default=WAITING, choices=list(REFUSED_STATES.items())
    )
    decided_at = models.DateTimeField(_("decided at"), null=True)
    decided_by = models.CharField(_("decided by"), max_length=150, blank=True, default="", db_default="")
    note = models.TextField(_("reason"), blank=True, default="", db_default="")  # of its being discarded

    objects = DeadLetterQuerySet.as_manager()

    class Meta:
        db_table = "event_dead_letters"
        verbose_name = _("refused event")
        verbose_name_plural = _("refused events")
        default_permissions = ("change",)  # to try it again, or discard it
        indexes = [models.Index(fields=["-refused_at"], name="event_dead_letters_newest")]  # the console's list

    def __str__(self) -> str:
        return visible(f"{self.sqlstate} {self.reason}"[:80])

    def decide(self, state: str, *, by: Any, now: datetime, note: str = "") -> None:
        """`by` is a user; None for the system."""
        self.state, self.decided_at, self.note = state, now, note
        self.decided_by = by.get_username() if by is not None else ""


class Status(EventBatch):
    """Nothing of its own: by it Django's admin has a place, and a line in its index, for the page of the status."""

    class Meta:
        proxy = True
        default_permissions = ()
        verbose_name = _("status")
        verbose_name_plural = _("status")

"""What the pipeline itself keeps: batches (the accounts), the outbox, and events that the database refused."""

from typing import Any

from django.db import models
from django.db.models.functions import Now
from django.utils.translation import gettext_lazy as _


class Xid8Field(models.BigIntegerField):  # type: ignore[type-arg]
    """A PostgreSQL transaction id with its epoch; comparable with `pg_snapshot_xmin`."""

    def db_type(self, connection: Any) -> str:
        return "xid8"


class CurrentTransaction(models.Func):
    """The id of the transaction that runs the statement."""

    function = "pg_current_xact_id"
    output_field = Xid8Field()


class EventBatch(models.Model):
    """One transaction of `store.write`: a closed segment of a writer's journal, and outbox rows claimed with it.

    The accounts rest on these rows: of the sequence numbers `first_sequence` to `last_sequence` (and the
    `outbox_count` rows), `event_count` were stored, `dead_count` refused, `duplicate_count` were there already,
    and the rest, `dropped_count`, was shed or damaged.
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
    stored_at = models.DateTimeField(db_default=Now())
    stored_xid = Xid8Field(db_default=CurrentTransaction())

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


class DeadLetter(models.Model):
    """An event that the database refused; its batch was stored without it."""

    id = models.BigAutoField(primary_key=True)
    batch_id = models.UUIDField()
    refused_at = models.DateTimeField(db_default=Now())
    sqlstate = models.CharField(max_length=5, blank=True)
    reason = models.TextField()
    record = models.TextField()  # the event's JSON

    class Meta:
        db_table = "event_dead_letters"
        verbose_name = _("refused event")
        verbose_name_plural = _("refused events")
        indexes = [models.Index(fields=["-refused_at"], name="event_dead_letters_newest")]  # the console's list

    def __str__(self) -> str:
        return f"{self.sqlstate} {self.reason}"[:80]

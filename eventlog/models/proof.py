"""What proves that nothing was altered: the log of all batches and removals, its checkpoints, and what was removed."""

from django.db import models
from django.utils.translation import gettext_lazy as _

from eventlog.models.batch import StoredTransaction, Xid8Field

BATCH, REMOVAL = "batch", "removal"
ACTOR, SUBJECT = "actor", "subject"  # the parts of an event that can be erased (models/event.py)
OF_RANGE, OF_EVENTS, ERASURE, ARCHIVE = "range", "events", "erasure", "archive"


class LogEntry(models.Model):
    """A batch or a removal at its place in the log, an RFC 6962 tree that only grows."""

    place = models.BigIntegerField(primary_key=True)  # from 0, without a gap
    kind = models.CharField(max_length=10)  # BATCH or REMOVAL
    ref = models.UUIDField(unique=True)  # proofs look for a batch's place
    leaf = models.BinaryField()  # the hash of the tree's leaf
    nodes = models.BinaryField(default=b"")  # roots of the full subtrees of 2, 4, 8, … leaves that end with it

    class Meta:
        db_table = "event_log_entries"
        verbose_name = _("log entry")
        verbose_name_plural = _("log entries")
        default_permissions = ()

    def __str__(self) -> str:
        return f"{self.place} {self.kind} {self.ref}"


class Checkpoint(models.Model):
    """The log as it was at a time, signed. `note` is what counts; the columns before it are so that it can be found
    and continued."""

    id = models.BigAutoField(primary_key=True)
    size = models.BigIntegerField()
    root = models.BinaryField()
    peaks = models.BinaryField()  # 32 bytes each, `merkle.Frontier`
    settled_xid = models.BigIntegerField()  # up to where in the store order everything is in the log
    settled_id = models.UUIDField()
    made_at = models.DateTimeField()
    key_name = models.CharField(max_length=200)
    note = models.TextField()

    class Meta:
        db_table = "event_checkpoints"
        verbose_name = _("checkpoint")
        verbose_name_plural = _("checkpoints")
        default_permissions = ()
        indexes = [models.Index(fields=["size"], name="event_checkpoints_size")]  # the first that holds an event

    def __str__(self) -> str:
        return f"{self.size} {self.made_at:%Y-%m-%d %H:%M:%S}"


class Removal(models.Model):
    """Events that were taken away, or parts of them, for a reason: written by the transaction that did so.

    By their ids, 16 bytes each and in their order, or all whose time is in a range that were stored before. One of the
    kind ARCHIVE takes nothing away: its facts say of a file of the archive that it was made, or removed, and so are
    signed. Of the kind ERASURE is what was taken out of events (`subjects/rows.py`).
    """

    id = models.UUIDField(primary_key=True)
    kind = models.CharField(max_length=10)  # OF_RANGE, OF_EVENTS, ERASURE, ARCHIVE
    made_at = models.DateTimeField()
    facts = models.JSONField(default=dict)  # why
    first_timestamp = models.DateTimeField(null=True)
    end_timestamp = models.DateTimeField(null=True)  # the first moment behind the range
    ids = models.BinaryField(null=True)
    hash = models.BinaryField()
    signature = models.BinaryField(null=True)  # of the hash: who cannot sign cannot explain a deletion
    stored_xid = Xid8Field(db_default=StoredTransaction())

    class Meta:
        db_table = "event_removals"
        verbose_name = _("removal")
        verbose_name_plural = _("removals")
        default_permissions = ()
        indexes = [models.Index(fields=["stored_xid", "id"], name="event_removals_order")]  # store order

    def __str__(self) -> str:
        return f"{self.kind} {self.made_at:%Y-%m-%d %H:%M:%S}"

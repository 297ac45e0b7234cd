"""The files that events were copied to."""

from datetime import UTC, date, datetime, time, timedelta
from typing import Any, Final, Self

from django.db import models
from django.utils.translation import gettext_lazy as _

WRITING: Final = "writing"
KEPT: Final = "kept"
EXPIRING: Final = "expiring"
EXPIRED: Final = "expired"
STATES: Final = {
    WRITING: _("Being written"),
    KEPT: _("Kept"),
    EXPIRING: _("Being removed"),
    EXPIRED: _("Removed after its time"),
}


class ArchiveQuerySet(models.QuerySet["Archive"]):
    def kept(self) -> Self:
        return self.filter(state=KEPT)

    def by_turn(self) -> Self:
        """Those that were looked at the longest ago, or never, first."""
        return self.order_by(models.F("looked_at").asc(nulls_first=True), "day", "id")

    def turns(self) -> dict[str, Any]:
        """{number, waiting: were never looked at, oldest and newest: when one was}"""
        waiting = models.Count("pk", filter=models.Q(looked_at=None))
        oldest, newest = models.Min("looked_at"), models.Max("looked_at")
        return self.aggregate(number=models.Count("pk"), waiting=waiting, oldest=oldest, newest=newest)

    def made(self) -> Self:
        """Those whose events were in a file that was found equal, be it there still or not."""
        return self.exclude(state=WRITING)

    def locked(self) -> Self:
        """Those whose file is encrypted, and not removed yet."""
        return self.filter(wrapped_key__isnull=False).exclude(state=EXPIRED)

    def between(self, begin: datetime, end: datetime) -> Self:
        """Of those that hold events from `begin` to before `end`, in the order of time."""
        return self.filter(first_timestamp__lt=end, last_timestamp__gte=begin).order_by("day", "until_xid")


class Archive(models.Model):
    """A file of events, all of one day in UTC: what a batch stored whose transaction is from `from_xid` to before
    `until_xid`. What came late is in a further file of the same day.

    It is kept, and so counts, only since the file was read again and found equal. The row outlives the file.
    """

    id = models.UUIDField(primary_key=True)
    day = models.DateField(_("day"))
    path = models.CharField(_("file"), max_length=200)  # below ARCHIVE_DIR
    state = models.CharField(_("state"), max_length=10, default=WRITING, choices=list(STATES.items()))
    from_xid = models.BigIntegerField()
    until_xid = models.BigIntegerField(null=True)
    row_count = models.BigIntegerField(_("events"), default=0)
    batch_count = models.IntegerField(_("batches"), default=0)  # whose seals cover the events
    first_timestamp = models.DateTimeField(_("first event"), null=True)
    last_timestamp = models.DateTimeField(_("last event"), null=True)
    byte_count = models.BigIntegerField(_("bytes"), default=0)
    sha256 = models.BinaryField(null=True)  # of the file
    rows_sha256 = models.BinaryField(null=True)  # of its events as text, see retention/lines.py
    key_name = models.CharField(_("key"), max_length=200, blank=True, default="")  # empty: not encrypted
    wrapped_key = models.BinaryField(null=True)  # the file's own key, by the one of that name
    begun_at = models.DateTimeField(_("begun at"))
    verified_at = models.DateTimeField(_("found equal at"), null=True)
    expired_at = models.DateTimeField(_("removed at"), null=True)
    looked_at = models.DateTimeField(_("last looked at"), null=True)  # by the nightly verification
    restored_at = models.DateTimeField(_("last restored at"), null=True)

    objects = ArchiveQuerySet.as_manager()

    class Meta:
        db_table = "event_archives"
        verbose_name = _("archive file")
        verbose_name_plural = _("archive files")
        default_permissions = ("view",)
        indexes = [models.Index(fields=["day", "until_xid"], name="event_archives_day")]  # is that day archived?

    def __str__(self) -> str:
        return self.path

    @property
    def begin(self) -> datetime:
        return start_of(self.day)

    @property
    def end(self) -> datetime:
        return start_of(self.day + timedelta(days=1))


def start_of(day: date) -> datetime:
    return datetime.combine(day, time.min, UTC)

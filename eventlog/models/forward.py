"""How far each sink has got that events are forwarded to."""

from datetime import datetime, timedelta
from typing import Any, Final, Self

from django.db import connections, models
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from eventlog.models.attempts import Attempts
from eventlog.models.order import Place

LONG: Final = timedelta(minutes=5)  # of failures in a row, after which people are told
STORED_AFTER = """
SELECT coalesce(sum(event_count), 0)::bigint FROM event_batches WHERE (stored_xid, id) > (%s::xid8, %s::uuid)"""


class EventForward(Attempts):
    """One sink. Whoever changes its row holds the sink's lock, see `forwarding/forwarder.py`."""

    sink = models.CharField(primary_key=True, max_length=100)  # its name in FORWARD_TO
    place = models.CharField(max_length=54)  # in store order; all up to it has been sent, or was not asked for
    event_count = models.BigIntegerField(default=0)  # sent so far
    told_at = models.DateTimeField(null=True)  # when people were told of these failures
    stopped_at = models.DateTimeField(null=True)  # it wants no more

    class Meta:
        db_table = "event_forwards"
        verbose_name = _("forwarding")
        verbose_name_plural = _("forwardings")
        default_permissions = ()

    def __str__(self) -> str:
        return self.sink

    def is_due(self, now: datetime) -> bool:
        return self.stopped_at is None and self.may_be_tried(now)

    def went_on(self, end: Place, *, sent: int) -> None:
        """All up to `end` is done; `sent` events of it were sent."""
        self.place = end.written()
        self.event_count += sent
        if sent:
            self.last_success = timezone.now()
            self.begin_anew()

    def begin_anew(self) -> Self:
        """Forget the failures."""
        self.forget_failures()
        self.told_at = self.stopped_at = None
        return self

    def failed(self, reason: str, *, for_ever: bool) -> bool:
        """Wait longer each time, or stop; whether people are to be told, which is so once."""
        now = timezone.now()
        self.wait_longer(reason, now)
        if for_ever:
            self.stopped_at = now
        if self.told_at is not None or not (for_ever or now - (self.failing_since or now) >= LONG):
            return False
        self.told_at = now
        return True

    def waiting(self) -> int:
        """How many events were stored after what it has got, whether they are asked for or not."""
        place = Place.read(self.place)
        with connections[self._state.db or "default"].cursor() as cursor:
            cursor.execute(STORED_AFTER, [str(place.stored_xid), str(place.batch)])
            return int(cursor.fetchone()[0])

    def facts(self) -> dict[str, Any]:
        return {
            "sink": self.sink,
            "sent": self.event_count,
            "waiting": self.waiting(),
            "last_success": iso(self.last_success),
            "failing_since": iso(self.failing_since),
            "failures": self.failures,
            "last_error": self.last_error,
            "stopped_at": iso(self.stopped_at),
        }


def iso(moment: datetime | None) -> str | None:
    return None if moment is None else moment.isoformat()

"""Placing and lifting legal holds, which is told. What they keep is decided in `held.py` and `keeping.py`."""

from typing import Any

from django.contrib.auth import get_user_model
from django.db import connections, transaction
from django.utils import timezone

from eventlog import catalog
from eventlog.logger import record_event
from eventlog.models import Event, Hold
from eventlog.pipeline.outbox import events_alias
from eventlog.retention.held import ABOUT, IN_FORCE
from eventlog.retention.partitions import ALONE

CONDITIONS = ("username", "user_id", "entity_type", "entity_id", "request_id", "begin", "end")
ABOUT_EVENT = f"""
SELECT h.* FROM event_holds h, events e
WHERE e.id = %(id)s AND e.timestamp = %(timestamp)s AND {IN_FORCE} AND {ABOUT} ORDER BY h.id"""


def place(hold: Hold, *, by: str) -> None:
    """From the end of this transaction on nothing is removed that the hold is about; a removal that is at work is
    waited for. Raises ValidationError."""
    alias = events_alias()
    hold.placed_by, hold.user_id = by[:150], account(hold.username)
    hold.full_clean()
    with transaction.atomic(using=alias), connections[alias].cursor() as cursor:
        cursor.execute(ALONE)
        hold.save(using=alias, force_insert=True)
        tell(catalog.HOLD_PLACED, hold, reason=hold.reason)


def account(username: str) -> Any:
    """The key of the account that has this name; None where there is none (any more)."""
    if not username:
        return None
    user_model = get_user_model()
    named = user_model._default_manager.filter(**{user_model.USERNAME_FIELD: username})
    return named.values_list("pk", flat=True).first()


def lift(hold: Hold, *, reason: str, by: str) -> bool:
    """False where it is not in force."""
    alias, now = events_alias(), timezone.now()
    with transaction.atomic(using=alias):
        lifted = {"lifted_at": now, "lifted_by": by[:150], "lift_reason": reason}
        if not Hold.objects.using(alias).in_force(now).filter(pk=hold.pk).update(**lifted):
            return False
        hold.refresh_from_db(using=alias)
        tell(catalog.HOLD_LIFTED, hold, reason=reason)
    return True


def tell(event_type: str, hold: Hold, *, reason: str) -> None:
    data = {**conditions(hold), "until": hold.until}
    columns = {"entity_type": "hold", "entity_id": str(hold.pk), "reason": reason, "event_data": data}
    record_event(event_type, columns, using=events_alias())


def conditions(hold: Hold) -> dict[str, Any]:
    """What is given of what it is about."""
    return {name: value for name in CONDITIONS if (value := getattr(hold, name)) not in ("", None)}


def about(event: Event) -> list[Hold]:
    """The holds in force that keep this event, in one query."""
    values = {"id": str(event.pk), "timestamp": event.timestamp, "now": timezone.now()}
    return list(Hold.objects.using(events_alias()).raw(ABOUT_EVENT, values))

"""Muting, which is told: who keeps an alarm quiet, and for how long, belongs into the log."""

from datetime import datetime
from functools import partial
from typing import Any, Final

from django.db import transaction

from eventlog import catalog
from eventlog.alerts.refusing import OWN, NotByHim, attempts_told, is_account, refuse_own
from eventlog.logger import record_event
from eventlog.models import Alert, EventMute
from eventlog.pipeline.outbox import events_alias

MOST_ALERTS: Final = 20  # of the same rule and target, the newest, that are looked at


def mute(rule: str, target: str, *, until: datetime | None, by: Any, reason: str = "") -> EventMute:
    """One that is there already gets the new end and reason. Raises NotByHim for what is about who mutes."""
    with attempts_told():
        refuse_own_mute(rule, target, by)
    alias = events_alias()
    values = {"until": until, "reason": reason, "user_id": by.pk, "username": by.get_username()}
    with transaction.atomic(using=alias):
        made, _is_new = EventMute.objects.using(alias).update_or_create(rule=rule, target=target, defaults=values)
        tell(made, muted=True)
    return made


def refuse_own_mute(rule: str, target: str, by: Any) -> None:
    """Raises NotByHim. Of any target (`*`) he may: his own account stays out of that (`MuteQuerySet.covering`)."""
    for alert in Alert.objects.using(events_alias()).about(rule, target).order_by("-opened_at")[:MOST_ALERTS]:
        refuse_own(alert, by, "muted")
    if is_account(target, by):
        refused = {"event_status": catalog.FAILED, "error_code": OWN, "event_data": {"rule": rule, "muted": True}}
        raise NotByHim(partial(record_event, catalog.CONFIG_CHANGED, {"entity_type": "mute", **refused}))


def unmute(mute: EventMute) -> None:
    alias = events_alias()
    with transaction.atomic(using=alias):
        tell(mute, muted=False)
        mute.delete(using=alias)


def tell(mute: EventMute, *, muted: bool) -> None:
    """Not about whom, which only those may see who see SECURITY events; the mute's page says it."""
    data = {"rule": mute.rule, "muted": muted, "until": mute.until}
    columns = {"entity_type": "mute", "entity_id": str(mute.pk), "event_data": data}
    record_event(catalog.CONFIG_CHANGED, columns, using=events_alias())

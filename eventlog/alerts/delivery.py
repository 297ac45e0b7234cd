"""Sends what is due, each channel by itself, so that none waits for another's receiver.

A claim is a lease: the rows are moved into the future and the transaction ends before anything is sent, so that a slow
receiver holds no lock and no place in store order. Who dies while he sends lets the lease run out, and another sends
again; a receiver knows by the message's id what comes twice.
"""

from collections.abc import Sequence
from datetime import timedelta
from functools import partial
from time import monotonic
from typing import Final

from django.db import connections, transaction
from django.utils import timezone

from eventlog import catalog
from eventlog.alerts.channels import Channel, channel_named
from eventlog.alerts.messages import message
from eventlog.alerts.notify import GROUPING
from eventlog.alerts.telling import BY_ITSELF, columns_of
from eventlog.context import entered
from eventlog.forwarding.abreast import side_by_side
from eventlog.forwarding.sinks import Gone, Refused
from eventlog.logger import record_event
from eventlog.models import EventMute, EventNotification
from eventlog.models.notification import FAILED, MAX_ATTEMPTS, WAITING, WITHDRAWN
from eventlog.pipeline.outbox import events_alias
from eventlog.record import redactor_in_force

AT_ONCE: Final = 20  # alerts of one message
LEASE: Final = timedelta(minutes=2)  # longer than any sending takes
RUN_SECONDS: Final = 8.0  # after which no message is begun: less than the schedule's period
CHANNELS_DUE: Final = """
SELECT DISTINCT channel FROM event_notifications WHERE state = 'waiting' AND due_at <= %s ORDER BY channel"""


def deliver(*, seconds: float = RUN_SECONDS) -> int:
    """What is due, all channels side by side; how many notifications were sent."""
    works = [partial(deliver_to, name, seconds=seconds) for name in channels_due()]
    return sum(side_by_side(works, name="eventlog-alerts"))


def channels_due() -> list[str]:
    with connections[events_alias()].cursor() as cursor:
        cursor.execute(CHANNELS_DUE, [timezone.now()])
        return [name for (name,) in cursor]


def deliver_to(name: str, *, seconds: float = RUN_SECONDS) -> int:
    """One message after the other, until nothing is due, one fails, or the time is up."""
    end = monotonic() + seconds
    sent = 0
    while monotonic() < end and (claimed := claim(name)):
        done = send(name, valid(claimed))
        sent += done or 0
        if done is None:
            break
    return sent


def claim(name: str) -> list[EventNotification]:
    """Some that are due, with the news that would be soon, ours until the lease ends: so an attack of many kinds is one
    message every quarter of a minute. What nobody has lived to say is given up at last, too."""
    alias, now = events_alias(), timezone.now()
    rows = EventNotification.objects.using(alias).filter(channel=name)
    if not rows.due(now).exists():
        return []
    leaving = (rows.due(now) | rows.gathering(now + GROUPING)).order_by("due_at", "id")
    with transaction.atomic(using=alias):
        claimed = list(leaving.select_for_update(skip_locked=True)[:AT_ONCE])
        for each in claimed:
            each.attempts, each.due_at = each.attempts + 1, now + LEASE
            each.state = FAILED if each.attempts > MAX_ATTEMPTS else WAITING
            each.save(using=alias, update_fields=["attempts", "due_at", "state"])
    return [each for each in claimed if each.state == WAITING]


def valid(claimed: Sequence[EventNotification]) -> list[EventNotification]:
    """With their alerts as they are now, without those that nobody needs any more."""
    alias, now = events_alias(), timezone.now()
    rows = EventNotification.objects.using(alias).select_related("alert")
    found = list(rows.filter(pk__in=[each.pk for each in claimed]))
    mutes = EventMute.objects.using(alias)
    void = [
        each
        for each in found
        if each.is_void(each.alert) or mutes.covering(each.alert.rule, each.alert.target, now).exists()
    ]
    rows.filter(pk__in=[each.pk for each in void]).update(state=WITHDRAWN)
    return [each for each in found if each not in void]


def send(name: str, notifications: Sequence[EventNotification]) -> int | None:
    """How many have come through; None where the channel refuses them."""
    if not notifications:
        return 0
    channel = channel_named(name)
    if channel is None:
        settle(notifications, Gone("It is not in the settings any more."))
        return None
    refusal = refusal_of(channel, notifications)
    settle(notifications, refusal)
    return len(notifications) if refusal is None else None


def refusal_of(channel: Channel, notifications: Sequence[EventNotification]) -> Refused | None:
    """Send them as one message, with no connection to the database kept meanwhile."""
    said = message(notifications, channel.language)
    if not connections[events_alias()].in_atomic_block:
        connections[events_alias()].close()
    try:
        channel.sender.send(said)
    except Refused as refusal:
        return refusal
    return None


def settle(notifications: Sequence[EventNotification], refusal: Refused | None) -> None:
    """What has become worse while it was said is still to be said."""
    alias, now = events_alias(), timezone.now()
    for each in notifications:
        if refusal is None:
            each.was_sent(now)
        else:
            reason = redactor_in_force().text(str(refusal))[:500]
            each.was_refused(reason, now, for_ever=isinstance(refusal, Gone))
        mine = EventNotification.objects.using(alias).filter(pk=each.pk, state=WAITING, severity=each.severity)
        values = {name: getattr(each, name) for name in ("state", "sent_at", "last_error", "due_at")}
        if mine.update(**values) and each.state == FAILED:
            tell_undelivered(each)


def tell_undelivered(notification: EventNotification) -> None:
    """That nobody was told is an event, too."""
    data = {"rule": notification.alert.rule, "channel": notification.channel, "attempts": notification.attempts}
    columns = {"event_status": catalog.FAILED, "error_message": notification.last_error, "event_data": data}
    with entered(BY_ITSELF):
        record_event(catalog.ALERT_UPDATED, {**columns_of(notification.alert), **columns})

"""Whom to tell of an alert, and when. What is planned here is a row of the alert's own transaction, sent later by
`delivery.py`: it is sent if and only if the alert is there."""

from datetime import datetime, timedelta
from typing import Final

from django.utils import timezone

from eventlog import catalog
from eventlog.alerts.channels import Channel, channels
from eventlog.conf import conf
from eventlog.models import Alert, EventNotification
from eventlog.models.alert import OPEN, level
from eventlog.models.notification import ESCALATED, NEWS, RECOVERED, SENT, WAITING, WITHDRAWN

GROUPING: Final = timedelta(seconds=15)  # that what is not critical waits for more, so that ten alerts are one message
ESCALATES: Final = (catalog.HIGH, catalog.CRITICAL)


def plan(alert: Alert, kind: str, *, using: str) -> None:
    """Have everybody told who wants to be."""
    now = timezone.now()
    for channel in channels():
        if not channel.wants(alert):
            continue
        if kind == RECOVERED:
            tell_over(alert, channel, now, using)
        elif not channel.only_escalations:
            tell_news(alert, kind, channel, now, using)
    if kind in NEWS:
        plan_escalation(alert, now, using=using)


def tell_news(alert: Alert, kind: str, channel: Channel, now: datetime, using: str) -> None:
    """One message that waits says all that there is when it is sent; so there is never a second beside it. The lock is
    against who is about to say that it has left."""
    due = due_at(alert, channel, now)
    before = alert.notifications.using(using).news().filter(channel=channel.name, state__in=(WAITING, SENT))
    last = before.order_by("-id").select_for_update().first()
    is_worse = last is None or level(alert.severity) > level(last.severity)
    if last is not None and last.state == WAITING:
        if is_worse:
            last.severity, last.due_at = alert.severity, min(due, last.due_at)
            last.save(using=using, update_fields=["severity", "due_at"])
        return
    if last is not None and not is_worse:
        due = max(due, (last.sent_at or now) + timedelta(seconds=conf.ALERT_COOLDOWN))
    add(alert, kind, channel, due, using)


def tell_over(alert: Alert, channel: Channel, now: datetime, using: str) -> None:
    """Only those who were told that it had begun."""
    told = alert.notifications.using(using).filter(channel=channel.name, state=SENT)
    last = told.order_by("-sent_at", "-id").first()
    if last is not None and last.kind != RECOVERED:
        add(alert, RECOVERED, channel, due_at(alert, channel, now), using)


def plan_escalation(alert: Alert, now: datetime, *, using: str) -> None:
    """For the case that nobody acknowledges it in time; what was planned before it was closed the last time is void."""
    planned = alert.notifications.using(using).filter(kind=ESCALATED, state=WAITING)
    if alert.state != OPEN or alert.severity not in ESCALATES or not conf.ALERT_ESCALATION:
        return
    planned.update(state=WITHDRAWN)
    wanting = [channel for channel in channels() if channel.wants(alert)]
    superiors = [channel for channel in wanting if channel.only_escalations]
    for channel in superiors or wanting:
        due = due_at(alert, channel, now + timedelta(seconds=conf.ALERT_ESCALATION))
        add(alert, ESCALATED, channel, due, using)


def add(alert: Alert, kind: str, channel: Channel, due: datetime, using: str) -> None:
    EventNotification.objects.using(using).create(
        alert=alert, channel=channel.name, kind=kind, severity=alert.severity, due_at=due
    )


def due_at(alert: Alert, channel: Channel, moment: datetime) -> datetime:
    """Critical at once; other things together with what comes meanwhile, and for people after their quiet hours."""
    if alert.severity == catalog.CRITICAL:
        return moment
    due = moment + GROUPING
    return after_quiet_hours(due) if channel.is_for_people else due


def after_quiet_hours(moment: datetime) -> datetime:
    if conf.ALERT_QUIET_HOURS is None:
        return moment
    begin, end = conf.ALERT_QUIET_HOURS
    local = timezone.localtime(moment)
    clock = local.time()
    is_quiet = begin <= clock < end if begin < end else clock >= begin or clock < end
    if not is_quiet:
        return moment
    day = local.date() + timedelta(days=clock >= end)
    return timezone.make_aware(datetime.combine(day, end))

"""Findings become alerts: each is taken in once, and joins the alert of its rule and target, or opens one.

One transaction a finding holds all that follows from it: its row, the alert, the events that tell of both (by the
outbox) and the notifications. Whoever is at the same rule and target meanwhile waits for an advisory lock, which is
taken before any row; so nobody waits for somebody who waits for him. That there is one alert is the database's to
say all the same.
"""

from collections.abc import Iterable, Sequence
from datetime import datetime, timedelta
from typing import Any, Final

from django.db import connections, transaction
from django.db.models import F
from django.utils import timezone

from eventlog.alerts import notify
from eventlog.alerts.telling import BY_ITSELF, state_of, tell_finding, tell_opened, tell_updated
from eventlog.context import entered
from eventlog.detection.findings import Finding
from eventlog.models import Alert, EventFinding, EventMute
from eventlog.models.alert import FALSE_POSITIVE, MAX_RULE, MAX_TARGET, OPEN, level
from eventlog.models.finding import texts
from eventlog.models.notification import OPENED, RAISED, REOPENED
from eventlog.pipeline.outbox import events_alias
from eventlog.record import clean_columns

REOPEN_WITHIN: Final = timedelta(hours=24)  # of a resolved alert; later it is another story, with an alert of its own
STAYS_FALSE: Final = timedelta(days=7)  # that somebody's word counts for what is no worse than what he has judged
LOCK: Final = "SELECT pg_advisory_xact_lock(hashtext('eventlog alert'), hashtext(%s))"


def receive(findings: Sequence[Finding]) -> None:
    """Take in what is new in them. May be called with the same ones again, by several at once.

    Raises `django.db.Error`; what was taken in before stays.
    """
    alias = events_alias()
    for finding in sorted(news_among(findings, alias), key=lambda each: (each.rule, each.target, each.key)):
        with transaction.atomic(using=alias), entered(BY_ITSELF):
            hold(finding.rule, finding.target, using=alias)
            take_in(finding, alias)


def news_among(findings: Iterable[Finding], alias: str) -> list[Finding]:
    """Those that are not known as they are; mostly, of what is looked at again, none. Takes no lock."""
    by_id = {each.id: each for each in sorted(findings, key=lambda each: (each.event_count, each.last_seen))}
    known = EventFinding.objects.using(alias).in_bulk(list(by_id))
    return [each for key, each in by_id.items() if key not in known or known[key].is_grown_by(each)]


def hold(rule: str, target: str, *, using: str) -> None:
    """Nobody else changes the alerts of this rule and target until the transaction ends."""
    with connections[using].cursor() as cursor:
        cursor.execute(LOCK, [f"{rule} {target}"[: MAX_RULE + MAX_TARGET]])


def take_in(finding: Finding, alias: str) -> None:
    known = EventFinding.objects.using(alias).filter(pk=finding.id).first()
    if known is not None and not known.is_grown_by(finding):
        return
    row = known or unfilled(finding)
    more = row.grow(finding, clean_columns({"event_data": dict(finding.data)}).get("event_data", {}))
    if not is_muted(row, alias, count=known is None):
        join(row, more, alias)
    row.save(using=alias, force_insert=known is None)
    if known is None:
        tell_finding(finding, row.alert_id, row.data, using=alias)


def unfilled(finding: Finding) -> EventFinding:
    """With nothing counted yet."""
    return EventFinding(
        id=finding.id,
        rule=finding.rule[:MAX_RULE],
        event_type=finding.event_type,
        target=finding.target[:MAX_TARGET],
        severity=finding.severity,
        first_seen=finding.first_seen,
        last_seen=finding.last_seen,
        event_count=0,
        events=texts(finding.events),
    )


def is_muted(row: EventFinding, alias: str, *, count: bool) -> bool:
    mute = EventMute.objects.using(alias).covering(row.rule, row.target, timezone.now()).first()
    if mute is not None and count:
        EventMute.objects.using(alias).filter(pk=mute.pk).update(finding_count=F("finding_count") + 1)
    return mute is not None


def join(row: EventFinding, more: int, alias: str) -> None:
    """Into the alert that it belongs to, which may have to be opened for it."""
    now = timezone.now()
    alert, kind = alert_for(row, alias, now)
    is_new, before = alert._state.adding, state_of(alert)
    count_in(alert, row, more)
    alert.updated_at = now
    alert.save(using=alias, force_insert=is_new)
    row.alert = alert
    if kind in (OPENED, REOPENED):
        tell_opened(alert, using=alias)
    elif kind == RAISED:
        tell_updated(alert, before, using=alias)
    if kind:
        notify.plan(alert, kind, using=alias)


def alert_for(row: EventFinding, alias: str, now: datetime) -> tuple[Alert, str]:
    """Its alert, and what has become of that: opened, reopened, raised, or nothing that anybody has to be told."""
    alerts = Alert.objects.using(alias).select_for_update()
    pending = alerts.about(row.rule, row.target).pending().first()
    if pending is not None:
        return pending, RAISED if level(row.severity) > level(pending.severity) else ""
    closed = alerts.last_closed(row.rule, row.target)
    if closed is not None and belongs_to(closed, row):
        return closed, ""
    if closed is not None and is_return_of(closed, row):
        closed.note(None, "", came_from=reopen(closed, now))
        return closed, REOPENED
    return opened(row), OPENED


def belongs_to(closed: Alert, row: EventFinding) -> bool:
    """Whether it was there when somebody closed the alert, or is what he has called a false alarm."""
    age = row.last_seen - (closed.closed_at or row.last_seen)
    if age <= timedelta():
        return True
    return closed.state == FALSE_POSITIVE and age <= STAYS_FALSE and level(row.severity) <= level(closed.severity)


def is_return_of(closed: Alert, row: EventFinding) -> bool:
    within = STAYS_FALSE if closed.state == FALSE_POSITIVE else REOPEN_WITHIN
    return row.last_seen - (closed.closed_at or row.last_seen) <= within


def reopen(alert: Alert, now: datetime) -> str:
    """The state that it had."""
    before = alert.state
    alert.enter(OPEN, now=now)
    alert.reopen_count += 1
    return before


def opened(row: EventFinding) -> Alert:
    return Alert(
        rule=row.rule,
        event_type=row.event_type,
        target=row.target,
        severity=row.severity,
        first_seen=row.first_seen,
        last_seen=row.last_seen,
        data=row.data,
    )


def count_in(alert: Alert, row: EventFinding, more: int) -> None:
    alert.event_count += more
    alert.finding_count += row.alert_id != alert.pk
    evidence: list[Any] = row.events
    if evidence and (alert.first_event is None or row.first_seen < alert.first_seen):
        alert.first_event = evidence[0]
    if evidence and (alert.last_event is None or row.last_seen >= alert.last_seen):
        alert.last_event = evidence[min(1, len(evidence) - 1)]
    if evidence and (alert.worst_event is None or level(row.severity) > level(alert.severity)):
        alert.worst_event = evidence[-1]
    if row.last_seen >= alert.last_seen:
        alert.data = row.data
    alert.first_seen = min(alert.first_seen, row.first_seen)
    alert.last_seen = max(alert.last_seen, row.last_seen)
    alert.severity = max(alert.severity, row.severity, key=level)

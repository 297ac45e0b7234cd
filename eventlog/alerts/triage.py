"""What people do with an alert: open → acknowledged → resolved or false positive, and back where that was a mistake."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final
from uuid import UUID

from django.contrib.auth import get_user_model
from django.db import transaction
from django.db.models import QuerySet
from django.utils import timezone
from django.utils.translation import gettext as _

from eventlog.alerts import mutes, notify
from eventlog.alerts.opening import hold, reopen
from eventlog.alerts.refusing import NotPossible, attempts_told, refuse_own
from eventlog.alerts.telling import BY_ITSELF, state_of, tell_updated
from eventlog.context import entered
from eventlog.models import Alert
from eventlog.models.alert import (
    ACKNOWLEDGED,
    CLOSED,
    FALSE_POSITIVE,
    OPEN,
    PENDING,
    RESOLVED,
    may_see_alerts,
)
from eventlog.models.notification import RECOVERED
from eventlog.pipeline.outbox import events_alias

NEXT: Final = {
    OPEN: (ACKNOWLEDGED, RESOLVED, FALSE_POSITIVE),
    ACKNOWLEDGED: (OPEN, RESOLVED, FALSE_POSITIVE),
    RESOLVED: (OPEN,),
    FALSE_POSITIVE: (OPEN,),
}
MAX_NOTE: Final = 2000  # characters
MAX_NOTES: Final = 500
AS_IT_IS: Final = object()


@dataclass(frozen=True, slots=True)
class Change:
    """What is to become of an alert. An empty `state` leaves it; `assignee` is a user, or None for nobody. To close it,
    or to have nothing more told of its rule and target until `mute_until`, takes a reason."""

    state: str = ""
    assignee: Any = AS_IT_IS
    note: str = ""
    reason: str = ""
    mute_until: datetime | None = None


def change(key: UUID, wanted: Change, *, by: Any) -> Alert:
    """Raises NotPossible, and Alert.DoesNotExist. What is so already is no change, and told to nobody."""
    alias = events_alias()
    with attempts_told(), transaction.atomic(using=alias):
        alert = locked(key, alias)
        check(alert, wanted, by)
        before, notes = state_of(alert), len(alert.notes)
        has_news = applied(alert, wanted, by)
        if wanted.mute_until is not None:
            mutes.mute(alert.rule, alert.target, until=wanted.mute_until, by=by, reason=wanted.reason)
        if has_news:
            alert.updated_at = timezone.now()
            alert.save(using=alias)
            noted = notes if len(alert.notes) > notes else None
            tell_updated(alert, before, using=alias, note=noted, muted_until=wanted.mute_until)
    return alert


def check(alert: Alert, wanted: Change, by: Any) -> None:
    """Raises NotPossible for what does not depend on what others do meanwhile."""
    moves = bool(wanted.state) and wanted.state != alert.state
    if moves and wanted.state not in NEXT[alert.state]:
        raise NotPossible("state", _("An alert that is %(state)s cannot become that.") % {"state": words(alert)})
    closes, quiets = moves and wanted.state in CLOSED, wanted.mute_until is not None
    if closes or quiets or (moves and wanted.state == ACKNOWLEDGED):  # which keeps it from being escalated
        refuse_own(alert, by, "muted" if quiets else wanted.state)
    if not closes and not quiets:
        return
    if not wanted.reason.strip():
        raise NotPossible("reason", _("Say why, for whoever looks at this later."))
    if wanted.mute_until is not None and wanted.mute_until <= timezone.now():
        raise NotPossible("mute_until", _("This time is over already."))


def locked(key: UUID, alias: str) -> Alert:
    """Its rule's and target's lock first, as whoever receives findings does."""
    alerts = Alert.objects.using(alias)
    found = alerts.get(pk=key)
    hold(found.rule, found.target, using=alias)
    return alerts.select_for_update().get(pk=key)


def applied(alert: Alert, wanted: Change, by: Any) -> bool:
    before = alert.state
    if wanted.state and wanted.state != before:
        enter(alert, wanted, by)
    if wanted.assignee is not AS_IT_IS:
        assign(alert, wanted.assignee)
    text = "\n".join(filter(None, (wanted.reason, wanted.note)))
    moved = alert.state != before
    if moved or text:
        if len(alert.notes) >= MAX_NOTES:
            raise NotPossible("note", _("There are too many notes already."))
        alert.note(by, text, came_from=before if moved else "")
    return moved or bool(text) or wanted.assignee is not AS_IT_IS


def enter(alert: Alert, wanted: Change, by: Any) -> None:
    now = timezone.now()
    if wanted.state == OPEN and alert.is_closed:
        if Alert.objects.using(alert._state.db).about(alert.rule, alert.target).pending().exists():
            raise NotPossible("state", _("There is another alert about the same that is not closed yet."))
        reopen(alert, now)
    alert.enter(wanted.state, now=now)
    if wanted.state == OPEN:
        notify.plan_escalation(alert, now, using=events_alias())
    if wanted.state == ACKNOWLEDGED and alert.assignee_id is None and by is not None:
        alert.give_to(by)
    if alert.is_closed:
        alert.reason = wanted.reason


def words(alert: Alert) -> str:
    return str(alert.get_state_display()).lower()


def people() -> QuerySet[Any]:
    """Whom an alert can be given to, as far as the database can say; `assign` asks for their rights."""
    return get_user_model()._default_manager.filter(is_active=True)


def assign(alert: Alert, user: Any) -> None:
    if user is not None and not may_see_alerts(user):
        raise NotPossible("assignee", _("This account may not see alerts."))
    alert.give_to(user)


def recovered(alert: Alert) -> None:
    """Resolve what is over by itself, and tell those who were told of it."""
    alias = events_alias()
    with transaction.atomic(using=alias), entered(BY_ITSELF):
        found = locked(alert.pk, alias)
        if found.state not in PENDING:
            return
        before = state_of(found)
        found.enter(RESOLVED, now=timezone.now())
        found.reason = ""
        found.note(None, "", came_from=before["state"])
        found.updated_at = timezone.now()
        found.save(using=alias)
        tell_updated(found, before, using=alias, note=len(found.notes) - 1, recovered=True)
        notify.plan(found, RECOVERED, using=alias)

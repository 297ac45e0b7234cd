"""What the log itself says of findings and alerts.

Whom an alert is about stays in the alert: its events are no SECURITY ones, and auditors see them.
"""

from collections.abc import Mapping
from typing import Any, Final
from uuid import UUID

from eventlog import catalog
from eventlog.cleaning import canonical_address
from eventlog.context import Context
from eventlog.detection.findings import Finding
from eventlog.logger import record_event
from eventlog.models import Alert

ENTITY: Final = "alert"
BY_ITSELF: Final = Context(columns={"auth_method": "system"})  # nobody's request, whoever has led to it
COLUMNS: Final = {"user": "username", "session": "session_id"}
STATES_OF: Final = ("state", "severity", "assignee_id")  # what a change may be of


def tell_finding(finding: Finding, alert: UUID | None, data: Mapping[str, Any], *, using: str) -> None:
    """The finding's own event."""
    said = {
        "rule": finding.rule,
        "target": finding.target,
        "finding": finding.id,
        "alert": alert,
        "event_count": finding.event_count,
        "first_seen": finding.first_seen,
        "events": list(finding.events),
        "found": data,
    }
    columns = {"timestamp": finding.last_seen, "severity": finding.severity, **about(finding.target)}
    record_event(finding.event_type, {**columns, "event_data": said}, using=using)


def about(target: str) -> dict[str, str]:
    """The columns by which the events of an account, a session or an address are found."""
    kind, _colon, name = target.partition(":")
    if kind in COLUMNS:
        return {COLUMNS[kind]: name}
    if kind == "ip" and (address := canonical_address(name)) is not None:
        return {"ip_address": address}
    return {}


def tell_opened(alert: Alert, *, using: str) -> None:
    note = {"note": len(alert.notes) - 1} if alert.notes else {}
    data = {"rule": alert.rule, "state": alert.state, "reopen_count": alert.reopen_count, **note}
    record_event(catalog.ALERT_OPENED, {**columns_of(alert), "event_data": data}, using=using)


def state_of(alert: Alert) -> dict[str, Any]:
    return {name: getattr(alert, name) for name in STATES_OF}


def tell_refused(alert: Alert, wanted: str, code: str) -> None:
    """What somebody wanted to do with it and must not."""
    said = {"event_status": catalog.FAILED, "error_code": code, "event_data": {"rule": alert.rule, "wanted": wanted}}
    record_event(catalog.ALERT_UPDATED, {**columns_of(alert), **said})


def tell_updated(alert: Alert, before: Mapping[str, Any], *, using: str, **data: Any) -> None:
    """`before` is its `state_of` before the change; who acts is in the context. `data`: its `note`, by its number."""
    after = state_of(alert)
    changed = [name for name in STATES_OF if before[name] != after[name]]
    values = {
        "previous_values": {name: before[name] for name in changed},
        "new_values": {name: after[name] for name in changed},
        "changed_fields": changed,
    }
    data = {"rule": alert.rule, **{name: value for name, value in data.items() if value is not None}}
    record_event(catalog.ALERT_UPDATED, {**columns_of(alert), **values, "event_data": data}, using=using)


def columns_of(alert: Alert) -> dict[str, Any]:
    return {"severity": alert.severity, "entity_type": ENTITY, "entity_id": str(alert.pk)}

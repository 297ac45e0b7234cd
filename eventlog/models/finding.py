"""Findings that were received, so that twice is once."""

from collections.abc import Sequence
from typing import Any
from uuid import UUID

from django.db import models
from django.db.models.functions import Now
from django.utils.translation import gettext_lazy as _

from eventlog import catalog
from eventlog.detection.findings import Finding
from eventlog.models.alert import MAX_RULE, MAX_TARGET, Alert, level


class EventFinding(models.Model):
    """One occurrence; it may grow while it lasts. Without an alert it was muted."""

    id = models.UUIDField(primary_key=True)  # fixed by rule, target and key
    alert = models.ForeignKey(Alert, models.CASCADE, null=True, db_index=False, related_name="findings")
    rule = models.CharField(max_length=MAX_RULE)
    event_type = models.CharField(max_length=100)
    target = models.CharField(max_length=MAX_TARGET)
    severity = models.CharField(max_length=10, choices=list(catalog.SEVERITIES.items()))
    first_seen = models.DateTimeField()
    last_seen = models.DateTimeField()
    event_count = models.BigIntegerField()
    events = models.JSONField(default=list)  # the evidence: first, last and worst
    data = models.JSONField(default=dict)
    recorded_at = models.DateTimeField(db_default=Now())

    class Meta:
        db_table = "event_findings"
        verbose_name = _("finding")
        verbose_name_plural = _("findings")
        default_permissions = ()
        indexes = [
            models.Index(fields=["alert", "-last_seen"], name="event_findings_alert"),  # the alert's page
            models.Index(fields=["last_seen"], name="event_findings_oldest"),  # what is past its time?
        ]

    def __str__(self) -> str:
        return f"{self.rule} {self.target}"

    def is_grown_by(self, finding: Finding) -> bool:
        return (
            finding.event_count > self.event_count
            or finding.last_seen > self.last_seen
            or level(finding.severity) > level(self.severity)
        )

    def grow(self, finding: Finding, data: dict[str, Any]) -> int:
        """Take in what is more of it; by how many events that is."""
        more = max(finding.event_count - self.event_count, 0)
        self.event_count += more
        self.first_seen = min(self.first_seen, finding.first_seen)
        self.severity = max(self.severity, finding.severity, key=level)
        if finding.last_seen >= self.last_seen:
            self.last_seen, self.events, self.data = finding.last_seen, texts(finding.events), data
        return more


def texts(events: Sequence[UUID]) -> list[str]:
    return [str(key) for key in events]

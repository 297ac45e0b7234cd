"""Findings to make alerts of."""

from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

import pytest
from django.contrib.auth.models import Permission, User
from django.utils import timezone

from eventlog import catalog
from eventlog.alerts.opening import receive
from eventlog.detection.findings import Finding
from eventlog.models import Alert
from eventlog.tests.conftest import Change

RULE, TARGET = "brute_force", "user:guru001"
ADA = "ada@school.example"


def finding(key: str = "1", **columns: Any) -> Finding:
    seen: datetime = columns.pop("last_seen", None) or timezone.now()
    given = {
        "rule": RULE,
        "event_type": catalog.BRUTE_FORCE,
        "severity": catalog.HIGH,
        "target": TARGET,
        "first_seen": seen - timedelta(minutes=1),
        "last_seen": seen,
        "event_count": 5,
        **columns,
    }
    return Finding(key=key, **given)


def found(key: str = "1", **columns: Any) -> Alert:
    """The alert that a finding has led to."""
    made = finding(key, **columns)
    receive([made])
    return Alert.objects.about(made.rule, made.target).order_by("-opened_at").first() or Alert()


def evidence(number: int) -> tuple[UUID, ...]:
    return tuple(UUID(int=number * 10 + each) for each in range(3))


def guard(*codenames: str, name: str = "ada", **columns: Any) -> User:
    """Somebody who sees alerts, and may do more by these permissions."""
    user = User.objects.create_user(name, email=ADA, **columns)
    wanted = ("view_event", "view_security", *codenames)
    user.user_permissions.set(Permission.objects.filter(content_type__app_label="eventlog", codename__in=wanted))
    return user


@pytest.fixture
def mailed(event_log: Change) -> Callable[..., None]:
    """ALERT_EMAILS with one address: `mailed(severity="low")`; critical things leave at once."""

    def change(**options: Any) -> None:
        event_log(ALERT_EMAILS={ADA: options})

    change()
    return change

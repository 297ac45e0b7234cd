"""Whether what happens is being stored: the dashboard's one line about the event log itself."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from django.db import Error
from django.urls import reverse
from django.utils import timezone

from eventlog.admin import status
from eventlog.monitoring import health


@dataclass(frozen=True, slots=True)
class Storing:
    """`stored_at` is None where nothing was stored yet; `waits` are seconds. Where the database does not say, all is
    unknown but `address`, the page about it, empty for who may not see that."""

    address: str
    is_known: bool = False
    is_well: bool = False
    stored_at: datetime | None = None
    waiting: int = 0
    waits: int = 0


def storing(user: Any) -> Storing:
    try:
        journal, store = health.journal(), health.store()
    except Error:
        return Storing(status_page(user))
    troubles = [*health.faults(journal), *health.worries(journal, store)]
    age = store.last_batch
    return Storing(
        status_page(user),
        is_known=True,
        is_well=not troubles,
        stored_at=None if age is None else timezone.now() - timedelta(seconds=age),
        waiting=store.outbox,
        waits=int(max(journal.waits, store.waits)),
    )


def status_page(user: Any) -> str:
    return reverse("admin:eventlog_status") if user.has_perm(status.SEE) else ""

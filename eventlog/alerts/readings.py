"""What is measured once a minute: of the site by its counts, of the event log by itself."""

import socket
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from functools import cached_property
from typing import Any, Final

from django.utils import timezone

from eventlog import catalog
from eventlog.analytics.queries import endpoints, grouped, merged, percentiles, rate
from eventlog.analytics.source import Source, Window, everything
from eventlog.conf import conf
from eventlog.integrity import checkpoints, keys
from eventlog.integrity.checkpoints import Standing
from eventlog.models import DeadLetter, Event, EventAnchor
from eventlog.monitoring import health, writers
from eventlog.monitoring.writers import Stored
from eventlog.pipeline.outbox import events_alias

SHORT: Final = timedelta(minutes=5)
LONG: Final = timedelta(hours=1)
WELL: Final = 0.8  # of the limit, below which all is well again
MIN_REQUESTS: Final = 50  # in five minutes, of the site
MIN_OF_ENDPOINT: Final = 20
MIN_ERRORS: Final = 5
MOST_ENDPOINTS: Final = 20  # that are slow at once
MANY_LOGINS: Final = 10  # times FAILED_LOGIN_THRESHOLD, for the whole site in an hour
MOST_FAILED: Final = 50.0  # percent of attempts; in the morning of a school one in ten fails
LONGEST_UNSIGNED: Final = 10.0  # minutes; a checkpoint is made each minute
LONGEST_UNANCHORED: Final = 60.0  # minutes after which an anchor was to have one
STARTED: Final = timezone.now()  # this process
SITE: Final = "site"


@dataclass(frozen=True, slots=True)
class Reading:
    """What was measured of one target; `value` is None where there was too little to judge."""

    value: float | None
    limit: float
    target: str = SITE
    event_count: int = 0
    data: Mapping[str, Any] = field(default_factory=dict)

    @property
    def is_over(self) -> bool:
        return self.value is not None and self.value > self.limit

    @property
    def is_well(self) -> bool:
        return self.value is not None and self.value <= self.limit * WELL


@dataclass(frozen=True)
class Look:
    """What thresholds read, at one moment: how the event log is, and once one asks for it, how the site is."""

    now: datetime
    journal: health.Journal
    store: health.Store

    @classmethod
    def taken(cls) -> "Look":
        return cls(timezone.now(), health.journal(), health.store())

    @cached_property
    def checkpoints(self) -> Standing:
        """Not to be asked where nothing is signed: there all that was ever stored waits."""
        return checkpoints.standing(using=events_alias())

    @cached_property
    def stored(self) -> Sequence[Stored]:
        """By the newest batches; what was dropped is that of the last hour."""
        return writers.stored(self.now - LONG)

    @cached_property
    def source(self) -> Source:
        """Of the last five minutes."""
        return everything(Window(self.now - SHORT, self.now), sees_security=True)

    @cached_property
    def requests(self) -> Mapping[str, Any]:
        return merged(grouped(self.source.all, ("event_type",), where="event_type = 'HTTP_REQUEST'"))

    @cached_property
    def last_hour(self) -> Mapping[str, int]:
        """{event type: events}"""
        hour = everything(Window(self.now - LONG, self.now), sees_security=True)
        logins = grouped(hour.all, ("event_type",), where="event_type IN ('LOGIN', 'LOGIN_FAILED')")
        return {row["event_type"]: int(row["event_count"]) for row in logins}


# --- the site ---
def error_rate(look: Look) -> Iterator[Reading]:
    count, errors = int(look.requests["event_count"]), int(look.requests["server_error_count"])
    percent = rate(look.requests) if count >= MIN_REQUESTS else None
    if percent is not None and errors < MIN_ERRORS:
        percent = min(percent, conf.ERROR_RATE_THRESHOLD)
    yield Reading(percent, conf.ERROR_RATE_THRESHOLD, event_count=errors)


def response_time(look: Look) -> Iterator[Reading]:
    count = int(look.requests["timed_count"])
    p95 = percentiles(look.source)["p95"] if count >= MIN_REQUESTS else None
    yield Reading(p95, conf.RESPONSE_TIME_THRESHOLD, event_count=count)


def slow_endpoints(look: Look) -> Iterator[Reading]:
    """By the mean, since durations are not counted by endpoint."""
    for row in endpoints(look.source, order="slowest", limit=10 * MOST_ENDPOINTS):
        mean = row["mean_ms"] if row["requests"] >= MIN_OF_ENDPOINT else None
        target, about = f"endpoint:{row['endpoint']}", {"name": row["endpoint"]}
        yield Reading(mean, conf.RESPONSE_TIME_THRESHOLD, target, row["requests"], about)


def failed_logins(look: Look) -> Iterator[Reading]:
    failed = look.last_hour.get(catalog.LOGIN_FAILED, 0)
    tried = failed + look.last_hour.get(catalog.LOGIN, 0)
    enough = failed >= MANY_LOGINS * conf.FAILED_LOGIN_THRESHOLD
    share = 100 * failed / tried if tried else 0.0
    yield Reading(share if enough else min(share, MOST_FAILED * WELL), MOST_FAILED, event_count=failed)


# --- the event log ---
def of_this_host(value: float, limit: float) -> Iterator[Reading]:
    name = socket.gethostname()
    yield Reading(value, limit, f"host:{name}", data={"name": name})


def journal_share(look: Look) -> Iterator[Reading]:
    """Beyond it events begin to be dropped."""
    return of_this_host(100 * look.journal.share, 80.0)


def journal_refused(look: Look) -> Iterator[Reading]:
    return of_this_host(0 if look.journal.writable else 1, 0)


def journal_waits(look: Look) -> Iterator[Reading]:
    return of_this_host(look.journal.waits, health.LONG_WAIT)


def outbox_waits(look: Look) -> Iterator[Reading]:
    yield Reading(look.store.waits, health.LONG_WAIT, event_count=look.store.outbox)


def no_partition(look: Look) -> Iterator[Reading]:
    yield Reading(1 if look.store.partitions_ahead < 1 else 0, 0)


def checkpoint_overdue(look: Look) -> Iterator[Reading]:
    """Minutes without a checkpoint while something waits to be in one, as far as this process can know: before it
    began there may have been no key."""
    waits_since = look.checkpoints.waits_since if keys.is_signing() else None
    minutes = 0.0
    if waits_since is not None:
        minutes = (look.now - max(waits_since, look.checkpoints.made_at or STARTED)) / timedelta(minutes=1)
    yield Reading(minutes, LONGEST_UNSIGNED)


def anchors_behind(look: Look) -> Iterator[Reading]:
    """Minutes by which an anchor lacks a checkpoint that it was to have. One that was never tried is as late as this
    process knows."""
    newest = look.checkpoints.made_at if conf.CHECKPOINT_ANCHORS and keys.is_signing() else None
    due = dict(EventAnchor.objects.using(events_alias()).values_list("name", "due_at")) if newest else {}
    for name in conf.CHECKPOINT_ANCHORS if newest else ():
        minutes = ((newest or STARTED) - due.get(name, STARTED)) / timedelta(minutes=1)
        yield Reading(max(minutes, 0.0), LONGEST_UNANCHORED, f"anchor:{name}", data={"name": name})


def dead_letters(look: Look) -> Iterator[Reading]:
    """For which nobody has decided anything yet."""
    refused = DeadLetter.objects.using(events_alias()).waiting().filter(refused_at__gte=look.now - LONG).count()
    yield Reading(refused, 0, event_count=refused)


def rules_failed(look: Look) -> Iterator[Reading]:
    """Each process tells it once an hour (events_type_time)."""
    told = Event.objects.using(events_alias()).filter(event_type=catalog.RULE_FAILED)
    number = told.filter(timestamp__gte=look.now - LONG).count()
    yield Reading(number, 0, event_count=number)


def dropped(look: Look) -> Iterator[Reading]:
    number = sum(each.dropped for each in look.stored)
    yield Reading(number, 0, event_count=number)

"""Counts of events: what analytics read instead of millions of rows.

Every stored event is counted in exactly one row of `event_rollups`, by minute first, by hour and by day once compaction
has come by; `event_endpoints`, `event_durations` and `event_user_days` say of the same events where requests went, how
long they took and who was there.
What a column holds is said once, here, as SQL over `events`; store, compaction and questions are made from that.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from django.conf import settings
from django.db import models
from django.utils.translation import gettext_lazy as _

GROWTH: Final = 1.04  # of a bucket over the one before: a value is at most 1.97 % off its bucket's middle
SMALLEST: Final = 0.001  # ms; what is shorter is in bucket 0
KINDS = ("event_category", "event_type", "severity", "event_status")
PLACES = ("event_category", "endpoint", "server_name")
IS_REQUEST = "event_type = 'HTTP_REQUEST'"


@dataclass(frozen=True, slots=True)
class Measure:
    """`of_event` is one event's part; `merge` the aggregate that puts parts, and rows, together."""

    of_event: str
    merge: str = "sum"

    def put_together(self, old: str, new: str) -> str:
        return f"{old} + {new}" if self.merge == "sum" else f"greatest({old}, {new})"


def counted_if(condition: str) -> str:
    return f"(({IS_REQUEST} AND {condition}) IS TRUE)::int"  # of a request without an answer nothing is known


def known(column: str) -> str:
    """Of requests; bounded, so that no sum overflows: an event would be refused for it."""
    return f"CASE WHEN {IS_REQUEST} THEN least(coalesce({column}, 0), 1e15) ELSE 0 END"


MEASURES = {
    "event_count": Measure("1"),
    "client_error_count": Measure(counted_if("response_status BETWEEN 400 AND 499")),
    "server_error_count": Measure(counted_if("response_status >= 500")),
    "timed_count": Measure(counted_if("response_time_ms IS NOT NULL")),
    "response_ms": Measure(known("response_time_ms")),
    "response_ms_max": Measure(known("response_time_ms"), "max"),
    "query_count": Measure(known("db_query_count")),
    "query_ms": Measure(known("db_time_ms")),
    "cpu_count": Measure(counted_if("cpu_time_ms IS NOT NULL")),
    "cpu_ms": Measure(known("cpu_time_ms")),
    "memory_mb_max": Measure(known("memory_usage_mb"), "max"),
}
BUCKET = f"greatest(0, ceil(ln(greatest(response_time_ms, {SMALLEST}) / {SMALLEST}) / ln({GROWTH})))::int"


@dataclass(frozen=True, slots=True)
class Counting:
    """A table of counts: which events it counts, by what, and what it adds up."""

    table: str
    dimensions: Mapping[str, str]  # {column: SQL over an event}
    measures: Mapping[str, Measure]
    where: str = "TRUE"

    @property
    def key(self) -> str:
        return ", ".join(["start", "finish", *self.dimensions])


ALL = Counting("event_rollups", {name: name for name in KINDS}, MEASURES)
BY_ENDPOINT = Counting("event_endpoints", {name: name for name in PLACES}, MEASURES, IS_REQUEST)
BY_DURATION = Counting(
    "event_durations",
    {"bucket": BUCKET},
    {"event_count": Measure("1")},
    f"{IS_REQUEST} AND response_time_ms IS NOT NULL",
)
COUNTINGS = (ALL, BY_ENDPOINT, BY_DURATION)


def middle_of(bucket: int) -> float:
    """The milliseconds that stand for all of a bucket."""
    return 0.0 if bucket == 0 else SMALLEST * GROWTH**bucket * 2 / (1 + GROWTH)


def number() -> "models.BigIntegerField[int, int]":
    return models.BigIntegerField(default=0)


def amount() -> "models.FloatField[float, float]":
    return models.FloatField(default=0.0)


class Measured(models.Model):
    """What is added up of events. All but the first are of requests."""

    start = models.DateTimeField()
    finish = models.DateTimeField()
    event_count = number()
    client_error_count = number()  # answers 400 to 499
    server_error_count = number()  # answers from 500 on
    timed_count = number()  # those of which the duration is known
    response_ms = amount()
    response_ms_max = amount()
    query_count = number()
    query_ms = amount()
    cpu_count = number()  # those of which the processor's time is known
    cpu_ms = amount()
    memory_mb_max = amount()

    class Meta:
        abstract = True


class Rollup(Measured):
    """From `start` up to `finish`: a minute, an hour or a day (of the project's time zone)."""

    pk = models.CompositePrimaryKey("start", "finish", *KINDS)
    event_category = models.CharField(max_length=20)
    event_type = models.CharField(max_length=100)
    severity = models.CharField(max_length=10)
    event_status = models.CharField(max_length=10)

    class Meta:
        db_table = "event_rollups"
        verbose_name = _("count of events")
        verbose_name_plural = _("counts of events")
        default_permissions = ()

    def __str__(self) -> str:
        return f"{self.start:%Y-%m-%d %H:%M} {self.event_type}: {self.event_count}"


class EndpointRollup(Measured):
    """The same of requests, by where they went and which server answered: many more rows, so a table of its own."""

    pk = models.CompositePrimaryKey("start", "finish", *PLACES)
    event_category = models.CharField(max_length=20)
    endpoint = models.CharField(max_length=255)
    server_name = models.CharField(max_length=100)

    class Meta:
        db_table = "event_endpoints"
        verbose_name = _("count of requests")
        verbose_name_plural = _("counts of requests")
        default_permissions = ()

    def __str__(self) -> str:
        return f"{self.start:%Y-%m-%d %H:%M} {self.endpoint}: {self.event_count}"


class DurationRollup(models.Model):
    """How many requests took how long; `bucket` is a range of durations, see `middle_of`."""

    pk = models.CompositePrimaryKey("start", "finish", "bucket")
    start = models.DateTimeField()
    finish = models.DateTimeField()
    bucket = models.SmallIntegerField()
    event_count = number()

    class Meta:
        db_table = "event_durations"
        verbose_name = _("count of durations")
        verbose_name_plural = _("counts of durations")
        default_permissions = ()

    def __str__(self) -> str:
        return f"{self.start:%Y-%m-%d %H:%M} {middle_of(self.bucket):.3g} ms: {self.event_count}"


class UserDay(models.Model):
    """How much somebody did on one day of the project's time zone."""

    pk = models.CompositePrimaryKey("day", "user", "event_category")
    day = models.DateField()
    user = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.DO_NOTHING, db_constraint=False, db_index=False, related_name="+"
    )
    event_category = models.CharField(max_length=20)
    event_count = number()

    class Meta:
        db_table = "event_user_days"
        verbose_name = _("user's day")
        verbose_name_plural = _("users' days")
        default_permissions = ()

    def __str__(self) -> str:
        return f"{self.day} {self.user_id}: {self.event_count}"

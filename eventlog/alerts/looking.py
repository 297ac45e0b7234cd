"""The look at all limits, once a minute.

What is over its limit is a finding each hour that it lasts. Its alert is resolved once the number is well below the
limit again (`WELL`), so that one that wavers about it does not open and close all the time. With too little traffic
nothing is found, and after an hour of that what was found is over.
"""

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Final

from django.db import connections, transaction

from eventlog import catalog
from eventlog.alerts import triage
from eventlog.alerts.opening import receive
from eventlog.alerts.readings import MOST_ENDPOINTS, SHORT, Look, Reading
from eventlog.alerts.thresholds import THRESHOLDS, Threshold
from eventlog.detection.findings import Finding
from eventlog.models import Alert
from eventlog.pipeline.outbox import events_alias

FORGET_AFTER: Final = timedelta(hours=1)  # without enough traffic
LOCK: Final = "SELECT pg_try_advisory_xact_lock(hashtext('eventlog thresholds'), 0)"


def look() -> int:
    """Measure everything once; how many readings were over their limits. Nothing, where another is at it.

    Raises `django.db.Error`.
    """
    alias = events_alias()
    with transaction.atomic(using=alias), connections[alias].cursor() as cursor:
        cursor.execute(LOCK)
        if not cursor.fetchone()[0]:
            return 0
        taken = Look.taken()
        readings = [(each, list(each.read(taken))) for each in THRESHOLDS.values()]
    return sum(judge(threshold, found, taken.now) for threshold, found in readings)


def judge(threshold: Threshold, readings: list[Reading], now: datetime) -> int:
    over = [each for each in readings if each.is_over][:MOST_ENDPOINTS]
    receive([finding(threshold, each, now) for each in over])
    resolve(threshold, {each.target: each for each in readings}, now)
    return len(over)


def finding(threshold: Threshold, reading: Reading, now: datetime) -> Finding:
    return Finding(
        rule=threshold.name,
        event_type=catalog.THRESHOLD_EXCEEDED,
        severity=threshold.severity,
        target=reading.target,
        key=now.strftime("%Y-%m-%dT%H"),
        first_seen=now - SHORT,
        last_seen=now,
        event_count=reading.event_count,
        data={"value": reading.value, "limit": reading.limit, **reading.data},
    )


def resolve(threshold: Threshold, readings: Mapping[str, Reading], now: datetime) -> None:
    """What is over: well below its limit again, or unheard of for an hour."""
    pending = Alert.objects.using(events_alias()).pending().filter(rule=threshold.name)
    for alert in pending:
        reading = readings.get(alert.target)
        is_anothers = threshold.is_of_host and reading is None
        is_forgotten = (reading is None or reading.value is None) and now - alert.last_seen > FORGET_AFTER
        if not is_anothers and (is_forgotten or (reading is not None and reading.is_well)):
            triage.recovered(alert)

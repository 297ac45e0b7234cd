"""Stretches of time by the calendar and the clock of the project's time zone: minutes, hours, days, weeks, months."""

from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import Final

from django.utils.timezone import get_default_timezone, localtime

UNITS: Final = ("minute", "hour", "day", "week", "month")


def local(moment: datetime) -> datetime:
    return localtime(moment, get_default_timezone())


def truncated(moment: datetime, unit: str) -> datetime:
    """Where the stretch begins that a local time is in, as PostgreSQL's `date_trunc`."""
    if unit == "minute":
        return moment.replace(second=0, microsecond=0)
    if unit == "hour":
        return moment.replace(minute=0, second=0, microsecond=0)
    midnight = moment.replace(hour=0, minute=0, second=0, microsecond=0)
    if unit == "week":
        return midnight - timedelta(days=moment.weekday())
    return midnight.replace(day=1) if unit == "month" else midnight


def following(begin: datetime, unit: str) -> datetime:
    """Where the next begins."""
    if unit == "month":
        return (begin + timedelta(days=31)).replace(day=1)
    return begin + timedelta(**{f"{unit}s": 1})


def stretches(begin: datetime, end: datetime, unit: str) -> Iterator[datetime]:
    """Where those begin, without a time zone, that the time from `begin` up to `end` touches."""
    last = local(end - timedelta(microseconds=1)).replace(tzinfo=None)
    at = truncated(local(begin).replace(tzinfo=None), unit)
    while at <= last:
        yield at
        at = following(at, unit)

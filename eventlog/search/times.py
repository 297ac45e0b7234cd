"""Times in the search language: a day, a minute, `today`, `-24h`, and what lies between two of them."""

import re
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.db.models import Q
from django.utils import timezone

from eventlog.search.query import COMPARISON, Value

RELATIVE = re.compile(r"-(\d{1,6})(s|m|h|d|w)", re.ASCII)
UNITS = {"s": "seconds", "m": "minutes", "h": "hours", "d": "days", "w": "weeks"}


@dataclass(frozen=True, slots=True)
class Span:
    """From the first moment up to the second, which is not in it."""

    begin: datetime
    end: datetime


def created(value: Value) -> Q:
    """A day, a minute, a second, `today`, `yesterday`, `-24h`; and what lies between two of them, both included."""
    if sign := COMPARISON.fullmatch(value.text):
        span = span_of(sign["value"])
        moment = span.end if sign["sign"] in (">", "<=") and not RELATIVE.fullmatch(sign["value"]) else span.begin
        return Q(**{f"timestamp__{'gte' if sign['sign'][0] == '>' else 'lt'}": moment})
    if RELATIVE.fullmatch(value.text):
        return Q(timestamp__gte=span_of(value.text).begin)
    low, dots, high = value.text.partition("..")
    if dots and not (low or high):
        raise ValueError
    begin = Q(timestamp__gte=span_of(low).begin) if low else Q()
    last = high if dots else low
    return begin & (Q(timestamp__lt=span_of(last).end) if last else Q())


def span_of(written: str) -> Span:
    """The time that a text names, in the user's time zone. Raises ValueError."""
    if relative := RELATIVE.fullmatch(written):
        moment = back(timezone.now(), int(relative[1]), UNITS[relative[2]])
        return Span(moment, moment)
    days = {"today": 0, "yesterday": 1}.get(written.lower())
    if days is not None:
        begin = timezone.localtime().replace(hour=0, minute=0, second=0, microsecond=0) - timedelta(days=days)
        return Span(begin, begin + timedelta(days=1))
    if not re.fullmatch(r"\d{4}-\d\d-\d\d([T ].+)?", written, re.ASCII):
        raise ValueError
    given = datetime.fromisoformat(written)
    if not 1970 <= given.year < 2200:
        raise ValueError
    # Never as it was given: PostgreSQL knows no zone that is sixteen hours off or more, Python does.
    aware = timezone.localtime(given) if given.tzinfo else timezone.make_aware(given)
    return Span(aware, aware + precision(written))


def precision(written: str) -> timedelta:
    """How long the time is that was named: a day, a minute, a second."""
    if len(written) == len("2026-11-01"):
        return timedelta(days=1)
    clock = re.split("[Z+-]", written[11:])[0]
    return timedelta(minutes=1) if clock.count(":") < 2 else timedelta(seconds=1) if "." not in clock else timedelta()


def back(now: datetime, amount: int, unit: str) -> datetime:
    try:
        return now - timedelta(**{unit: amount})
    except OverflowError:
        raise ValueError from None

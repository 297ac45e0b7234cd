"""The time that the dashboard tells of: one of a few lengths up to now, or one's own; in its address."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from functools import cache
from typing import Final

from django.utils import timezone
from django.utils.formats import date_format
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from eventlog.admin.asking import Question
from eventlog.analytics.overview import from_border
from eventlog.analytics.source import Window
from eventlog.analytics.times import local
from eventlog.search.terms import FIELDS
from eventlog.search.times import span_of

LONGEST: Final = timedelta(days=3660)
USUAL: Final = "24h"
LENGTHS: Final = {
    "1h": (timedelta(hours=1), _("1 hour")),
    USUAL: (timedelta(hours=24), _("24 hours")),
    "7d": (timedelta(days=7), _("7 days")),
    "30d": (timedelta(days=30), _("30 days")),
    "90d": (timedelta(days=90), _("90 days")),
}


@dataclass(frozen=True, slots=True)
class Period:
    """`key` is one of LENGTHS, empty for one's own. Of what cannot be understood `problem` says why, and the window is
    the usual one."""

    key: str
    window: Window
    now: datetime
    since: str = ""
    until: str = ""
    problem: str = ""

    @classmethod
    def of(cls, asked: Mapping[str, str]) -> "Period":
        now = timezone.now()
        since, until = (asked.get(name, "").strip() for name in ("since", "until"))
        if since or until:
            return cls.between(since, until, now)
        key = asked.get("range", "")
        return cls.lately(key if key in LENGTHS else USUAL, now)

    @classmethod
    def lately(cls, key: str, now: datetime) -> "Period":
        return cls(key, from_border(now - LENGTHS[key][0], now, now), now)

    @classmethod
    def between(cls, since: str, until: str, now: datetime) -> "Period":
        try:
            begin, end = span_of(since).begin, min(span_of(until).end, now) if until else now
        except ValueError:
            problem = str(FIELDS["created"].expects)
        else:
            if timedelta() < end - begin <= LONGEST:
                return cls("", from_border(begin, end, now), now, since, until)
            problem = gettext("The time must end after it begins, within ten years, and begin before now.")
        return replace(cls.lately(USUAL, now), key="", since=since, until=until, problem=problem)


@dataclass(frozen=True, slots=True)
class Ways:
    """From numbers to the events behind them; `address` is that of the list."""

    address: str
    now: datetime

    def to(self, question: Question | None, window: Window) -> str:
        """Empty where there is no such event."""
        return self.within(window)(question)

    def within(self, window: Window) -> Callable[[Question | None], str]:
        """The same for several questions about one window, each written once."""
        since, until = self.times(window)
        return cache(lambda question: self.address + question.at(since, until).address() if question else "")

    def times(self, window: Window) -> tuple[str, str]:
        """As the search language writes them: by days where those are whole."""
        begin, end = local(window.begin), local(window.end)
        is_open = end >= self.now
        is_by_day = is_midnight(begin) and (is_open or is_midnight(end))
        pattern = "%Y-%m-%d" if is_by_day else "%Y-%m-%dT%H:%M"
        return begin.strftime(pattern), "" if is_open else (end - timedelta(minutes=1)).strftime(pattern)


def is_midnight(moment: datetime) -> bool:
    return not (moment.hour or moment.minute or moment.second)


def in_words(window: Window) -> str:
    told = {"begin": moment(window.begin), "end": moment(window.end)}
    return gettext("%(begin)s to %(end)s") % told


def moment(value: datetime) -> str:
    return date_format(local(value), "j M Y H:i")


PATTERNS: Final = {"minute": "H:i", "hour": "j M H:i", "day": "D j M", "week": "j M Y", "month": "F Y"}


def label(begin: datetime, unit: str) -> str:
    """A stretch of time, by its begin."""
    return date_format(begin, PATTERNS[unit])

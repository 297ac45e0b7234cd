"""The stretches of time that a partition can be for: months, weeks and days, in UTC."""

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from typing import ClassVar, Final, Protocol, Self

TABLE: Final = "events"


class Span(Protocol):
    """Events from `start` up to before `end`, and the name of their table."""

    @property
    def start(self) -> datetime: ...
    @property
    def end(self) -> datetime: ...
    @property
    def table(self) -> str: ...


class Period(Span, Protocol):
    def plus(self, number: int) -> "Period": ...


@dataclass(frozen=True, slots=True, order=True)
class Part:
    """A partition that is there, or that fills a gap between others."""

    start: datetime
    end: datetime
    table: str


@dataclass(frozen=True, slots=True, order=True)
class Month:
    """A calendar month in UTC."""

    year: int
    month: int

    @classmethod
    def of(cls, moment: datetime) -> "Month":
        moment = moment.astimezone(UTC)
        return cls(moment.year, moment.month)

    def plus(self, number: int) -> "Month":
        year, month = divmod(self.year * 12 + self.month - 1 + number, 12)
        return Month(year, month + 1)

    @property
    def start(self) -> datetime:
        return datetime(self.year, self.month, 1, tzinfo=UTC)

    @property
    def end(self) -> datetime:
        return self.plus(1).start

    @property
    def table(self) -> str:
        return f"{TABLE}_{self.year:04d}_{self.month:02d}"


@dataclass(frozen=True, order=True)
class Day:
    """A day in UTC."""

    first: date
    DAYS: ClassVar[int] = 1

    @classmethod
    def of(cls, moment: datetime) -> Self:
        return cls(moment.astimezone(UTC).date())

    def plus(self, number: int) -> Self:
        return type(self)(self.first + timedelta(days=self.DAYS * number))

    @property
    def start(self) -> datetime:
        return datetime(self.first.year, self.first.month, self.first.day, tzinfo=UTC)

    @property
    def end(self) -> datetime:
        return self.plus(1).start

    @property
    def table(self) -> str:
        return f"{TABLE}_{spelled(self.first)}"


class Week(Day):
    """From Monday to Sunday in UTC, by the number that ISO 8601 gives it."""

    DAYS = 7

    @classmethod
    def of(cls, moment: datetime) -> Self:
        day = moment.astimezone(UTC).date()
        return cls(day - timedelta(days=day.weekday()))

    @property
    def table(self) -> str:
        year, week, _day = self.first.isocalendar()
        return f"{TABLE}_{year:04d}_w{week:02d}"


@dataclass(frozen=True, slots=True)
class Kind:
    """`ahead` is how many periods behind this one are made before their time."""

    of: Callable[[datetime], Period]
    ahead: int


KINDS: Final[Mapping[str, Kind]] = {
    "month": Kind(Month.of, ahead=3),
    "week": Kind(Week.of, ahead=8),
    "day": Kind(Day.of, ahead=30),
}


def uncovered(span: Span, there: Iterable[Span]) -> Iterator[Part]:
    """What of `span` is in none of those: all of it under its own name, or each gap under a name of its own."""
    begin = span.start
    for each in sorted(there, key=lambda each: each.start):
        if begin < each.start < span.end:
            yield gap(begin, each.start)
        if each.start < span.end:
            begin = max(begin, each.end)
    if begin == span.start:
        yield Part(span.start, span.end, span.table)
    elif begin < span.end:
        yield gap(begin, span.end)


def gap(start: datetime, end: datetime) -> Part:
    return Part(start, end, f"{TABLE}_{spelled(start.date())}_to_{spelled(end.date())}")


def spelled(day: date) -> str:
    return day.isoformat().replace("-", "_")

"""When in the week somebody is at work: a map of 7 days by 24 hours."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any, Final

from django.utils.formats import date_format

MONDAY: Final = date(2024, 1, 1)
SHADES: Final = 5  # besides none


@dataclass(frozen=True, slots=True)
class Hour:
    """`shade` is from 0, nothing, to SHADES, the most there is in the map."""

    hour: int
    count: int
    shade: int


@dataclass(frozen=True, slots=True)
class Week:
    days: list[tuple[str, list[Hour]]]
    most: int
    total: int

    @classmethod
    def of(cls, rows: Iterable[Mapping[str, Any]]) -> "Week":
        counts = {(row["weekday"], row["hour"]): int(row["event_count"]) for row in rows}
        most = max(counts.values(), default=0)
        return cls([(name_of(day), hours(counts, day, most)) for day in range(1, 8)], most, sum(counts.values()))


def hours(counts: Mapping[tuple[int, int], int], day: int, most: int) -> list[Hour]:
    found = ((hour, counts.get((day, hour), 0)) for hour in range(24))
    return [Hour(hour, count, -(-count * SHADES // most) if most else 0) for hour, count in found]


def name_of(day: int) -> str:
    return date_format(MONDAY + timedelta(days=day - 1), "l")

"""Months, weeks and days: their bounds and names, and what is left of them where others are already."""

from datetime import UTC, date, datetime

import pytest

from eventlog.retention.periods import Day, Month, Part, Period, Week, uncovered

NEW_YEAR = datetime.fromisoformat("2027-01-01T03:00:00+07:00")  # still the old one in UTC


def at(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=UTC)


def spans(period: Period, *there: Period | Part) -> list[tuple[str, str, str]]:
    return [(f"{part.start:%m-%d}", f"{part.end:%m-%d}", part.table) for part in uncovered(period, there)]


@pytest.mark.parametrize(
    ("period", "start", "end", "table"),
    [
        (Month.of(NEW_YEAR), "2026-12-01", "2027-01-01", "events_2026_12"),
        (Week.of(NEW_YEAR), "2026-12-28", "2027-01-04", "events_2026_w53"),
        (Day.of(NEW_YEAR), "2026-12-31", "2027-01-01", "events_2026_12_31"),
    ],
)
def test_a_period_is_one_of_utc(period: Period, start: str, end: str, table: str) -> None:
    assert (period.start, period.end, period.table) == (at(start), at(end), table)


def test_periods_follow_each_other() -> None:
    for period in (Month(2026, 12), Week(date(2026, 12, 28)), Day(date(2026, 12, 31))):
        assert period.plus(1).start == period.end and period.plus(3).plus(-3) == period


def test_what_nobody_covers_is_made_whole() -> None:
    week = Week(date(2026, 12, 7))
    assert spans(week) == spans(week, Month(2026, 11), Week(date(2026, 12, 14))) == [("12-07", "12-14", week.table)]


def test_what_is_covered_is_not_made() -> None:
    assert spans(Week(date(2026, 12, 7)), Month(2026, 12)) == []


def test_a_week_begins_where_the_month_ends() -> None:
    assert spans(Week(date(2026, 11, 30)), Month(2026, 11)) == [
        ("12-01", "12-07", "events_2026_12_01_to_2026_12_07")
    ]  # fmt: skip


def test_a_month_fills_the_gaps_between_days() -> None:
    days = [Day(date(2026, 12, number)) for number in (1, 2, 5)]
    assert [(start, end) for start, end, _table in spans(Month(2026, 12), *days)] == [
        ("12-03", "12-05"),
        ("12-06", "01-01"),
    ]

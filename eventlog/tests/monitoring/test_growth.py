"""How the log will grow: from weeks that were and periods in force, said with what is not known."""

from dataclasses import replace
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from django.utils import timezone

from eventlog.admin import concerns
from eventlog.admin.growing import sentences
from eventlog.models import Archive, Rollup
from eventlog.monitoring import growth as growing
from eventlog.monitoring.growth import Coming, Forecast, Growth, forecast, growth
from eventlog.retention.keeping import Keeping
from eventlog.retention.partitions import Size
from eventlog.tests.admin.pages import shown
from eventlog.tests.admin.test_alerts import signed_in
from eventlog.tests.alerts.conftest import guard
from eventlog.tests.conftest import Change

NOW = timezone.now()
SIZES = [Size("events_a", 3_000_000, 2_000, False), Size("events_b", 90_000, None, False)]
KNOWN = Growth(3_000_000, 0, 4, 100.0, 1500.0, Forecast(4_000_000, 3_500_000, 5_000_000), None, 10**9)


def count(days_ago: float, number: int, category: str = "CRUD") -> None:
    start = NOW - timedelta(days=days_ago)
    kind = {"event_category": category, "event_type": "x", "severity": "info", "event_status": "SUCCESS"}
    Rollup.objects.create(start=start, finish=start + timedelta(hours=1), event_count=number, **kind)


def grown(sizes: list[Size] = SIZES, **periods: int) -> Growth:
    return growth(sizes, Keeping(NOW, 90, periods), "default")


# --- the reckoning ---
@pytest.mark.parametrize(
    ("coming", "expected"),
    [
        ([Coming([70, 70], 0, 90)], (900, 900, 900)),  # ten a day, for ninety days
        ([Coming([70, 70], 0, 30)], (300, 300, 300)),  # what is older is gone by then
        ([Coming([70, 70], 500, 365)], (1400, 1400, 1400)),  # and what is there stays
        ([Coming([35, 105], 0, 90)], (900, 450, 1350)),
        ([Coming([35, 105], 0, 90), Coming([105, 35], 100, 365)], (1900, 1900, 1900)),
        ([Coming([0, 0], 40, 365)], (40, 40, 40)),
    ],
)
def test_what_comes_and_what_stays(coming: list[Coming], expected: tuple[int, int, int]) -> None:
    assert forecast(coming, 1.0) == Forecast(*expected)


def test_it_follows_from_counts_periods_and_partitions(db: None) -> None:
    for days_ago in (3, 10, 17, 24):
        count(days_ago, 700)
    count(200, 5_000, "AUTH")
    count(300, 9_000, "AUTH")  # gone in ninety days
    count(40, 1, "ML")
    found = grown(AUTH=365)
    assert (found.weeks, found.a_day, found.event_bytes, found.bytes) == (4, 100.0, 1500.0, 3_090_000)
    assert found.forecast == Forecast(*[(5_000 + 90 * 100) * 1500] * 3)


def test_quiet_and_busy_weeks_are_told_apart(db: None) -> None:
    for days_ago, number in ((3, 70), (10, 140), (17, 210)):
        count(days_ago, number)
    count(23, 0)
    found = grown()
    assert found.forecast == Forecast(20 * 90 * 1500, 10 * 90 * 1500, 30 * 90 * 1500) and found.weeks == 3


@pytest.mark.parametrize(("days_ago", "weeks"), [(None, 0), (0, 0), (6.5, 0), (9, 1), (16, 2), (400, 4)])
def test_a_young_log_says_so(db: None, days_ago: float | None, weeks: int) -> None:
    if days_ago is not None:
        count(days_ago, 100)
    assert grown().weeks == weeks
    if not weeks:
        assert "when the log is a week old" in list(sentences(grown()))[-1]


@pytest.mark.parametrize("size", [Size("events_a", 5_000, None, False), Size("events_a", 5_000, 999, False)])
def test_without_enough_events_nobody_knows_how_big_they_are(db: None, size: Size) -> None:
    count(9, 100)
    assert grown([size]).forecast is None
    assert "ANALYZE" in " ".join(sentences(grown([size])))


def test_the_archive_grows_too(db: None, event_log: Change) -> None:
    event_log(ARCHIVE_DIR="archive")
    count(3, 700)
    count(9, 0)
    common: dict[str, Any] = {"day": datetime(2026, 1, 1), "path": "", "from_xid": 0, "begun_at": NOW, "state": "kept"}
    Archive.objects.create(id="01a216b3-0bdf-74d8-b5fb-85a0c1e04869", row_count=10, byte_count=1_000, **common)
    assert grown().archived_a_month == 100 * 100.0 * 30
    assert "The archive grows by about" in " ".join(sentences(grown()))


# --- the disk ---
@pytest.mark.parametrize(
    ("host", "is_known"),
    [("/run/postgresql", True), ("localhost", True), ("", True), ("db.school.example", False), ("10.0.0.5", False)],
)
def test_the_disk_is_known_where_the_database_is_here(host: str, is_known: bool, tmp_path: Path) -> None:
    assert (growing.free_bytes({"HOST": host}, str(tmp_path)) is not None) == is_known


@pytest.mark.parametrize("folder", [None, "/nowhere/at/all"])
def test_a_folder_that_is_not_told_or_not_here_is_not_known(folder: str | None) -> None:
    assert growing.free_bytes({"HOST": ""}, folder) is None


@pytest.mark.parametrize(("free", "is_tight"), [(None, False), (3_000_000, False), (1_000_000, True)])
def test_a_disk_that_will_be_full_is_told(free: int | None, is_tight: bool) -> None:
    assert replace(KNOWN, free=free).is_tight == is_tight


# --- in words ---
def test_the_page_says_it(db: None) -> None:
    count(3, 700)
    count(9, 0)
    page = shown(signed_in(guard(is_staff=True)), "/admin/eventlog/status/")
    assert "How it grows" in page and "In the last 1 week about 100 events came in a day." in page


def test_all_that_is_known_is_said() -> None:
    told = " ".join(sentences(KNOWN)).replace("\xa0", " ")
    assert "In 90 days it will be about 3.8 MB: between 3.3 MB and 4.8 MB" in told
    assert "One takes about 1.5 KB" in told and told.endswith("The disk of the database has 953.7 MB free.")


def test_a_full_disk_is_something_to_look_after(db: None) -> None:
    class State:
        growth = replace(KNOWN, free=10)

    (found,) = concerns.of_growth(State)  # type: ignore[arg-type]
    assert found.section == "growth" and "full in 90 days" in str(found.words)

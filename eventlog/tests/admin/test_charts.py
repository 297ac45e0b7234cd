"""Points and paths of charts."""

import re

import pytest

from eventlog.admin import charts


def test_a_line_is_broken_where_there_is_no_value() -> None:
    assert charts.lines([10, 5, None, 10, 10], 10) == ["100,0 300,50", "700,0 900,0"]


def test_a_value_that_stands_alone_is_a_point() -> None:
    assert charts.lines([None, 10, None, None], 10) == ["375,0 375,0"]


def test_what_is_always_nothing_lies_at_the_bottom() -> None:
    assert charts.lines([0, 0], 0) == ["250,100 750,100"]


def test_of_a_thousand_one_is_still_seen() -> None:
    assert re.findall(r"v-([\d.]+)", charts.bars([1000, 1, 0, None], 1000)) == ["100", "1"]


def test_bars_and_overlays_share_their_places() -> None:
    bars, overlays = middles(charts.bars([1, 1, 1, 1], 1)), middles("".join(charts.columns(4)))
    assert bars == pytest.approx(overlays, abs=0.1) and len(bars) == 4


def middles(path: str) -> list[float]:
    boxes = re.findall(r"M([\d.]+) 100v-[\d.]+h([\d.]+)V100z", path)
    return [float(x) + float(width) / 2 for x, width in boxes]


def test_most_is_that_of_all_series_and_nothing_of_none() -> None:
    assert charts.most_of([[1, None], [3]]) == 3 and charts.most_of([[None]]) == 0

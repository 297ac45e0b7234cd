"""The dashboard's lists of the most: kinds of events, endpoints, people; each line with a bar and its events."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Final

from django.utils.translation import gettext

from eventlog import catalog
from eventlog.addresses import timeline
from eventlog.admin import charts, display, figures
from eventlog.admin.asking import anything, exactly
from eventlog.admin.panels import linked
from eventlog.admin.periods import Ways
from eventlog.admin.wording import label_of
from eventlog.analytics import queries
from eventlog.analytics.overview import Overview, whole_days
from eventlog.visible import grouped, visible

MOST: Final = 10  # lines


@dataclass(frozen=True, slots=True)
class Line:
    """`length` is that of the bar, in percent of the longest, as an SVG takes it."""

    words: str
    cells: list[str]
    length: str


def categories(view: Overview, ways: Ways) -> list[Line]:
    return counted(view, ways, view.now.categories, "category", lambda name: str(catalog.CATEGORIES.get(name, name)))


def threats(view: Overview, ways: Ways) -> list[Line]:
    return counted(view, ways, view.now.threats, "type", label_of)


def counted(
    view: Overview, ways: Ways, counts: Mapping[str, int], field: str, words: Callable[[str], str]
) -> list[Line]:
    """Events by a field of the search language, the most frequent first."""
    found = sorted(counts.items(), key=lambda pair: (-pair[1], pair[0]))
    most = found[0][1] if found else 0
    return [
        Line(
            words(value),
            [linked(grouped(number), ways.to(exactly(**{field: value}), view.window))],
            charts.share(number, most),
        )
        for value, number in found
    ]


def endpoints(view: Overview, ways: Ways) -> list[Line]:
    """The slowest on average: mean, longest, requests, errors, time in the database."""
    rows = [row for row in queries.endpoints(view.source, order="slowest", limit=MOST) if row["mean_ms"] is not None]
    most = rows[0]["mean_ms"] if rows else 0
    return [
        Line(
            visible(row["endpoint"]) or figures.UNKNOWN,
            of_endpoint(row, view, ways),
            charts.share(row["mean_ms"], most),
        )
        for row in rows
    ]


def of_endpoint(row: dict[str, Any], view: Overview, ways: Ways) -> list[str]:
    question = exactly(type=catalog.HTTP_REQUEST, endpoint=row["endpoint"])
    failed = anything(f"{question.text} status:>=500")
    return [
        display.milliseconds(row["mean_ms"]),
        display.milliseconds(row["max_ms"]),
        linked(grouped(row["requests"]), ways.to(question, view.window)),
        linked(grouped(row["errors"]), ways.to(failed if row["errors"] else None, view.window)),
        display.milliseconds(row["query_ms_per_request"]),
    ]


def nameless(key: Any) -> str:
    """The account is gone."""
    return gettext("account %(number)s") % {"number": key}


def people(view: Overview, ways: Ways, found: dict[Any, dict[str, int]]) -> list[Line]:
    """By whole days, as they are counted."""
    days = whole_days(view.window, ways.now)
    rows = queries.most_active(found, limit=MOST)
    most = rows[0]["event_count"] if rows else 0
    return [
        Line(
            display.link(timeline("user", id=row["user_id"]), row["username"] or nameless(row["user_id"])),
            [linked(grouped(row["event_count"]), ways.to(exactly(user=str(row["user_id"])), days))],
            charts.share(row["event_count"], most),
        )
        for row in rows
    ]

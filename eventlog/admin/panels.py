"""The parts of the dashboard: numbers side by side, and charts with their tables."""

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from functools import partial
from typing import Final

from django.utils.translation import gettext_lazy as _

from eventlog.admin import charts, display, figures
from eventlog.admin.asking import Question
from eventlog.admin.charts import Drawing
from eventlog.admin.figures import Change, Figure
from eventlog.admin.periods import Ways, label
from eventlog.analytics.overview import Numbers, Overview
from eventlog.catalog import StrOrPromise
from eventlog.visible import grouped

HEADLINE: Final = (
    figures.PER_MINUTE,
    figures.MEAN,
    figures.P95,
    figures.ERROR_RATE,
    figures.FAILED_LOGINS,
    figures.FINDINGS,
    figures.EVENTS,
)
SUMMARY: Final = (figures.PER_MINUTE, figures.P95, figures.ERROR_RATE, figures.FAILED_LOGINS, figures.FINDINGS)


def may_see(figure: Figure, view: Overview) -> bool:
    return view.source.sees_security or not figure.needs_security


# --- numbers side by side ---
@dataclass(frozen=True, slots=True)
class Tile:
    title: StrOrPromise
    hint: StrOrPromise
    value: str
    address: str
    before: str = ""
    change: Change = figures.NOT_KNOWN


def tiles(view: Overview, chosen: Iterable[Figure], ways: Ways) -> list[Tile]:
    return [tile(figure, view, ways) for figure in chosen if may_see(figure, view)]


def tile(figure: Figure, view: Overview, ways: Ways) -> Tile:
    address = ways.to(figure.question(view.now), view.window)
    told = Tile(figure.title, figure.hint, figure.shown(view.now), address)
    if view.before is None:
        return told
    return replace(told, before=figure.shown(view.before), change=figure.change(view.now, view.before))


def active_users(count: int, before: int | None) -> Tile:
    """Who they are is further down."""
    hint = _("Accounts that did something, on the whole days of this time.")
    told = Tile(_("Active users"), hint, grouped(count), "#eventlog-users" if count else "")
    if before is None:
        return told
    return replace(told, before=grouped(before), change=figures.change(count, before, figures.AMOUNT))


# --- charts ---
@dataclass(frozen=True, slots=True)
class Plan:
    """`drawn` share one scale; the others are in the table beneath alone."""

    name: str
    title: StrOrPromise
    drawn: tuple[Figure, ...]
    others: tuple[Figure, ...] = ()
    as_lines: bool = False


PLANS: Final = (
    Plan(
        "requests",
        _("Requests and errors"),
        (figures.REQUESTS, figures.ERRORS),
        (figures.PER_MINUTE, figures.ERROR_RATE),
    ),
    Plan("times", _("Response time"), (figures.MEAN, figures.P95), as_lines=True),
    Plan("failed", figures.FAILED_LOGINS.title, (figures.FAILED_LOGINS,)),
    Plan("findings", figures.FINDINGS.title, (figures.FINDINGS,)),
    Plan("load", _("Database and processor"), (figures.QUERY_TIME, figures.CPU_TIME), as_lines=True),
    Plan("memory", figures.MEMORY.title, (figures.MEMORY,), as_lines=True),
)


@dataclass(frozen=True, slots=True)
class Stretch:
    """One of those that every chart tells of; `way` leads to its events."""

    words: str
    numbers: Numbers
    way: Callable[[Question | None], str]


@dataclass(frozen=True, slots=True)
class Chart:
    """`most` is the highest value, in words; `overlays` are paths, and say what each stretch of time has."""

    plan: Plan
    drawings: Sequence[Drawing]
    overlays: Sequence[tuple[str, str]]
    most: str
    first: str
    last: str
    heads: Sequence[Figure]
    rows: Sequence[tuple[str, list[str]]]


def drawn(view: Overview, ways: Ways) -> Iterator[Chart]:
    stretches = [
        Stretch(label(begin, view.unit), numbers, ways.within(numbers.window))
        for begin, numbers in view.over_time.items()
    ]
    for plan in PLANS:
        if all(may_see(figure, view) for figure in plan.drawn):
            yield chart(plan, stretches)


def chart(plan: Plan, stretches: Sequence[Stretch]) -> Chart:
    labels = [each.words for each in stretches]
    values = {figure: [figure.of(each.numbers) for each in stretches] for figure in plan.drawn}
    most = charts.most_of(list(values.values()))
    heads, titles = (*plan.drawn, *plan.others), [str(figure.title) for figure in plan.drawn]
    texts = [[figure.shown(each.numbers) for figure in heads] for each in stretches]
    rows = [cells(heads, *told) for told in zip(stretches, texts, strict=True)]
    return Chart(
        plan,
        [drawing(figure, series, most, as_lines=plan.as_lines) for figure, series in values.items()],
        list(zip(charts.columns(len(labels)), map(partial(overlay, titles), labels, texts), strict=True)),
        plan.drawn[0].show(most) if most else "",
        labels[0],
        labels[-1],
        heads,
        [*zip(labels, rows, strict=True)][::-1],
    )


def drawing(figure: Figure, values: charts.Values, most: float, *, as_lines: bool) -> Drawing:
    if as_lines:
        return Drawing(figure.kind, figure.title, lines=charts.lines(values, most))
    return Drawing(figure.kind, figure.title, bars=charts.bars(values, most))


def overlay(titles: Sequence[str], words: str, texts: Sequence[str]) -> str:
    told = (f"{title}: {text}" for title, text in zip(titles, texts, strict=False))
    return "\n".join([words, *told])


def cells(heads: Sequence[Figure], stretch: Stretch, texts: Sequence[str]) -> list[str]:
    """Each way leads there once."""
    found: list[str] = []
    seen: list[Question | None] = []
    for figure, text in zip(heads, texts, strict=True):
        question = figure.question(stretch.numbers)
        found.append(text if question in seen else linked(text, stretch.way(question)))
        seen.append(question)
    return found


def linked(words: str, address: str) -> str:
    return display.link(address, words) if address else words

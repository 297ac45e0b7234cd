"""What the list can be narrowed by, with how many there are of each: from the counts, never from the table."""

from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Final

from django.utils.text import capfirst
from django.utils.translation import gettext_lazy as _

from eventlog import catalog
from eventlog.admin.asking import Question
from eventlog.admin.wording import label_of
from eventlog.analytics import queries
from eventlog.analytics.source import Source
from eventlog.catalog import StrOrPromise
from eventlog.search.query import Term
from eventlog.visible import grouped, visible

MAX_TYPES: Final = 12
Row = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Dimension:
    """`values` are all there are, in their order; where there are none, the most frequent are shown."""

    field: str
    column: str
    title: StrOrPromise
    values: Mapping[str, StrOrPromise]
    read: Callable[[str], str] = str.upper


DIMENSIONS: Final = (
    Dimension("category", "event_category", _("category"), catalog.CATEGORIES),
    Dimension("severity", "severity", _("severity"), catalog.SEVERITIES, str.lower),
    Dimension("status", "event_status", _("result"), catalog.STATUSES),
    Dimension("type", "event_type", _("type"), {}),
)


@dataclass(frozen=True, slots=True)
class Choice:
    """One line of a filter; `count` is empty for all of them together, `hint` is the name that a
    search knows it by, where the words are others."""

    words: str
    count: str
    address: str
    is_chosen: bool
    hint: str = ""


@dataclass(frozen=True, slots=True)
class Facet:
    title: StrOrPromise
    choices: list[Choice]


def facets(question: Question, source: Source) -> list[Facet]:
    rows = queries.grouped(source.all, queries.COLUMNS)
    return [Facet(each.title, list(choices(each, question, rows))) for each in DIMENSIONS]


def are_exact(question: Question) -> bool:
    """Whether the counts are of what is asked for; else they are of all events of that time."""
    return all(any(is_of(part, dimension) for dimension in DIMENSIONS) for part in question.parts())


def choices(dimension: Dimension, question: Question, rows: list[Row]) -> Iterator[Choice]:
    chosen = {dimension.read(value) for value in question.chosen(dimension.field)}
    yield Choice(str(_("All")), "", question.instead(dimension.field, "").address(), not chosen)
    counts = Counter[str]()
    for row in rows:
        if fits(row, question, other_than=dimension):
            counts[row[dimension.column]] += int(row["event_count"])
    for value in dimension.values or shown_types(counts, chosen):
        if counts[value] or value in chosen:
            words, count = words_of(value, dimension), grouped(counts[value])
            address = question.instead(dimension.field, "" if value in chosen else value).address()
            yield Choice(words, count, address, value in chosen, "" if dimension.values else visible(value))


def words_of(value: str, dimension: Dimension) -> str:
    return str(dimension.values.get(value, "")) or capfirst(label_of(value))


def shown_types(counts: Counter[str], chosen: set[str]) -> list[str]:
    frequent = [value for value, _count in counts.most_common(MAX_TYPES)]
    return [*frequent, *sorted(chosen.difference(frequent))]


def fits(row: Row, question: Question, *, other_than: Dimension) -> bool:
    """Whether such events are asked for, as far as the other dimensions tell."""
    return all(
        any(matches(value.text, row[dimension.column], dimension) for value in part.values)
        for dimension in DIMENSIONS
        if dimension != other_than
        for part in question.terms()
        if is_of(part, dimension)
    )


def is_of(part: Any, dimension: Dimension) -> bool:
    """Whether the counts know what this part of a question asks for; they know no status codes."""
    if not isinstance(part, Term) or part.field != dimension.field:
        return False
    return not dimension.values or all(dimension.read(value.text) in dimension.values for value in part.values)


def matches(wanted: str, value: str, dimension: Dimension) -> bool:
    wanted = dimension.read(wanted)
    return value.startswith(wanted[:-1]) if wanted.endswith("*") else value == wanted

"""A plan as the admin shows it."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from django.utils.text import capfirst
from django.utils.translation import gettext_lazy as _

from edupro.school.exchange import values
from edupro.school.exchange.plan import Plan, RowChange

SHOWN_CHANGES = 100
SHOWN_MISTAKES = 1_000
KINDS = {"create": _("New"), "change": _("Changed"), "same": _("Unchanged")}


@dataclass(frozen=True, slots=True)
class Line:
    """A row that would change something, or one of its mistakes."""

    row: int
    cells: tuple[Any, ...]


@dataclass(frozen=True, slots=True)
class Preview:
    counts: tuple[tuple[Any, int], ...]  # kind, rows
    changes: tuple[Line, ...]  # kind, key, [(column, old, new)]
    more_changes: int
    mistakes: tuple[Line, ...]  # column, value, message
    more_mistakes: int
    total_mistakes: int


def of(plan: Plan) -> Preview:
    changes = tuple(change(plan, row) for row in plan.changed[:SHOWN_CHANGES])
    mistakes = tuple(
        Line(one.row, (title(plan, one.column), one.value, one.message)) for one in plan.mistakes[:SHOWN_MISTAKES]
    )
    return Preview(
        counts=tuple((KINDS[kind], number) for kind, number in plan.counts.items()),
        changes=changes,
        more_changes=len(plan.changed) - len(changes),
        mistakes=mistakes,
        more_mistakes=len(plan.mistakes) - len(mistakes),
        total_mistakes=len(plan.mistakes),
    )


def change(plan: Plan, row: RowChange) -> Line:
    key = ", ".join(values.shown(part) for part in row.key)
    return Line(row.row, (KINDS[row.kind], key, list(values_of(plan, row))))


def values_of(plan: Plan, row: RowChange) -> Iterator[tuple[str, str, str]]:
    for one in row.changes:
        if one.column not in plan.entity.key:
            yield title(plan, one.column), values.shown(one.old), values.shown(one.new)


def title(plan: Plan, column: str) -> str:
    return capfirst(str(plan.entity.fields[column].verbose_name))

"""A tree in the words of the reader's language."""

import math
from collections.abc import Iterator, Mapping
from typing import Any

from django.utils.formats import number_format
from django.utils.translation import gettext, ngettext, pgettext_lazy
from django.utils.translation import gettext_lazy as _

from edupro.prediction.bands import Prestasi
from edupro.prediction.features import ATTENDANCE, INCOME, LEVELS, MARK, Features
from edupro.prediction.tree import Node, Split, Step, Tree
from edupro.school.models import PenghasilanOrtu, Presensi

NAMES: dict[str, Any] = {
    MARK: _("mean mark"),
    INCOME: pgettext_lazy("feature", "parents' income"),
    ATTENDANCE: _("attendance"),
}
CATEGORIES: dict[str, Mapping[str, Any]] = {
    INCOME: {str(value): label for value, label in PenghasilanOrtu.Kategori.choices},
    ATTENDANCE: {str(value): label for value, label in Presensi.Kategori.choices},
}
BANDS: dict[str, Any] = {str(value): label for value, label in Prestasi.choices}


def feature_name(feature: str) -> str:
    return str(NAMES.get(feature, feature))


def band(name: str) -> str:
    return str(BANDS.get(name, name))


def category(feature: str, name: str) -> str:
    return str(CATEGORIES[feature].get(name, name)) if name else gettext("unknown")


def percent(share: float, decimals: int = 0) -> str:
    return f"{number_format(round(100 * share, decimals), decimals)} %"  # which by itself only cuts


def mark(value: float) -> str:
    return number_format(value, 2)


def value_of(feature: str, features: Mapping[str, Any]) -> str:
    """What was looked at of a student; `features` as Features has them."""
    given = features.get(feature, "")
    return mark(given) if isinstance(given, int | float) else category(feature, str(given))


def question(tree: Tree, split: Split) -> str:
    """What a node asks, without its feature, in the little room of a drawing: `≤ 77.50`."""
    value = bound(tree.features[split.feature], split.threshold)
    return f"≤ {value}" if value else gettext("unknown")


def bound(feature: str, threshold: float) -> str:
    """The greatest value that goes low; nothing where that is what is not known. Marks have two decimals, so a
    threshold between two of them is told by the lower one."""
    if feature not in LEVELS:
        return mark(math.floor(threshold * 100) / 100)
    names = LEVELS[feature]
    return "" if threshold < 0 else category(feature, names[min(int(threshold), len(names) - 1)])


def condition(feature: str, threshold: float, *, low: bool) -> str:
    """What is true of those that go low, or high: `at most 77.50`."""
    value = bound(feature, threshold)
    if not value:
        return gettext("unknown") if low else gettext("known")
    if feature in LEVELS:
        words = gettext("at most %(value)s, or unknown") if low else gettext("better than %(value)s")
    else:
        words = gettext("at most %(value)s") if low else gettext("above %(value)s")
    return words % {"value": value}


def step_words(tree: Tree, step: Step) -> str:
    """`mean mark at most 77.50`"""
    split, low = step
    feature = tree.features[split.feature]
    return f"{feature_name(feature)}: {condition(feature, split.threshold, low=low)}"


def outcome_words(tree: Tree, node: Node) -> str:
    """`Middle, 82 % of 51 students`"""
    words = ngettext("%(share)s of %(number)s student", "%(share)s of %(number)s students", node.students)
    counted = words % {"share": percent(max(node.shares)), "number": number_format(node.students)}
    return f"{band(tree.commonest(node))}, {counted}"


def explanation(tree: Tree, features: Features, *, hidden: frozenset[str] = frozenset()) -> list[str]:
    """The way down the tree for a student, and where it ends. Of a hidden feature not even the question is told."""
    steps, leaf = tree.path(features.numbers())
    return [*path_words(tree, steps, hidden=hidden), outcome_words(tree, leaf)]


def path_words(tree: Tree, steps: tuple[Step, ...], *, hidden: frozenset[str]) -> Iterator[str]:
    for step in steps:
        feature = tree.features[step[0].feature]
        if feature in hidden:
            yield f"{feature_name(feature)}: {gettext('not shown to you')}"
        else:
            yield step_words(tree, step)

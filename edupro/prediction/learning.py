"""Learning and judging a tree with scikit-learn. Only workers import this: it is slow to load and large."""

import warnings
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import sklearn
from sklearn.metrics import accuracy_score, classification_report, confusion_matrix
from sklearn.model_selection import StratifiedKFold
from sklearn.tree import DecisionTreeClassifier

from edupro.prediction.features import FEATURES, Example
from edupro.prediction.parameters import Parameters
from edupro.prediction.tree import Leaf, Node, Split, Tree

MAX_FOLDS = 5
VERSION: str = sklearn.__version__


@dataclass(frozen=True, slots=True)
class Learned:
    tree: Tree
    importances: dict[str, float]  # by feature; they sum to 1, or are all 0 where the tree asks nothing


def learn(examples: Sequence[Example], parameters: Parameters) -> Learned:
    model = classifier(parameters).fit(*table(examples))
    importances = dict(zip(FEATURES, map(float, model.feature_importances_), strict=True))
    return Learned(Tree(FEATURES, tuple(map(str, model.classes_)), root=node(model.tree_, 0)), importances)


def classifier(parameters: Parameters) -> Any:
    return DecisionTreeClassifier(**parameters.as_dict())


def table(examples: Sequence[Example]) -> tuple[Any, Any]:
    return np.array([each.features.numbers() for each in examples]), np.array([each.label for each in examples])


def node(arrays: Any, index: int) -> Node:
    """scikit-learn's parallel arrays from this index on, as nodes; its values are shares of the classes."""
    shares = tuple(map(float, arrays.value[index][0]))
    students = int(arrays.n_node_samples[index])
    low, high = arrays.children_left[index], arrays.children_right[index]
    if low == high:  # scikit-learn's mark of a leaf
        return Leaf(shares, students)
    threshold = float(arrays.threshold[index])
    return Split(int(arrays.feature[index]), threshold, shares, students, node(arrays, low), node(arrays, high))


def evaluate(
    examples: Sequence[Example], parameters: Parameters, *, judged: Callable[[int, int], None]
) -> dict[str, Any]:
    """Measures of trees that each have not seen whom they judge, over all students together.

    `judged(fold, folds)` is called after each fold.
    """
    rows, labels = table(examples)
    folds = fold_count(labels)
    foretold = np.empty_like(labels)
    for fold, (known, held_out) in enumerate(stratified(rows, labels, folds=folds), start=1):
        foretold[held_out] = classifier(parameters).fit(rows[known], labels[known]).predict(rows[held_out])
        judged(fold, folds)
    return measures(labels, foretold) | {"folds": folds}


def fold_count(labels: Any) -> int:
    """As many as the smallest class has students, so that each fold has one; 2 to 5."""
    return max(2, min(MAX_FOLDS, *Counter(labels.tolist()).values()))


def stratified(rows: Any, labels: Any, *, folds: int) -> list[tuple[Any, Any]]:
    """The same on every machine."""
    with warnings.catch_warnings():
        # A class of one student is in one fold only and cannot be foretold; the measures of that class say so.
        warnings.filterwarnings("ignore", "The least populated class", UserWarning)
        return list(StratifiedKFold(folds, shuffle=True, random_state=0).split(rows, labels))


def measures(labels: Any, foretold: Any) -> dict[str, Any]:
    """`precision`, `recall` and `f1` are means over the classes (macro); in `confusion` a row is what was, a column
    what was foretold; `baseline` is what always naming the commonest class would reach."""
    classes = sorted(set(labels.tolist()))
    report = classification_report(labels, foretold, labels=classes, output_dict=True, zero_division=0)
    return {
        "accuracy": float(accuracy_score(labels, foretold)),
        **named(report["macro avg"]),
        "baseline": max(Counter(labels.tolist()).values()) / len(labels),
        "per_class": {name: {**named(report[name]), "students": int(report[name]["support"])} for name in classes},
        "classes": classes,
        "confusion": confusion_matrix(labels, foretold, labels=classes).tolist(),
        "students": len(labels),
    }


def named(measured: dict[str, Any]) -> dict[str, float]:
    return {
        "precision": float(measured["precision"]),
        "recall": float(measured["recall"]),
        "f1": float(measured["f1-score"]),
    }

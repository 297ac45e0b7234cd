"""The plain tree: asks as scikit-learn's does, is read back as it was written, and from nothing else."""

import json
from typing import Any

import numpy
import pytest
from sklearn.tree import DecisionTreeClassifier

from edupro.prediction.learning import node
from edupro.prediction.tree import Leaf, Malformed, Split, Tree, from_json

SMALL = Tree(("nilai",), ("Rendah", "Tinggi"), Split(0, 77.5, (0.5, 0.5), 4, Leaf((1, 0), 2), Leaf((0, 1), 2)))


def test_it_asks_as_scikit_learn_does() -> None:
    dice = numpy.random.default_rng(7)
    rows = numpy.round(dice.uniform(40, 100, (500, 3)), 2)
    labels = numpy.where(rows.sum(axis=1) > 210, "b", "a")
    model = DecisionTreeClassifier(random_state=0).fit(rows, labels)
    tree = Tree(("x", "y", "z"), tuple(model.classes_), node(model.tree_, 0))
    asked = numpy.round(dice.uniform(40, 100, (2000, 3)), 2)
    assert [tree.path(row)[1].shares for row in asked] == [tuple(row) for row in model.predict_proba(asked)]


def test_the_way_down_tells_each_step() -> None:
    steps, leaf = SMALL.path([77.5])
    assert [low for _split, low in steps] == [True] and SMALL.commonest(leaf) == "Rendah"


def test_it_is_read_as_it_was_written() -> None:
    assert from_json(SMALL.to_json()) == SMALL


def broken(**changes: Any) -> bytes:
    given = json.loads(SMALL.to_json())
    given["root"].update(changes)
    return json.dumps(given).encode()


@pytest.mark.parametrize(
    "text",
    [
        b"",
        b"\x80\x04\x95",
        b"[]",
        b'{"format": 2}',
        b'{"format": 1, "features": [], "classes": [], "root": 3}',
        broken(feature=1),
        broken(feature=-1),
        broken(shares=[1]),
        broken(shares=["x", 1]),
        broken(threshold=float("nan")),
        broken(low=None),
        b'{"format":1,"features":["a"],"classes":["b"],"root":' + b'{"low":' * 100_000,
    ],
)
def test_what_is_no_tree_is_refused(text: bytes) -> None:
    with pytest.raises(Malformed):
        from_json(text)

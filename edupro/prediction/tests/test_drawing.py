"""The tree as a drawing and as rules."""

import re

import pytest
from django.utils.translation import override

from edupro.prediction import drawing, wording
from edupro.prediction.features import FEATURES, Features
from edupro.prediction.tree import Leaf, Split, Tree

HOSTILE = '<script>alert("x")</script>'
LOW, MIDDLE, HIGH = Leaf((1, 0, 0), 1), Leaf((0.25, 0.75, 0), 4), Leaf((0, 0, 1), 3)
INCOMES = Split(1, -0.5, (0.4, 0.6, 0), 5, LOW, MIDDLE)
TREE = Tree(FEATURES, ("Rendah", "Sedang", "Tinggi"), Split(0, 77.505, (0.3, 0.4, 0.3), 8, INCOMES, HIGH))


def test_names_are_escaped() -> None:
    tree = Tree((HOSTILE,), (HOSTILE, "b"), Split(0, 1.5, (0.5, 0.5), 2, Leaf((1, 0), 1), Leaf((0, 1), 1)))
    for shown in (drawing.svg(tree), drawing.rules(tree)):
        assert "<script" not in shown.lower() and "&lt;script&gt;" in shown.lower()


def test_every_node_is_drawn_with_its_number_of_students() -> None:
    svg = drawing.svg(TREE)
    assert svg.count("<rect") == 5 and svg.count('class="prediction-edge"') == 4
    assert "Mean mark" in svg and "≤ 77.50?" in svg and "75 % of 4" in svg


def test_boxes_do_not_lie_on_each_other() -> None:
    boxes = list(drawing.placed(TREE.root).all())
    for column in {box.x for box in boxes}:
        ys = sorted(box.y for box in boxes if box.x == column)
        assert all(below - above >= drawing.HEIGHT for above, below in zip(ys, ys[1:], strict=False))


def test_the_rules_say_the_same_in_words() -> None:
    items = re.findall(r"<li>(?:<b>)?([^<]+)", drawing.rules(TREE))
    assert items == [
        "mean mark: at most 77.50",
        "parents&#x27; income: unknown",
        "Low, 100 % of 1 student",
        "parents&#x27; income: known",
        "Middle, 75 % of 4 students",
        "mean mark: above 77.50",
        "High, 100 % of 3 students",
    ]


def test_a_tree_of_one_leaf_is_drawn() -> None:
    assert drawing.svg(Tree(FEATURES, ("a", "b", "c"), MIDDLE)).count("<rect") == 1


@pytest.mark.parametrize(
    ("threshold", "low", "words"),
    [(0.5, True, "at most Low, or unknown"), (1.5, False, "better than Middle"), (-0.5, False, "known")],
)
def test_categories_are_told_by_their_names(threshold: float, low: bool, words: str) -> None:
    assert wording.condition("penghasilan", threshold, low=low) == words


def test_an_explanation_is_the_way_to_the_leaf() -> None:
    assert wording.explanation(TREE, Features(70.0, "Sedang")) == [
        "mean mark: at most 77.50",
        "parents' income: known",
        "Middle, 75 % of 4 students",
    ]


def test_of_a_hidden_feature_not_even_the_question_is_told() -> None:
    way = wording.explanation(TREE, Features(70.0, "Sedang"), hidden=frozenset({"penghasilan"}))
    assert way[1] == "parents' income: not shown to you"


def test_it_speaks_indonesian() -> None:
    with override("id"):
        assert "77,50" in drawing.svg(TREE) and "Nilai rata-rata" in drawing.svg(TREE)

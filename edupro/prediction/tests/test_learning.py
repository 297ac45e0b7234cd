"""How good a tree is, by numbers that scikit-learn gives too."""

import numpy
import pytest
from sklearn.metrics import accuracy_score, f1_score, precision_score, recall_score
from sklearn.model_selection import StratifiedKFold, cross_val_predict
from sklearn.tree import DecisionTreeClassifier

from edupro.prediction.features import Example, Features
from edupro.prediction.learning import evaluate, fold_count, learn, measures
from edupro.prediction.parameters import Parameters

BANDS = ("Rendah", "Sedang", "Tinggi")


def example(number: int) -> Example:
    mark = 50 + (number * 37 % 500) / 10
    label = BANDS[(mark + number % 7 - 3 >= 70) + (mark + number % 5 - 2 >= 85)]
    return Example(number, Features(mark, "Sedang" if number % 3 else "", "Baik"), label)


FIXED = [example(number) for number in range(90)]


def judged(fold: int, folds: int) -> None:
    pass


def test_the_measures_are_those_of_scikit_learn() -> None:
    rows = numpy.array([each.features.numbers() for each in FIXED])
    labels = numpy.array([each.label for each in FIXED])
    tree = DecisionTreeClassifier(criterion="entropy", max_depth=4, min_samples_leaf=5, random_state=0)
    foretold = cross_val_predict(tree, rows, labels, cv=StratifiedKFold(5, shuffle=True, random_state=0))
    found = evaluate(FIXED, Parameters(), judged=judged)
    assert found["accuracy"] == accuracy_score(labels, foretold)
    for name, score in (("precision", precision_score), ("recall", recall_score), ("f1", f1_score)):
        assert found[name] == pytest.approx(score(labels, foretold, average="macro"))


def test_the_confusion_matrix_has_what_was_in_rows() -> None:
    was, foretold = numpy.array(["a", "a", "a", "b"]), numpy.array(["a", "b", "b", "b"])
    found = measures(was, foretold)
    assert found["classes"] == ["a", "b"] and found["confusion"] == [[1, 2], [0, 1]]
    assert found["per_class"]["a"] == {"precision": 1.0, "recall": 1 / 3, "f1": 0.5, "students": 3}
    assert (found["accuracy"], found["baseline"], found["students"]) == (0.5, 0.75, 4)


@pytest.mark.parametrize(("small", "folds"), [(1, 2), (2, 2), (4, 4), (50, 5)])
def test_there_are_as_many_folds_as_the_smallest_class_has_students(small: int, folds: int) -> None:
    assert fold_count(numpy.array(["a"] * 50 + ["b"] * small)) == folds


def test_a_class_of_one_student_can_be_learned_from() -> None:
    lone = Example(1000, Features(99.0), "Tinggi")
    found = evaluate([*(each for each in FIXED if each.label != "Tinggi"), lone], Parameters(), judged=judged)
    assert found["per_class"]["Tinggi"]["recall"] == 0


def test_the_same_students_give_the_same_tree() -> None:
    assert learn(FIXED, Parameters()) == learn(FIXED, Parameters())


def test_a_tree_keeps_to_its_parameters() -> None:
    small = learn(FIXED, Parameters(max_depth=2, min_samples_leaf=20)).tree
    leaves = list(small.leaves())
    assert len(leaves) <= 4 and min(leaf.students for leaf in leaves) >= 20
    assert sum(leaf.students for leaf in leaves) == 90


def test_importances_are_named_by_feature() -> None:
    found = learn(FIXED, Parameters()).importances
    assert list(found) == ["nilai", "penghasilan", "presensi"] and sum(found.values()) == pytest.approx(1)

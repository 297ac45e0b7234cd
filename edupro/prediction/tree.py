"""A decision tree as plain data: it is stored as JSON, asked, put into words and drawn without scikit-learn.

A pickle would be code that runs when it is loaded; this is numbers. Whoever can write the file can at worst make wrong
predictions, and the file's hash stands against that.
"""

import json
import math
from array import array
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any, TypeAlias

FORMAT = 1
MAX_DEPTH = 40  # of a file that is read


class Malformed(ValueError):
    """The text is no tree of ours."""


@dataclass(frozen=True, slots=True)
class Leaf:
    """`shares` of the classes, in their order, sum to 1; `students` is how many it has learned from."""

    shares: tuple[float, ...]
    students: int


@dataclass(frozen=True, slots=True)
class Split:
    """Whose number is at most `threshold` goes to `low`, all others to `high`. `feature` is an index."""

    feature: int
    threshold: float
    shares: tuple[float, ...]
    students: int
    low: "Node"
    high: "Node"


Node: TypeAlias = Leaf | Split
Step: TypeAlias = tuple[Split, bool]  # and whether the way goes low


@dataclass(frozen=True, slots=True)
class Tree:
    features: tuple[str, ...]
    classes: tuple[str, ...]
    root: Node

    def path(self, numbers: Sequence[float]) -> tuple[tuple[Step, ...], Leaf]:
        """The way down for one student. Compares in single precision, as scikit-learn has learned."""
        single, node, steps = array("f", numbers), self.root, list[Step]()
        while isinstance(node, Split):
            low = single[node.feature] <= node.threshold
            steps.append((node, low))
            node = node.low if low else node.high
        return tuple(steps), node

    def shares(self, node: Node) -> dict[str, float]:
        return dict(zip(self.classes, node.shares, strict=True))

    def commonest(self, node: Node) -> str:
        return self.classes[node.shares.index(max(node.shares))]

    def leaves(self) -> Iterator[Leaf]:
        waiting = [self.root]
        while waiting:
            node = waiting.pop()
            if isinstance(node, Leaf):
                yield node
            else:
                waiting += [node.high, node.low]

    def to_json(self) -> bytes:
        return json.dumps(
            {"format": FORMAT, "features": self.features, "classes": self.classes, "root": written(self.root)}
        ).encode()


def written(node: Node) -> dict[str, Any]:
    known: dict[str, Any] = {"shares": node.shares, "students": node.students}
    if isinstance(node, Leaf):
        return known
    sides = {"low": written(node.low), "high": written(node.high)}
    return {"feature": node.feature, "threshold": node.threshold, **known, **sides}


def from_json(text: bytes) -> Tree:
    """Raises Malformed."""
    try:
        given = json.loads(text)
        if given["format"] != FORMAT:
            raise Malformed(f"format {given['format']!r}")
        names = tuple(map(str, given["features"])), tuple(map(str, given["classes"]))
        return Tree(*names, root=node_of(given["root"], sizes=(len(names[0]), len(names[1])), depth=0))
    except (KeyError, TypeError, ValueError, RecursionError) as error:
        raise Malformed(str(error)) from error


def node_of(given: dict[str, Any], *, sizes: tuple[int, int], depth: int) -> Node:
    features, classes = sizes
    shares, students = tuple(map(float, given["shares"])), int(given["students"])
    if len(shares) != classes or depth > MAX_DEPTH or not all(0 <= share <= 1 for share in shares):
        raise Malformed("a node has no place in this tree")
    if "feature" not in given:
        return Leaf(shares, students)
    feature, threshold = int(given["feature"]), float(given["threshold"])
    if not 0 <= feature < features or not math.isfinite(threshold):
        raise Malformed("a node asks for what no student has")
    low, high = (node_of(given[side], sizes=sizes, depth=depth + 1) for side in ("low", "high"))
    return Split(feature, threshold, shares, students, low, high)

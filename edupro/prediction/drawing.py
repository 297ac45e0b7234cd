"""A tree as SVG, from the left to the right: a box a node, lines between, words in the reader's language.

Only classes and measures are in it, no style: the colours are the page's (`prediction.css`), light or dark.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString
from django.utils.text import capfirst
from django.utils.translation import gettext

from edupro.prediction import wording
from edupro.prediction.tree import Leaf, Node, Split, Tree

WIDTH, HEIGHT = 156, 48  # of a box, in pixels
ACROSS, DOWN = 38, 10  # between boxes
MARGIN = 2
LINE = 18  # between the two lines of a box
INDENT = 7  # of the text in a box
TURN = 6  # how far a line goes before it turns up or down; behind it is room for the answer


@dataclass(frozen=True, slots=True)
class Box:
    """A node in its place: the middle of its left side."""

    node: Node
    x: float
    y: float
    inside: tuple["Box", ...] = ()  # what it leads to: low, high

    def all(self) -> Iterator["Box"]:
        yield self
        for box in self.inside:
            yield from box.all()


def placed(root: Node) -> Box:
    """Leaves stand below each other, in the order of the rules; a split stands in the middle of what it leads to."""
    rows = 0

    def place(node: Node, depth: int) -> Box:
        nonlocal rows
        x = MARGIN + depth * (WIDTH + ACROSS)
        if isinstance(node, Leaf):
            rows += 1
            return Box(node, x, MARGIN + (rows - 1) * (HEIGHT + DOWN) + HEIGHT / 2)
        low, high = place(node.low, depth + 1), place(node.high, depth + 1)
        return Box(node, x, (low.y + high.y) / 2, (low, high))

    return place(root, 0)


def svg(tree: Tree) -> SafeString:
    root = placed(tree.root)
    boxes = list(root.all())
    width = max(box.x for box in boxes) + WIDTH + MARGIN
    height = max(box.y for box in boxes) + HEIGHT / 2 + MARGIN
    return format_html(
        '<svg class="prediction-tree" role="img" aria-label="{}" xmlns="http://www.w3.org/2000/svg" '
        'width="{w}" height="{h}" viewBox="0 0 {w} {h}">{}{}</svg>',
        gettext("The decision tree as a drawing; its rules follow as a list."),
        joined(edge(box, target, low=target is box.inside[0]) for box in boxes for target in box.inside),
        joined(drawn(tree, box) for box in boxes),
        w=round(width),
        h=round(height),
    )


def joined(parts: Iterable[SafeString]) -> SafeString:
    return format_html_join("", "{}", ((part,) for part in parts))


def edge(box: Box, target: Box, *, low: bool) -> SafeString:
    start, turn = box.x + WIDTH, box.x + WIDTH + TURN
    return format_html(
        '<path class="prediction-edge" d="M{} {}H{}V{}H{}"/><text class="prediction-answer" x="{}" y="{}">{}</text>',
        f"{start:g}",
        f"{box.y:g}",
        f"{turn:g}",
        f"{target.y:g}",
        f"{target.x:g}",
        f"{turn + 3:g}",
        f"{target.y - 4:g}",
        gettext("yes") if low else gettext("no"),
    )


def drawn(tree: Tree, box: Box) -> SafeString:
    first, second = lines(tree, box.node)
    return format_html(
        '<g class="{}"><rect x="{}" y="{}" width="{}" height="{}" rx="6"/>'
        '<text class="prediction-first" x="{}" y="{}">{}</text><text x="{}" y="{}">{}</text></g>',
        box_class(tree, box.node),
        f"{box.x:g}",
        f"{box.y - HEIGHT / 2:g}",
        WIDTH,
        HEIGHT,
        f"{box.x + INDENT:g}",
        f"{box.y - 4:g}",
        first,
        f"{box.x + INDENT:g}",
        f"{box.y - 4 + LINE:g}",
        second,
    )


def lines(tree: Tree, node: Node) -> tuple[str, str]:
    if isinstance(node, Split):
        return capfirst(wording.feature_name(tree.features[node.feature])), f"{wording.question(tree, node)}?"
    share, number = wording.percent(max(node.shares)), node.students
    return wording.band(tree.commonest(node)), gettext("%(share)s of %(number)s") % {"share": share, "number": number}


def box_class(tree: Tree, node: Node) -> str:
    """Leaves have the colour of their band."""
    if isinstance(node, Split):
        return "prediction-split"
    names = list(wording.BANDS)
    band = tree.commonest(node)
    return f"prediction-leaf prediction-band-{names.index(band)}" if band in names else "prediction-leaf"


def rules(tree: Tree) -> SafeString:
    """The same as a nested list, for those who read or hear rather than look."""
    return format_html('<ul class="prediction-rules">{}</ul>', branches(tree, tree.root))


def branches(tree: Tree, node: Node) -> SafeString:
    if isinstance(node, Leaf):
        return format_html("<li><b>{}</b></li>", wording.outcome_words(tree, node))
    return joined(
        format_html("<li>{}<ul>{}</ul></li>", wording.step_words(tree, (node, low)), branches(tree, side))
        for low, side in ((True, node.low), (False, node.high))
    )

"""A query's tree as text again, and small changes of it: what a click in the console adds, leaves out or takes away.

What is written means what was read; it need not be the same characters.
"""

import re
from typing import Final

from eventlog.search.query import All, Any, Node, Not, Term, Value, Words

PLAIN: Final = re.compile(r"[\w.@+/][\w.@+/=-]*")  # needs no quotation marks, whether as a word or as a value
OR: Final = "or"


def written(node: Node) -> str:
    match node:
        case Words(text):
            return text if PLAIN.fullmatch(text) and text.lower() != OR else quoted(text)
        case Term(field, values):
            return f"{field}:{','.join(map(value_written, values))}"
        case Not(part):
            return f"-{inside(part)}"
        case All(parts):
            return " ".join(map(inside, parts))
        case Any(parts):
            return f" {OR} ".join(map(inside, parts))


def inside(node: Node) -> str:
    """As a part of something else."""
    return f"({written(node)})" if isinstance(node, All | Any) else written(node)


def value_written(value: Value) -> str:
    """What was read without quotation marks is a value without them again."""
    return quoted(value.text) if value.quoted else value.text


def quoted(text: str) -> str:
    return '"' + re.sub(r'(["\\])', r"\\\1", text) + '"'


def term_of(field: str, text: str) -> Term:
    """`field` being exactly this text."""
    return Term(field, (Value(text, 0, quoted=not PLAIN.fullmatch(text)),), 0)


def parts_of(node: Node) -> tuple[Node, ...]:
    """What is wanted all at once."""
    return node.parts if isinstance(node, All) else (node,)


def with_part(node: Node, part: Node) -> Node:
    """Also this, once."""
    return All((*without_part(node, part), part))


def without_part(node: Node, part: Node) -> tuple[Node, ...]:
    unwanted = written(part)
    return tuple(each for each in parts_of(node) if written(each) != unwanted)

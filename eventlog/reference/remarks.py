"""What the code says beside a model's columns, indexes and constraints: comments, read from the source."""

import ast
import inspect
import textwrap
import tokenize
from collections.abc import Iterator
from dataclasses import dataclass, field
from io import StringIO

from django.db import models
from django.utils.translation import override

NO_REMARKS = ("noqa", "fmt:", "type:")


@dataclass(frozen=True, slots=True)
class Remarks:
    """By the name of a column's field, or of an index or constraint. `headings` stand above the field that they are
    of."""

    fields: dict[str, str] = field(default_factory=dict)
    headings: dict[str, str] = field(default_factory=dict)
    named: dict[str, str] = field(default_factory=dict)


def remarks_of(model: type[models.Model]) -> Remarks:
    """Those of the class and of the abstract ones that it is made from; the class's own win."""
    found = Remarks()
    for each in reversed(model.__mro__):
        if issubclass(each, models.Model) and each is not models.Model:
            read(each, found)
    return found


def read(model: type[models.Model], found: Remarks) -> None:
    source = textwrap.dedent(inspect.getsource(model))
    comments, (tree,) = Comments(source), ast.parse(source).body
    for statement in tree.body if isinstance(tree, ast.ClassDef) else ():
        if isinstance(statement, ast.Assign) and isinstance(statement.targets[0], ast.Name):
            name = statement.targets[0].id
            if words := comments.beside(statement) or help_of(model, name):
                found.fields[name] = words
            if words := comments.above(statement):
                found.headings[name] = words
        elif isinstance(statement, ast.ClassDef) and statement.name == "Meta":
            found.named.update(of_meta(statement, comments))


def help_of(model: type[models.Model], name: str) -> str:
    """What forms say of the field, in English."""
    with override("en"):
        known = {each.name: str(each.help_text) for each in model._meta.local_fields}
    return known.get(name, "")


def of_meta(meta: ast.ClassDef, comments: "Comments") -> Iterator[tuple[str, str]]:
    """(name, remark) of the indexes and constraints."""
    for statement in meta.body:
        if isinstance(statement, ast.Assign) and isinstance(statement.value, ast.List):
            for element in statement.value.elts:
                if name := called(element):
                    whole = statement if len(statement.value.elts) == 1 else element
                    yield name, comments.beside(whole) or comments.above(element)


def called(element: ast.expr) -> str:
    for keyword in element.keywords if isinstance(element, ast.Call) else ():
        if keyword.arg == "name" and isinstance(keyword.value, ast.Constant):
            return str(keyword.value.value)
    return ""


class Comments:
    """The comments of a text in Python, by their lines."""

    def __init__(self, source: str) -> None:
        self.beside_code: dict[int, str] = {}
        self.alone: dict[int, str] = {}
        for token in tokenize.generate_tokens(StringIO(source).readline):
            if token.type == tokenize.COMMENT:
                words = token.string.lstrip("#").strip()
                if not words.startswith(NO_REMARKS):
                    is_alone = not token.line[: token.start[1]].strip()
                    (self.alone if is_alone else self.beside_code)[token.start[0]] = words

    def beside(self, node: ast.stmt | ast.expr) -> str:
        lines = range(node.lineno, (node.end_lineno or node.lineno) + 1)
        return " ".join(self.beside_code[line] for line in lines if line in self.beside_code)

    def above(self, node: ast.stmt | ast.expr) -> str:
        line, words = node.lineno - 1, list[str]()
        while line in self.alone:
            words.insert(0, self.alone[line])
            line -= 1
        return " ".join(words)

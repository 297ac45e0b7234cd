"""The search language, for the API's `?q=` and the console's search box alike: text in, a tree out.

    actor:guru001 category:CRUD -ip:10.0.0.0/8 status:>=500 created:-24h (entity:siswa/123 or "free words")

What stands beside each other is all wanted, `or` is weaker, `-` and brackets are as usual. What a field's values mean
is `terms.py`'s matter; nothing here knows a column.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import TypeAlias

from django.utils.translation import gettext as _

MAX_LENGTH = 2000  # characters
MAX_TERMS = 50
MAX_DEPTH = 20  # of brackets

TOKEN = re.compile(
    r"""\s+
    | (?P<open>\() | (?P<close>\))
    | (?P<minus>-(?=[^\s)]))
    | (?P<field>[A-Za-z_]+(?=:)):
    | (?P<quoted>"(?:[^"\\]|\\.)*")
    | (?P<unclosed>")
    | (?P<word>[^\s()"]+)""",
    re.VERBOSE,
)
UNUSABLE = re.compile("[\0\ud800-\udfff]")  # PostgreSQL has no such text
VALUES = re.compile(r'(?:"(?:[^"\\]|\\.)*"|[^\s()"])+')
COMPARISON = re.compile(r"(?P<sign>>=|<=|>|<)(?P<value>.+)")  # inside a value
PART = re.compile(r'(?:"(?:[^"\\]|\\.)*"|[^,"])+')


class Mistake(ValueError):
    """The text is no query. `position` is the character where it goes wrong, from 0; `expected` says what could be
    there, in the user's language."""

    def __init__(self, position: int, expected: str) -> None:
        self.position, self.expected = position, expected
        super().__init__(
            _("At character %(at)d there should be: %(expected)s") % {"at": position + 1, "expected": expected}
        )


# --- the tree ---
@dataclass(frozen=True, slots=True)
class Words:
    """A word of free text; or several that stood in quotation marks, to be found beside each other."""

    text: str


@dataclass(frozen=True, slots=True)
class Value:
    """One value as it was written; quotes are gone, and `quoted` says that they were there."""

    text: str
    position: int
    quoted: bool = False


@dataclass(frozen=True, slots=True)
class Term:
    """`field:value,value`: any of the values."""

    field: str
    values: tuple[Value, ...]
    position: int


@dataclass(frozen=True, slots=True)
class Not:
    part: "Node"


@dataclass(frozen=True, slots=True)
class All:
    parts: tuple["Node", ...]


@dataclass(frozen=True, slots=True)
class Any:
    parts: tuple["Node", ...]


Node: TypeAlias = Words | Term | Not | All | Any


# --- the parser ---
@dataclass(frozen=True, slots=True)
class Token:
    kind: str  # a group of TOKEN; "end" behind the last
    text: str
    position: int


def parse(text: str) -> Node:
    """The tree of a query; of an empty one `All(())`, which everything fulfils. Raises Mistake."""
    return Parser(usable(text)).whole()


def usable(text: str) -> str:
    """Also what is given for one field alone. Raises Mistake."""
    if len(text) > MAX_LENGTH:
        raise Mistake(MAX_LENGTH, _("a query of at most %d characters") % MAX_LENGTH)
    if unusable := UNUSABLE.search(text):
        raise Mistake(unusable.start(), _("text"))
    return text


def unquoted(text: str) -> str:
    return re.sub(r"\\(.)", r"\1", text[1:-1])


class Parser:
    """Recursive descent, one method for each rule of the grammar."""

    def __init__(self, text: str) -> None:
        self.text = text
        self.at = 0
        self.terms = 0
        self.token = self.next()

    def next(self) -> Token:
        """The next token that is not space."""
        while match := TOKEN.match(self.text, self.at):
            self.at = match.end()
            if match.lastgroup == "unclosed":
                raise Mistake(match.start(), _("a second quotation mark to this one"))
            if match.lastgroup:
                return Token(match.lastgroup, match[match.lastgroup], match.start(match.lastgroup))
        return Token("end", "", len(self.text))

    def advance(self) -> Token:
        token, self.token = self.token, self.next()
        return token

    def whole(self) -> Node:
        if self.token.kind == "end":
            return All(())
        node = self.any(depth=0)
        if self.token.kind != "end":
            raise Mistake(self.token.position, _("the end, or an opening bracket before this one"))
        return node

    def any(self, *, depth: int) -> Node:
        """`all or all or …`"""
        parts = [self.all(depth=depth)]
        while self.is_or():
            self.advance()
            parts.append(self.all(depth=depth))
        return parts[0] if len(parts) == 1 else Any(tuple(parts))

    def all(self, *, depth: int) -> Node:
        """What stands beside each other; at least one thing."""
        parts = [self.one(depth=depth)]
        while self.token.kind not in ("end", "close") and not self.is_or():
            parts.append(self.one(depth=depth))
        return parts[0] if len(parts) == 1 else All(tuple(parts))

    def one(self, *, depth: int) -> Node:
        token = self.token
        if token.kind == "minus":
            self.advance()
            return Not(self.one(depth=self.deeper(token, depth)))
        if token.kind == "open":
            self.advance()
            return self.bracketed(token, depth=depth)
        if token.kind == "field":
            return self.term()
        if token.kind in ("word", "quoted") and not self.is_or():
            self.count(self.advance())
            return Words(unquoted(token.text) if token.kind == "quoted" else token.text)
        raise Mistake(token.position, _("a word, a field such as actor:guru001, or an opening bracket"))

    def bracketed(self, opened: Token, *, depth: int) -> Node:
        node = self.any(depth=self.deeper(opened, depth))
        if self.token.kind != "close":
            raise Mistake(
                self.token.position, _("a closing bracket to the one at character %d") % (opened.position + 1)
            )
        self.advance()
        return node

    def term(self) -> Term:
        """The values follow their colon without a space."""
        name = self.token
        self.count(name)
        match = VALUES.match(self.text, self.at)
        if match is None:
            raise Mistake(self.at, _("a value right after the colon"))
        self.at = match.end()
        self.token = self.next()
        return Term(name.text.lower(), tuple(values_in(match[0], match.start())), name.position)

    def is_or(self) -> bool:
        return self.token.kind == "word" and self.token.text.lower() == "or"

    def deeper(self, token: Token, depth: int) -> int:
        if depth >= MAX_DEPTH:
            raise Mistake(token.position, _("fewer brackets inside each other"))
        return depth + 1

    def count(self, token: Token) -> None:
        self.terms += 1
        if self.terms > MAX_TERMS:
            raise Mistake(token.position, _("at most %d words and fields") % MAX_TERMS)


def values_in(text: str, start: int) -> Iterator[Value]:
    """The values between commas; a comma inside quotation marks is none."""
    at = 0
    while True:
        match = PART.match(text, at)
        if match is None:
            raise Mistake(start + at, _("a value"))
        quoted = match[0].startswith('"') and match[0].endswith('"') and len(match[0]) > 1
        yield Value(unquoted(match[0]) if quoted else match[0], start + at, quoted)
        at = match.end()
        if at == len(text):
            return
        at += 1  # the comma

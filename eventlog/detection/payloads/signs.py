"""What a detector of one kind sees: signs, each worth points; together they say how sure it is."""

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Final, NamedTuple

LOW: Final = 20  # kept on the request's event
MEDIUM: Final = 50  # an event of its own
HIGH: Final = 75
FURTHER: Final = 12  # points that each further kind of sign adds to the best one
MARKS: Final = frozenset("<>(){}[]|&;`$%=\\/\"':@#!~*+?^.,-_")  # of a text; a shape's are its letters


Find = Callable[[str], re.Match[str] | None]


class Sign(NamedTuple):
    """`start` and `end` say where in the decoded text it stands."""

    rule: str
    score: int
    start: int
    end: int


@dataclass(frozen=True, slots=True)
class Rule:
    """A pattern and what it is worth. It is tried only on texts that hold one of `needs` and all of `marks`, which is
    quick to ask; whatever the pattern finds holds them.

    Patterns are linear: each repetition is bounded or possessive. `find` is how to try it: of one that begins with the
    text there is nothing to find further on.
    """

    name: str
    score: int
    pattern: re.Pattern[str]
    find: Find
    needs: tuple[str, ...]
    marks: frozenset[str]


def rule(name: str, score: int, pattern: str, *needs: str, marks: str = "") -> Rule:
    compiled = re.compile(pattern)
    find = compiled.match if pattern.startswith(r"\A") else compiled.search
    return Rule(name, score, compiled, find, needs, frozenset(marks))


class Rules:
    """Some that are tried together.

    What is left of them by the marks in `alphabet` that a text holds is remembered: most texts hold few of these, and
    the same. Without an alphabet it is the marks that stand alone in what the rules need.
    """

    def __init__(self, *rules: Rule, alphabet: str = "") -> None:
        alone = (need for each in rules for need in (*each.needs, *each.marks) if len(need) == 1)
        self.rules, self.alphabet = rules, frozenset(alphabet or alone)
        self.left = lru_cache(maxsize=1024)(self.left_by)

    def left_by(self, marks: frozenset[str]) -> tuple[tuple[Rule, Find, tuple[str, ...]], ...]:
        """Rules that texts with these marks may fit, each with what has to be asked for yet."""
        missing = self.alphabet - marks
        possible = [
            (each, tuple(need for need in each.needs if missing.isdisjoint(need)))
            for each in self.rules
            if each.marks.isdisjoint(missing)
        ]
        return tuple((each, each.find, needs if marks.isdisjoint(needs) else ()) for each, needs in possible if needs)

    def signs(self, text: str, marks: frozenset[str]) -> list[Sign]:
        seen = []
        for each, find, needs in self.left(marks & self.alphabet):
            for need in needs:
                if need in text:
                    break
            else:
                if needs:
                    continue
            if found := find(text):
                seen.append(Sign(each.name, each.score, *found.span()))
        return seen


def strongest(signs: Sequence[Sign]) -> tuple[Sign, int]:
    """(the best sign, points of all together, at most 100). Raises IndexError without any."""
    best = signs[0]
    found: dict[str, Sign] = {}
    for sign in signs:
        if sign.rule not in found or found[sign.rule].score < sign.score:
            found[sign.rule] = sign
            best = sign if best.score < sign.score else best
    further = sum(FURTHER for sign in found.values() if sign.score >= LOW and sign is not best)
    return best, min(100, best.score + further)

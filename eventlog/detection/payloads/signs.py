"""What a detector of one kind sees: signs, each worth points; together they say how sure it is."""

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Final, NamedTuple

LOW: Final = 20  # kept on the request's event
MEDIUM: Final = 50  # an event of its own
HIGH: Final = 75
FURTHER: Final = 12  # points that each further kind of sign adds to the best one


class Sign(NamedTuple):
    """`start` and `end` say where in the decoded text it stands."""

    rule: str
    score: int
    start: int
    end: int


@dataclass(frozen=True, slots=True)
class Rule:
    """A pattern and what it is worth. It is tried only on texts that hold one of `needs`, which is quick to ask.

    Patterns are linear: each repetition is bounded or possessive.
    """

    name: str
    score: int
    pattern: re.Pattern[str]
    needs: tuple[str, ...]


def rule(name: str, score: int, pattern: str, *needs: str) -> Rule:
    return Rule(name, score, re.compile(pattern), needs)


def signs_of(rules: Iterable[Rule], text: str) -> Iterator[Sign]:
    for each in rules:
        for need in each.needs:
            if need in text:
                break
        else:
            continue
        if found := each.pattern.search(text):
            yield Sign(each.name, each.score, *found.span())


def strongest(signs: Iterable[Sign]) -> tuple[Sign, int] | None:
    """(the best sign, points of all together, at most 100); None without any."""
    found: dict[str, Sign] = {}
    for sign in signs:
        if sign.rule not in found or found[sign.rule].score < sign.score:
            found[sign.rule] = sign
    if not found:
        return None
    best = max(found.values(), key=lambda sign: sign.score)
    further = sum(FURTHER for sign in found.values() if sign is not best and sign.score >= LOW)
    return best, min(100, best.score + further)

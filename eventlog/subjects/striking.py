"""Taking a person out of values that are about others, too: texts, and what JSON has.

A name is struck where it stands as a word of its own, in whatever case, also as it is written in an address
(`Ahmad%20Fauzi`). Of what JSON has, the smallest object that names the person goes whole: a row of an import with the
name in it has the street, too.
"""

import json
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Any, Final
from urllib.parse import quote, quote_plus

ERASED: Final = "[erased]"
LEAST: Final = 3  # characters of a word; shorter ones are in every text
LEAST_DIGITS: Final = 4
BEFORE: Final = r"(?:(?<!\w)|(?<=%[0-9A-Fa-f]{2}))"  # both PostgreSQL and Python read it
AFTER: Final = r"(?!\w)"
NEVER: Final = r"\Z\A."  # matches nothing


def usable(words: Iterable[Any]) -> tuple[str, ...]:
    """Those by which somebody can be looked for, each once, the longest first: it may have a shorter one in it."""
    found = {" ".join(str(word).split()) for word in words}
    return tuple(sorted(filter(is_telling, found), key=lambda word: (-len(word), word)))


def is_telling(word: str) -> bool:
    if word.startswith("[") or "***" in word:  # masked
        return False
    return len(word) >= (LEAST_DIGITS if word.isdigit() else LEAST)


def spellings(word: str) -> set[str]:
    """As regular expressions: as it is, in JSON, and in addresses."""
    plain = r"(?:\s|%20|\+)+".join(map(re.escape, word.split(" ")))
    in_json = {json.dumps(word, ensure_ascii=each)[1:-1] for each in (True, False)}
    return {plain, *(re.escape(each) for each in {*in_json, quote(word), quote(word, safe=""), quote_plus(word)})}


@dataclass(frozen=True, slots=True)
class Struck:
    value: Any
    is_changed: bool


@dataclass(frozen=True)
class Striker:
    """`keys` are those of the person's records by their kind; `names` what paths call each kind."""

    words: tuple[str, ...]
    keys: Mapping[str, frozenset[str]]
    names: Mapping[str, tuple[str, ...]]

    @cached_property
    def pattern(self) -> str:
        """A regular expression that finds all of it in a text; it never matches where there is nothing to look for."""
        words = "|".join(sorted({each for word in self.words for each in spellings(word)}, key=lambda s: (-len(s), s)))
        parts = [f"{BEFORE}(?:{words}){AFTER}"] if words else []
        return "|".join([*parts, *self.paths]) or NEVER

    @cached_property
    def paths(self) -> list[str]:
        """`/siswa/17`, as routes have it."""
        return [
            f"/(?:{any_of(self.names.get(kind, (kind,)))})/(?:{any_of(sorted(keys))})(?![\\w.-])"
            for kind, keys in self.keys.items()
            if keys
        ]

    @cached_property
    def compiled(self) -> re.Pattern[str]:
        return re.compile(self.pattern, re.IGNORECASE)

    @cached_property
    def numbers(self) -> frozenset[str]:
        return frozenset(word for word in self.words if word.isdigit())

    # --- values ---
    def text(self, value: str, mark: str = ERASED) -> str:
        return self.compiled.sub(lambda found: replaced(found[0], mark), value)

    def value(self, value: Any, kind: str = "") -> Struck:
        """Anything that JSON has; `kind` is that of the records whose keys may stand in it."""
        made = self.walked(value, self.keys.get(kind, frozenset()), is_top=True)
        return Struck(made, made != value)

    def walked(self, value: Any, keys: frozenset[str], *, is_top: bool = False) -> Any:
        if isinstance(value, str):
            return self.text(value)
        if isinstance(value, list):
            return [ERASED if is_key(each, keys) else self.walked(each, keys) for each in value]
        if isinstance(value, dict):
            if not is_top and self.names_the_person(value):
                return ERASED
            kept = {name: part for name, part in value.items() if name not in keys}
            return {self.text(name): self.walked(part, keys) for name, part in kept.items()}
        return ERASED if self.is_number(value) else value

    def names_the_person(self, value: Mapping[str, Any]) -> bool:
        return any(
            self.is_number(part) or (isinstance(part, str) and self.compiled.search(part)) for part in value.values()
        )

    def is_number(self, value: Any) -> bool:
        return isinstance(value, int) and not isinstance(value, bool) and str(value) in self.numbers


def any_of(texts: Iterable[str]) -> str:
    return "|".join(map(re.escape, texts))


def is_key(value: Any, keys: frozenset[str]) -> bool:
    return isinstance(value, str | int) and str(value) in keys


def replaced(found: str, mark: str) -> str:
    """Of a path only the key goes."""
    return f"{found.rpartition('/')[0]}/{mark}" if found.startswith("/") else mark

"""Taking a person out of values that are about others, too: texts, and what JSON has.

A name is struck where it stands as a word of its own, in whatever case, also as it is written in an address
(`Ahmad%20Fauzi`). Of what JSON has, the smallest object that names the person goes whole: a row of an import with the
name in it has the street, too.
"""

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property, lru_cache
from html import escape
from json import dumps
from typing import Any, Final
from unicodedata import normalize

ERASED: Final = "[erased]"
LEAST: Final = 3  # bytes of a word; shorter ones are in every text
LEAST_DIGITS: Final = 4
# A word begins behind no letter, unless that is of something escaped: %20, \n.
ESCAPES: Final = r"(?<=%[0-9A-Fa-f]{2})|(?<=\\[bfnrt])|(?<=\\u[0-9A-Fa-f]{4})"
BEFORE: Final = rf"(?:(?<!\w)|(?<=_)|{ESCAPES})"
AFTER: Final = r"(?!(?!_)\w)"
SPACE: Final = r"(?:[\s_+-]|%(?:25)*20|\\+[nrt]|&nbsp;)+"
# One name by itself is not part of another account's (`ani.wijaya`, `ani@school.example`), but may be a file's.
FILES: Final = "jpe?g|png|gif|webp|heic|pdf|docx?|xlsx?|ods|odt|csv|txt|zip|mp4"
BEFORE_ONE: Final = rf"(?:(?<!\w)(?<!\w[.@])|{ESCAPES})"
AFTER_ONE: Final = rf"(?![@.]?\w)|(?=\.(?:{FILES})(?!\w))"
ONE: Final = re.compile(r"[^\W\d_]+(?:['’-][^\W\d_]+)*")  # a name that many have: Budi, Nur'aini
APOSTROPHES: Final = "'’‘ʼ`´"
NEVER: Final = r"\Z\A."  # matches nothing


def usable(words: Iterable[Any], besides: frozenset[str] = frozenset()) -> tuple[str, ...]:
    """Those by which somebody can be looked for, each once, the longest first: it may have a shorter one in it."""
    found = {" ".join(normalize("NFC", str(word)).split()) for word in words}
    telling = (word for word in found if is_telling(word) and word.lower() not in besides)
    return tuple(sorted(telling, key=lambda word: (-len(word), word)))


def is_telling(word: str) -> bool:
    if word.startswith("[") or "***" in word:  # masked
        return False
    return len(word) >= LEAST_DIGITS if word.isdigit() else len(word.encode()) >= LEAST


# --- how a word may be written ---
def found_by(words: Iterable[str]) -> str:
    """A regular expression that finds any of them where it stands as a word; it never matches where there are none."""
    single, several = list[str](), list[str]()
    for word in words:
        (several if " " in word else single).append(spelled(word))
    parts = [f"{BEFORE}(?:{'|'.join(several)}){AFTER}"] if several else []
    parts += [f"{BEFORE_ONE}(?:{'|'.join(single)})(?:{AFTER_ONE})"] if single else []
    return "|".join(parts) or NEVER


def spelled(word: str) -> str:
    """Both PostgreSQL and Python read it."""
    return SPACE.join("".join(map(letter, part)) for part in word.split(" "))


@lru_cache(maxsize=1024)
def letter(char: str) -> str:
    """In either case and normal form, and as JSON, addresses and HTML escape it."""
    if is_plain(char):
        return re.escape(char)
    alike = APOSTROPHES if char in APOSTROPHES else (char, char.lower(), char.upper())
    forms = {normalize(form, each) for each in alike for form in ("NFC", "NFD")}
    return f"(?:{'|'.join(sorted({way for form in forms for way in ways(form)}))})"


def is_plain(char: str) -> bool:
    """Nothing escapes it (RFC 3986, section 2.3)."""
    return char.isascii() and (char.isalnum() or char in "-._~")


def escaped(char: str) -> str:
    """As addresses do it, also inside of one another."""
    return "".join(f"%(?:25)*{byte:02X}" for byte in char.encode())


def ways(form: str) -> Iterator[str]:
    yield re.escape(form)
    yield "".join(char if is_plain(char) else escaped(char) for char in form)
    yield re.escape(escape(form))
    yield re.escape(dumps(form)[1:-1]).replace(r"\\", r"\\+")


@dataclass(frozen=True, slots=True)
class Struck:
    value: Any
    is_changed: bool


@dataclass(frozen=True)
class Striker:
    """`keys` are those of the person's records by their kind; `names` what paths call each kind; what `fields` hold
    names somebody."""

    words: tuple[str, ...]
    keys: Mapping[str, frozenset[str]]
    names: Mapping[str, tuple[str, ...]]
    fields: frozenset[str] = frozenset()

    @cached_property
    def pattern(self) -> str:
        """A regular expression by which PostgreSQL finds all texts that may have something of it, and some more: it
        does not look around the words, which takes it many times as long."""
        return "|".join([*map(spelled, self.words), *self.paths]) or NEVER

    @cached_property
    def paths(self) -> list[str]:
        """`/siswa/17`, as routes have it."""
        return [
            f"/(?:{any_of(self.names.get(kind, (kind,)))})/(?:{any_of(sorted(keys))})"
            for kind, keys in self.keys.items()
            if keys
        ]

    @cached_property
    def compiled(self) -> re.Pattern[str]:
        return re.compile(
            "|".join([found_by(self.words), *(f"{path}(?![\\w.-])" for path in self.paths)]), re.IGNORECASE
        )

    @cached_property
    def sure(self) -> re.Pattern[str]:
        """Finds what is his alone, as nearly as words can tell: not one name by itself."""
        return re.compile(found_by(word for word in self.words if not ONE.fullmatch(word)), re.IGNORECASE)

    @cached_property
    def numbers(self) -> frozenset[str]:
        return frozenset(word for word in self.words if word.isdigit())

    # --- values ---
    def is_name(self, value: str) -> bool:
        """Whether what names somebody names him: Budi is not Budi Santoso."""
        return bool(self.compiled.fullmatch(" ".join(value.split())) or self.sure.search(value))

    def text(self, value: str, mark: str = ERASED) -> str:
        return self.compiled.sub(lambda found: replaced(found[0], mark), value)

    def named(self, value: str) -> str:
        """Of what names somebody."""
        return self.text(value) if self.is_name(value) else value

    def field(self, name: str, value: str) -> str:
        return self.named(value) if name.lower() in self.fields else self.text(value)

    def value(self, value: Any, kind: str = "") -> Struck:
        """Anything that JSON has; `kind` is that of the records whose keys may stand in it."""
        made = self.walked(value, self.keys.get(kind, frozenset()), is_top=True)
        return Struck(made, made != value)

    def walked(self, value: Any, keys: frozenset[str], *, name: str = "", is_top: bool = False) -> Any:
        if isinstance(value, str):
            return self.field(name, value)
        if isinstance(value, list):
            return [ERASED if is_key(each, keys) else self.walked(each, keys, name=name) for each in value]
        if isinstance(value, dict):
            if not is_top and self.names_the_person(value):
                return ERASED
            kept = {field: part for field, part in value.items() if field not in keys}
            return {self.text(field): self.walked(part, keys, name=field) for field, part in kept.items()}
        return ERASED if self.is_number(value) else value

    def names_the_person(self, value: Mapping[str, Any]) -> bool:
        return any(
            self.is_number(part) or (isinstance(part, str) and self.field(name, part) != part)
            for name, part in value.items()
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

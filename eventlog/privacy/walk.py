"""Structures without secrets: what is nested, JSON and forms inside strings included, by the names of its fields."""

import json
import re
from collections.abc import Callable, Collection, Iterable
from functools import lru_cache
from typing import Any, Final, NamedTuple, TypeAlias
from urllib.parse import quote, unquote_plus

import orjson

from eventlog.privacy.labels import LABELS, VALUES
from eventlog.privacy.names import MAX_NAME, is_identifier, matcher
from eventlog.privacy.patterns import (
    GRANT,
    MARKS,
    MASK,
    SHORTEST,
    is_card,
    is_harmless,
    mask_grant,
    mask_unmarked,
)
from eventlog.privacy.text import MAX_TEXT, URL_SAFE, mask_text

Json: TypeAlias = Any  # what a JSON parser returns; anything else passes through untouched, or is read as text (bytes)

TOO_DEEP: Final = "[too deep]"
TOO_MANY: Final = "[too many]"
MAX_DEPTH: Final = 20  # containers in containers, those inside JSON strings included
MAX_ITEMS: Final = 50_000  # entries of all containers of one value: a list may hold itself, many times
MAX_KEYS: Final = 40  # of an object whose keys are remembered together

_FORM: Final = re.compile(r"""[\w%.+\[\]-]{1,200}=[^"'\n&]*+(?:&[^"'\n&]*+)+""")
_WITHOUT_SECRETS: Final = frozenset({bool, float, type(None)})
_SEQUENCES: Final = frozenset({list, tuple})


class Name(NamedTuple):
    """What there is to know about a field's name; remembered, since a program uses few of them."""

    shown: Any
    sensitive: bool
    identifier: bool


class Keys(NamedTuple):
    """What there is to know about all keys of an object; remembered too, since many objects have the same ones."""

    known: tuple[tuple[Any, bool, bool], ...]  # each key, whether it is sensitive, whether an identifier
    shown: tuple[Any, ...] | None  # the keys anew, where one held a secret itself
    labels: tuple[str, ...]  # the keys under which an object may say what its value is called: {"name": …, "value": …}
    values: frozenset[int]  # where such values stand


class Names:
    """The names of fields that promise a secret."""

    def __init__(self, sensitive_fields: Iterable[str]) -> None:
        self.is_sensitive: Callable[[str], bool] = matcher(sensitive_fields)
        self.known: Callable[[str], Name] = lru_cache(maxsize=4096)(self._learn)
        self.usual: Callable[[tuple[Any, ...]], Keys] = lru_cache(maxsize=512)(self._usual)

    def of(self, name: str) -> Name:
        return self.known(name) if len(name) <= MAX_NAME else self._learn(name)

    def _learn(self, name: str) -> Name:
        return Name(Walk(self).string(name, False, 0), self.is_sensitive(name[:MAX_NAME]), is_identifier(name))

    def _usual(self, keys: tuple[Any, ...]) -> Keys:
        """Raises LookupError for keys that are not worth remembering."""
        if len(keys) > MAX_KEYS or not all(type(key) is str and len(key) <= MAX_NAME for key in keys):
            raise LookupError
        return self.keys(keys)

    def keys(self, keys: tuple[Any, ...]) -> Keys:
        names = [self._of_any(key) for key in keys]
        if "code" in keys and not GRANT.isdisjoint(keys):
            names[keys.index("code")] = Name("code", True, False)
        shown = tuple(name.shown for name in names)
        labels = tuple(label for label in LABELS if label in keys)
        return Keys(
            tuple((key, name.sensitive, name.identifier) for key, name in zip(keys, names, strict=True)),
            None if shown == keys else shown,
            labels,
            frozenset(at for at, key in enumerate(keys) if labels and key in VALUES),
        )

    def _of_any(self, key: Any) -> Name:
        name = key.decode("utf-8", "replace") if isinstance(key, bytes) else key
        return self.of(str(name)) if isinstance(name, str) else Name(key, False, False)


class Walk:
    """One value on its way, with what is left of the work it may cause."""

    __slots__ = ("left", "names")

    def __init__(self, names: Names) -> None:
        self.names = names
        self.left = MAX_ITEMS

    def any(self, value: Json, identifier: bool, depth: int) -> Json:
        kind = type(value)
        if kind is str:
            return value if is_harmless(value) else self.string(value, identifier, depth)
        if kind is dict:
            return self.fields(value, depth)
        if kind in _WITHOUT_SECRETS:
            return value
        if kind is int:
            return MASK if 10**12 <= value < 10**19 and not identifier and is_card(str(value)) else value
        return self.items(value, identifier, depth) if kind is list else self.odd(value, identifier, depth)

    def odd(self, value: Json, identifier: bool, depth: int) -> Json:
        """What no JSON parser makes: bytes are read as text, the rest is left to who turns it into text."""
        if isinstance(value, dict):
            return self.fields(value, depth)
        if isinstance(value, (list, tuple, set, frozenset)):
            items = self.items(value, identifier, depth)
            return tuple(items) if isinstance(value, tuple) and isinstance(items, list) else items
        if isinstance(value, str):
            return self.string(str(value), identifier, depth)
        if isinstance(value, (bytes, bytearray)):
            text = value.decode("utf-8", "replace")
            clean = self.string(text, identifier, depth)
            return value if clean == text else clean
        return value

    def items(self, value: Collection[Any], identifier: bool, depth: int) -> list[Any] | str:
        self.left -= len(value)
        if depth >= MAX_DEPTH or self.left < 0:
            return TOO_DEEP if depth >= MAX_DEPTH else TOO_MANY
        look, pair = self.any, self.pair
        return [
            (pair if type(item) in _SEQUENCES and len(item) == 2 else look)(item, identifier, depth + 1)
            for item in value
        ]

    def pair(self, value: Any, identifier: bool, depth: int) -> Json:
        """Two items in a list of lists may be a name and its value; in a list by itself they are two names."""
        name = value[0]
        if type(name) is not str or not self.names.of(name).sensitive:
            return self.any(value, identifier, depth)
        return type(value)([self.names.of(name).shown, hidden(value[1])])

    def fields(self, value: dict[Any, Any], depth: int) -> dict[Any, Any] | str:
        self.left -= len(value)
        if depth >= MAX_DEPTH or self.left < 0:
            return TOO_DEEP if depth >= MAX_DEPTH else TOO_MANY
        try:
            keys = self.names.usual(tuple(value))
        except LookupError:
            keys = self.names.keys(tuple(value))
        known = self.labelled(value, keys) if keys.values else keys.known
        clean = {**value}
        for (key, sensitive, identifier), item in zip(known, value.values()):  # noqa: B905  # quicker, and as long
            kind = type(item)
            if sensitive:
                clean[key] = hidden(item)
            elif kind is str:  # most are short words
                if not ((len(item) < SHORTEST and item.isalnum()) or is_harmless(item)):
                    clean[key] = self.string(item, identifier, depth + 1)
            elif kind is not float and (kind is not int or item >= 10**12):
                clean[key] = self.any(item, identifier, depth + 1)
        return dict(zip(keys.shown, clean.values(), strict=True)) if keys.shown else clean

    def labelled(self, value: dict[Any, Any], keys: Keys) -> tuple[tuple[Any, bool, bool], ...]:
        said = [self.names.of(value[label]) for label in keys.labels if type(value[label]) is str]
        sensitive, identifier = any(name.sensitive for name in said), any(name.identifier for name in said)
        return tuple(
            (known[0], known[1] or sensitive, known[2] or identifier) if at in keys.values else known
            for at, known in enumerate(keys.known)
        )

    def string(self, text: str, identifier: bool, depth: int) -> str:
        if depth > MAX_DEPTH:
            return TOO_DEEP
        if len(text) <= MAX_TEXT:
            if not MARKS.search(text):
                return mask_unmarked(text, cards=not identifier)
            if ("{" in text or "[" in text) and (parsed := _parsed(text)) is not None:
                return self.document(text, parsed, identifier, depth)
            if "&" in text and _FORM.fullmatch(text):
                return self.form(text, depth)
        return mask_text(text, self.names.is_sensitive, cards=not identifier)

    def document(self, text: str, parsed: Json, identifier: bool, depth: int) -> str:
        """JSON in a string, written anew only if something had to go."""
        clean = self.any(parsed, identifier, depth)
        return text if clean == parsed and not _has_twins(text) else orjson.dumps(clean).decode()

    def form(self, text: str, depth: int) -> str:
        return "&".join([self.form_part(part, depth) for part in mask_grant(text).split("&")])

    def form_part(self, part: str, depth: int) -> str:
        raw, equals, value = part.partition("=")
        known = self.names.of(unquote_plus(raw))
        if not equals:
            return self.encoded(raw, False, depth)
        name = self.encoded(raw, True, depth)
        return f"{name}={MASK if known.sensitive and value else self.encoded(value, known.identifier, depth)}"

    def encoded(self, raw: str, identifier: bool, depth: int) -> str:
        plain = unquote_plus(raw)
        clean = Walk(self.names).string(plain, identifier, depth + 1)
        return raw if clean == plain else quote(clean, URL_SAFE, errors="replace")


def hidden(value: Json) -> Json:
    """None, True and False tell that a field was empty or ticked, not what it held."""
    return value if value is None or isinstance(value, bool) else MASK


def _parsed(text: str) -> Json:
    if text.lstrip()[:1] not in ("{", "[", '"'):
        return None
    try:
        return orjson.loads(text)
    except ValueError:
        return None


def _has_twins(text: str) -> bool:
    """Whether a key stands twice in one object: a parser keeps the last, the text still shows the first."""
    twins = []

    def note(pairs: list[tuple[str, Any]]) -> None:
        twins.append(len({name for name, _ in pairs}) < len(pairs))

    try:
        json.loads(text, object_pairs_hook=note)
    except (ValueError, RecursionError):
        return True
    return any(twins)

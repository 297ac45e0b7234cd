"""Takes secrets out of whatever an event carries: by the name of a field, and by the shape of a value.

Masks are whole, never partial; inputs are never changed; nothing here raises for what it is given. Redacting twice is
redacting once (garbled percent-encoding may lose more the second time, never less). In free text an unquoted
`password=two words` ends at the space, since log lines look like `token=… user=ada`; `password: two words` goes on to
the end of the line. E-mail addresses are masked in free text too, phone numbers are not: they look like any number.
"""

import json
import re
from collections.abc import Callable, Collection, Iterable, Mapping
from dataclasses import dataclass, field
from functools import lru_cache
from typing import Any, Final, NamedTuple, TypeAlias
from urllib.parse import quote, unquote, unquote_plus

import orjson

from eventlog.privacy.names import DEFAULT_SENSITIVE_FIELDS, MAX_NAME, is_identifier, matcher
from eventlog.privacy.pairs import mask_pairs
from eventlog.privacy.patterns import (
    MARKS,
    MASK,
    SHORTEST,
    is_card,
    is_harmless,
    mask_cards,
    mask_shapes,
    mask_unmarked,
)
from eventlog.privacy.sql import mask_literals

__all__ = ["DEFAULT_SENSITIVE_FIELDS", "MASK", "Json", "Redactor", "redactor"]

Json: TypeAlias = Any  # what a JSON parser returns; anything else passes through untouched, or is read as text (bytes)

TOO_DEEP: Final = "[too deep]"
TOO_MANY: Final = "[too many]"
CUT: Final = "…[cut]"
MAX_DEPTH: Final = 20  # containers in containers, those inside JSON strings included
MAX_ITEMS: Final = 50_000  # entries of all containers of one value: a list may hold itself, many times
MAX_TEXT: Final = 64 * 1024  # characters

_FORM: Final = re.compile(r"""[\w%.+\[\]-]{1,200}=[^"'\n&]*+(?:&[^"'\n&]*+)+""")
_ENCODED: Final = re.compile(r"[^\s&]++")
_SCHEME: Final = re.compile(r"(?i)\s*+((?:basic|bearer|digest|token|jwt|negotiate|ntlm|api-?key|hawk)[ \t])?")
_ATTRIBUTE: Final = re.compile(
    r"(?i)httponly|secure|partitioned|samesite=\w+|max-age=-?\d+|path=/[\w/.-]*|domain=[\w.-]+|expires=[\w ,:-]{1,40}"
)
_URL_HEADERS: Final = frozenset({"referer", "location", "content-location", "x-original-url", "x-rewrite-url"})
_SECRET_HEADERS: Final = frozenset({"x-csrftoken", "x-csrf-token", "x-xsrf-token", "x-api-key"})
_URL_SAFE: Final = "/:?=@[],;~"  # stays readable where a value is encoded again


MAX_HARMLESS: Final = 2048  # texts remembered, each of at most
MAX_REMEMBERED: Final = 300  # characters
_WITHOUT_SECRETS: Final = frozenset({bool, float, type(None)})


class _Name(NamedTuple):
    """What there is to know about a field's name; remembered, since a program uses few of them."""

    shown: str
    sensitive: bool
    identifier: bool


@dataclass(frozen=True, slots=True)
class Redactor:
    """Redaction for one set of sensitive names; the shapes of values are the same for all. Made by `redactor`."""

    sensitive_fields: frozenset[str]
    _matches: Callable[[str], bool] = field(init=False, repr=False, compare=False)
    _known: Callable[[str], _Name] = field(init=False, repr=False, compare=False)
    # Short texts, URLs and headers in which nothing had to be masked: browsers and paths repeat themselves.
    _harmless_texts: set[str] = field(default_factory=set, init=False, repr=False, compare=False)
    _harmless_urls: set[str] = field(default_factory=set, init=False, repr=False, compare=False)
    _harmless_headers: set[tuple[str, str]] = field(default_factory=set, init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "_matches", matcher(self.sensitive_fields))
        object.__setattr__(self, "_known", lru_cache(maxsize=4096)(self._learn))

    def is_sensitive(self, name: str) -> bool:
        """Whether what stands under this name is masked whole: `newPassword1`, `user[api-key]`, not `tokenizer`."""
        return self._matches(name[:MAX_NAME])

    def value(self, value: Json, *, name: str = "") -> Json:
        """A copy without secrets. Strings that hold JSON or form data are redacted inside."""
        known = self._name(name)
        return _hidden(value) if known.sensitive else _Walk(self).any(value, known.identifier, 0)

    def pairs(self, pairs: Iterable[tuple[str, str]]) -> dict[str, Any]:
        """Parsed query parameters or form fields; a name given twice gets a list."""
        clean: dict[str, Any] = {}
        for name, value in pairs:
            shown, item = self._name(name).shown, self.value(value, name=name)
            before = clean.get(shown)
            clean[shown] = item if shown not in clean else [*before, item] if type(before) is list else [before, item]
        return clean

    def headers(self, headers: Mapping[str, str]) -> dict[str, str]:
        """Schemes and the names of cookies stay, `Authorization: Bearer [redacted]`; what they carry does not."""
        harmless, clean = self._harmless_headers, {}
        for header in headers.items():
            shown, hidden = header if header in harmless else self._header_anew(*header)
            clean[shown] = hidden
        return clean

    def url(self, url: str) -> str:
        """Path, query and fragment, percent-encoded names and values too."""
        if url in self._harmless_urls:
            return url
        clean = self._url(url)
        if clean == url:
            _remember(self._harmless_urls, url)
        return clean

    def _url(self, url: str) -> str:
        body, mark = _cut(url)
        rest, hash_sign, fragment = body.partition("#")
        path, question_mark, query = rest.partition("?")
        clean = self.text(path) + question_mark + self._form(query, 0)
        if hash_sign:
            route, question_mark, query = fragment.rpartition("?")
            clean += hash_sign + self.text(route) + question_mark + self._form(query, 0)
        return clean + mark

    def sql(self, sql: str) -> str:
        """A statement with `?` for every literal, long number and comment."""
        body, mark = _cut(sql)
        return mask_literals(body) + mark

    def text(self, text: str) -> str:
        """Free text: log lines, tracebacks, messages, header lines, reprs."""
        if text in self._harmless_texts or is_harmless(text):
            return text
        clean = self._scan(text, cards=True)
        if clean == text:
            _remember(self._harmless_texts, text)
        return clean

    def _name(self, name: str) -> _Name:
        return self._known(name) if len(name) <= MAX_NAME else self._learn(name)

    def _learn(self, name: str) -> _Name:
        return _Name(_Walk(self).string(name, False, 0), self.is_sensitive(name), is_identifier(name))

    def _header_anew(self, name: str, value: str) -> tuple[str, str]:
        shown, hidden = self._name(name).shown, self._header(name, value)
        if shown == name and hidden == value:
            _remember(self._harmless_headers, (name, value))
        return shown, hidden

    def _header(self, name: str, value: str) -> str:
        low = name.lower()
        if low in ("authorization", "proxy-authorization"):
            scheme = _SCHEME.match(value)
            return (scheme[1] or "" if scheme else "") + MASK
        if low in ("cookie", "set-cookie"):
            kept = _ATTRIBUTE if low == "set-cookie" else None
            return "; ".join([self._cookie(part.strip(), kept) for part in value.split(";")])
        if low in _SECRET_HEADERS:
            return MASK
        if low in _URL_HEADERS:
            return self.url(value)
        clean: str = self.value(value, name=name)
        return clean

    def _cookie(self, part: str, kept: re.Pattern[str] | None) -> str:
        if kept and kept.fullmatch(part):
            return part
        name, equals, _ = part.partition("=")
        return f"{self._name(name).shown}={MASK}" if equals else MASK if part else ""

    def _scan(self, text: str, cards: bool) -> str:
        if len(text) <= MAX_TEXT and not MARKS.search(text):
            return mask_unmarked(text, cards=cards)
        body, mark = _cut(text)
        if "%" in body:
            body = _ENCODED.sub(self._decoded, body)
        return self._plain(body, cards) + mark

    def _decoded(self, match: re.Match[str]) -> str:
        token = match[0]
        plain = unquote(unquote(token)) if "%" in token else token
        clean = self._plain(plain, cards=True) if plain != token else plain
        return token if clean == plain else quote(clean, _URL_SAFE, errors="replace")

    def _plain(self, text: str, cards: bool) -> str:
        text = mask_shapes(text)
        if cards:
            text = mask_cards(text)
        return mask_pairs(text, self.is_sensitive)

    def _form(self, text: str, depth: int) -> str:
        return "&".join([self._form_part(part, depth) for part in text.split("&")])

    def _form_part(self, part: str, depth: int) -> str:
        raw, equals, value = part.partition("=")
        known = self._name(unquote_plus(raw))
        if not equals:
            return self._encoded(raw, False, depth)
        name = self._encoded(raw, True, depth)
        return f"{name}={MASK if known.sensitive and value else self._encoded(value, known.identifier, depth)}"

    def _encoded(self, raw: str, identifier: bool, depth: int) -> str:
        plain = unquote_plus(raw)
        clean = _Walk(self).string(plain, identifier, depth + 1)
        return raw if clean == plain else quote(clean, _URL_SAFE, errors="replace")


class _Walk:
    """One value on its way through a redactor, with what is left of the work it may cause."""

    __slots__ = ("left", "redactor")

    def __init__(self, redactor: Redactor) -> None:
        self.redactor = redactor
        self.left = MAX_ITEMS

    def any(self, value: Json, identifier: bool, depth: int) -> Json:
        kind = type(value)
        if kind is str:
            return value if is_harmless(value) else self.string(value, identifier, depth)
        if kind in _WITHOUT_SECRETS:
            return value
        if kind is int:
            return MASK if 10**12 <= value < 10**19 and not identifier and is_card(str(value)) else value
        if kind is dict:
            return self.fields(value, depth)
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
        return [self.any(item, identifier, depth + 1) for item in value]

    def fields(self, value: dict[Any, Any], depth: int) -> dict[Any, Any] | str:
        self.left -= len(value)
        if depth >= MAX_DEPTH or self.left < 0:
            return TOO_DEEP if depth >= MAX_DEPTH else TOO_MANY
        clean: dict[Any, Any] = {}
        known, look = self.redactor._known, self.any
        for key, item in value.items():
            if type(key) is str and len(key) <= MAX_NAME:
                shown, sensitive, identifier = known(key)
                if sensitive:
                    clean[shown] = _hidden(item)
                    continue
                kind = type(item)  # most values are short words and numbers
                short = len(item) < SHORTEST and item.isalnum() if kind is str else kind is int and item < 10**12
                clean[shown] = item if short or kind is float else look(item, identifier, depth + 1)
            else:
                self.odd_field(clean, key, item, depth + 1)
        return clean

    def odd_field(self, clean: dict[Any, Any], key: Any, item: Json, depth: int) -> None:
        name = key.decode("utf-8", "replace") if isinstance(key, bytes) else key
        if isinstance(name, str):
            shown, sensitive, identifier = self.redactor._name(str(name))
            clean[shown] = _hidden(item) if sensitive else self.any(item, identifier, depth)
        else:
            clean[key] = self.any(item, False, depth)

    def string(self, text: str, identifier: bool, depth: int) -> str:
        if depth > MAX_DEPTH:
            return TOO_DEEP
        if len(text) <= MAX_TEXT:
            if not MARKS.search(text):
                return mask_unmarked(text, cards=not identifier)
            if ("{" in text or "[" in text) and (parsed := _parsed(text)) is not None:
                return self.document(text, parsed, identifier, depth)
            if "&" in text and _FORM.fullmatch(text):
                return self.redactor._form(text, depth)
        return self.redactor._scan(text, cards=not identifier)

    def document(self, text: str, parsed: Json, identifier: bool, depth: int) -> str:
        """JSON in a string, written anew only if something had to go."""
        clean = self.any(parsed, identifier, depth)
        return text if clean == parsed and not _has_twins(text) else orjson.dumps(clean).decode()


def _remember(harmless: set[Any], found: str | tuple[str, str]) -> None:
    """That there is nothing to mask in it. What holds a secret is never kept."""
    if len(found if isinstance(found, str) else found[1]) <= MAX_REMEMBERED:
        if len(harmless) >= MAX_HARMLESS:
            harmless.clear()
        harmless.add(found)


def _hidden(value: Json) -> Json:
    """None, True and False tell that a field was empty or ticked, not what it held."""
    return value if value is None or isinstance(value, bool) else MASK


def _cut(text: str) -> tuple[str, str]:
    """At most `MAX_TEXT` of it, and the mark if there was more. Half a card number at the edge goes too."""
    if len(text) > MAX_TEXT:
        return text[:MAX_TEXT].rstrip("0123456789 -"), CUT
    return (text.removesuffix(CUT), CUT) if text.endswith(CUT) else (text, "")


def _parsed(text: str) -> Json:
    if text.lstrip()[:1] not in ("{", "["):
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


@lru_cache(maxsize=16)
def redactor(fields: tuple[str, ...] | frozenset[str] = DEFAULT_SENSITIVE_FIELDS) -> Redactor:
    """The redactor for these names, compiled once for each setting of them."""
    return Redactor(frozenset(fields))

"""Takes secrets out of whatever an event carries: by the name of a field, and by the shape of a value.

Masks are whole, never partial; inputs are never changed; nothing here raises for what it is given. Redacting twice is
redacting once (garbled percent-encoding may lose more the second time, never less). In free text an unquoted
`password=two words` ends at the space, since log lines look like `token=… user=ada`; `password: two words` goes on to
the end of the line. E-mail addresses are masked in free text too, phone numbers are not: they look like any number.
"""

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from functools import lru_cache
from typing import Any, Final

from eventlog.privacy.names import DEFAULT_SENSITIVE_FIELDS, MAX_NAME
from eventlog.privacy.patterns import MASK, is_harmless
from eventlog.privacy.sql import mask_literals
from eventlog.privacy.text import CUT, MAX_TEXT, cut, mask_text
from eventlog.privacy.walk import TOO_DEEP, TOO_MANY, Json, Names, Walk, hidden

__all__ = [
    "CUT",
    "DEFAULT_SENSITIVE_FIELDS",
    "MASK",
    "MAX_TEXT",
    "TOO_DEEP",
    "TOO_MANY",
    "Json",
    "Redactor",
    "redactor",
]

_SCHEME: Final = re.compile(r"(?i)\s*+((?:basic|bearer|digest|token|jwt|negotiate|ntlm|api-?key|hawk)[ \t])?")
_ATTRIBUTE: Final = re.compile(
    r"(?i)httponly|secure|partitioned|samesite=\w+|max-age=-?\d+|path=/[\w/.-]*|domain=[\w.-]+|expires=[\w ,:-]{1,40}"
)
_URL_HEADERS: Final = frozenset({"referer", "location", "content-location", "x-original-url", "x-rewrite-url"})
_SECRET_HEADERS: Final = frozenset({"x-csrftoken", "x-csrf-token", "x-xsrf-token", "x-api-key"})
MAX_HARMLESS: Final = 2048  # texts remembered, each of at most
MAX_REMEMBERED: Final = 300  # characters


@dataclass(frozen=True, slots=True)
class Redactor:
    """Redaction for one set of sensitive names; the shapes of values are the same for all. Made by `redactor`."""

    sensitive_fields: frozenset[str]
    _names: Names = field(init=False, repr=False, compare=False)
    # Short texts, URLs and headers in which nothing had to be masked: browsers and paths repeat themselves.
    _harmless_texts: set[str] = field(default_factory=set, init=False, repr=False, compare=False)
    _harmless_urls: set[str] = field(default_factory=set, init=False, repr=False, compare=False)
    _harmless_headers: set[tuple[str, str]] = field(default_factory=set, init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "_names", Names(self.sensitive_fields))

    def is_sensitive(self, name: str) -> bool:
        """Whether what stands under this name is masked whole: `newPassword1`, `user[api-key]`, not `tokenizer`."""
        return self._names.is_sensitive(name[:MAX_NAME])

    def value(self, value: Json, *, name: str = "") -> Json:
        """A copy without secrets. Strings that hold JSON or form data are redacted inside."""
        known = self._names.of(name)
        return hidden(value) if known.sensitive else Walk(self._names).any(value, known.identifier, 0)

    def pairs(self, pairs: Iterable[tuple[str, str]]) -> dict[str, Any]:
        """Parsed query parameters or form fields; a name given twice gets a list."""
        clean: dict[str, Any] = {}
        for name, value in pairs:
            shown, item = self._names.of(name).shown, self.value(value, name=name)
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
        body, mark = cut(url)
        rest, hash_sign, fragment = body.partition("#")
        path, question_mark, query = rest.partition("?")
        clean = self.text(path) + question_mark + Walk(self._names).form(query, 0)
        if hash_sign:
            route, question_mark, query = fragment.rpartition("?")
            clean += hash_sign + self.text(route) + question_mark + Walk(self._names).form(query, 0)
        return clean + mark

    def sql(self, sql: str) -> str:
        """A statement with `?` for every literal, long number and comment."""
        body, mark = cut(sql)
        return mask_literals(body) + mark

    def text(self, text: str) -> str:
        """Free text: log lines, tracebacks, messages, header lines, reprs."""
        if text in self._harmless_texts or is_harmless(text):
            return text
        clean = mask_text(text, self._names.is_sensitive, cards=True)
        if clean == text:
            _remember(self._harmless_texts, text)
        return clean

    def _header_anew(self, name: str, value: str) -> tuple[str, str]:
        shown, hidden = self._names.of(name).shown, self._header(name, value)
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
        return f"{self._names.of(name).shown}={MASK}" if equals else MASK if part else ""


def _remember(harmless: set[Any], found: str | tuple[str, str]) -> None:
    """That there is nothing to mask in it. What holds a secret is never kept."""
    if len(found if isinstance(found, str) else found[1]) <= MAX_REMEMBERED:
        if len(harmless) >= MAX_HARMLESS:
            harmless.clear()
        harmless.add(found)


@lru_cache(maxsize=16)
def redactor(fields: tuple[str, ...] | frozenset[str] = DEFAULT_SENSITIVE_FIELDS) -> Redactor:
    """The redactor for these names, compiled once for each setting of them."""
    return Redactor(frozenset(fields))

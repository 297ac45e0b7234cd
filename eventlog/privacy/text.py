"""Free text without secrets: by the names of what stands in it, and by shape, also where either is encoded."""

import re
from collections.abc import Callable
from typing import Final
from urllib.parse import quote, unquote

from eventlog.privacy.labels import mask_labelled
from eventlog.privacy.pairs import mask_pairs
from eventlog.privacy.patterns import MARKS, mask_cards, mask_shapes, mask_unmarked
from eventlog.privacy.postgres import mask_errors, mask_inserted

CUT: Final = "…[cut]"
MAX_TEXT: Final = 64 * 1024  # characters
URL_SAFE: Final = "/:?=@[],;~"  # stays readable where a value is encoded again

_ENCODED: Final = re.compile(r"[^\s&]++")
_ESCAPED: Final = re.compile(r"\\u00([2-7][0-9a-fA-F])")

Test = Callable[[str], bool]


def mask_text(text: str, is_sensitive: Test, *, cards: bool) -> str:
    """At most `MAX_TEXT` of it."""
    if len(text) <= MAX_TEXT and not MARKS.search(text):
        return mask_unmarked(text, cards=cards)
    body, mark = cut(text)
    if "%" in body:
        body = _ENCODED.sub(lambda token: _decoded(token[0], is_sensitive), body)
    return (_unescaped if "\\u00" in body else _plain)(body, is_sensitive, cards) + mark


def _decoded(token: str, is_sensitive: Test) -> str:
    plain = unquote(unquote(token)) if "%" in token else token
    clean = _plain(plain, is_sensitive, True) if plain != token else plain
    return token if clean == plain else quote(clean, URL_SAFE, errors="replace")


def _unescaped(text: str, is_sensitive: Test, cards: bool) -> str:
    r"""JSON that no parser takes may spell its names `pass\u0077ord`. Its letters are read, not its quotes."""
    plain = _ESCAPED.sub(_letter, text)
    clean = _plain(plain, is_sensitive, cards)
    return text if clean == plain else clean


def _letter(escaped: re.Match[str]) -> str:
    letter = chr(int(escaped[1], 16))
    return letter if letter.isalnum() or letter in "_-" else escaped[0]


def _plain(text: str, is_sensitive: Test, cards: bool) -> str:
    text = mask_inserted(mask_errors(mask_shapes(text)))
    if cards:
        text = mask_cards(text)
    return mask_pairs(mask_labelled(text, is_sensitive), is_sensitive)


def cut(text: str) -> tuple[str, str]:
    """At most `MAX_TEXT` of it, and the mark if there was more. Half a card number at the edge goes too."""
    if len(text) > MAX_TEXT:
        return text[:MAX_TEXT].rstrip("0123456789 -"), CUT
    return (text.removesuffix(CUT), CUT) if text.endswith(CUT) else (text, "")

"""What a text says once its disguises are off: each layer at most three times, in linear time, and never raising.

Undone are percent encoding (also twice, `%u002e`, `%%35%63` and overlong UTF-8), HTML entities, `\\u003c` and `\\x3c`,
wide letters and typographic quotes (NFKC), UTF-8 read as Latin-1, and characters that only hide others.
"""

import base64
import binascii
import re
import unicodedata
from dataclasses import dataclass
from html import unescape
from typing import Final

MAX_SCANNED: Final = 16_384  # characters of one value
HEAD: Final = 12_288  # of them from the beginning, the rest from the end
MAX_ROUNDS: Final = 4
MAX_BASE64: Final = 4096  # characters that are tried; longer ones are photos

_PERCENT: Final = re.compile(r"(?:%[0-9a-f]{2})+", re.I)
_DIGITS_APART: Final = re.compile(r"%([0-9a-f])%([0-9a-f])(?![0-9a-f])", re.I)
_CARELESS: Final = re.compile(r"%(c[01]|bg)%([0-9a-z]{2})", re.I)
_PERCENT_U: Final = re.compile(r"%u([0-9a-f]{4})", re.I)
_ENTITY: Final = re.compile(r"&(?:#0{0,12}[0-9]{1,7}(?![0-9])|#x0{0,12}[0-9a-f]{1,6}|[a-z][a-z0-9]{1,31});?", re.I)
_ESCAPE: Final = re.compile(r"\\(?:u\{0{0,6}([0-9a-f]{1,6})\}|u([0-9a-f]{4})|x([0-9a-f]{2})|([0-3][0-7]{2}))", re.I)
_BASE64: Final = re.compile(r"[A-Za-z0-9+/_-]{16,4096}={0,2}")
_HIDING: Final = dict.fromkeys((0, 173, 8203, 8204, 8205, 8288, 65279))
_CONTROLS: Final = dict.fromkeys((*range(1, 9), 11, 12, *range(14, 32), 127, 133, 160), " ")
_LOOKALIKES: Final = str.maketrans("‘’‚‛′＇“”„″＂«»∕⁄∖\uf025\uefc8", '\'\'\'\'\'\'"""""""//\\/\\')
PLAIN: Final = {**_HIDING, **_CONTROLS, **_LOOKALIKES}


@dataclass(frozen=True, slots=True)
class Decoded:
    """The plain text in lower case, and the names of the layers that were taken off, one for each time."""

    text: str
    layers: tuple[str, ...] = ()
    truncated: bool = False


def decoded(raw: str) -> Decoded:
    text, truncated = window(raw)
    if text.isascii() and text.isprintable() and HIDDEN.search(text) is None:
        return Decoded(text.lower(), (), truncated)
    layers: list[str] = []
    for _ in range(MAX_ROUNDS):
        before, text = text, peeled(text, layers)
        if text == before:
            break
    return Decoded(text.lower()[:MAX_SCANNED], tuple(layers), truncated)


def window(raw: str) -> tuple[str, bool]:
    """(beginning and end of the text, whether something between them was left out)."""
    if len(raw) <= MAX_SCANNED:
        return raw, False
    return raw[:HEAD] + "\n" + raw[HEAD - MAX_SCANNED + 1 :], True


def peeled(text: str, layers: list[str]) -> str:
    """The text without its outermost layer of each kind."""
    for mark, name, peel in LAYERS:
        if mark in text and (plain := peel(text)) != text:
            layers.append(name)
            text = plain
    if not text.isascii():
        text = unmasked(text, layers)
    return text if text.isprintable() else text.translate(PLAIN)


def unmasked(text: str, layers: list[str]) -> str:
    plain = unicodedata.normalize("NFKC", mended(text).translate(PLAIN))[: MAX_SCANNED * 2]
    if plain != text:
        layers.append("unicode")
    return plain


def mended(text: str) -> str:
    """UTF-8 that somebody has read as Latin-1, read anew."""
    if not ("Â" in text or "â" in text or "Ã" in text):
        return text
    try:
        return text.encode("latin-1").decode("utf-8")
    except UnicodeError:
        return text


def percent(text: str) -> str:
    if "%u" in text or "%U" in text:
        text = _PERCENT_U.sub(lambda found: chr(int(found[1], 16)), text)
    if "%%" in text or "%c" in text or "%b" in text or "%C" in text:
        text = _CARELESS.sub(careless, _DIGITS_APART.sub(r"%\1\2", text))
    return _PERCENT.sub(lambda found: utf8(bytes.fromhex(found[0].replace("%", ""))), text)


def careless(found: re.Match[str]) -> str:
    """Digits beyond `f` counted on, as some servers did: `%bg%qf` is `%c0%af`."""
    return "".join(f"%{base36(pair) & 0xFF:02x}" for pair in found.groups())


def base36(pair: str) -> int:
    return int(pair[0], 36) * 16 + int(pair[1], 36)


def utf8(raw: bytes) -> str:
    try:
        return raw.decode("utf-8")
    except UnicodeDecodeError:
        return lenient_utf8(raw)


def lenient_utf8(raw: bytes) -> str:
    """As careless decoders read it: `c0 ae`, `e0 80 ae` and even `c0 2e` are a dot."""
    chars, at = [], 0
    raw = ODD.sub(lambda found: ODD_BYTES[found[0]], raw)
    while at < len(raw):
        length = sequence_length(raw[at])
        if at + length > len(raw):
            length = 1
        if length == 1 and raw[at] in (0xC0, 0xC1):  # `%c0.` is a dot
            at += 1
            continue
        code = raw[at] & (0xFF if length == 1 else 0x7F >> length)
        for byte in raw[at + 1 : at + length]:
            code = code << 6 | byte & 0x3F
        chars.append(chr(code) if code < 0x110000 else " ")
        at += length
    return "".join(chars)


ODD_BYTES: Final = {b"\xc0\x5c": b"\\", b"\xc0\x5e": b".", b"\xc0\xfe": b".", b"\xc1\xaf": b"/"}
ODD: Final = re.compile(b"|".join(map(re.escape, ODD_BYTES)))


def sequence_length(first: int) -> int:
    for length, least in ((6, 0xFC), (5, 0xF8), (4, 0xF0), (3, 0xE0), (2, 0xC0)):
        if first >= least:
            return length
    return 1


def entities(text: str) -> str:
    return _ENTITY.sub(lambda found: unescape(found[0]), text)


def escapes(text: str) -> str:
    return _ESCAPE.sub(escaped, text)


def escaped(found: re.Match[str]) -> str:
    code = int(found[4], 8) if found[4] else int(found[1] or found[2] or found[3], 16)
    return chr(code) if code < 0x110000 else " "


HIDDEN: Final = re.compile(r"[%&\\]")  # what each layer begins with
LAYERS: Final = (("%", "percent", percent), ("&", "entities", entities), ("\\", "escapes", escapes))


def from_base64(raw: str) -> str | None:
    """What a value that is base64 as a whole holds, where that is plain ASCII text; else None."""
    if len(raw) > MAX_BASE64 or not _BASE64.fullmatch(raw):
        return None
    body = raw.rstrip("=").replace("-", "+").replace("_", "/")
    try:
        text = base64.b64decode(body + "=" * (-len(body) % 4)).decode("ascii")
    except (binascii.Error, ValueError):
        return None
    return text if all(char.isprintable() or char in "\r\n\t" for char in text) else None

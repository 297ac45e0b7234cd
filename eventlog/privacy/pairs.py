"""The values of `a=b`, `a: b`, `"a": "b"`, `('a', 'b')` and `[["a", "b"]]` in free text, if their names are sensitive.

Linear in the input: quantifiers are possessive or bounded, and every scan only moves forward. Groups are repeated
plainly, never possessively, which Python before 3.11.5 gets wrong (CPython issue 106052); nothing follows them, so none
backtracks.
"""

import re
from collections.abc import Callable
from typing import Final

from eventlog.privacy.names import MAX_NAME
from eventlog.privacy.patterns import MASK

_NOT_TIME = r"(?!(?<=[T :]\d\d:)\d\d)"  # T10:15:42
_SIGN: Final = re.compile(rf"[:=]{_NOT_TIME}[:=]?>?[ \t]*+")
_SIGN_OR_COMMA: Final = re.compile(rf"(?:[:=]{_NOT_TIME}[:=]?>?|,(?=[ \t]*+(?:b?\\{{0,7}}[\"']|[\[(])))[ \t]*+")
_NAME_BACKWARDS: Final = re.compile(r"([ \t]*+)([\\\"'`\])]{0,8}+)([\w%.\[\]-]++)")
_IN_PAIR: Final = re.compile(r"\(|\[\s{0,4}\[|\]\s{0,2},\s{0,4}\[")
_PAIRS: Final = ("('", '("', "(b", '[["', "[['", "[[\\")
MAX_GAP: Final = 40  # characters between a name and its sign
_OPENING: Final = re.compile(r"[bBuUrRfF]{0,2}(\\*+)([\"'`])")
_PLAIN_STRING: Final = {q: re.compile(rf"(?:[^\\{q}]++|\\.)*", re.DOTALL) for q in "\"'`"}
PREFIXES: Final = "bBuUrRfF"
_QUOTES: Final = frozenset("\"'`")
_SPACES: Final = re.compile(r"\s*+")
_BRACKETS: Final = {"[": "]", "(": ")", "{": "}", "<": ">"}
_INSIDE: Final = {o: re.compile(rf"\\.|[\"'`]|{re.escape(o)}|{re.escape(c)}", re.DOTALL) for o, c in _BRACKETS.items()}
_STOP: Final = re.compile(r"[\s,;:)\]}>&|]|\Z")
_TIGHT: Final = re.compile(r"""(?:[^\s&"'(\[{<,;]++|[,;](?!\s|\Z)|["'](?![\s,;)\]}>]|\Z))*""")
_LISTED: Final = re.compile(r"[^,}\])\n(\[{<]*+")
_NOTHING: Final = re.compile("")
_LINE: Final = re.compile(r"[^\n]*+")
_NOT_NAMES: Final = ("Error", "Exception", "Warning", "InvalidToken", ".py")  # "TokenError: …", "token.py:12"


def mask_pairs(text: str, is_sensitive: Callable[[str], bool]) -> str:
    in_tuples = any(pair in text for pair in _PAIRS)
    if not in_tuples and "=" not in text and ":" not in text:
        return text
    signs = _SIGN_OR_COMMA if in_tuples else _SIGN
    out, done, at = [], 0, 0
    while sign := signs.search(text, at):
        at = sign.end()
        before = _NAME_BACKWARDS.match(text[max(done, sign.start() - MAX_NAME - MAX_GAP) : sign.start()][::-1])
        if before and is_sensitive(_name(sign, before)):
            start, end, quotes = _value(sign, before)
            if end > start:
                out += [text[done:start], quotes, MASK, quotes.lstrip(PREFIXES)]
                done = at = end
    return "".join([*out, text[done:]]) if out else text


def _name(sign: re.Match[str], before: re.Match[str]) -> str:
    """The name that the value belongs to, or nothing if this is no pair after all."""
    name = before[3][::-1]
    text, closers, start = sign.string, before[2], sign.start() - before.end()
    if text[sign.start()] == ",":
        return name if _IN_PAIR.search(text, max(0, start - 8), start) else ""  # else a list of names
    if closers.endswith(")"):  # PostgreSQL's "Key (name, phone)=(Ada, 0812) already exists"
        return text[text.rfind("(", max(0, start - MAX_NAME), start) + 1 : sign.start()][-MAX_NAME:]
    is_error = not closers and name.endswith(_NOT_NAMES) and text[sign.start()] == ":"
    return "" if is_error else name[-MAX_NAME:]


def _value(sign: re.Match[str], before: re.Match[str]) -> tuple[int, int, str]:
    """Start, end and the quotes to leave around the mask."""
    text, start = sign.string, sign.end()
    listed = not _QUOTES.isdisjoint(before[2])
    tight = "=" in sign[0] and not before[1] and not sign[0].endswith((" ", "\t"))
    start = past(_SPACES, text, start) if listed else start
    return start, *value_end(text, start, listed=listed, tight=tight)


def value_end(text: str, at: int, *, listed: bool, tight: bool) -> tuple[int, str]:
    """Where the value that starts here ends, and the quotes to leave around its mask, if it stands in whole ones.

    `listed`: an item of a dict or a JSON object, up to the next comma. `tight`: `a=b`, up to a space or "&". Else (a
    header line, an assignment) up to the end of the line. An unclosed quote or bracket goes on to the end of the text.
    """
    opening = _OPENING.match(text, at)
    end = _strings_end(text, at)
    if opening and (listed or tight) and _STOP.match(text, end):
        quotes = opening[1] + opening[2]
        return end, opening[0] if text.endswith(quotes, opening.end(), end) else ""
    run = _LISTED if listed else _TIGHT if tight else _NOTHING
    while (end := past(run, text, end)) < len(text) and text[end] in _BRACKETS:
        end = bracket_end(text, end)
        if tight and _STOP.match(text, end):
            break
    return past(_LINE, text, end) if run is _NOTHING else end, ""


def past(run: re.Pattern[str], text: str, at: int) -> int:
    found = run.match(text, at)
    return found.end() if found else at


def _strings_end(text: str, at: int) -> int:
    """Past the string that starts here, if one does, and those that follow it at once, as in SQL's 'it''s'."""
    opening = _OPENING.match(text, at)
    while opening:
        closing = _string_end(text, opening.end(), len(opening[1]), opening[2])
        at = closing if closing > 0 else len(text)
        opening = _OPENING.match(text, at)
    return at


def _string_end(text: str, at: int, slashes: int, quote: str) -> int:
    r"""Past the closing quote, or -1. In JSON inside JSON the quotes are \" (one slash) and those within them \\\"."""
    if not slashes:
        end = past(_PLAIN_STRING[quote], text, at)
        return end + 1 if text.startswith(quote, end) else -1
    while (found := text.find(quote, at)) >= 0:
        between = text[at:found]
        if len(between) - len(between.rstrip("\\")) <= slashes:
            return found + 1
        at = found + 1
    return -1


def bracket_end(text: str, at: int) -> int:
    """Past the bracket that closes the one here; those within strings do not count."""
    opener = text[at]
    depth, at = 1, at + 1
    while depth and (token := _INSIDE[opener].search(text, at)):
        at = token.end()
        if token[0] in _PLAIN_STRING:
            closing = _string_end(text, at, 0, token[0])
            at = closing if closing > 0 else at  # an apostrophe
        elif token[0][0] != "\\":
            depth += 1 if token[0] == opener else -1
    return len(text) if depth else at

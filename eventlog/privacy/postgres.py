"""What errors of the database quote: parameters, which psycopg2 writes into the statement, and whole rows.

PostgreSQL translates its messages. So they are known by the class of the exception before them and by their structure
(a line of SQL over a caret, a `LABEL:  `); by their English words only where a text holds nothing else. A name behind
a noun that we know stays, `column "x"`; whatever else is quoted goes.
"""

import re
from collections.abc import Iterator
from typing import Final

from eventlog.privacy.pairs import bracket_end
from eventlog.privacy.patterns import MASK
from eventlog.privacy.sql import mask_literals

_EOL: Final = r"(?:\r?\n|\\n)"  # or as `repr` writes it
_EXCERPT: Final = r"[^\W\d_]{1,12} ?(\d{1,6})[^\W\d_]? ?[:：] ?"  # "LINE 1: ", in any language
_NUMBERED: Final = re.compile(_EXCERPT)
_CLASSES: Final = (
    *("Integrity", "Programming", "Operational", "Data", "Internal", "NotSupported", "Interface", "Database"),
)
_ERROR: Final = re.compile(r"Error['\"]?[:(]")
_PSYCOPG: Final = re.compile(r"psycopg2?\.(?:errors\.)?\w++['\"]?[:(]")
_CARET: Final = re.compile(rf"{_EOL}[ \t]*+\^")
_TOLD: Final = tuple(
    (hint, re.compile(hint + rest))
    for hint, rest in (
        ("invalid ", r"(?:input (?:syntax|value) for|byte sequence|value (?:for parameter )?\"|hexadecimal digit)"),
        ("malformed ", r"\w{1,40} literal"),
        ("out of range", r"(?: for type|: \")"),
        ("syntax error in ", ""),
        (" at or near", ""),
        ("violates ", r"[\w -]{0,40}constraint"),
        ("Failing row contains", ""),
        ('time zone "', ""),
        ('Token "', r"[^\"\n]{0,500}\" is invalid"),
    )
)
_DETAIL: Final = re.compile(r"^DETAIL:  ", re.MULTILINE)
_END: Final = re.compile(r"\n(?=\n?(?:The above exception|During handling|Traceback \())|\Z")
_PART: Final = re.compile(rf"({_EOL})(?=[^\W\d_]{{1,14}}(?: ?\d{{1,6}}[^\W\d_]? ?[:：] | ?:  ))")
_LINE: Final = re.compile(rf"({_EXCERPT})(.*?)({_EOL}[ \t]*+\^.*|\Z)", re.DOTALL)
_QUERY: Final = re.compile(r"(QUERY:  )(.*)", re.DOTALL)
_LABEL: Final = re.compile(r"[^\W\d_]{3,14} ?:  ")
_KEYS: Final = re.compile(r"[^()]*\((?:[^()]|\([^()]*\))*\)=\(")  # Key (nis)=(1): has names, so `pairs` looks at it
_ROW: Final = re.compile(r"\((?!\))(?:.*\)|.*)", re.DOTALL)
_JSON: Final = re.compile(r"(JSON data, line \d++: ).*", re.DOTALL)
_NOUNS: Final = (
    "column|relation|table|constraint|index|schema|function|type|parameter|database|role|user|sequence|encoding"
    "|extension|server at|host name|socket|kolom|relasi|tabel|skema|fungsi|tipe"
)
# Up to the last quote, since a value may hold quotes itself
_QUOTED: Final = re.compile(
    rf"""(\b(?:{_NOUNS}) \\?"[\w.$/-]{{1,63}}\\?")|(\\?["»«„“「])(?:.*(["»«”“」])|.*)""", re.DOTALL
)
_INSERT: Final = re.compile(r"\binsert\s{1,9}into\b", re.IGNORECASE)
_VALUES: Final = re.compile(r"\bvalues\s{0,9}(?=\()", re.IGNORECASE)
_NEXT_ROW: Final = re.compile(r"\s{0,9},\s{0,9}(?=\()")


def mask_errors(text: str) -> str:
    """Errors of the database without what they quote, each up to the next traceback or to the end."""
    if text.isascii() and '"' not in text and "(" not in text and "^" not in text:
        return text
    out, at = [], 0
    for begin in sorted([*_raised(text), *_told(text), *_drawn(text)]):
        if begin >= at:
            ending = _END.search(text, begin)
            end = ending.start() if ending else len(text)
            out += [text[at:begin], *map(_part, _PART.split(text[begin:end]))]
            at = end
    return "".join([*out, text[at:]]) if out else text


def _raised(text: str) -> Iterator[int]:
    """Where messages begin that follow the class of an exception."""
    if "Error" in text:
        yield from (error.end() for error in _ERROR.finditer(text) if text.endswith(_CLASSES, 0, error.start()))
    if "psycopg" in text:
        yield from (error.end() for error in _PSYCOPG.finditer(text))


def _told(text: str) -> Iterator[int]:
    """The beginnings of the lines that give themselves away by their words."""
    for hint, pattern in _TOLD:
        if hint in text:
            yield from (_line_at(text, told.start()) for told in pattern.finditer(text))


def _drawn(text: str) -> Iterator[int]:
    """The beginnings of the lines before a line of SQL over a caret, and before details."""
    for caret in _CARET.finditer(text) if "^" in text else ():
        line = _line_at(text, caret.start())
        escaped = text.rfind("\\n", line, caret.start())
        if _NUMBERED.match(text, line if escaped < 0 else escaped + 2):
            yield _line_at(text, max(line - 1, 0))
    if "DETAIL:  " in text:
        yield from (_line_at(text, max(detail.start() - 1, 0)) for detail in _DETAIL.finditer(text))


def _line_at(text: str, at: int) -> int:
    return text.rfind("\n", 0, at) + 1


def mask_inserted(text: str) -> str:
    """`INSERT INTO x (password) VALUES (?)`: what is inserted stands far from the name of its column."""
    insert = _INSERT.search(text) if "INTO" in text or "into" in text else None
    if insert is None:
        return text
    out, done, at = [], 0, insert.end()
    while values := _VALUES.search(text, at):
        at = bracket_end(text, values.end())
        while another := _NEXT_ROW.match(text, at):
            at = bracket_end(text, another.end())
        out += [text[done : values.end()], mask_literals(text[values.end() : at])]
        done = at
    return "".join([*out, text[done:]])


def _part(part: str) -> str:
    """The message itself, or one of the labelled lines after it."""
    if line := _LINE.match(part):
        whole = line[2] == "1" and not line[3].startswith("...")  # else it may begin within a literal
        return line[1] + (mask_literals(line[3]) if whole else MASK) + _QUOTED.sub(_unquoted, line[4])
    if query := _QUERY.match(part):
        return query[1] + mask_literals(query[2])
    if _LABEL.match(part):
        part = part if _KEYS.match(part) else _ROW.sub(f"({MASK})", part)
        part = _JSON.sub(rf"\1{MASK}", part)
    return _QUOTED.sub(_unquoted, part)


def _unquoted(found: re.Match[str]) -> str:
    return found[0] if found[1] else f"{found[2]}{MASK}{found[3] or ''}"

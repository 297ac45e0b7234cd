"""One value on its way through decoding and the detectors of each kind."""

import re
from dataclasses import dataclass
from typing import Final

from eventlog.detection.payloads import files, markup, scanners, shell, sql, templates, words
from eventlog.detection.payloads.decoding import MAX_SCANNED, Decoded, decoded, from_base64
from eventlog.detection.payloads.signs import LOW, MARKS, Sign, strongest

MAX_EXCERPT: Final = 200
ORDINARY: Final = re.compile(r"[\w\s.,:@!?-]*+")
KNOWN: Final = re.compile(r"\.\.|[!?-]{2}|0x[25][cef]|_schema", re.I)
ADDRESS: Final = re.compile(
    r"https?://[^\s\"'<>`(){}|\\]{1,4000}$|/[\w/.-]{0,200}\?[\w%]{1,40}=[^\s\"'<>`(){}|\\]{1,4000}$", re.I
)
BETWEEN: Final = re.compile(r"[?&=#]|^https?://[^/?#]*+", re.I)
MAX_PARTS: Final = 200
STARTS: Final = words.PROGRAMS | {"if", "for", "time"}


@dataclass(frozen=True, slots=True)
class Finding:
    """`score` from 1 to 100; `excerpt` is the place in the decoded text, at most 200 characters, not yet redacted."""

    kind: str
    rule: str
    place: str
    score: int
    excerpt: str
    layers: tuple[str, ...] = ()


def is_ordinary(value: str) -> bool:
    """Whether there is nothing in it that any detector would look at: most values leave here."""
    if not ORDINARY.fullmatch(value):
        return False
    if value.isascii() and KNOWN.search(value) is None:
        found = value.lower().split()
        if len(found) < 2:
            return "\n" not in value or found == [] or found[0] not in STARTS
        return found[0] not in STARTS and words.SQL.isdisjoint(found)
    return False


def findings(value: str, where: str) -> list[Finding]:
    if not is_worth(value, where):
        inner = from_base64(value) if len(value) >= 16 else None
        return scanned(decoded(inner), inner, where) if inner else []
    if ADDRESS.match(value):
        return best_of_each([each for part in parts(value) if is_worth(part, where) for each in in_text(part, where)])
    return in_text(value, where)


def is_worth(value: str, where: str) -> bool:
    return where in ("path", "header:User-Agent") or not is_ordinary(value)


def parts(address: str) -> list[str]:
    """What an address says, so that its own `&` and `;` are no separators of a shell."""
    return [part for part in BETWEEN.split(address[:MAX_SCANNED])[:MAX_PARTS] if part]


def in_text(value: str, where: str) -> list[Finding]:
    plain = decoded(value)
    found = scanned(plain, value, where)
    if plain.layers and not found:
        found = scanned(Decoded(value[:MAX_SCANNED].lower()), value, where)
    if inner := from_base64(value):
        found += scanned(decoded(inner), inner, where)
    return best_of_each(found)


def best_of_each(found: list[Finding]) -> list[Finding]:
    best: dict[str, Finding] = {}
    for each in found:
        if each.kind not in best or best[each.kind].score < each.score:
            best[each.kind] = each
    return list(best.values())


def scanned(plain: Decoded, raw: str, where: str) -> list[Finding]:
    text, found = plain.text, []
    marks = MARKS.intersection(text)
    for kind, signs in (
        ("sqli", sql.signs(text, marks)),
        ("xss", markup.signs(text, marks)),
        ("traversal", files.signs(plain, marks, raw, where)),
        ("cmdi", shell.signs(text, marks)),
        ("template", templates.signs(text, marks)),
        ("scanner", scanner_signs(text, marks, where)),
    ):
        if not signs:
            continue
        sign, score = strongest(signs)
        if score >= LOW:
            excerpt = text[sign.start : sign.end][:MAX_EXCERPT]
            found.append(Finding(kind, sign.rule, where, score, excerpt, plain.layers))
    return found


def scanner_signs(text: str, marks: frozenset[str], where: str) -> list[Sign]:
    if where == "header:User-Agent":
        return scanners.agent_signs(text)
    return scanners.path_signs(text, marks) if where == "path" else []

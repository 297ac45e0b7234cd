"""One value on its way through decoding and the detectors of each kind."""

from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache
import re
from typing import Final

from eventlog.detection.payloads import files, markup, scanners, shell, sql, templates, words
from eventlog.detection.payloads.decoding import Decoded, decoded, from_base64
from eventlog.detection.payloads.signs import LOW, MEDIUM, Sign, strongest

MAX_EXCERPT: Final = 200
ORDINARY: Final = re.compile(r"[\w\s.,:@!?-]*+")
KNOWN: Final = re.compile(r"\.\.|[!?-]{2}|(?:0x2e|0x5c|0x2f)")
STARTS: Final = words.PROGRAMS | {"if", "for", "time"}
KINDS: Final = ("sqli", "xss", "traversal", "cmdi", "template", "scanner")


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
        return len(found) < 2 or (found[0] not in STARTS and words.SQL.isdisjoint(found))
    return False


def findings(value: str, where: str) -> list[Finding]:
    if is_ordinary(value) and where != "path" and where != "header:User-Agent":
        inner = from_base64(value) if len(value) >= 16 else None
        return scanned(decoded(inner), inner, where) if inner else []
    plain = decoded(value)
    found = scanned(plain, value, where)
    if plain.layers:
        found += scanned(Decoded(value[:16384].lower()), value, where)
    if len(value) >= 16 and (inner := from_base64(value)):
        found += scanned(decoded(inner), inner, where)
    return best_of_each(found)


def best_of_each(found: list[Finding]) -> list[Finding]:
    best: dict[str, Finding] = {}
    for each in found:
        if each.kind not in best or best[each.kind].score < each.score:
            best[each.kind] = each
    return list(best.values())


def scanned(plain: Decoded, raw: str, where: str) -> list[Finding]:
    found = []
    for kind, signs in (
        ("sqli", sql.signs(plain.text)),
        ("xss", markup.signs(plain.text)),
        ("traversal", files.signs(plain, raw, where)),
        ("cmdi", shell.signs(plain.text)),
        ("template", templates.signs(plain.text)),
        ("scanner", scanner_signs(plain.text, where)),
    ):
        if (verdict := strongest(signs)) is not None and verdict[1] >= LOW:
            sign, score = verdict
            found.append(Finding(kind, sign.rule, where, score, plain.text[sign.start : sign.end][:MAX_EXCERPT], plain.layers))
    return found


def scanner_signs(text: str, where: str) -> Iterator[Sign]:
    if where == "header:User-Agent":
        return scanners.agent_signs(text)
    return scanners.path_signs(text) if where == "path" else iter(())

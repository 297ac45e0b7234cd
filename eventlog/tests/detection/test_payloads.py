"""The detector of attacks: how much it finds, how seldom it is wrong, and that nothing makes it slow or fail."""

import re
import time
from collections.abc import Callable, Iterable
from types import ModuleType

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from eventlog.detection.payloads import (
    Finding,
    decoding,
    files,
    findings,
    labels,
    markup,
    scanners,
    shell,
    signs,
    sql,
    templates,
)
from eventlog.tests.detection import attacks, ordinary

KINDS = {"sqli", "xss", "traversal", "cmdi", "template", "scanner"}
MODULES = (decoding, files, markup, scanners, shell, sql, templates)
PLACES = ("query", "body_form", "body_json", "path", "cookie", "header:User-Agent", "header:Referer")
LEAST = {"sqli": 0.95, "xss": 0.98, "traversal": 0.98, "cmdi": 0.95, "template": 0.97, "scanner": 1.0}


def recall(samples: Iterable[attacks.Attack], kind: str) -> float:
    found = [kind in labels(value, where) for its_kind, where, value in samples if its_kind == kind]
    return sum(found) / len(found)


@pytest.mark.parametrize("kind", sorted(KINDS))
def test_attacks_that_it_was_not_made_with_are_found(kind: str) -> None:
    assert recall(attacks.HELD_OUT, kind) >= LEAST[kind]


@pytest.mark.parametrize("kind", sorted(KINDS))
def test_attacks_are_found(kind: str) -> None:
    assert recall(attacks.TUNED, kind) >= LEAST[kind]


def mistaken(values: list[tuple[str, str]]) -> list[str]:
    return [value for where, value in values if labels(value, where)]


def test_what_a_school_sends_is_no_attack() -> None:
    assert len(ordinary.TUNED) + len(ordinary.HELD_OUT) >= 1_900
    assert len(mistaken(ordinary.TUNED)) <= len(ordinary.TUNED) * 0.003


def test_what_a_school_sends_and_it_was_not_made_with_is_no_attack() -> None:
    assert len(mistaken(ordinary.HELD_OUT)) <= len(ordinary.HELD_OUT) * 0.008


@pytest.mark.parametrize(
    "piece",
    [
        *("'3085'='30", "'''or 1", "IN (815914, 815913", ") when 234 then", "' -- &password=", "pay=|| checker =="),
        *("strcmp(", """'{"b":2}'::jsonb @ '{"a":1}'""", 'FROM log WHERE name="x'),
        "(true)union select table_name from x",
    ],
)
def test_pieces_cut_out_of_a_statement_are_found(piece: str) -> None:
    assert labels(piece, "query") == {"sqli"}


@pytest.mark.parametrize(
    "words",
    [
        *("in (bagian dalam)", "nilai (lihat hal. 2)", "kenapa?", "when 3 pupils meet", "harga=", 'tipe "LIKE x"'),
        "from Bandung where it rains",
        'The page of a class in the old book "Matematika" or "IPA"',
    ],
)
def test_words_that_only_look_like_pieces_are_not(words: str) -> None:
    assert labels(words, "query") == set()


def test_a_finding_explains_itself() -> None:
    assert findings("1%27%20OR%20%271%27=%271", "query") == [
        Finding("sqli", "string-then-logic", "query", 100, "1' or '1'='1", ("percent",))
    ]


@pytest.mark.parametrize(
    ("value", "plain"),
    [
        ("%2527", "'"),
        ("%c0%ae%c0%ae%c0%af", "../"),
        ("%e0%80%ae", "."),
        ("%bg%qf", "/"),
        ("%%35%63", "\\"),
        ("%u003cscript%u003e", "<script>"),
        ("&lt;&#115;&#x63;ript&gt;", "<script>"),
        ("\\u003c\\x73cript>", "<script>"),
        ("＜ｓｃｒｉｐｔ＞", "<script>"),
        ("‘ or 1=1", "' or 1=1"),
        ("java\u200bscript:", "javascript:"),
        ("<scr\x00ipt>", "<script>"),
        ("ABC", "abc"),
        ("100%", "100%"),
        ("&#99999999999999999999;", "&#99999999999999999999;"),
    ],
)
def test_disguises_are_taken_off(value: str, plain: str) -> None:
    assert decoding.decoded(value).text == plain


def test_only_the_beginning_and_the_end_of_a_long_text_are_looked_at() -> None:
    found = decoding.decoded("a" * 40_000 + "<script>")
    assert (len(found.text) <= decoding.MAX_SCANNED, found.text.endswith("<script>"), found.truncated) == (
        True,
        True,
        True,
    )


TEXT = st.text(st.characters(exclude_categories=[]), max_size=300)
MARKS = (
    "'",
    '"',
    "<",
    ">",
    "--",
    "/*",
    "*/",
    "%2",
    "%27",
    "&#",
    "\\u00",
    "../",
    ";",
    "|",
    "$(",
    "{{",
    "}}",
    "=",
    "(",
    ")",
)
PIECES = st.sampled_from((*MARKS, "script", "or ", "1=1", "union ", "select ", "\x00", "\ud800", "＜"))
HOSTILE = st.lists(PIECES | TEXT, max_size=40).map("".join)


@settings(max_examples=400, deadline=None)
@given(HOSTILE, st.sampled_from(PLACES))
def test_nothing_makes_it_fail(value: str, where: str) -> None:
    assert labels(value, where) <= KINDS


@settings(max_examples=200, deadline=None)
@given(HOSTILE)
def test_the_same_text_has_the_same_labels(value: str) -> None:
    assert labels(value, "query") == labels(value, "query")


@settings(max_examples=300, deadline=None)
@given(HOSTILE)
def test_what_is_decoded_stays_bounded(value: str) -> None:
    assert len(decoding.decoded(value).text) <= decoding.MAX_SCANNED


@settings(max_examples=200, deadline=None)
@given(HOSTILE)
def test_excerpts_are_short_and_scores_are_percents(value: str) -> None:
    assert all(len(found.excerpt) <= 200 and 0 < found.score <= 100 for found in findings(value, "query"))


UNITS = (
    *(
        "a",
        " ",
        "'",
        '"',
        "<",
        "(",
        "/*",
        "'/*",
        "/**x",
        "--",
        "../",
        "%25",
        "&#",
        "\\u003c",
        "' or ",
        "union ",
        "select a from ",
    ),
    *(
        "<a on",
        "<img src=x ",
        "style=",
        "javascript:",
        ";",
        "|",
        "$(",
        "`",
        "\n",
        "%c0%ae",
        "{{",
        "${",
        "\\",
        "..",
        ".",
    ),
    *(
        "=",
        "or'",
        "https://",
        "char(1)+",
        "1,",
        "x.y/",
        "?",
        "cat ",
        "; cat ",
        "if ",
        "\x00",
        "İ",
        "＜",
        "A1b2",
        "[",
        "$a",
    ),
)


def seconds(call: Callable[[str], object], text: str) -> float:
    """Of the processor's time, the quicker of two."""
    taken = []
    for _ in range(2):
        started = time.thread_time()
        call(text)
        taken.append(time.thread_time() - started)
    return min(taken)


@pytest.mark.parametrize("unit", UNITS)
def test_hostile_texts_take_linear_time(unit: str) -> None:
    """The same work at 64 KiB as at 16, since no more is looked at; and little of it: some 10 ms, with room here for
    a busy machine."""
    repeated = unit * (65_536 // len(unit))
    assert seconds(lambda text: labels(text, "query"), repeated + "!") < 0.15


@pytest.mark.parametrize("module", [markup, shell, templates], ids=lambda module: module.__name__)
def test_the_marks_of_a_text_leave_out_no_rule_that_fits_it(module: ModuleType) -> None:
    samples = [value for _kind, _where, value in attacks.TUNED] + [value for _where, value in ordinary.TUNED]
    for text in (decoding.decoded(value).text for value in samples):
        seen = [sign.rule for sign in module.RULES.signs(text, signs.MARKS.intersection(text))]
        assert seen == [rule.name for rule in module.RULES.rules if rule.pattern.search(text)], text


POSSESSIVE_GROUP = re.compile(r"(?<!\\)\)(?:[*+?]|\{[\d,]*\})\+")


def patterns() -> list[tuple[str, re.Pattern[str]]]:
    """Every regular expression of the detector, with a name."""
    found = []
    for module in MODULES:
        for name, value in vars(module).items():
            rules = value.rules if isinstance(value, signs.Rules) else ()
            found += [(f"{module.__name__}.{rule.name}", rule.pattern) for rule in rules]
            if isinstance(value, re.Pattern) and isinstance(value.pattern, str):
                found.append((f"{module.__name__}.{name}", value))
    return found


@pytest.mark.parametrize("pattern", [pytest.param(pattern, id=name) for name, pattern in patterns()])
def test_no_group_is_possessive(pattern: re.Pattern[str]) -> None:
    """Before 3.11.5, and so on Debian, Python goes wrong in some of them (its issue 106052)."""
    assert not POSSESSIVE_GROUP.search(pattern.pattern)


@pytest.mark.parametrize("pattern", [pytest.param(pattern, id=name) for name, pattern in patterns()])
def test_each_regular_expression_is_linear(pattern: re.Pattern[str]) -> None:
    """Four times the text takes about four times the time; were it quadratic, sixteen times."""
    for unit in (*UNITS, "w", "s1", "wq", "S", "O1=", "(" * 3, "x(", ";D"):
        short, longer = (
            seconds(lambda text: list(pattern.finditer(text)), unit * (size // len(unit)) + "!")
            for size in (4_096, 16_384)
        )
        assert longer < short * 8 + 0.01, unit

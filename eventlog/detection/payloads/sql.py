"""SQL injection: the text is read as tokens, each becomes one letter of a shape, and rules look at the shape.

`1' OR '1'='1` is read three ways: as it stands, and as what goes on inside a string that the program has opened with
either quote. What stands up to the first quote is then a string, and the shape is `sOs=s`. So `Nur'aini` is `sw`, and
prose with pairs of quotes stays words between strings.
"""

import re
from collections.abc import Iterator
from functools import lru_cache
from typing import Final

from eventlog.detection.payloads import words
from eventlog.detection.payloads.signs import MEDIUM, Rules, Sign, rule

MAX_TOKENS: Final = 6000
MAX_LETTERS: Final = 10_000  # tokens whose letters are remembered, those of so many characters
MAX_REMEMBERED: Final = 16
SHORT: Final = 200  # tokens of a shape, whose signs are remembered: most texts are of few shapes
TOKEN: Final = re.compile(
    r"""[^\W\d]\w*+|0x[0-9a-f]++|\d++(?:\.\d++)?|\.\d++|@@?[\w$]++|\w++|/\*!?\d*+|\*/
    |--|\#|//|\|\||&&|<=>|<>|!=|>=|<=|==|:=|[^\w\s]""",
    re.X,
)
# Also one that never ends: looking for an end anew at each beginning would take the square of the time.
# Its group is not possessive: Debian's Python 3.11.2 goes wrong in such groups (its issue 106052).
COMMENT: Final = re.compile(r"/\*(?!!)[^*]*+(?:\*++(?!/)[^*]*+)*(\*++/)?")
STRING: Final = re.compile(r"q[^q]*+q?|Q[^Q]*+Q?")
MARKED: Final = re.compile(r"""['"][\s)]*+[=|&#;,*/+<>!^%-]|'::|/\*|[\d)]\s*+(?:--|#)|@@""")
CUT_OUT: Final = re.compile(r"\s{0,2}in\s{1,2}\(\s{0,2}\d|\w{1,20}=(?:\|\||&&|or )|\w{1,20}(?:[\]?]?=?|&&|/\?)\($")
MAY_BE_MARKED: Final = frozenset("'\"*-#@")  # one of them is in each
WORD: Final = re.compile(r"[a-z_]++")
PLUSES: Final = re.compile(r"\+(?:and|or|union|select|like|from|where)\+")
REST_OF_LINE: Final = re.compile(r"(?:--|#)[^\n]*+\n?")
GLUED: Final = re.compile(r"\d(?=union|and|or|select|from|where|order)")


def letter(token: str) -> str:
    """Of a token that is no known word."""
    first = token[0]
    if first.isalpha():
        return "p" if token.startswith(("sp_", "xp_", "dbms_", "utl_")) else "w"
    if first == "@":
        return "V" if token.startswith("@@") else "v"
    if token.startswith("/*"):
        return ""  # `/*!50000select*/` is a comment only for other databases
    return "1" if first.isdigit() or first == "." else "w" if first.isalnum() or first == "_" else ":"


class Letters(dict[str, str]):
    """The letter of any token. Short ones that are no known word are remembered as well, as long as there is room."""

    def __missing__(self, token: str) -> str:
        found = letter(token)
        if len(token) <= MAX_REMEMBERED and len(self) < MAX_LETTERS:
            self[token] = found
        return found


LETTERS: Final = Letters(words.SQL_LETTERS)

# An operand: a number, a name, a string, a call, a bracket.
_X: Final = r"[No(]{0,9}(?:[1nswvVpdTe.]{1,6}|[fxK]\([^=]{0,30}|\(?S[^=]{1,60})\)*+(?:o[1sw]\)*+)?"
# No two words beside each other: so are statements, not sentences.
_CODE: Final = r"(?:[^w]|w(?!w)){0,40}?"
_SURE: Final = r"[No(]{0,9}(?:[1ns]|[fx]\([^=]{0,30})\)*+"
PLAIN: Final = Rules(
    rule(
        "union-select",
        85,
        r"UA?[(1*]{0,4}S(?:[(*1nfxvVsopeN:.,A;c]|w(?:[.(F:=]|,(?:[^;]{1,60}F|[1ns]c)))|(?:^|[1sc)o])UA?[(1*]{0,4}S$",
        "U",
    ),
    rule("union-alone", 56, r"\A[o(]*[1s]\)*+U(?:$|[Ac(o]|S(?!w))", "U"),
    rule("tautology", 70, rf"[OP]{_SURE}(?:=|g|W){{1,2}}{_SURE}", "O", "P"),
    rule("comparison", 35, rf"[1s)]\)*+[OP]{_X}(?:=|g|W){_X}", "O", "P"),
    rule("comparison-with-variable", 56, rf"[1s]\)*+[OP](?:{_X}|f)(?:=|g)[vVn]", "v", "V", "n"),
    rule("constant-condition", 60, r"W\(*(?:1=1|s=s)", "W"),
    rule("condition-on-server", 56, r"\A[1s]\)*+[OP][fV]=|^O[wf]\(1o1", "f", "V", "w("),
    rule("cast-string", 58, r"[OPgo=]v?s::w|s::w[=:go]", "::"),
    rule("calls-in-calls", 56, r"(?:[fx]\(){3}", "f(", "x("),
    rule("comparison-alone", 54, r"\A[)(;]{0,9}[OP](?:[(N]{0,4}w=[ws]|s[g=]|[1sn]c)[)cm]{0,6}$", "O", "P"),
    rule("logic-with-constant", 55, r"\A[1s]\)*+[OP][N(]*+n", "n"),
    rule(
        "stacked",
        78,
        r";[(]*(?:f\(.{1,14}[SD]|D{1,3}w?[vF]|DW$|D[^;]{1,10}[cm]$|w?\(1=1|D{1,3}(?:[TFpVfxI]|W[wp]|w[=(s.cT])|S(?:[fx1*V(]|[^;]{1,30}F))",
        ";",
    ),
    rule(
        "statement",
        55,
        r"\A[(]*(?:DTw[c;(.*]|DTd?ww?[Y=]|Dwv|D[wp]s,s|D(?:F|W|w[TF])[^;]{1,30}[(=]|DT?p|DTs|Dv[wT=])",
        "D",
    ),
    rule("statement-on-catalogue", 68, r"D[dw]?\.{0,2}[px]", "D"),
    rule("delay", 64, r"DTs", "DTs"),
    rule("dangerous-call", 58, r"(?<![.w])x\(", "x("),
    rule("select-call", 56, r"Sx$|S(?:[^;Fw]|w(?!w)){0,9}[fx]\([^;]{0,60}(?:F|\)|$)", "S"),
    rule(
        "select-everything", 55, r"S(?:A|Kw?1?)?(?:\*|[-o]*1[,o)K]|1F|[sv][F,]|\([^F]{1,20}F)[^;]{0,30}(?:F|W|$)", "S"
    ),
    rule("select-from", 32, r"S[^;S]{1,60}?F[(w]", "S"),
    rule("select-where", 25, r"S[^;S]{1,40}?F[^;S]{1,20}?W[^;S]{1,9}=", "S"),
    rule("catalogue", 75, r"(?:S|U).{0,80}?F[(]{0,4}(?:w\.|s\.)?[pd]|S.{0,40}?p", "S", "U"),
    rule("catalogue-name", 52, r"p", "p"),
    rule("column-of-catalogue", 25, r"e", "e"),
    rule("server-variable", 58, r"V", "V"),
    rule("sub-select", 62, r"(?:[OP=,oN]|^[1s]W|[fx])\(++S", "S"),
    rule("case-when", 58, r"CH(?!ww)[^;]{1,16}K", "CH"),
    rule("logic-with-call", 60, r"(?:[1s)w]|^)\)*+[OPW][N(o]*+[fx]\([^)]", "f(", "x("),
    rule("outfile", 78, r"WI[swf]|Is", "I"),
    rule("ordered", 58, r"\A(?:[o1]{0,3}|[1w]?\)++)\)*BY(?:[1f(]|w[mc])", "BY"),
    rule("conditioned", 60, rf"\A(?:[o1]{{1,3}}|[1w]?\)++)\)*W{_SURE}(?:=|W){_SURE}", "W"),
    rule("bracket-comment", 52, r"\A1m$|^[1w]\)++(?:[^w]{1,30})?[cm][^w]{0,2}$|^\({1,9}[^;]{1,60}\){1,9}c$", "c", "m"),
    rule("two-strings", 15, r"s[oP]s", "sos", "sPs", "sOs"),
    alphabet="SUDOPWfx",
)
BROKEN_OUT: Final = Rules(
    rule("string-then-logic", 78, rf"\As\)*+[OP]{_X}(?:=|g|W){{1,2}}{_X}", "O", "P"),
    rule(
        "string-then-condition",
        60,
        r"\As\)*+(?:[OPW][N(o]*+(?:[fxS1]|s[=Wg]|w?[cm].{0,3}$|K\(|1[cm])|[OP][N(o]*+s$)",
        "O",
        "P",
        "W",
    ),
    rule("string-then-comment", 60, r"\As\)*+;?[cm][^sw]{0,2}w?=?$", "c", "m"),
    rule(
        "string-then-statement",
        75,
        r"\As\)*+;?[(:]*(?:D(?:[TFsvxp]|w[(=.s])|S(?:[*1fxs(nv]|[^;]{1,30}F)|U(?:A|S?\(|S[^w]|Sw[,.F(]))|^s\)*+;(?:[^w]|w(?!w)){0,16}[DS]|^s\)*+D.{0,6}[DSv]",
        "D",
        "S",
        "U",
    ),
    rule("string-then-order", 72, r"\As\)*+BY[^;]", "BY"),
    rule("string-then-clause", 62, rf"\As\)*+W{{1,2}}{_X}(?:=|W|c)", "W"),
    rule("string-then-operator", 60, r"\As\)*+[oP*=N(]{1,3}\(*[Sfx]", "S", "f", "x"),
    rule(
        "code-after-string",
        60,
        rf"\As\)*+(?:[OP]{_CODE}(?:s|n|1|[cm].{{0,2}})|(?:[=*N]|o|a{{1,2}}[o=N1]){_CODE}(?:s|[cm].{{0,2}})|W{{1,2}}[No(]*s)$",
        "s",
    ),
    rule("string-then-list", 60, r"\As\)*+,[^;w]{0,60}[cm].{0,3}$", "c", "m"),
    rule("string-then-end", 55, r"\As\)*+;[^w]{0,3}(?:[cm]|$)(?<=[cm])", "c", "m"),
    alphabet="SUDOPWfx",
)
# Of the shape with its quotes as they stand: what is cut out of a statement, and is nothing else.
FRAGMENTS: Final = Rules(
    rule("strings-compared", 54, r"\A([qQ])[1w]{1,3}\1=\1[1w]{1,3}$", "="),
    rule("comparison-then-logic", 54, r"\A1=([qQ])1\1O1$", "O"),
    rule("quotes-then-logic", 55, r"\A([qQ])\1{1,2}O1$", "O"),
    rule("quotes-doubled", 70, r"([qQ])\1\)*+O\(*+\1\1w\1\1=\1\1", "O"),
    rule("quote-then-list", 52, r"\A[qQ](?:,1){2,9}$", ",1"),
    rule("quotes-shifted", 52, r"\A([qQ])gg\1$", "gg"),
    rule("assignment-then-logic", 54, r"\Aw=[PO](?:\(?w=|\(N)", "=P", "=O"),
    rule("call-begun", 52, r"\A(?:[fx]N?|w[P:]?=|wP|[wT]o?:)\($", "("),
    rule("list-of-numbers", 54, r"\AW\(1,1[1,]*+\)?$", "W("),
    rule("alias-then-table", 54, r"\A\)Kq?w{1,3}q?F$", "F"),
    rule("case-cut-off", 54, r"\A\)H1K", "H1K"),
    rule("table-then-condition", 56, r"\AFw(?:\.w)?W[w.]{1,5}=", "F"),
    rule("values-excepted", 55, r"\AUT\(1", "UT("),
    alphabet="OWFP=(",
)
PROSE: Final = "wwwww"  # as many words in a row are a sentence, in which a quote may stand
OPENS: Final = ("=", ":", "(", ",", "g", "W")  # a quote after one of these begins a string, and ends none
TEXT: Final = Rules(
    rule(
        "server-function",
        58,
        r"\b(?:version|database|current_database|user|current_user|session_user|system_user|schema)\s{0,3}\(\s{0,3}\)",
        "()",
        "( )",
    ),
    rule("json-compared", 60, r"'\s{0,3}(?:::\s{0,3}jsonb?\b|[<>@=]{1,2}\s{0,3}'\$\.)", "::", "'$."),
)


def looks_like_sql(text: str, marks: frozenset[str]) -> bool:
    """Cheap and generous: whether there is a word of SQL, a quote before an operator, or a piece of a statement."""
    if not words.SQL.isdisjoint(WORD.findall(text)):
        return True
    if not marks.isdisjoint(MAY_BE_MARKED) and MARKED.search(text) is not None:
        return True
    return CUT_OUT.match(text) is not None


def signs(text: str, marks: frozenset[str]) -> list[Sign]:
    if not looks_like_sql(text, marks):
        return []
    plain = COMMENT.sub(unless_endless, text) if "/*" in text else text
    if "+" in marks and (" " not in plain or PLUSES.search(plain)):
        plain = plain.replace("+", " ")
    if "\n" in plain:
        plain = REST_OF_LINE.sub(skipped, plain.rstrip())
    shape = "".join(map(LETTERS.__getitem__, TOKEN.findall(GLUED.sub(r"\g<0> ", plain))[:MAX_TOKENS]))
    found = signs_of(shape) if len(shape) <= SHORT else signs_of.__wrapped__(shape)
    whole = [Sign(sign.rule, sign.score, 0, len(text)) for sign in found]  # a shape tells of the text as a whole
    return TEXT.signs(plain, marks) + whole


@lru_cache(maxsize=4096)
def signs_of(shape: str) -> tuple[Sign, ...]:
    """Of the ways to read it up to the first that is convincing."""
    found = FRAGMENTS.signs(shape, frozenset(shape))
    for rules, reading in readings(shape):
        seen = rules.signs(reading, frozenset(reading))
        found += [toned_down(sign, reading) for sign in seen]
        if any(sign.score >= MEDIUM for sign in seen):
            break
    return tuple(found)


def toned_down(sign: Sign, reading: str) -> Sign:
    """Less, where a sentence goes on after it: a lesson quotes what an attack ends with."""
    rest = reading[sign.end :].lstrip("1ns)")
    goes_on = len(rest) > 1 and not rest.strip("w,.")
    return sign._replace(score=sign.score - 60) if goes_on else sign


def readings(shape: str) -> Iterator[tuple[Rules, str]]:
    """(rules, shape with its strings folded) for each way to read it, the likeliest first."""
    for quote in ("q", "Q"):
        before, found, after = shape.partition(quote)
        if found:
            inside = "s" + STRING.sub(folded, after)
            if not before.endswith(OPENS) and PROSE not in before:
                yield BROKEN_OUT, inside
            yield PLAIN, inside
    yield PLAIN, STRING.sub(folded, shape)


def unless_endless(comment: re.Match[str]) -> str:
    return " " if comment[1] else comment[0]


def skipped(comment: re.Match[str]) -> str:
    """Nothing of a comment after which there are more lines; the last one says that the statement has been cut off."""
    return " " if comment[0].endswith("\n") else comment[0]


def folded(string: re.Match[str]) -> str:
    """`s`; but `z` for one that never ends and goes on as prose."""
    found = string[0]
    return "s" if "ww" not in found or (len(found) > 1 and found[0] == found[-1]) else "z"

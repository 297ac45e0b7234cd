"""SQL injection: the text is read as tokens, each becomes one letter of a shape, and rules look at the shape.

`1' OR '1'='1` is read three ways: as it stands, and as what goes on inside a string that the program has opened with
either quote. What stands up to the first quote is then a string, and the shape is `sOs=s`. So `Nur'aini` is `sw`, and
prose with pairs of quotes stays words between strings.
"""

import re
from collections.abc import Iterator
from typing import Final

from eventlog.detection.payloads import words
from eventlog.detection.payloads.signs import MEDIUM, Rule, Sign, rule, signs_of

MAX_TOKENS: Final = 6000
TOKEN: Final = re.compile(
    r"""0x[0-9a-f]++|\d++(?:\.\d++)?|\.\d++|@@?[\w$]++|\w++|/\*!?\d*+|\*/
    |--|\#|//|\|\||&&|<=>|<>|!=|>=|<=|==|:=|[^\w\s]""",
    re.X,
)
COMMENT: Final = re.compile(r"/\*(?!!)[^*]*+\*++(?:[^/*][^*]*+\*++)*+/")
STRING: Final = re.compile(r"q[^q]*+q?|Q[^Q]*+Q?")
MARKED: Final = re.compile(r"""['"][\s)]*+[=|&#;,*/+<>!^%-]|/\*|[\d)]\s*+(?:--|#)|@@""")
WORD: Final = re.compile(r"[a-z_]++")
PLUSES: Final = re.compile(r"\+(?:and|or|union|select|like|from|where)\+")
REST_OF_LINE: Final = re.compile(r"(?:--|#)[^\n]*+\n?")
GLUED: Final = re.compile(r"(?<=\d)(?=union|and|or|select|from|where|order)")


def letter(token: str) -> str:
    """Of a token that is no known word."""
    first = token[0]
    if first == "@":
        return "V" if token.startswith("@@") else "v"
    if token.startswith("/*"):
        return ""  # `/*!50000select*/` is a comment only for other databases
    if token.startswith(("sp_", "xp_", "dbms_", "utl_")):
        return "p"
    return "1" if first.isdigit() or first == "." else "w" if first.isalnum() or first == "_" else ":"


class Letters(dict[str, str]):
    """The letter of any token; those of unknown words are worked out each time, so that it never grows."""

    def __missing__(self, token: str) -> str:
        return letter(token)


LETTERS: Final = Letters(words.SQL_LETTERS)

# An operand: a number, a name, a string, a call, a bracket.
_X: Final = r"[No(]{0,9}(?:[1nswvVpdTe.]{1,6}|[fxK]\([^=]{0,30}|\(?S[^=]{1,60})\)*+(?:o[1sw]\)*+)?"
# No two words beside each other: so are statements, not sentences.
_CODE: Final = r"(?:[^w]|w(?!w)){0,40}?"
_SURE: Final = r"[No(]{0,9}(?:[1ns]|[fx]\([^=]{0,30})\)*+"
PLAIN: Final = (
    rule(
        "union-select",
        85,
        r"UA?[(1*]{0,4}S(?:[(*1nfxvVsopN:.,A;c]|w(?:[.(F:=]|,(?:[^;]{1,60}F|[1ns]c)))|(?:^|[1sc)o])UA?[(1*]{0,4}S$",
        "U",
    ),
    rule("union-alone", 56, r"^[o(]*[1s]\)*+U(?:$|[Ac(o]|S(?!w))", "U"),
    rule("tautology", 70, rf"[OP]{_SURE}(?:=|g|W){{1,2}}{_SURE}", "O", "P"),
    rule("comparison", 35, rf"[1s)]\)*+[OP]{_X}(?:=|g|W){_X}", "O", "P"),
    rule("comparison-with-variable", 56, rf"[1s]\)*+[OP](?:{_X}|f)(?:=|g)[vVn]", "v", "V", "n"),
    rule("constant-condition", 60, r"W\(*(?:1=1|s=s)", "W"),
    rule("condition-on-server", 56, r"^[1s]\)*+[OP][fV]=|^O[wf]\(1o1", "f", "V", "w("),
    rule("cast-string", 58, r"[OPgo=]v?s::w|s::w[=:go]", "::"),
    rule("calls-in-calls", 56, r"(?:[fx]\(){3}", "f(", "x("),
    rule("comparison-alone", 54, r"^[)(;]{0,9}[OP](?:[(N]{0,4}w=[ws]|s[g=]|[1sn]c)[)cm]{0,6}$", "O", "P"),
    rule("logic-with-constant", 55, r"^[1s]\)*+[OP][N(]*+n", "n"),
    rule(
        "stacked",
        78,
        r";[(]*(?:f\(.{1,14}[SD]|D{1,3}w?[vF]|DW$|D[^;]{1,10}[cm]$|w?\(1=1|D{1,3}(?:[TFpVfxI]|W[wp]|w[=(s.cT])|S(?:[fx1*V(]|[^;]{1,30}F))",
        ";",
    ),
    rule(
        "statement", 55, r"^[(]*(?:DTw[c;(.*]|DTww?Y|Dwv|D[wp]s,s|D(?:F|W|w[TF])[^;]{1,30}[(=]|DT?p|DTs|Dv[wT=])", "D"
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
    rule("ordered", 58, r"^(?:[o1]{0,3}|[1w]?\)++)\)*BY(?:[1f(]|w[mc])", "BY"),
    rule("conditioned", 60, rf"^(?:[o1]{{1,3}}|[1w]?\)++)\)*W{_SURE}(?:=|W){_SURE}", "W"),
    rule("bracket-comment", 52, r"^1m$|^[1w]\)++(?:[^w]{1,30})?[cm][^w]{0,2}$|^\({1,9}[^;]{1,60}\){1,9}c$", "c", "m"),
    rule("two-strings", 15, r"s[oP]s", "sos", "sPs", "sOs"),
)
BROKEN_OUT: Final = (
    rule("string-then-logic", 78, rf"^s\)*+[OP]{_X}(?:=|g|W){{1,2}}{_X}", "O", "P"),
    rule("string-then-condition", 60, r"^s\)*+[OPW][N(o]*+(?:[fxS1]|s$|s[=Wg]|w?[cm].{0,3}$|K\(|1[cm])", "O", "P", "W"),
    rule("string-then-comment", 60, r"^s\)*+;?[cm][^sw]{0,2}w?$", "c", "m"),
    rule(
        "string-then-statement",
        75,
        r"^s\)*+;?[(:]*(?:D(?:[TFsvxp]|w[(=.s])|S(?:[*1fxs(nv]|[^;]{1,30}F)|U(?:A|S?\(|S[^w]|Sw[,.F(]))|^s\)*+;(?:[^w]|w(?!w)){0,16}[DS]|^s\)*+D.{0,6}[DSv]",
        "D",
        "S",
        "U",
    ),
    rule("string-then-order", 72, r"^s\)*+BY[^;]", "BY"),
    rule("string-then-clause", 62, rf"^s\)*+W{_X}(?:=|W|c)", "W"),
    rule("string-then-operator", 60, r"^s\)*+[oP*=N(]{1,3}\(*[Sfx]", "S", "f", "x"),
    rule(
        "code-after-string",
        60,
        rf"^s\)*+(?:[OP]{_CODE}(?:s|n|1|[cm].{{0,2}})|(?:[=*N]|o|a{{1,2}}[o=N1]){_CODE}(?:s|[cm].{{0,2}})|W{{1,2}}[No(]*s)$",
        "s",
    ),
    rule("string-then-list", 60, r"^s\)*+,[^;w]{0,60}[cm].{0,3}$", "c", "m"),
    rule("string-then-end", 55, r"^s\)*+;[^w]{0,3}(?:[cm]|$)(?<=[cm])", "c", "m"),
)
OPENS: Final = ("=", ":", "(", ",", "g", "W")  # a quote after one of these begins a string, and ends none
TEXT: Final = (
    rule(
        "server-function",
        58,
        r"\b(?:version|database|current_database|user|current_user|session_user|system_user|schema)\s{0,3}\(\s{0,3}\)",
        "()",
        "( )",
    ),
)


def looks_like_sql(text: str) -> bool:
    """Cheap and generous: whether there is a word of SQL, or a quote before an operator."""
    return MARKED.search(text) is not None or not words.SQL.isdisjoint(WORD.findall(text))


def signs(text: str) -> Iterator[Sign]:
    if not looks_like_sql(text):
        return
    plain = COMMENT.sub(" ", text) if "/*" in text else text
    if "+" in plain and (" " not in plain or PLUSES.search(plain)):
        plain = plain.replace("+", " ")
    if "\n" in plain:
        plain = REST_OF_LINE.sub(skipped, plain.rstrip())
    tokens = TOKEN.findall(GLUED.sub(" ", plain))[:MAX_TOKENS]
    shape = "".join(map(LETTERS.__getitem__, tokens))
    yield from signs_of(TEXT, plain)
    for rules, reading in readings(shape):
        found = list(signs_of(rules, reading))
        yield from (
            toned_down(sign, reading)._replace(start=0, end=len(text)) for sign in found
        )  # a shape tells of the text as a whole
        if any(sign.score >= MEDIUM for sign in found):
            return


def toned_down(sign: Sign, reading: str) -> Sign:
    """Less, where a sentence goes on after it: a lesson quotes what an attack ends with."""
    rest = reading[sign.end :].lstrip("1ns)")
    goes_on = len(rest) > 1 and not rest.strip("w,.")
    return sign._replace(score=sign.score - 60) if goes_on else sign


def readings(shape: str) -> Iterator[tuple[tuple[Rule, ...], str]]:
    """(rules, shape with its strings folded) for each way to read it, the likeliest first."""
    for quote in ("q", "Q"):
        before, found, after = shape.partition(quote)
        if found:
            inside = "s" + STRING.sub(folded, after)
            if not before.endswith(OPENS):
                yield BROKEN_OUT, inside
            yield PLAIN, inside
    yield PLAIN, STRING.sub(folded, shape)


def skipped(comment: re.Match[str]) -> str:
    """Nothing of a comment after which there are more lines; the last one says that the statement has been cut off."""
    return " " if comment[0].endswith("\n") else comment[0]


def folded(string: re.Match[str]) -> str:
    """`s`; but `z` for one that never ends and goes on as prose."""
    found = string[0]
    return "s" if "ww" not in found or (len(found) > 1 and found[0] == found[-1]) else "z"

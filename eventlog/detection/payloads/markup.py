"""Script injection: tags, handlers and addresses that run something, and the ways out of an attribute or a script."""

import re
from collections.abc import Iterator
from typing import Final

from eventlog.detection.payloads.signs import Rules, Sign, rule

_HANDLER: Final = r"on(?:[a-z]{3,26})"
_KNOWN_HANDLER: Final = (
    r"on(?:abort|activate|after|animation|auxclick|before|begin|blur|bounce|can|cell|change|click|close|contextmenu"
    r"|copy|cut|data|dbl|drag|drop|end|error|filter|finish|focus|form|full|got|hash|help|input|invalid|key|lay|load"
    r"|lose|lost|media|message|mouse|move|offline|online|out|page|paste|play|point|pop|progress|property|ready|redo"
    r"|repeat|reset|resize|resume|reverse|row|scroll|search|seek|select|show|start|stop|storage|submit|sync|time"
    r"|toggle|touch|track|transition|undo|unload|url|volume|wait|webkit|wheel)[a-z]{0,20}"
)
_CALL: Final = (
    r"(?:alert|prompt|confirm|eval|fetch|atob|settimeout|setinterval|msgbox|import|write(?:ln)?|function|require)"
)
RULES: Final = Rules(
    rule("script-tag", 85, r"<[\s/\0]{0,4}(?:[a-z]{1,12}:)?script(?![a-z]{2})", "script"),
    rule("handler-in-tag", 85, rf"<[a-z!?/%][^<>]{{0,400}}?[\s/\"'`;]{_HANDLER}[\s/]{{0,9}}=", "on", marks="<="),
    rule(
        "handler-after-quote",
        72,
        rf"""(?:["'`>][\s/]{{0,9}}|^[\s/]{{0,9}}|[\s/+]){_KNOWN_HANDLER}\s{{0,9}}=\s{{0,9}}(?:["'`]|[a-z.$\[\]]{{1,40}}[(=`\[.])""",
        "on",
        marks="=",
    ),
    rule(
        "active-tag",
        62,
        r"<[\s/]{0,4}(?:iframe|object|embed|applet|svg|math|base|meta|link|style|isindex|frameset|frame|layer|ilayer"
        r"|bgsound|xml|import|marquee|portal|template|noscript|keygen|animate|set|foreignobject|handler|listener"
        r"|event-source|xss|x[:\s])(?![a-z])",
        "<",
    ),
    rule(
        "markup-declaration",
        58,
        r"<!--\s{0,3}\#\s{0,3}(?:exec|include)|<!\[cdata\[|<!entity|<\?xml|<!--\[if|<!doctype[^<>]{0,80}\[",
        "<",
    ),
    rule(
        "style-that-runs",
        70,
        r"""style\s{0,9}=[^<>]{0,200}?(?:expression|url\s{0,3}\(|behaviou?r|-moz-binding|@import|javascript|\\)""",
        "style",
    ),
    rule(
        "style-tag-content",
        66,
        r"@import\s{0,9}['\"(u]|-moz-binding|expression\s{0,9}\((?=[a-z'\"])|behavior\s{0,3}:\s{0,3}url",
        "@import",
        "-moz",
        "expression",
        "behavio",
    ),
    rule(
        "address-attribute",
        40,
        r"<[a-z]{1,12}[^<>]{0,200}?(?:src|href|action|data|background|lowsrc|dynsrc|poster|formaction|srcdoc|from"
        r"|to|values)\s{0,5}=",
        *("src", "href", "action", "data", "background", "poster", "from", "to", "values"),
        marks="<=",
    ),
    rule(
        "link-to-elsewhere",
        16,
        r"<(?:img|a|input|form|button|body|table|td|video|audio|source|track"
        r"|bgsound)\b[^<>]{0,100}=\s{0,3}\\?[\"']?\s{0,9}(?:https?:|//)",
        "http",
        "//",
        marks="<=",
    ),
    rule(
        "script-break-out",
        66,
        rf"""['"`)\]}};]\s{{0,9}}[;+\-*/|&^,?:)}}<>=]{{1,6}}\s{{0,9}}(?:[a-z]{{1,12}}\.)?{_CALL}\s{{0,9}}[(`]""",
        "(",
        "`",
    ),
    rule(
        "script-call",
        56,
        r"(?:^|[^\w.])(?:alert|prompt|confirm|eval)\s{0,4}(?:\(\s{0,4}(?:\)|['\"`/\d]|document|window|string"
        r"|unescape|name|location|this|xss|atob)|`)",
        "alert",
        "prompt",
        "confirm",
        "eval",
    ),
    rule(
        "function-renamed",
        58,
        r"(?<!\w)[a-z]\w?\s{0,2}=\s{0,2}(?:alert|prompt|confirm|eval)\s{0,2}[;,\s]\s{0,2}[a-z]\w?\s{0,2}[(=]",
        *("alert", "prompt", "confirm", "eval"),
        marks="=",
    ),
    rule(
        "page-object",
        60,
        r"document\s{0,4}[.\[)]\s{0,4}[\[(\"']{0,3}(?:cookie|write|location|domain|body|url|forms)"
        r"|window\s{0,4}[.\[]\s{0,4}[\"']?(?:location|open|name|eval|alert)"
        r"|(?:^|[^\w])(?:location|top|self|parent|this)\s{0,3}(?:\[|\.(?:href|hash|replace|alert|eval)"
        r"|=\s{0,3}[\"'])|string\.fromcharcode|\.innerhtml|\.constructor\s{0,3}[(\[]",
        "document",
        "window",
        "location",
        "top",
        "self",
        "parent",
        "this",
        "fromcharcode",
        "innerhtml",
        ".constructor",
    ),
    rule(
        "data-page",
        66,
        r"data:\s{0,4}(?:text/(?:html|xml|javascript)|image/svg\+xml|application/(?:xml|xhtml|x-javascript"
        r"|javascript))?[^,\s]{0,40}(?:;base64)?,(?:[^,]{0,80}(?:<|script|alert|phn|psk)|phn)|data:text/html"
        r"|data:text/javascript",
        "data:",
    ),
    rule("unfinished-tag", 42, r"<[a-z/][a-z0-9:]{0,20}+[^<>]{0,60}+$", "<"),
    rule(
        "closing-then-tag",
        52,
        r"""["'][\s/]{0,4}/?>[^<]{0,40}<[a-z/!]|</(?:title|textarea|noscript|xmp|option|select|xss)\s{0,4}>[^<]{0,20}<[a-z]|>["'].{0,4}<|<<""",
        "<",
    ),
    rule("entity-in-address", 35, r"&(?:colon|lpar|newline|tab|nbsp);", "&"),
    rule("java-symbols", 60, r"(?:\[\]|\!\[\]|\(!\[\]\+\[\]\))\[\(|\[\+!\+\[\]\]|\$=~\[\]", "[]", "[+", "$=~"),
    alphabet="&(<=`[@-:.",
)
ADDRESSES: Final = Rules(
    rule(
        "script-address",
        72,
        r"(?:java|vb|live|j|ecma|mocha|v)script:|livescript:|mocha:(?=[a-z(\[])",
        "script:",
        "mocha:",
    ),
    rule("script-tag-split", 70, r"<script|<svg/?on|<img/?src=[^<>]{0,40}on[a-z]{3,20}=", "<"),
)
_FILLERS: Final = dict.fromkeys((*range(33), *map(ord, "\"'\\+")))


def signs(text: str, marks: frozenset[str]) -> list[Sign]:
    found = RULES.signs(text, marks)
    return [*found, *addresses(text, marks)] if ":" in marks or "<" in marks else found


def addresses(text: str, marks: frozenset[str]) -> Iterator[Sign]:
    for sign in ADDRESSES.signs(text.translate(_FILLERS), marks):
        if sign.rule == "script-address" and PROSE.search(text):
            continue
        yield Sign(sign.rule, sign.score, 0, len(text))


PROSE: Final = re.compile(r"(?<![=\"'(])\bjavascript:\s{1,3}[a-z]{3,}\s")

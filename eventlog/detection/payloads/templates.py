"""Template injection: an expression in the marks of a template language that calculates or reaches for the program.

What only names a field, `{{ student.name }}`, stands in any lesson or documentation about templates.
"""

from typing import Final

from eventlog.detection.payloads.signs import Rules, Sign, rule

MARKS: Final = frozenset("{<@[#")
_OPEN: Final = r"(?:\{\{[-\s]{0,3}|[$\#*@~]\{{1,2}|<%[=\-\s]{0,3}|@\(|\[\[)"
RULES: Final = Rules(
    rule(
        "lookup",
        95,
        r"\$\{\s{0,3}(?:jndi|(?:\$?\{?(?:lower|upper|env|sys|date|:){1}[^}]{0,20}\}?){1,6}[^}]{0,12})\s{0,3}:",
        "${",
    ),
    rule(
        "calculation",
        72,
        rf"{_OPEN}\s{{0,5}}['\"(]?\d{{1,9}}['\"]?\s{{0,3}}[*+/%-]\s{{0,3}}['\"]?\d{{1,9}}",
        "{",
        "<%",
        "@(",
        "[[",
    ),
    rule(
        "inner-attribute",
        82,
        r"(?:\{\{|\{%|[$\#*]\{|\[)[^}]{0,120}?__(?:class|mro|base|subclasses|globals|init|builtins|import|dict"
        r"|getitem)",
        "__",
    ),
    rule(
        "program-object",
        70,
        rf"{_OPEN}\s{{0,3}}(?:config|settings|self|request\.(?:application|environ|meta)|cycler|joiner|namespace"
        rf"|lipsum|get_flashed_messages|url_for|app\.request|_self|dump|range|constructor"
        rf"|messages\.storages)\s{{0,3}}(?:[.(\[|}}]|\}})",
        "{",
        "<%",
        "@(",
        "[[",
    ),
    rule(
        "program-call",
        78,
        rf"{_OPEN}[^{{}}%$#\[]{{0,80}}?(?:system|exec|popen|eval|getruntime|runtime|processbuilder|getclass|forname"
        rf"|readlines?|file\.open|io\.|phpinfo|passthru|constructor|getenv|getproperty|subprocess)\s{{0,3}}[(.(`]",
        "{",
        "<%",
        "@(",
        "[[",
    ),
    rule("type-expression", 80, r"[$*\#]\{\s{0,3}(?:new\s|t\s{0,2}\(|@java|''\.|\"\"\.)", "{"),
    rule(
        "template-tag",
        66,
        r"\{%-?\s{0,5}(?:debug|import\s|include\s{1,4}['\"/]|load\s{1,4}(?:log|admin|static\s)|get_admin_log"
        r"|for\s[^%]{1,60}(?:__|config)|set\s[^%]{1,60}(?:__|import)|extends\s{1,4}['\"]/|raw|ssi|filter\s)",
        "{%",
    ),
    rule(
        "other-engines",
        74,
        r"<\#assign|freemarker|\{php\}|\{/?(?:literal|system)\}|\#set\s{0,3}\(\s{0,3}\$|\{\$smarty"
        r"|<%\s{0,3}(?:import|eval|require)",
        "<#",
        "freemarker",
        "{php",
        "{/",
        "{$",
        "#set",
        "<%",
        "{literal",
        "{system",
    ),
    rule(
        "string-twist", 60, rf"{_OPEN}\s{{0,3}}['\"][^'\"}}]{{0,20}}['\"]\s{{0,3}}(?:\||\.|\*)", "{", "<%", "@(", "[["
    ),
    alphabet="{<%@([#$",
)


def signs(text: str, marks: frozenset[str]) -> list[Sign]:
    return RULES.signs(text, marks) if "freemarker" in text or not marks.isdisjoint(MARKS) else []

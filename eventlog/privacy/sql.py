"""Literals and comments out of SQL text, so that a slow query can be kept without what was asked for."""

import re
from typing import Final

# As PostgreSQL and SQLite read it: a backslash escapes in E'' only. What is unterminated goes to the end of the text.
_TOKEN: Final = re.compile(
    r"""(?P<quoted>"(?:[^"]++|"")*"|`[^`]*+`)"""  # an identifier: kept
    r"""|(?<![\w$])[eE]'(?:[^'\\]++|\\.|'')*(?:'|\Z)"""
    r"""|(?:(?<![\w$])(?:[bBxXnN]|[uU]&))?'(?:[^']++|'')*(?:'|\Z)"""
    r"""|(?<![\w$])\$(?P<tag>(?:[^\W\d]\w{0,62})?)\$.*?(?:\$(?P=tag)\$|\Z)"""
    r"""|["`].*"""
    r"""|(?<![\w.])(?P<number>[0-9][0-9._]*+)"""
    r"""|(?P<comment>/\*)|--[^\n]*+""",
    re.DOTALL,
)
_COMMENT_EDGE: Final = re.compile(r"/\*|\*/")
LONG_NUMBER: Final = 6  # digits: a telephone, a NIS, an amount; LIMIT 20 and "$1" may stay


def mask_literals(sql: str) -> str:
    """`SELECT 'x' -- why` becomes `SELECT ? ?`. Names in double quotes and short numbers stay."""
    out, at = [], 0
    while token := _TOKEN.search(sql, at):
        end = _comment_end(sql, token.end()) if token["comment"] else token.end()
        out += [sql[at : token.start()], token[0] if _stays(token) else "?"]
        at = end
    return "".join([*out, sql[at:]])


def _stays(token: re.Match[str]) -> bool:
    number = token["number"]
    return bool(token["quoted"]) or bool(number and sum(map(str.isdigit, number)) < LONG_NUMBER)


def _comment_end(sql: str, at: int) -> int:
    """Comments nest in PostgreSQL."""
    depth = 1
    while depth and (edge := _COMMENT_EDGE.search(sql, at)):
        depth += 1 if edge[0] == "/*" else -1
        at = edge.end()
    return len(sql) if depth else at

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
    r"""|(?P<count>\b(?i:LIMIT|OFFSET|FETCH FIRST|FETCH NEXT) [0-9]++(?![.\w]))"""  # kept, as is "$1"
    r"""|(?<![\w$])\.?[0-9][\w.]*+"""
    r"""|(?P<comment>/\*)|--[^\n]*+""",
    re.DOTALL,
)
_COMMENT_EDGE: Final = re.compile(r"/\*|\*/")


def mask_literals(sql: str) -> str:
    """`SELECT 'x' -- why` becomes `SELECT ? ?`. Names in double quotes stay, and how many rows were asked for."""
    out, at = [], 0
    while token := _TOKEN.search(sql, at):
        end = _comment_end(sql, token.end()) if token["comment"] else token.end()
        out += [sql[at : token.start()], token[0] if token["quoted"] or token["count"] else "?"]
        at = end
    return "".join([*out, sql[at:]])


def _comment_end(sql: str, at: int) -> int:
    """Comments nest in PostgreSQL."""
    depth = 1
    while depth and (edge := _COMMENT_EDGE.search(sql, at)):
        depth += 1 if edge[0] == "/*" else -1
        at = edge.end()
    return len(sql) if depth else at

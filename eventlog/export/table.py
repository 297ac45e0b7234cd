"""CSV, for people and their spreadsheets: a row of headings, then one for each event."""

import csv
from typing import Any, Final

from eventlog.export.rows import COLUMNS, TIMES, Row

BOM: Final = b"\xef\xbb\xbf"  # without it Excel takes UTF-8 for the system's own encoding; programs read `utf-8-sig`
# What a spreadsheet would take for a formula (OWASP, "CSV Injection"), also behind the spaces that it passes over.
FORMULA: Final = ("=", "+", "-", "@", "\t", "\r", "\n", "\uff1d", "\uff0b", "\uff0d", "\uff20")


class Passed:
    """A file for `csv.writer` that gives back what is written to it."""

    def write(self, text: str) -> bytes:
        return text.encode()


writer = csv.writer(Passed())


def header() -> bytes:
    return BOM + written(list(COLUMNS))


def line(row: Row) -> bytes:
    for name in TIMES:
        if row[name] is not None:
            row[name] = row[name].isoformat()
    return written([cell(row[name]) for name in COLUMNS])


def written(cells: list[Any]) -> bytes:
    line: bytes = writer.writerow(cells)
    return line


def cell(value: Any) -> Any:
    """Numbers as they are; text that could be a formula with an apostrophe before it."""
    if not isinstance(value, str) or not value:
        return value
    return f"'{value}" if value.lstrip(" ").startswith(FORMULA) or value.startswith(FORMULA) else value

"""The rows of a CSV: UTF-8 (with or without its mark) or Windows' cp1252, cells parted by comma, semicolon or tab."""

import csv
import re
from collections.abc import Callable, Generator
from io import TextIOWrapper
from typing import IO, Any

from django.utils.translation import gettext_lazy as _

from edupro.school.exchange.refusal import MAX_CELLS, MAX_COLUMNS, Refused, damaged, formula, too_much_inside

DELIMITERS = (",", ";", "\t")
NO_TEXT = re.compile(rb"[\x00-\x08\x0e-\x1f]")
QUOTED = re.compile(r"'+[=+\-@\t\r\n]")
DANGEROUS = re.compile(r"'*[=+\-@\t\r\n]")


def harmless(text: str) -> str:
    """A text that no spreadsheet takes for a formula; `meant` undoes it. After OWASP's page on CSV injection."""
    return f"'{text}" if DANGEROUS.match(text) else text


def meant(text: str) -> str:
    return text[1:] if QUOTED.match(text) else text


def lines(file: IO[bytes], score: Callable[[list[str]], int]) -> Generator[tuple[int, list[Any]], None, None]:
    """The number of each row and its cells. `score` tells how many of some cells are known headings: by that the
    delimiter is found. Raises Refused, also on the way.
    """
    encoding = encoding_of(file)
    file.seek(0)
    text = TextIOWrapper(file, encoding=encoding, newline="")
    try:
        delimiter = max(DELIMITERS, key=lambda delimiter: score(headings(text, delimiter)))
        text.seek(0)
        for number, cells in enumerate(csv.reader(text, delimiter=delimiter, strict=True), start=1):
            if len(cells) > MAX_CELLS:
                raise too_much_inside()
            yield number, [value(cell, row=number, column=column) for column, cell in enumerate(cells, start=1)]
    except csv.Error:
        raise Refused(_("A quotation mark is missing or too many in the file."), code="quotes") from None
    finally:
        text.detach()  # or it would close the file with itself


def headings(text: TextIOWrapper, delimiter: str) -> list[str]:
    """So many of them as a table may have."""
    text.seek(0)
    return next(csv.reader(text, delimiter=delimiter), [])[:MAX_COLUMNS]


def encoding_of(file: IO[bytes]) -> str:
    """The one that all of the file can be read in. Raises Refused."""
    file.seek(0)
    content = file.read()
    if NO_TEXT.search(content):
        raise damaged()
    for encoding in ("utf-8-sig", "cp1252"):
        try:
            content.decode(encoding)
        except UnicodeDecodeError:
            continue
        return encoding
    raise damaged()


def address(column: int, row: int) -> str:
    """Of a cell, as spreadsheets write it: B3."""
    from openpyxl.utils import get_column_letter  # large: for those alone who deal with a file

    return f"{get_column_letter(column)}{row}"


def value(cell: str, *, row: int, column: int) -> str:
    if cell.startswith("="):
        raise formula(address(column, row))
    return meant(cell)

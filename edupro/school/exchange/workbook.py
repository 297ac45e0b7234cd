"""The rows of an `.xlsx`: its first sheet, read row by row by openpyxl, which reads XML by defusedxml."""

import re
import struct
import zlib
from collections.abc import Generator
from contextlib import closing
from typing import IO, Any
from zipfile import BadZipFile

import openpyxl

from edupro.school.exchange import package
from edupro.school.exchange.refusal import MAX_LINES, damaged, error_value, formula

ONLY_ZEROS = re.compile(r"0{1,255}")  # no format of Excel is longer; each cell would be as long as its format
DAMAGED = (  # what openpyxl lets through where a file is not what it should be
    ArithmeticError,
    AssertionError,
    AttributeError,
    BadZipFile,
    EOFError,
    LookupError,
    OSError,
    RuntimeError,
    SyntaxError,  # XML's ParseError among them
    TypeError,
    ValueError,  # defusedxml's among them
    struct.error,
    zlib.error,
)


def lines(file: IO[bytes]) -> Generator[tuple[int, list[Any]], None, None]:
    """The number of each row and its values, `None` where a cell is empty. Raises Refused, also on the way."""
    package.examine(file)
    file.seek(0)
    try:
        with closing(openpyxl.load_workbook(file, read_only=True, keep_links=False)) as workbook:
            sheet = workbook.worksheets[0]
            sheet.reset_dimensions()  # they may lie too
            # A row's number may lie, and openpyxl fills gaps.
            for number, cells in enumerate(sheet.iter_rows(max_row=MAX_LINES), start=1):
                yield number, [value(cell) for cell in cells]
    except DAMAGED:
        raise damaged() from None


def value(cell: Any) -> Any:
    if cell.data_type == "f":
        raise formula(cell.coordinate)
    if cell.data_type == "e":
        raise error_value(cell.coordinate)
    if isinstance(cell.value, int) and not isinstance(cell.value, bool) and ONLY_ZEROS.fullmatch(cell.number_format):
        return str(cell.value).zfill(len(cell.number_format))  # shown with its leading zeros, so meant with them
    return cell.value

"""A workbook as it is written: text is text in it, also where it looks like a formula or a number."""

from collections.abc import Iterable
from datetime import date
from typing import IO, Any

from openpyxl import Workbook
from openpyxl.cell import WriteOnlyCell
from openpyxl.cell.cell import ILLEGAL_CHARACTERS_RE

from edupro.school.exchange.entities import Entity

DATE_FORMAT, TEXT_FORMAT = "dd/mm/yyyy", "@"


def write(file: IO[bytes], entity: Entity, records: Iterable[list[Any]]) -> int:
    """The workbook; returns how many records are in it."""
    workbook = Workbook(write_only=True)
    sheet = workbook.create_sheet(entity.name)
    sheet.append(entity.all_columns)
    rows = 0
    for cells in records:
        sheet.append([cell_of(sheet, cell) for cell in cells])
        rows += 1
    workbook.save(file)
    return rows


def cell_of(sheet: Any, value: Any) -> Any:
    """Excel keeps leading zeros where a cell is text."""
    if isinstance(value, str):
        cell = WriteOnlyCell(sheet, ILLEGAL_CHARACTERS_RE.sub("", value))
        cell.data_type = "s"
        cell.number_format = TEXT_FORMAT
        return cell
    if isinstance(value, date):
        cell = WriteOnlyCell(sheet, value)
        cell.number_format = DATE_FORMAT
        return cell
    return value

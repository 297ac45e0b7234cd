"""An empty table to fill in: headings, an example, and what each column takes."""

import csv
from io import BytesIO, StringIO
from typing import Any

from django.core.validators import BaseValidator, MaxValueValidator, MinValueValidator
from django.db.models import CharField, DateField, Field, IntegerField
from django.http import StreamingHttpResponse
from django.utils.translation import gettext as _
from openpyxl import Workbook
from openpyxl.cell import WriteOnlyCell
from openpyxl.styles import Font
from openpyxl.utils import get_column_letter

from edupro.school.exchange.entities import Entity
from edupro.school.exchange.export import BOM, csv_cell, download
from edupro.school.exchange.spreadsheet import TEXT_FORMAT, cell_of
from edupro.school.exchange.values import day


def response(entity: Entity, format: str) -> StreamingHttpResponse:
    content = as_csv(entity) if format == "csv" else as_xlsx(entity)
    return download(iter([content]), f"{entity.name}-template.{format}")


def as_csv(entity: Entity) -> bytes:
    buffer = StringIO(newline="")
    lines = csv.writer(buffer)
    lines.writerow(entity.written)
    lines.writerow(csv_cell(entity.example[column]) for column in entity.written)
    return f"{BOM}{buffer.getvalue()}".encode()


def as_xlsx(entity: Entity) -> bytes:
    workbook = Workbook(write_only=True)
    table, notes = workbook.create_sheet(entity.name), workbook.create_sheet(_("Notes"))
    write_table(table, entity)
    write_notes(notes, entity)
    content = BytesIO()
    workbook.save(content)
    return content.getvalue()


def write_table(sheet: Any, entity: Entity) -> None:
    for number, column in enumerate(entity.written, start=1):
        dimension = sheet.column_dimensions[get_column_letter(number)]
        dimension.width = max(12, len(column) + 2)
        if isinstance(entity.fields[column], CharField):
            dimension.number_format = TEXT_FORMAT  # so that Excel keeps leading zeros
    sheet.append([bold(sheet, column) for column in entity.written])
    sheet.append([cell_of(sheet, typed(entity, column)) for column in entity.written])


def write_notes(sheet: Any, entity: Entity) -> None:
    for letter, width in zip("ABCD", (24, 28, 20, 60), strict=True):
        sheet.column_dimensions[letter].width = width
    sheet.append([bold(sheet, title) for title in (_("Column"), _("Meaning"), _("Required"), _("What it takes"))])
    for column in entity.written:
        sheet.append([column, *described(entity, column)])
    for line in ("", *remarks()):
        sheet.append([line])


def bold(sheet: Any, text: str) -> Any:
    cell = WriteOnlyCell(sheet, text)
    cell.font = Font(bold=True)
    return cell


def typed(entity: Entity, column: str) -> Any:
    example = entity.example[column]
    return day(example) if isinstance(entity.fields[column], DateField) else example


def described(entity: Entity, column: str) -> list[str]:
    field = entity.fields[column]
    required = _("always") if column in entity.key else _("for new records") if column in entity.required else _("no")
    return [str(field.verbose_name), required, takes(field)]


def takes(field: "Field[Any, Any]") -> str:
    if field.flatchoices:
        return ", ".join(f"{value} ({label})" for value, label in field.flatchoices if value)
    if isinstance(field, DateField):
        return _("A date, as 21/03/2010 or 2010-03-21")
    if isinstance(field, IntegerField):
        limits = [rule for rule in field.validators if isinstance(rule, BaseValidator)]
        least = max(int(rule.limit_value) for rule in limits if isinstance(rule, MinValueValidator))
        most = min(int(rule.limit_value) for rule in limits if isinstance(rule, MaxValueValidator))
        return _("A whole number from %(least)s to %(most)s") % {"least": least, "most": most}
    return _("Text of at most %(count)s characters") % {"count": field.max_length}


def remarks() -> tuple[str, ...]:
    return (
        _("The second row of the table is an example: write over it."),
        _("An empty cell leaves a stored value as it is."),
        _("Records that are there are changed, others are created; none is deleted."),
    )

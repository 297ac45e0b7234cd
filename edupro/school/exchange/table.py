"""An uploaded file as rows of named cells: the one way in, whatever the file claims to be."""

from collections.abc import Generator, Iterator, Mapping, Sequence
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Any, cast

from django.core.files import File
from django.utils.translation import gettext_lazy as _

from edupro.school.exchange import delimited, package, refusal
from edupro.school.exchange.delimited import address
from edupro.school.exchange.entities import Entity, heading
from edupro.school.exchange.refusal import Refused

ZIP = b"PK\x03\x04"
OLE = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"  # Excel before 2007, and every file of Office that has a password
ENCRYPTED = "EncryptedPackage".encode("utf-16-le")

Line = tuple[int, Sequence[Any]]  # its number and its cells


@dataclass(frozen=True, slots=True)
class Row:
    number: int  # as the spreadsheet shows it: the headings are in 1, unless empty rows are above them
    cells: Mapping[str, Any]  # by column; what is empty is left out


@dataclass(frozen=True, slots=True)
class Table:
    columns: tuple[str, ...]
    rows: tuple[Row, ...]


def read(file: "File[bytes]", entity: Entity) -> Table:
    """All of the file. Raises Refused."""
    with closing(opened(file, entity)) as all_lines:
        lines = filled(all_lines)
        number, first = next(lines, (0, ()))
        if not number:
            raise Refused(_("The file is empty."), code="empty")
        names = columns(first, entity)
        rows = tuple(Row(number, named(names, cells, number=number)) for number, cells in lines)
    if not rows:
        raise Refused(_("The file has headings, but no rows below them."), code="empty")
    return Table(tuple(name for name in names if name), rows)


def opened(file: "File[bytes]", entity: Entity) -> Generator[Line, None, None]:
    """By its content, and only if that is what its name says."""
    if file.size > refusal.MAX_BYTES:
        raise refusal.too_large()
    file.seek(0)
    beginning, suffix = file.read(8), Path(file.name or "").suffix.lower()
    if not beginning:
        raise Refused(_("The file is empty."), code="empty")
    if beginning == OLE:
        raise old_or_encrypted(file)
    if suffix in (".xlsm", ".xltm", ".xlam"):
        raise package.macros()
    if suffix not in (".xlsx", ".csv") or beginning.startswith(ZIP) is not (suffix == ".xlsx"):
        raise Refused(_("Choose an Excel workbook (.xlsx) or a CSV file (.csv)."), code="wrong_type")
    if suffix == ".xlsx":
        from edupro.school.exchange import workbook  # large: for those alone who deal with a file

        return workbook.lines(cast("IO[bytes]", file))
    return delimited.lines(cast("IO[bytes]", file), entity.known)


def old_or_encrypted(file: "File[bytes]") -> Refused:
    file.seek(0)
    if ENCRYPTED in file.read():
        return package.encrypted()
    return Refused(_("This is a workbook of Excel before 2007 (.xls). Save it as .xlsx."), code="old_format")


def filled(lines: Iterator[Line]) -> Iterator[Line]:
    """The lines that are not wholly empty, as long as there are no more than may be and none holds too much.

    What is empty takes time as well: a cell at the end of a row stands for all that are missing before it.
    """
    found = looked_at = 0
    for number, cells in lines:
        looked_at += len(cells)
        if number > refusal.MAX_LINES or looked_at > refusal.MAX_CELLS:
            raise refusal.too_much_inside()
        held = [None if cell is None or (isinstance(cell, str) and not cell.strip()) else cell for cell in cells]
        while held and held[-1] is None:
            held.pop()
        if not held:
            continue
        found += 1
        check(held, number=number)
        if found > refusal.MAX_ROWS + 1:
            raise Refused(_("The file has more than %(count)s rows.") % {"count": refusal.MAX_ROWS}, code="rows")
        yield number, held


def check(cells: Sequence[Any], *, number: int) -> None:
    if len(cells) > refusal.MAX_COLUMNS:
        raise Refused(_("The file has more than %(count)s columns.") % {"count": refusal.MAX_COLUMNS}, code="columns")
    for column, cell in enumerate(cells, start=1):
        if isinstance(cell, str) and len(cell) > refusal.MAX_CHARACTERS:
            values = {"cell": address(column, number), "count": refusal.MAX_CHARACTERS}
            raise Refused(_("%(cell)s holds more than %(count)s characters.") % values, code="characters")


def columns(cells: Sequence[Any], entity: Entity) -> tuple[str, ...]:
    """The column that each heading means, nothing for those without a heading. Raises Refused."""
    names = tuple("" if cell is None else entity.headings.get(heading(str(cell)), str(cell)) for cell in cells)
    unknown = [name for name in names if name and name not in entity.fields]
    double = [name for name in names if name and names.count(name) > 1]
    missing = [name for name in entity.key if name not in names]
    if unknown:
        raise Refused(_("Unknown columns: %(names)s.") % {"names": listed(unknown)}, code="unknown_columns")
    if double:
        raise Refused(_("Columns that are there twice: %(names)s.") % {"names": listed(double)}, code="double_columns")
    if missing:
        raise Refused(_("Missing columns: %(names)s.") % {"names": listed(missing)}, code="missing_columns")
    return names


def listed(names: Sequence[str]) -> str:
    """Ten of them at most, and of each no more than a heading may reasonably have."""
    return ", ".join(name[:50] for name in dict.fromkeys(names[:10]))


def named(names: Sequence[str], cells: Sequence[Any], *, number: int) -> dict[str, Any]:
    """Raises Refused where a cell stands outside of the columns."""
    for column, cell in enumerate(cells, start=1):
        if cell is not None and (column > len(names) or not names[column - 1]):
            raise Refused(_("%(cell)s has no heading.") % {"cell": address(column, number)}, code="no_heading")
    return {name: cell for name, cell in zip(names, cells, strict=False) if cell is not None}

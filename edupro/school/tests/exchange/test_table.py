"""Reading a table: what is understood, and what is refused before it costs anything."""

import resource
import struct
import time
import zipfile
from collections.abc import Callable
from io import BytesIO
from random import randbytes
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from openpyxl import Workbook

from edupro.school.exchange import table
from edupro.school.exchange.entities import ENTITIES, SISWA, heading
from edupro.school.exchange.refusal import MAX_BYTES, Refused
from edupro.school.tests.exchange.conftest import delimited, workbook

HEAD = ["nis", "nama", "kelas"]
ROW = ["1001", "Budi", "X-1"]
SHEET = "xl/worksheets/sheet1.xml"
MAIN = 'xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main"'


def repacked(change: Callable[[dict[str, bytes]], Any], **options: Any) -> SimpleUploadedFile:
    """A good workbook, with its parts changed."""
    with zipfile.ZipFile(workbook([HEAD, ROW])) as package:
        parts = {name: package.read(name) for name in package.namelist()}
    change(parts)
    content = BytesIO()
    with zipfile.ZipFile(content, "w", zipfile.ZIP_DEFLATED, **options) as package:
        for name, part in parts.items():
            package.writestr(name, part)
    return SimpleUploadedFile("table.xlsx", content.getvalue())


def part(name: str, content: bytes) -> SimpleUploadedFile:
    return repacked(lambda parts: parts.update({name: content}))


def sheet(rows: str, before: str = "") -> SimpleUploadedFile:
    xml = f'<?xml version="1.0"?>{before}<worksheet {MAIN}><sheetData>{rows}</sheetData></worksheet>'
    return part(SHEET, xml.encode())


def text_cells(*texts: str) -> str:
    return "".join(f'<c t="inlineStr"><is><t>{text}</t></is></c>' for text in texts)


HEAD_ROW = f'<row r="1">{text_cells(*HEAD)}</row>'


def attributes(count: int) -> str:
    return " ".join(f'a{n}="{n}"' for n in range(count))


def patched(file: SimpleUploadedFile, at: int, value: bytes) -> SimpleUploadedFile:
    """Every entry of the zip's directory, overwritten from byte `at` on."""
    content = bytearray(file.read())
    place = content.find(b"PK\x01\x02")
    while place >= 0:
        content[place + at : place + at + len(value)] = value
        place = content.find(b"PK\x01\x02", place + 4)
    return SimpleUploadedFile("table.xlsx", bytes(content))


def lying() -> SimpleUploadedFile:
    """A sheet that unpacks to 50 MB, of which the directory says 1,000 bytes."""
    bomb = part(SHEET, b"<worksheet>" + b" " * 50_000_000)
    return patched(bomb, 24, struct.pack("<L", 1000))


def far_out() -> SimpleUploadedFile:
    """Rows of one empty cell each, in the last column: openpyxl fills in the 16,383 before it."""
    return sheet(HEAD_ROW + "".join(f'<row r="{n}" x="{n * n}"><c r="XFD{n}"/></row>' for n in range(2, 20_000)))


def long_zeros() -> SimpleUploadedFile:
    """2,000 numbers of one figure in a format of a million zeros."""

    def change(parts: dict[str, bytes]) -> None:
        formats = f'<numFmts count="1"><numFmt numFmtId="200" formatCode="{"0" * 1_000_000}"/></numFmts>'.encode()
        before, _none, after = parts["xl/styles.xml"].partition(b'<numFmts count="0" />')
        parts["xl/styles.xml"] = before + formats + after.replace(b'numFmtId="0"', b'numFmtId="200"')
        cells = "".join(f"<c><v>{n % 10}</v></c>" for n in range(2_000))
        parts[SHEET] = f"<worksheet {MAIN}><sheetData>{HEAD_ROW}<row>{cells}</row></sheetData></worksheet>".encode()
        parts["xl/media/a.bin"] = randbytes(20_000)  # or the ratio would tell

    return repacked(change)


def named(name: str, content: bytes) -> SimpleUploadedFile:
    return SimpleUploadedFile(name, content)


def good() -> bytes:
    return workbook([HEAD, ROW]).read()


OLE = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(500)
LAUGHS = '<!DOCTYPE x [<!ENTITY a "ha"><!ENTITY b "&a;&a;&a;">]>'
HOSTILE: dict[str, tuple[str, Callable[[], SimpleUploadedFile]]] = {
    "nothing at all": ("empty", lambda: named("a.csv", b"")),
    "only white space": ("empty", lambda: named("a.csv", b"\n \n,,\n")),
    "headings alone": ("empty", lambda: workbook([HEAD])),
    "a picture": ("damaged", lambda: named("a.csv", b"\x89PNG\r\n\x1a\n" + bytes(99))),
    "a picture called a workbook": ("wrong_type", lambda: named("a.xlsx", b"\x89PNG\r\n\x1a\n" + bytes(99))),
    "a workbook called a CSV": ("wrong_type", lambda: named("a.csv", good())),
    "a CSV called a workbook": ("wrong_type", lambda: named("a.xlsx", b"nis,nama,kelas\n1,A,X\n")),
    "a program": ("wrong_type", lambda: named("a.exe", b"MZ" + bytes(99))),
    "Excel before 2007": ("old_format", lambda: named("a.xls", OLE)),
    "with a password": ("encrypted", lambda: named("a.xlsx", OLE + "EncryptedPackage".encode("utf-16-le"))),
    "a zip with a password": ("encrypted", lambda: patched(workbook([HEAD, ROW]), 8, b"\x01")),
    "macros by name": ("macros", lambda: named("a.xlsm", good())),
    "macros inside": ("macros", lambda: part("xl/vbaProject.bin", b"x")),
    "links to other files": ("external_links", lambda: part("xl/externalLinks/externalLink1.xml", b"<a/>")),
    "11 MB": ("too_large", lambda: named("a.csv", b"x" * (MAX_BYTES + 1))),
    "a bomb by its ratio": ("bomb", lambda: part("xl/media/a.bin", bytes(60_000_000))),
    "a bomb by its size": ("bomb", lambda: part("xl/media/a.bin", bytes(70_000_000))),
    "a directory that lies": ("damaged", lying),
    "300 entries": ("bomb", lambda: repacked(lambda parts: parts.update({f"a{n}": b"" for n in range(300)}))),
    "100,000 entries": ("bomb", lambda: repacked(lambda parts: parts.update({f"{n}": b"" for n in range(100_000)}))),
    "half a zip": ("damaged", lambda: named("a.xlsx", good()[:2000])),
    "a zip of something else": ("damaged", lambda: repacked(lambda parts: parts.pop("[Content_Types].xml"))),
    "no workbook in it": ("damaged", lambda: repacked(lambda parts: parts.pop("xl/workbook.xml"))),
    "a broken sheet": ("damaged", lambda: part(SHEET, b"<worksheet")),
    "a million laughs": ("entities", lambda: sheet(HEAD_ROW, before=LAUGHS)),
    "an external entity": (
        "entities",
        lambda: sheet("", before='<!DOCTYPE x [<!ENTITY a SYSTEM "file:///etc/passwd">]>'),
    ),
    "XML in UTF-16": ("entities", lambda: part(SHEET, "<worksheet/>".encode("utf-16"))),
    "a million cells": ("bomb", lambda: sheet(f"<row>{'<c/>' * 1_000_000}</row>")),
    "a row that never ends": ("bomb", lambda: sheet(f"<row>{''.join(map(str, range(9**6)))}</row>")),
    "a million attributes": ("bomb", lambda: sheet(f"<row {attributes(50_000)}/>" * 30)),
    "a row beyond all rows": ("empty", lambda: sheet(HEAD_ROW + '<row r="99999999999"><c><v>1</v></c></row>')),
    "a cell beyond all columns": ("columns", lambda: sheet(HEAD_ROW + '<row r="2"><c r="ZZZ2"><v>1</v></c></row>')),
    "empty cells far out": ("bomb", far_out),
    "a format of a million zeros": ("columns", long_zeros),
    "ten million empty lines": ("bomb", lambda: named("a.csv", b"nis,nama,kelas\n" + b"\n" * (MAX_BYTES - 100))),
    "ten million empty cells": ("bomb", lambda: named("a.csv", (b"," * 100_000 + b"\n") * 100)),
    "three million headings": ("bomb", lambda: named("a.csv", b",;\t" * (MAX_BYTES // 3 - 1) + b",x")),
    "a number beyond all numbers": ("damaged", lambda: sheet(f"{HEAD_ROW}<row><c><v>{'9' * 9999}</v></c></row>")),
    "a text that is not there": ("damaged", lambda: sheet(HEAD_ROW + '<row><c t="s"><v>77</v></c></row>')),
    "a formula": ("formula", lambda: workbook([HEAD, ["1", '=HYPERLINK("http://x","y")', "X"]])),
    "an error of Excel": ("error_value", lambda: sheet(f'{HEAD_ROW}<row><c t="e"><v>#N/A</v></c></row>')),
    "a formula in a CSV": ("formula", lambda: delimited([HEAD, ["1", "=1+1", "X"]])),
    "10,001 rows": ("rows", lambda: delimited([HEAD, *([str(n), "A", "X"] for n in range(10_001))])),
    "101 columns": ("columns", lambda: workbook([[*HEAD, *range(98)], ROW])),
    "1,001 characters": ("characters", lambda: workbook([HEAD, ["1", "x" * 1001, "X"]])),
    "an endless cell": ("quotes", lambda: named("a.csv", b'nis,nama,kelas\n1,"' + b"x" * 5_000_000)),
    "an open quotation mark": ("quotes", lambda: named("a.csv", b'nis,nama,kelas\n1,"A,X\n2,B,X\n')),
    "neither UTF-8 nor cp1252": ("damaged", lambda: named("a.csv", b"nis,nama\n1,\x81\xff\n")),
    "an unknown column": ("unknown_columns", lambda: workbook([[*HEAD, "password"], [*ROW, "x"]])),
    "no key": ("missing_columns", lambda: workbook([["nama", "kelas"], ["Budi", "X-1"]])),
    "a column twice": ("double_columns", lambda: workbook([[*HEAD, "Name"], [*ROW, "x"]])),
    "a value without heading": ("no_heading", lambda: workbook([HEAD, [*ROW, "x"]])),
}


@pytest.mark.parametrize(("code", "make"), HOSTILE.values(), ids=HOSTILE.keys())
def test_a_hostile_file_is_refused_soon_and_in_little_memory(code: str, make: Callable[[], SimpleUploadedFile]) -> None:
    file = make()
    before, started = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss, time.perf_counter()
    with pytest.raises(Refused) as refused:
        table.read(file, SISWA)
    assert refused.value.code == code and str(refused.value.message)
    assert resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before < 300_000  # KiB
    assert time.perf_counter() - started < 10


def test_a_formula_is_named_by_its_cell() -> None:
    with pytest.raises(Refused) as refused:
        table.read(workbook([HEAD, ROW, ["2", "B", "=A1"]]), SISWA)
    assert str(refused.value.message).startswith("C3 holds a formula")


@pytest.mark.parametrize("delimiter", [",", ";", "\t"])
@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "cp1252"])
def test_csv_is_read_in_the_ways_that_it_is_written(delimiter: str, encoding: str) -> None:
    file = delimited([HEAD, ["1", "Andr\u00e9, Budi; Co", "X"]], delimiter, encoding)
    assert table.read(file, SISWA).rows[0].cells == {"nis": "1", "nama": "Andr\u00e9, Budi; Co", "kelas": "X"}


@pytest.mark.parametrize("title", ["NIS", " nis ", "Student number", "student  number"])
def test_a_heading_is_a_field_or_its_title_in_either_language(title: str) -> None:
    assert table.read(workbook([[title, "Nama", "Class"], ROW]), SISWA).columns == ("nis", "nama", "kelas")


@pytest.mark.parametrize("name", ENTITIES)
def test_no_two_columns_share_a_heading(name: str) -> None:
    entity = ENTITIES[name]
    titles = [(heading(title), column) for title, column in entity._headings()]
    assert all(entity.headings[title] == column for title, column in titles)


def test_empty_rows_are_passed_over_and_the_others_keep_their_numbers() -> None:
    rows = table.read(workbook([[], HEAD, [None, " ", None], [], ROW]), SISWA).rows
    assert [row.number for row in rows] == [5]


def test_zeros_that_excel_only_shows_are_read() -> None:
    book = Workbook()
    sheet = book.worksheets[0]
    sheet.append(HEAD)
    sheet.append([71, "Budi", "X-1"])
    sheet["A2"].number_format = "0000"
    content = BytesIO()
    book.save(content)
    assert table.read(named("a.xlsx", content.getvalue()), SISWA).rows[0].cells["nis"] == "0071"

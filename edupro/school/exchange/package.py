"""What is inside an `.xlsx`, before openpyxl believes a word of it: a zip of XML whose sizes are known and small.

openpyxl builds an object for each element and attribute, so that these are what memory and time follow. Names and
limits after ECMA-376 part 2 (the package) and APPNOTE.TXT 6.3 (the zip directory).
"""

import os
import re
import struct
import zlib
from collections.abc import Iterator
from typing import IO
from zipfile import ZIP_DEFLATED, ZIP_STORED, BadZipFile, ZipFile, ZipInfo

from django.utils.translation import gettext_lazy as _

from edupro.school.exchange.refusal import Refused, damaged, too_much_inside

MAX_ENTRIES = 200
MAX_DIRECTORY_BYTES = MAX_ENTRIES * 512
MAX_UNPACKED_BYTES = 64 * 1024 * 1024
MAX_RATIO = 100  # repetitive sheets reach about 30
MAX_NODES = 1_300_000  # elements and attributes; 10,000 rows of 18 cells with place, format and text are 1,100,000
MAX_STRETCH_BYTES = 2 * 1024 * 1024  # within one row or shared text, or besides them
CHUNK_BYTES = 64 * 1024
CONTENT_TYPES = "[Content_Types].xml"
MARK = re.compile(rb"<(?:[\w.-]+:)?(?:row|si)[\s>/]")  # where openpyxl lets go of what it held before
OTHER_ENCODINGS = (b"\xff\xfe", b"\xfe\xff", b"\x00<", b"<\x00")  # of XML, in which the bytes below say something else
DECLARATIONS = (b"<!DOCTYPE", b"<!ENTITY")
WRONG_BYTES = (zlib.error, BadZipFile, EOFError, NotImplementedError, OSError, ValueError)


def examine(file: IO[bytes]) -> None:
    """Raises Refused unless all of the package may be unpacked."""
    check_directory(file)
    try:
        with ZipFile(file) as package:
            check_entries(package.infolist())
            check_contents(package)
    except WRONG_BYTES:
        raise damaged() from None


def check_directory(file: IO[bytes]) -> None:
    """Its size at the end of the file, as `zipfile` would make an object of each of 200,000 entries first."""
    end = file.seek(0, os.SEEK_END)
    file.seek(max(0, end - 66_000))  # a comment behind it has 65,535 bytes at most
    tail = file.read()
    at = tail.rfind(b"PK\x05\x06")
    if at < 0 or len(tail) < at + 22:
        raise damaged()
    (directory_bytes,) = struct.unpack_from("<L", tail, at + 12)
    large = tail[max(0, at - 20) :].startswith(b"PK\x06\x07")  # for more than 4 GB, and then the directory is elsewhere
    if large or directory_bytes > MAX_DIRECTORY_BYTES:
        raise too_much_inside()


def check_entries(entries: list[ZipInfo]) -> None:
    names = [entry.filename.lower() for entry in entries]
    if any(entry.flag_bits & 1 for entry in entries):
        raise encrypted()
    if CONTENT_TYPES.lower() not in names or len(set(names)) < len(names):
        raise damaged()
    if any(name.endswith("vbaproject.bin") for name in names):
        raise macros()
    if any(name.startswith("xl/externallinks/") for name in names):
        raise Refused(_("The file has links to other files. Put their values there instead."), code="external_links")
    if any(entry.compress_type not in (ZIP_STORED, ZIP_DEFLATED) for entry in entries):
        raise damaged()
    check_sizes(entries)


def check_sizes(entries: list[ZipInfo]) -> None:
    """As the directory gives them; `zipfile` unpacks no byte more than that, and complains where it should have."""
    packed = sum(entry.compress_size for entry in entries)
    unpacked = sum(entry.file_size for entry in entries)
    bloated = unpacked > 1024 * 1024 and unpacked > MAX_RATIO * packed
    if len(entries) > MAX_ENTRIES or unpacked > MAX_UNPACKED_BYTES or bloated:
        raise too_much_inside()


def check_contents(package: ZipFile) -> None:
    left = MAX_NODES
    for entry in package.infolist():
        left -= nodes(chunks(package, entry))
        if left < 0:
            raise too_much_inside()


def chunks(package: ZipFile, entry: ZipInfo) -> Iterator[bytes]:
    with package.open(entry) as member:
        while chunk := member.read(CHUNK_BYTES):
            yield chunk


def nodes(content: Iterator[bytes]) -> int:
    """How many elements and attributes a part has, about; 0 if it is no XML, of which parsers read but a byte."""
    found = stretch = 0
    tail = b""
    for chunk in content:
        if not tail and not is_xml(chunk):
            return sum(0 for _rest in content)  # read to its end, where its checksum is compared
        if b"\x00" in chunk or any(word in tail + chunk for word in DECLARATIONS):
            raise Refused(_("The file has declarations that no table needs."), code="entities")
        found += chunk.count(b"<") - chunk.count(b"</") + chunk.count(b"=")
        stretch = longest(chunk, before=stretch)
        tail = chunk[-16:]
    return found


def longest(chunk: bytes, *, before: int) -> int:
    """How many bytes the stretch that is open at the end of the chunk has by now."""
    *ended, last = MARK.split(chunk)
    if not ended:
        last_bytes = before + len(last)
    else:
        last_bytes = len(last)
        before += len(ended[0])
    if max(before, last_bytes) > MAX_STRETCH_BYTES:
        raise too_much_inside()
    return last_bytes


def is_xml(beginning: bytes) -> bool:
    if beginning.startswith(OTHER_ENCODINGS):
        raise Refused(_("The file has declarations that no table needs."), code="entities")
    return beginning.removeprefix(b"\xef\xbb\xbf").lstrip()[:1] in (b"<", b"")


def encrypted() -> Refused:
    return Refused(_("The file is protected by a password. Save it without one."), code="encrypted")


def macros() -> Refused:
    return Refused(_("The file holds macros. Save it as a workbook without macros (.xlsx)."), code="macros")

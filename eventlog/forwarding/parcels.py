"""What is sent of an event: its columns, and a line of them in one of the formats of exports."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from eventlog.export.formats import FORMATS, Format
from eventlog.export.rows import BYTES, Row, row_of, shown
from eventlog.models import Event

OBJECTS: Final = tuple(name for name in FORMATS if name not in ("csv", "cef"))  # formats of a JSON object a line
LINES: Final = (*OBJECTS, "cef")


@dataclass(frozen=True, slots=True)
class Parcel:
    """One event on its way; the line is without its end."""

    row: Row
    line: bytes


def packed(events: Sequence[Event], form: Format) -> list[Parcel]:
    rows = map(outside, shown(map(row_of, events), sees_insides=True))
    return [Parcel(row, form.line(dict(row)).rstrip(b"\n")) for row in rows]


def outside(row: Row) -> Row:
    """Without what proves it: that is for this database alone."""
    return {name: value for name, value in row.items() if name not in BYTES}

"""The school's records as a file; the same file can be imported again."""

import csv
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from io import StringIO
from tempfile import TemporaryFile
from typing import Any

from django.db.models import QuerySet
from django.http import StreamingHttpResponse
from django.utils.timezone import localdate

from edupro.school.exchange.delimited import harmless
from edupro.school.exchange.entities import Entity
from edupro.school.exchange.signals import exported

CONTENT_TYPES = {
    "csv": "text/csv; charset=utf-8",
    "xlsx": "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
}
CHUNK_ROWS = 200
CHUNK_BYTES = 64 * 1024
BOM = "\ufeff"  # without it Excel takes UTF-8 for the encoding of the machine


@dataclass(frozen=True)
class Export:
    """Which records go out, and by which filter of the user's they were chosen."""

    entity: Entity
    rows: "QuerySet[Any]"
    filter: Mapping[str, str]

    def response(self, format: str, *, method: str | None) -> StreamingHttpResponse:
        """Servers go through the body of a HEAD as well, and throw it away: nothing has gone out then."""
        asked = self.as_csv if format == "csv" else self.as_xlsx
        body = iter(()) if method == "HEAD" else asked()
        return download(body, f"{self.entity.name}-{localdate():%Y-%m-%d}.{format}")

    def as_csv(self) -> Iterator[bytes]:
        """Row by row from the database to the reader."""
        written, complete = 0, False
        buffer = StringIO(BOM, newline="")
        buffer.seek(0, 2)
        try:
            lines = csv.writer(buffer)
            lines.writerow(self.entity.all_columns)
            for written, cells in enumerate(self.records(), start=1):
                lines.writerow(map(csv_cell, cells))
                if written % CHUNK_ROWS == 0:
                    yield taken(buffer)
            yield taken(buffer)
            complete = True
        finally:
            self.tell("csv", written, complete=complete)

    def as_xlsx(self) -> Iterator[bytes]:
        """By way of a temporary file: a zip's directory is at its end."""
        from edupro.school.exchange import spreadsheet  # large: for those alone who deal with a file

        written, complete = 0, False
        try:
            with TemporaryFile() as file:
                written = spreadsheet.write(file, self.entity, self.records())
                file.seek(0)
                while chunk := file.read(CHUNK_BYTES):
                    yield chunk
            complete = True
        finally:
            self.tell("xlsx", written, complete=complete)

    def records(self) -> Iterator[list[Any]]:
        rows = self.rows.select_related("siswa") if self.entity.of_student else self.rows
        for record in rows.iterator(chunk_size=CHUNK_ROWS):
            yield [self.entity.value(record, column) for column in self.entity.all_columns]

    def tell(self, format: str, written: int, *, complete: bool) -> None:
        exported.send(self.entity.model, format=format, rows=written, complete=complete, filter=dict(self.filter))


def download(body: Iterator[bytes], name: str) -> StreamingHttpResponse:
    response = StreamingHttpResponse(body, content_type=CONTENT_TYPES[name.rpartition(".")[2]])
    response["Content-Disposition"] = f'attachment; filename="{name}"'
    response["Cache-Control"] = "no-store"
    response["X-Content-Type-Options"] = "nosniff"
    return response


def taken(buffer: StringIO) -> bytes:
    """What the buffer holds, which it then holds no longer."""
    text = buffer.getvalue()
    buffer.seek(0)
    buffer.truncate()
    return text.encode("utf-8", "replace")


def csv_cell(value: Any) -> str:
    return harmless(value) if isinstance(value, str) else "" if value is None else str(value)

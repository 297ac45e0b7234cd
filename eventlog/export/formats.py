"""The formats by their names."""

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from itertools import islice
from typing import Final

from eventlog.export import cef, ecs, ndjson, ocsf, table
from eventlog.export.rows import Row

ROWS_AT_ONCE: Final = 200


@dataclass(frozen=True, slots=True)
class Format:
    """`line` may change the row that it is given."""

    name: str
    media_type: str
    extension: str
    line: Callable[[Row], bytes]
    header: Callable[[], bytes] = bytes

    def written(self, rows: Iterable[Row]) -> Iterator[bytes]:
        """In pieces that are worth a system call each."""
        yield self.header()
        lines = map(self.line, rows)
        while chunk := b"".join(islice(lines, ROWS_AT_ONCE)):
            yield chunk


FORMATS: Final = {
    made.name: made
    for made in (
        Format("csv", "text/csv", "csv", table.line, table.header),
        Format("ndjson", "application/x-ndjson", "ndjson", ndjson.line),
        Format("ocsf", "application/vnd.ocsf+x-ndjson", "ocsf.ndjson", ocsf.line),
        Format("ecs", "application/vnd.ecs+x-ndjson", "ecs.ndjson", ecs.line),
        Format("cef", "text/x-cef", "cef", cef.line),
    )
}

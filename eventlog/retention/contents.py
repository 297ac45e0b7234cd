"""A file of the archive, written and read with the key that its row has.

Parquet comes in with the first of them: its library is a fifth of what a process starts with, in time, and a third in
memory, and most processes never see an archive.
"""

from collections.abc import Iterator
from typing import IO, TYPE_CHECKING

from eventlog.models import Archive
from eventlog.retention import filekeys
from eventlog.retention.lines import Line

if TYPE_CHECKING:
    from eventlog.retention.parquet import Writer


def writer(file: IO[bytes], archive: Archive) -> "Writer":
    from eventlog.retention import parquet

    return parquet.Writer(file, filekeys.secret_of(archive))


def read(file: IO[bytes], archive: Archive) -> Iterator[list[Line]]:
    """A row group at once. Raises as `parquet.read` and `filekeys.secret_of` do."""
    from eventlog.retention import parquet

    return parquet.read(file, filekeys.secret_of(archive))

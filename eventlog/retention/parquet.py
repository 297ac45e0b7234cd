"""Events in Parquet: the schema, which docs/archive.md describes, and the way from lines to a file and back.

Three columns are empty where they follow from the others, which is nearly always (`proof_follows`): they would be more
than half of the file.
"""

from collections.abc import Callable, Iterator
from functools import cache
from typing import IO, Any, Final

import pyarrow as pa
import pyarrow.parquet as pq
import pyarrow.parquet.encryption as pe
from django.db import models

from eventlog.integrity.canonical import defaults
from eventlog.integrity.reading import NULL, as_copied
from eventlog.retention import lines
from eventlog.retention.lines import Line

VERSION: Final = 1
FOLLOWS: Final = "proof_follows"
FOLLOWING: Final = ("digest", "actor_commitment", "subject_commitment")
LEVEL: Final = 9  # of zstd
# Of columns whose values are hardly ever the same: without the lengths between them, and without what ids begin with.
ENCODINGS: Final = {
    "id": "DELTA_BYTE_ARRAY",
    **dict.fromkeys(("request_id", "trace_id", "actor_salt", "subject_salt"), "DELTA_LENGTH_BYTE_ARRAY"),
}


@cache
def schema() -> Any:
    columns = [pa.field(str(field.column), kind(field), nullable=field.null) for field in lines.fields()]
    return pa.schema([*columns, pa.field(FOLLOWS, pa.bool_(), nullable=False)], {"eventlog_archive": str(VERSION)})


def kind(field: "models.Field[Any, Any]") -> Any:
    if isinstance(field, models.ForeignKey):
        return pa.int64() if isinstance(field.target_field, models.IntegerField) else pa.string()
    by_field = {
        models.DateTimeField: pa.timestamp("us", tz="UTC"),
        models.BigIntegerField: pa.int64(),
        models.IntegerField: pa.int32(),
        models.FloatField: pa.float64(),
        models.BooleanField: pa.bool_(),
        models.BinaryField: pa.binary(),
    }
    return next((kind for of, kind in by_field.items() if isinstance(field, of)), pa.string())


class Writer:
    """Writes lines into a file, a row group at each call; with a secret of 32 bytes all of it is encrypted."""

    def __init__(self, file: IO[bytes], secret: bytes | None = None) -> None:
        others = [name for name in schema().names if name not in ENCODINGS]
        how = {"compression": "zstd", "compression_level": LEVEL, "use_dictionary": others}
        key = None if secret is None else pe.create_encryption_properties(footer_key=secret)
        self._writer = pq.ParquetWriter(file, schema(), column_encoding=ENCODINGS, encryption_properties=key, **how)

    def write(self, found: list[Line]) -> None:
        follows = [leave_out(line) for line in found]
        columns = [
            pa.array([None if raw == NULL else parse(raw) for raw in column], natural(field.type)).cast(field.type)
            for field, column, parse in zip(schema(), zip(*found, strict=True), parsers(), strict=False)
        ]
        self._writer.write_table(pa.Table.from_arrays([*columns, pa.array(follows)], schema=schema()))

    def close(self) -> None:
        self._writer.close()


def leave_out(line: Line) -> bool:
    """Take out what follows from the rest; whether it did."""
    proof = lines.made(lines.row(line))
    at = [lines.place(name) for name in FOLLOWING]
    if proof is None or [each.hex() for each in proof] != [line[number] for number in at]:
        return False
    for number in at:
        line[number] = NULL
    return True


def read(file: IO[bytes], secret: bytes | None = None) -> Iterator[list[Line]]:
    """A row group at once. Raises pyarrow's errors, which are ValueError or OSError, where it is no such file, or not
    with this secret."""
    key = None if secret is None else pe.create_decryption_properties(footer_key=secret)
    with pq.ParquetFile(file, decryption_properties=key) as parquet:
        if unknown := set(parquet.schema_arrow.names) - set(schema().names):
            raise ValueError(f"it has columns that this version does not know: {', '.join(sorted(unknown))}")
        for number in range(parquet.num_row_groups):
            yield from_table(parquet.read_row_group(number))


def from_table(table: Any) -> list[Line]:
    columns = [texts(table, field, write) for field, write in zip(schema(), writers(), strict=False)]
    found = [list(line) for line in zip(*columns, strict=True)]
    for line, follows in zip(found, table.column(FOLLOWS).to_pylist(), strict=True):
        if follows:
            put_back(line)
    return found


def texts(table: Any, field: Any, write: Callable[[Any], str]) -> list[str]:
    """Of a column; its default where the file is of before there was such a column."""
    if field.name not in table.column_names:
        return [as_copied(defaults()[field.name])] * len(table)
    values = table.column(field.name).cast(field.type).cast(natural(field.type)).to_pylist()
    return [NULL if value is None else write(value) for value in values]


def put_back(line: Line) -> None:
    proof = lines.made(lines.row(line))
    if proof is None:
        raise ValueError(f"event {line[0]} has no salts")
    for name, value in zip(FOLLOWING, proof, strict=True):
        line[lines.place(name)] = value.hex()


# --- values ---
def natural(kind: Any) -> Any:
    """As which Arrow takes and gives what Python has."""
    return pa.int64() if pa.types.is_timestamp(kind) else kind


@cache
def parsers() -> tuple[Callable[[str], Any], ...]:
    """A column's value from its text."""
    return tuple(parser(field.type) for field in schema())[:-1]


def parser(kind: Any) -> Callable[[str], Any]:
    if pa.types.is_integer(kind) or pa.types.is_timestamp(kind):
        return int
    if pa.types.is_boolean(kind):
        return lambda raw: raw == "t"
    if pa.types.is_binary(kind):
        return bytes.fromhex
    return float if pa.types.is_floating(kind) else lines.plain


@cache
def writers() -> tuple[Callable[[Any], str], ...]:
    """The text of a column's value."""
    return tuple(writer(field.type) for field in schema())[:-1]


def writer(kind: Any) -> Callable[[Any], str]:
    if pa.types.is_boolean(kind):
        return lambda value: "t" if value else "f"
    if pa.types.is_binary(kind):
        return lambda value: str(value.hex())
    if pa.types.is_floating(kind):
        return repr
    return lines.escaped if pa.types.is_string(kind) else str

"""NDJSON: an event a line, as the API has it."""

from typing import Final

import orjson

from eventlog.export.rows import JSON_COLUMNS, Row

OPTIONS: Final = orjson.OPT_APPEND_NEWLINE | orjson.OPT_UTC_Z


def line(row: Row) -> bytes:
    for name in JSON_COLUMNS:
        if row[name] is not None:
            row[name] = orjson.Fragment(row[name])
    return orjson.dumps(row, option=OPTIONS)

"""Cleaning: what PostgreSQL would refuse is replaced visibly, what is too long is cut with a mark.

The part that any value may need; which column needs what is in `columns.py`.
"""

import ipaddress
import math
import os
from collections.abc import Callable, Generator, Mapping
from datetime import date, datetime, timedelta
from datetime import time as time_of_day
from decimal import Decimal
from enum import Enum
from functools import lru_cache
from typing import Any
from uuid import UUID

from django.utils.functional import Promise

from eventlog.privacy.redaction import Redactor

CUT_MARK = "…"
MAX_DEPTH = 20  # of JSON; deeper is hostile or a cycle
MAX_JSON_CHARACTERS = 65_536  # of one column: 4 x the default body limit; a record stays far below a segment
MAX_INT = 2**63 - 1  # what bigint and every JSON reader can hold


class Cleaning:
    """Cleans the columns of one record and remembers, in `tags`, what it had to do."""

    __slots__ = ("left", "redact", "tags")

    def __init__(self, redact: Redactor) -> None:
        self.redact = redact
        self.tags: set[str] = set()
        self.left = MAX_JSON_CHARACTERS

    def text(self, given: Any, width: int) -> str:
        """`given` as text without NUL or lone surrogates, at most `width` characters."""
        value: str = given if type(given) is str else self.described(given)
        if len(value) > width:
            self.tags.add("truncated")
            value = value[: width - 1] + CUT_MARK
        if value.isascii():
            if "\0" in value:
                self.tags.add("sanitised")
                return value.replace("\0", "\\x00")[:width]
            return value
        return self._encodable(value)[:width]

    def _encodable(self, value: str) -> str:
        try:
            value.encode()
        except UnicodeEncodeError:
            self.tags.add("sanitised")
            value = value.encode(errors="replace").decode()
        if "\0" in value:
            self.tags.add("sanitised")
            value = value.replace("\0", "\\x00")
        return value

    def described(self, value: Any) -> str:
        """Any value in words; one that cannot even say what it is, by its type."""
        if value is None or type(value) is str:
            return value or ""
        try:
            return str(value)
        except Exception:  # whatever a foreign __str__ raises, the rest of the event is worth keeping
            self.tags.add("unserialisable")
            return f"<{type(value).__qualname__}>"

    def json(self, value: Any, depth: int = 0) -> Any:
        """`value` in JSON types that PostgreSQL stores: bounded in depth and size, cycles included."""
        kind = type(value)
        if kind is str:
            return self._json_text(value)
        if value is None or kind is bool:
            return value
        if kind is int:
            return value if -MAX_INT <= value <= MAX_INT else self._flagged("big_number", self.described(value)[:400])
        if kind is float:
            return value if math.isfinite(value) else self._flagged("not_finite", str(value))
        if depth >= MAX_DEPTH or self.left <= 0:
            return self._flagged("truncated", "[too deep]" if depth >= MAX_DEPTH else CUT_MARK)
        self.left -= 2
        if kind is dict or isinstance(value, Mapping):
            return self._fields(value, depth + 1)
        if isinstance(value, list | tuple | set | frozenset):
            return [self.json(item, depth + 1) for item in self._members(value)]
        return self._scalar(value)

    def _fields(self, value: Mapping[Any, Any], depth: int) -> dict[str, Any]:
        clean: dict[str, Any] = {}
        for key, item in value.items():
            if self.left <= 0:
                self.tags.add("truncated")
                break
            name = self._json_text(key if type(key) is str else self.described(key))
            clean[name[:200]] = self.json(item, depth)
        return clean

    def _json_text(self, value: str) -> str:
        size = len(value)
        if size <= self.left and value.isascii() and "\0" not in value:
            self.left -= size
            return value
        cut = self.text(value, max(1, self.left))
        self.left -= len(cut)
        return cut

    def _members(self, value: Any) -> Generator[Any, None, None]:
        for item in value:
            if self.left <= 0:
                self.tags.add("truncated")
                return
            self.left -= 1
            yield item

    def _scalar(self, value: Any) -> Any:
        if isinstance(value, datetime | date | time_of_day):
            return value.isoformat()
        if isinstance(value, Enum):
            return self.json(value.value, MAX_DEPTH - 1)
        if isinstance(value, Decimal | UUID | timedelta | Promise | os.PathLike):
            return self._json_text(str(value))
        if isinstance(value, str | int | float):  # subclasses: SafeString, IntEnum's kin
            return self.json((str if isinstance(value, str) else int if isinstance(value, int) else float)(value))
        if isinstance(value, bytes | bytearray | memoryview):
            return self._flagged("binary", f"<{len(bytes(value))} bytes>")
        return self._flagged("unserialisable", self._json_text(self.text(self.described(value), 200)))

    def _flagged(self, tag: str, value: Any) -> Any:
        self.tags.add(tag)
        return value

    def number(self, value: Any, low: float, high: float) -> Any:
        """A number inside the column's range, else None and a tag."""
        if isinstance(value, bool) or not isinstance(value, int | float | Decimal):
            return None if value is None else self._flagged("bad_number", None)
        try:
            usable = math.isfinite(value) and low <= value <= high
        except (OverflowError, ValueError):  # an integer of hundreds of digits, a signalling NaN
            usable = False
        return value if usable else self._flagged("bad_number", None)

    def address(self, value: Any) -> str | None:
        """An IP address in its canonical form, a v4-mapped one as IPv4; else None and a tag."""
        if not value:
            return None
        canonical = canonical_address(self.described(value)[:100])
        return canonical if canonical is not None else self._flagged("bad_address", None)


@lru_cache(maxsize=4096)
def canonical_address(value: str) -> str | None:
    try:
        address = ipaddress.ip_address(value.partition("%")[0])
    except ValueError:
        return None
    mapped = getattr(address, "ipv4_mapped", None)
    return str(mapped or address)


Cleaner = Callable[[Cleaning, Any], Any]

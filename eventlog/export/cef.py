"""CEF, ArcSight's Common Event Format (Implementation Standard, version 26): a line an event.

`CEF:0|vendor|product|version|type|name|severity|extension`; backslash, pipe, equals sign and line ends are escaped as
section "Character Encoding" there says.
"""

import ipaddress
from collections.abc import Iterator
from datetime import datetime
from typing import Any, Final

from eventlog.export.rows import Row

VENDOR, PRODUCT = "EventLog", "eventlog"
SEVERITIES: Final = {"debug": 0, "info": 1, "low": 3, "medium": 5, "high": 8, "critical": 10}
IN_HEADER: Final = str.maketrans({"\\": r"\\", "|": r"\|", "\r": " ", "\n": " "})
IN_EXTENSION: Final = str.maketrans({"\\": r"\\", "=": r"\=", "\r": r"\r", "\n": r"\n"})
# The extension's key: our column
KEYS: Final = {
    "externalId": "id",
    "cat": "event_category",
    "act": "action",
    "outcome": "event_status",
    "reason": "error_code",
    "suid": "user_id",
    "suser": "username",
    "spriv": "user_role",
    "request": "request_path",
    "requestMethod": "request_method",
    "requestClientApplication": "user_agent",
    "requestContext": "referrer",
    "out": "response_size_bytes",
    "dvchost": "server_name",
    "dvcpid": "process_id",
    "msg": "error_message",
}
# Custom keys with their labels
TEXTS: Final = ("request_id", "trace_id", "entity_type", "entity_id", "endpoint", "session_id")  # cs1 to cs6
NUMBERS: Final = ("response_status", "risk_score", "db_query_count")  # cn1 to cn3
DURATION: Final = "response_time_ms"  # cfp1


def line(row: Row) -> bytes:
    header = [VENDOR, PRODUCT, row["application_version"] or "-", row["event_type"], row["event_name"] or "-"]
    fields = [in_header(value) for value in header]
    extension = " ".join(f"{key}={in_extension(value)}" for key, value in pairs(row) if value not in (None, ""))
    severity = SEVERITIES.get(row["severity"], 1)
    return f"CEF:0|{'|'.join(fields)}|{severity}|{extension}\n".encode()


def pairs(row: Row) -> Iterator[tuple[str, Any]]:
    yield "rt", milliseconds(row["timestamp"])
    yield from ((key, row[column]) for key, column in KEYS.items())
    yield from source(row["ip_address"])
    for prefix, columns in {"cs": TEXTS, "cn": NUMBERS, "cfp": (DURATION,)}.items():
        for number, column in enumerate(columns, 1):
            if row[column] not in (None, ""):
                yield f"{prefix}{number}Label", column
                yield f"{prefix}{number}", row[column]


def source(address: str | None) -> Iterator[tuple[str, str]]:
    """`src` is for IPv4 alone."""
    if address is None:
        return
    if ipaddress.ip_address(address).version == 4:
        yield "src", address
    else:
        yield "c6a2Label", "Source IPv6 Address"
        yield "c6a2", address


def milliseconds(moment: datetime) -> int:
    return round(moment.timestamp() * 1000)


def in_header(value: Any) -> str:
    return str(value).translate(IN_HEADER)


def in_extension(value: Any) -> str:
    return str(value).translate(IN_EXTENSION)

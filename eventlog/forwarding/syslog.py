"""Syslog: messages of RFC 5424, framed by octet counting (RFC 6587, RFC 5425), over TCP or TLS.

Syslog knows no receipt. So each batch has a connection of its own, and is taken to have come through once the receiver
has closed it in answer to our end: a receiver does that when it has read everything.
"""

import re
import socket
import ssl
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import UTC
from functools import partial
from typing import Any, Final, TypeVar

from eventlog import catalog
from eventlog.export.rows import Row
from eventlog.forwarding.parcels import Parcel
from eventlog.forwarding.sinks import Refused

AUTHPRIV, AUDIT, LOCAL0 = 10, 13, 16  # facilities, RFC 5424 table 1
FACILITIES: Final = {catalog.AUTH: AUTHPRIV, catalog.SECURITY: AUTHPRIV, catalog.CRUD: AUDIT}
SEVERITIES: Final = {  # RFC 5424 table 2
    catalog.DEBUG: 7,
    catalog.INFO: 6,
    catalog.LOW: 5,
    catalog.MEDIUM: 4,
    catalog.HIGH: 3,
    catalog.CRITICAL: 2,
}
APPLICATION: Final = "eventlog"
ELEMENT: Final = "eventlog@32473"  # the number that RFC 5612 sets apart for who has none of his own
PARAMETERS: Final = (
    *("id", "event_category", "event_type", "event_name", "severity", "event_status"),
    *("user_id", "username", "user_role", "ip_address", "session_id", "request_id", "trace_id"),
    *("request_method", "endpoint", "response_status", "entity_type", "entity_id", "action", "environment"),
)
NOT_PRINTABLE: Final = re.compile(r"[^\x21-\x7e]+")  # in a header's fields, RFC 5424 section 6
CONTROL: Final = re.compile(r"[\x00-\x1f\x7f]")
ESCAPED: Final = re.compile(r'(["\\\]])')
T = TypeVar("T")
READ_AT_ONCE: Final = 4096  # bytes
MAX_PARTING: Final = 1 << 16  # bytes that a receiver may say before it closes


def framed(message: bytes) -> bytes:
    return b"%d %s" % (len(message), message)


def message(row: Row, body: bytes) -> bytes:
    """UTF-8; without the byte order mark, which receivers show as a part of the message."""
    facility = FACILITIES.get(row["event_category"], LOCAL0)
    priority = facility * 8 + SEVERITIES.get(row["severity"], SEVERITIES[catalog.INFO])
    moment = row["timestamp"].astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%S.%fZ")
    fields = (
        word(row["server_name"], 255),
        APPLICATION,
        word(row["process_id"], 128),
        word(row["event_type"], 32),
    )
    return f"<{priority}>1 {moment} {' '.join(fields)} {structured(row)} ".encode() + body


def word(value: Any, width: int) -> str:
    """A field of the header; `-` for nothing."""
    return NOT_PRINTABLE.sub("_", "" if value is None else str(value))[:width] or "-"


def structured(row: Row) -> str:
    """The main columns, so that a receiver can sort messages without reading them."""
    given = (name for name in PARAMETERS if row[name] not in (None, ""))
    return f"[{' '.join([ELEMENT, *(f'{name}={quoted(row[name])}' for name in given)])}]"


def quoted(value: Any) -> str:
    escaped = ESCAPED.sub(r"\\\1", CONTROL.sub(" ", str(value)))
    return f'"{escaped}"'


@dataclass(frozen=True, slots=True)
class SyslogSink:
    """`ca` is the path of the certificates to trust; empty: the system's."""

    host: str
    port: int
    tls: bool
    ca: str = ""
    timeout: float = 10.0  # seconds, of each step

    @property
    def is_private(self) -> bool:
        return self.tls

    def send(self, parcels: Sequence[Parcel]) -> None:
        said = b"".join(framed(message(each.row, each.line)) for each in parcels)
        try:
            with socket.create_connection((self.host, self.port), self.timeout) as connection:
                if self.tls:
                    send_over_tls(connection, ssl.create_default_context(cafile=self.ca or None), self.host, said)
                else:
                    connection.sendall(said)
                    connection.shutdown(socket.SHUT_WR)
                    await_end(connection)
        except OSError as error:
            raise Refused(f"{type(error).__name__}: {error}") from error


def await_end(connection: socket.socket) -> None:
    """Wait for the receiver to say that it has all. Raises OSError where it does not."""
    said = 0
    while part := connection.recv(READ_AT_ONCE):
        said += len(part)
        if said > MAX_PARTING:
            raise ConnectionError("the receiver talks instead of closing")


def send_over_tls(connection: socket.socket, context: ssl.SSLContext, host: str, said: bytes) -> None:
    """Say that this is all, and wait for the receiver to say so, too. Raises OSError where it does not.

    A bare end of the connection would not do, which anybody on the way can fake: a receiver must answer with a
    close_notify of its own (RFC 5425, section 4.4). Python's own TLS sockets do not tell the two apart in all versions
    (3.11.2 does not), so the bytes go by our hands.
    """
    incoming, outgoing = ssl.MemoryBIO(), ssl.MemoryBIO()
    tls = context.wrap_bio(incoming, outgoing, server_hostname=host)
    rest = memoryview(said)
    done(tls.do_handshake, connection, incoming, outgoing)
    while rest:
        rest = rest[done(partial(tls.write, rest), connection, incoming, outgoing) :]
    done(tls.unwrap, connection, incoming, outgoing)


def done(step: Callable[[], T], connection: socket.socket, incoming: ssl.MemoryBIO, outgoing: ssl.MemoryBIO) -> T:
    """A step of TLS, with all that it has to send and to hear for it."""
    while True:
        try:
            result = step()
        except ssl.SSLWantReadError:
            connection.sendall(outgoing.read())
            part = connection.recv(READ_AT_ONCE)
            if not part:
                raise ConnectionError("the connection ended before the receiver said so") from None
            incoming.write(part)
        else:
            connection.sendall(outgoing.read())
            return result

"""Webhook: a POST of JSON, signed by Standard Webhooks (https://www.standardwebhooks.com, version 1)."""

import hashlib
import ipaddress
import ssl
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from http.client import HTTPConnection, HTTPException, HTTPSConnection
from urllib.parse import SplitResult

from standardwebhooks import Webhook

from eventlog.forwarding.parcels import Parcel
from eventlog.forwarding.sinks import Gone, Refused

HTTP_GONE = 410


@dataclass(frozen=True, slots=True)
class WebhookSink:
    """`private` allows addresses that are not the internet's."""

    url: SplitResult
    secret: str = field(repr=False)
    private: bool = False
    timeout: float = 10.0  # seconds, of each step

    @property
    def is_private(self) -> bool:
        return self.url.scheme == "https"

    def send(self, parcels: Sequence[Parcel]) -> None:
        now = datetime.now(UTC)
        body = envelope(parcels, now)
        try:
            status = self.post(body, signed(body, message_id(parcels), now, self.secret))
        except (OSError, HTTPException) as error:
            raise Refused(f"{type(error).__name__}: {error}") from error
        if status == HTTP_GONE:
            raise Gone("It answered 410: it wants no more.")
        if not 200 <= status < 300:
            redirected = ", and redirects are not followed" if 300 <= status < 400 else ""
            raise Refused(f"It answered {status}{redirected}.")

    def post(self, body: bytes, headers: Mapping[str, str]) -> int:
        """The status of the answer, whose body is not read. Follows no redirect."""
        connection = self.connection()
        try:
            connection.connect()
            self.check_peer(connection.sock.getpeername()[0])
            target = self.url.path or "/"
            connection.request("POST", f"{target}?{self.url.query}" if self.url.query else target, body, headers)
            return connection.getresponse().status
        finally:
            connection.close()

    def connection(self) -> HTTPConnection:
        host = self.url.hostname or ""
        if self.url.scheme == "https":
            return HTTPSConnection(host, self.url.port, timeout=self.timeout, context=ssl.create_default_context())
        return HTTPConnection(host, self.url.port, timeout=self.timeout)

    def check_peer(self, address: str) -> None:
        """By whom we are connected to: a name may lead elsewhere the second time it is asked for."""
        peer = ipaddress.ip_address(address)
        known = getattr(peer, "ipv4_mapped", None) or peer
        if not (self.private or known.is_global):
            raise Refused(f'{address} is not an address of the internet; "private": true allows it.')


def envelope(parcels: Sequence[Parcel], now: datetime) -> bytes:
    lines = b",".join(each.line for each in parcels)
    return b'{"type":"eventlog.events","timestamp":"%s","data":[%s]}' % (now.isoformat().encode(), lines)


def message_id(parcels: Sequence[Parcel]) -> str:
    """Always the same for the same events: by it, a receiver knows a batch that comes again."""
    ids = "".join(str(each.row["id"]) for each in parcels)
    return f"msg_{hashlib.sha256(ids.encode()).hexdigest()[:32]}"


def signed(body: bytes, message: str, now: datetime, secret: str) -> dict[str, str]:
    return {
        "Content-Type": "application/json",
        "User-Agent": "eventlog",
        "webhook-id": message,
        "webhook-timestamp": str(int(now.timestamp())),
        "webhook-signature": Webhook(secret).sign(message, now, body.decode()),
    }

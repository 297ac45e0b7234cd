"""Webhook: a POST of JSON, signed by Standard Webhooks (https://www.standardwebhooks.com, version 1)."""

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Final
from urllib.parse import SplitResult

from standardwebhooks import Webhook

from eventlog.forwarding.parcels import Parcel
from eventlog.forwarding.posting import Receiver

HEADERS: Final = {"Content-Type": "application/json", "User-Agent": "eventlog"}


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
        receiver = Receiver(self.url, self.private, self.timeout)
        receiver.post(body, {**HEADERS, **signed(body, message_id(parcels), now, self.secret)})


def envelope(parcels: Sequence[Parcel], now: datetime) -> bytes:
    lines = b",".join(each.line for each in parcels)
    return b'{"type":"eventlog.events","timestamp":"%s","data":[%s]}' % (now.isoformat().encode(), lines)


def message_id(parcels: Sequence[Parcel]) -> str:
    """Always the same for the same events: by it, a receiver knows a batch that comes again."""
    ids = "".join(str(each.row["id"]) for each in parcels)
    return f"msg_{hashlib.sha256(ids.encode()).hexdigest()[:32]}"


def signed(body: bytes, message: str, now: datetime, secret: str) -> dict[str, str]:
    return {
        "webhook-id": message,
        "webhook-timestamp": str(int(now.timestamp())),
        "webhook-signature": Webhook(secret).sign(message, now, body.decode()),
    }

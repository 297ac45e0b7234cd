"""Keys as the tests of encryption have them."""

import base64
from typing import Any

import orjson

from eventlog.models import Event
from eventlog.pipeline import store
from eventlog.privacy import keyring
from eventlog.record import make_record

OLD, NEW, LOST = (base64.b64encode(letter * 32).decode() for letter in (b"o", b"n", b"l"))
VALUES = {"gaji_ayah": 4_000_000}
PLAIN = "4000000"


def name_of(key: str) -> str:
    return keyring.name_of(base64.b64decode(key))


def sensitive(event_type: str = "PENGHASILAN_UPDATE", **columns: Any) -> bytes:
    given = {"entity_type": "penghasilan", "entity_id": "3", "new_values": VALUES, "is_sensitive": True, **columns}
    return make_record(event_type, given).to_json()


def stored(*records: bytes) -> list[Event]:
    """The events that these have become."""
    store.write(store.Batch(list(records)))
    return [Event.objects.get(id=orjson.loads(record)["id"]) for record in records]

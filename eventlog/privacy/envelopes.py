"""Values of sensitive events in envelopes, which say how they are encrypted:

    {"encrypted": {"v": 1, "key": "0198…", "nonce": "…", "text": "…"}, "keys": ["3", "7"], "count": 2}

`key` is a row of `event_subject_keys`, the texts are base64. Bound to each are the event's id, the column and the
subject, so that an envelope can be opened nowhere else. Which records an event of many is about stays readable, as
`entity_id` does: holds and histories ask for it.
"""

import os
from base64 import b64decode, b64encode
from collections.abc import Mapping
from dataclasses import dataclass, field
from hashlib import blake2b
from typing import Any, Final, Self
from uuid import UUID

import orjson
from django.contrib.auth import get_user_model

from eventlog.privacy.keyring import NONCE_BYTES, VERSION, Damaged, about, decrypt, encrypt
from eventlog.registry import entity_name_of

COLUMNS: Final = ("request_body", "previous_values", "new_values", "event_data")
EMPTY: Final[tuple[Any, ...]] = (None, "", [], {})
MARK: Final = "encrypted"
PARTS: Final = {"v": int, "key": str, "nonce": str, "text": str}
READABLE: Final = {"keys": list, "count": int, "complete": bool}
NOBODY: Final = "nobody"
TYPE_WIDTH, ID_WIDTH = 100, 255  # characters, of the columns in `event_subject_keys`


@dataclass(frozen=True, slots=True)
class Subject:
    """Whom an event is about: its record, or all records of a kind (no id) where it is about many. Where it names no
    kind, as a request does, who acted: the record of the account, else the name."""

    entity_type: str
    entity_id: str = ""

    @classmethod
    def of(cls, columns: Mapping[str, Any]) -> Self:
        if kind := columns.get("entity_type"):
            return cls(fitting(kind, TYPE_WIDTH), fitting(columns.get("entity_id") or "", ID_WIDTH))
        if (user := columns.get("user_id")) is not None:
            return cls(entity_name_of(get_user_model()), fitting(user, ID_WIDTH))
        name = columns.get("username")
        return cls("username", fitting(name, ID_WIDTH)) if name else cls(NOBODY)


def fitting(value: Any, width: int) -> str:
    """As the table of keys can hold it. An event for which that matters will be refused: alone, not with its batch."""
    return str(value).replace("\0", "\ufffd")[:width]


@dataclass(frozen=True, slots=True)
class DataKey:
    id: str
    subject: Subject
    secret: bytes = field(repr=False)


def closed(columns: Mapping[str, Any], key: DataKey) -> dict[str, Any]:
    """An event's columns with the values in envelopes."""
    event = str(columns.get("id", ""))
    sealed = {
        name: envelope(orjson.dumps(columns[name]), key, bound_to(event, name, key.subject))
        for name in COLUMNS
        if columns.get(name) not in EMPTY
    }
    if "event_data" in sealed:
        sealed["event_data"] |= readable(columns["event_data"])
    return {**columns, **sealed}


def envelope(plain: bytes, key: DataKey, about: bytes, nonce: bytes | None = None) -> dict[str, Any]:
    """Of a value's JSON."""
    nonce = nonce or os.urandom(NONCE_BYTES)
    text = encrypt(key.secret, nonce, plain, about)
    sealed = {"v": VERSION, "key": key.id, "nonce": b64encode(nonce).decode(), "text": b64encode(text).decode()}
    return {MARK: sealed}


def closed_again(plain: bytes, before: Mapping[str, Any], key: DataKey, *, event: str, column: str) -> dict[str, Any]:
    """What is left of an envelope's value, under the same key. The nonce is made of all that it depends on: each copy
    of the event gets the same, and no other text ever does."""
    said = b"\n".join((before[MARK]["nonce"].encode(), before[MARK]["text"].encode(), plain))
    nonce = blake2b(said, key=key.secret, digest_size=NONCE_BYTES, person=b"nonce").digest()
    sealed = envelope(plain, key, bound_to(event, column, key.subject), nonce)
    return sealed | (readable(orjson.loads(plain)) if column == "event_data" else {})


def readable(value: Any) -> dict[str, Any]:
    """What stays so in `event_data`: in other columns these names may be a record's own."""
    if not isinstance(value, dict):
        return {}
    return {name: value[name] for name, kind in READABLE.items() if type(value.get(name)) is kind}


def bound_to(event: str, column: str, subject: Subject) -> bytes:
    return about(event, column, subject.entity_type, subject.entity_id)


# --- opening ---
def is_envelope(value: Any) -> bool:
    """Whether it is made as ours are: what outsiders send may be called so, too."""
    if not isinstance(value, dict) or not isinstance(value.get(MARK), dict) or value.keys() - {MARK, *READABLE}:
        return False
    parts = value[MARK]
    return parts.keys() == PARTS.keys() and all(isinstance(parts[name], kind) for name, kind in PARTS.items())


def key_of(envelope: Mapping[str, Any]) -> UUID | None:
    """None where it cannot be told."""
    try:
        return UUID(envelope[MARK]["key"])
    except (KeyError, TypeError, ValueError, AttributeError):
        return None


def opened(envelope: Mapping[str, Any], key: DataKey, *, event: str, column: str) -> Any:
    """The value; its text, where that is nested too deep to be read. Raises Damaged."""
    sealed = envelope[MARK]
    try:
        if sealed["v"] != VERSION:
            raise Damaged("it is of a later version of the event log")
        nonce, text = (b64decode(sealed[part], validate=True) for part in ("nonce", "text"))
    except (KeyError, TypeError, ValueError) as problem:
        raise Damaged("its envelope cannot be read") from problem
    plain = decrypt(key.secret, nonce, text, bound_to(event, column, key.subject))
    try:
        return orjson.loads(plain)
    except ValueError:
        return plain.decode()

"""Proofs for the events of a batch, and the batch's seal: made by the store, in the batch's own transaction.

A batch keeps `leaves`, 48 bytes an event in id order: its id and its digest. So it can be told which events were in it
when retention has removed them. `root` is the Merkle root over them (RFC 6962); `seal` is the hash of all that the
batch says of itself, the seal before it in its sealer's chain included (`sealer.py`): there is no head that is shared.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from hashlib import sha256
from typing import Any, Final, NamedTuple
from uuid import UUID

import orjson

from eventlog.integrity import merkle
from eventlog.integrity.canonical import Proof, canonical, microseconds, new_salts, prove

ID_BYTES: Final = 16
LEAF_BYTES: Final = ID_BYTES + 32
TITLE: Final = b"eventlog batch 1\n"


class Leaf(NamedTuple):
    key: bytes  # the event's id; a UUID of each would take longer than all else that is done with it
    digest: bytes

    @property
    def entry(self) -> bytes:
        return self.key + self.digest

    @property
    def id(self) -> UUID:
        return UUID(bytes=self.key)


class Proven(NamedTuple):
    """A record as it goes into the table. Without an entry it could not be proven: the database will refuse it, too."""

    record: bytes
    entry: bytes | None = None  # of its leaf
    timestamp: datetime | None = None

    @property
    def id(self) -> UUID | None:
        return None if self.entry is None else UUID(bytes=self.entry[:ID_BYTES])


def proven(records: Sequence[bytes]) -> list[Proven]:
    """The records with their columns of proof; they take the place of any that are there already."""
    return list(map(proven_with, records, new_salts(len(records))))


def proven_with(record: bytes, salts: tuple[bytes, bytes]) -> Proven:
    try:
        columns = orjson.loads(record)
        key = key_of(columns["id"])
        columns["timestamp"] = timestamp = datetime.fromisoformat(columns["timestamp"])
        proof = prove(columns, salts)
    except (ValueError, TypeError, KeyError, AttributeError):
        return Proven(record)
    return Proven(with_proof(record, proof), key + proof.digest, timestamp)


def with_proof(record: bytes, proof: Proof) -> bytes:
    more = (
        f',"digest":"\\\\x{proof.digest.hex()}"'
        f',"actor_commitment":"\\\\x{proof.actor_commitment.hex()}","actor_salt":"\\\\x{proof.actor_salt.hex()}"'
        f',"subject_commitment":"\\\\x{proof.subject_commitment.hex()}","subject_salt":"\\\\x{proof.subject_salt.hex()}"}}'
    )
    return record[:-1] + more.encode()


def key_of(written: str) -> bytes:
    """Raises ValueError where it is no UUID."""
    key = bytes.fromhex(written.replace("-", ""))
    if len(key) != ID_BYTES:
        raise ValueError("an id has 16 bytes")
    return key


# --- a batch ---
@dataclass(frozen=True, slots=True)
class Contents:
    """What a batch holds, in id order."""

    leaves: bytes
    root: bytes
    first_timestamp: datetime | None
    last_timestamp: datetime | None

    @classmethod
    def of(cls, stored: Sequence[Proven]) -> "Contents":
        entries = [each.entry for each in stored if each.entry is not None]
        times = [each.timestamp for each in stored if each.timestamp is not None]
        root = merkle.root(map(merkle.leaf_hash, entries))
        return cls(b"".join(entries), root, min(times, default=None), max(times, default=None))


SEALED: Final = (
    *("id", "writer", "first_sequence", "last_sequence", "outbox_count", "event_count", "dead_count"),
    *("duplicate_count", "dropped_count", "sealer", "sealer_place", "previous_seal", "root"),
    *("first_timestamp", "last_timestamp", "stored_xid", "stored_at"),
)


def seal(batch: Mapping[str, Any]) -> bytes:
    """Of the columns of a batch that are SEALED, as they are in the table."""
    return sha256(TITLE + canonical({name: spelled(batch[name]) for name in SEALED})).digest()


def spelled(value: Any) -> Any:
    if isinstance(value, bytes | memoryview):
        return bytes(value).hex()
    if isinstance(value, datetime):
        return microseconds(value)
    return str(value) if isinstance(value, UUID) else value


def leaves_of(leaves: bytes | memoryview) -> Iterator[Leaf]:
    """Raises ValueError where they are not whole."""
    packed = bytes(leaves)
    if len(packed) % LEAF_BYTES:
        raise ValueError("the leaves are not whole")
    for place in range(0, len(packed), LEAF_BYTES):
        yield Leaf(packed[place : place + 16], packed[place + 16 : place + LEAF_BYTES])

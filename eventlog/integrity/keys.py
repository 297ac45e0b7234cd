"""The keys of `SIGNING_KEY`: one signs, all verify. Ed25519 (RFC 8032)."""

import base64
from collections.abc import Sequence
from dataclasses import dataclass
from hashlib import sha256
from typing import Final

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey

from eventlog.conf import conf

PUBLIC: Final = "public:"
ED25519: Final = b"\1"  # the kind of a key in a signed note (C2SP signed-note)
HASH_BYTES: Final = 4


@dataclass(frozen=True, slots=True)
class Verifier:
    """A public key, 32 bytes."""

    public: bytes

    def hash(self, name: str) -> bytes:
        """What signatures call the key by, beside its name."""
        return sha256(name.encode() + b"\n" + ED25519 + self.public).digest()[:HASH_BYTES]

    def verifies(self, signature: bytes, message: bytes) -> bool:
        try:
            Ed25519PublicKey.from_public_bytes(self.public).verify(signature, message)
        except (InvalidSignature, ValueError):
            return False
        return True

    def written(self, name: str) -> str:
        """As tools for signed notes take it."""
        packed = base64.b64encode(ED25519 + self.public).decode()
        return f"{name}+{self.hash(name).hex()}+{packed}"


@dataclass(frozen=True, slots=True)
class Signer:
    key: Ed25519PrivateKey

    @classmethod
    def of(cls, seed: str) -> "Signer":
        return cls(Ed25519PrivateKey.from_private_bytes(base64.b64decode(seed)))

    @property
    def verifier(self) -> Verifier:
        return Verifier(self.key.public_key().public_bytes_raw())

    def sign(self, message: bytes) -> bytes:
        return self.key.sign(message)


def verifier(key: str) -> Verifier:
    if key.startswith(PUBLIC):
        return Verifier(base64.b64decode(key.removeprefix(PUBLIC)))
    return Signer.of(key).verifier


def signer() -> Signer | None:
    """The key in force; None where there is none, or only what verifies."""
    first = next(iter(conf.SIGNING_KEY), PUBLIC)
    return None if first.startswith(PUBLIC) else Signer.of(first)


def is_signing() -> bool:
    """Whether somebody signs: this process, or another whose public half it knows. A web server needs no more."""
    return bool(conf.SIGNING_KEY)


def verifiers() -> Sequence[Verifier]:
    return [verifier(key) for key in conf.SIGNING_KEY]

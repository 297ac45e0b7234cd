"""The keys of `ENCRYPTION_KEYS`, which wrap data keys: the first wraps, all unwrap. AES-256-GCM (NIST SP 800-38D) with
random nonces of 96 bits.

A key is known by the beginning of its hash, which is written down beside what it has wrapped.
"""

import base64
import os
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import lru_cache
from hashlib import sha256
from typing import Final

import orjson
from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from eventlog.conf import conf

KEY_BYTES: Final = 32
NONCE_BYTES: Final = 12
VERSION: Final = 1


class Unusable(OSError):
    """ENCRYPTION_KEYS cannot be used, and why."""


class KeyMissing(OSError):
    """ENCRYPTION_KEYS lacks a key that something was encrypted with."""

    def __init__(self, name: str, what: str) -> None:
        super().__init__(f"{what} is encrypted with the key {name}, which is not in ENCRYPTION_KEYS")


class Damaged(ValueError):
    """What was encrypted is not what it was, or belongs elsewhere."""


@dataclass(frozen=True, slots=True)
class Wrapped:
    """A data key under the master key that is called so."""

    master: str
    text: bytes


@dataclass(frozen=True, slots=True)
class Keyring:
    """Master keys by name, the first in force."""

    first: str
    secrets: Mapping[str, bytes] = field(repr=False)

    def wrap(self, secret: bytes, about: bytes) -> Wrapped:
        nonce = os.urandom(NONCE_BYTES)
        return Wrapped(self.first, nonce + encrypt(self.secrets[self.first], nonce, secret, about))

    def unwrap(self, wrapped: Wrapped, about: bytes, *, what: str) -> bytes:
        """Raises KeyMissing, and Damaged where it is not the key of `about`."""
        if wrapped.master not in self.secrets:
            raise KeyMissing(wrapped.master, what)
        nonce, text = wrapped.text[:NONCE_BYTES], wrapped.text[NONCE_BYTES:]
        return decrypt(self.secrets[wrapped.master], nonce, text, about)


def is_on() -> bool:
    return bool(conf.ENCRYPTION_KEYS)


def keyring() -> Keyring:
    """Raises Unusable."""
    return read(conf.ENCRYPTION_KEYS)


def at_hand() -> Keyring | None:
    """None where there is none that can be used."""
    try:
        return keyring()
    except Unusable:
        return None


def unwrap(wrapped: Wrapped, about: bytes, *, what: str) -> bytes:
    """With whichever key it takes. Raises KeyMissing, and Damaged where it is not the key of `about`."""
    ring = at_hand()
    if ring is None:
        raise KeyMissing(wrapped.master, what)
    return ring.unwrap(wrapped, about, what=what)


@lru_cache(maxsize=4)
def read(keys: tuple[str, ...]) -> Keyring:
    """A further key that is ill-formed is passed over: the first one encrypts all the same."""
    if not keys:
        raise Unusable("ENCRYPTION_KEYS is empty: encryption is off")
    first = secret_of(keys[0])
    if first is None:
        raise Unusable(ill_formed(1))
    secrets = {name_of(secret): secret for secret in map(secret_of, keys) if secret is not None}
    return Keyring(name_of(first), secrets)


def faults() -> list[str]:
    """What is wrong with the keys."""
    return [ill_formed(place) for place, key in enumerate(conf.ENCRYPTION_KEYS, 1) if secret_of(key) is None]


def ill_formed(place: int) -> str:
    return f"key {place} of ENCRYPTION_KEYS is not {KEY_BYTES} bytes in base64"


def secret_of(key: str) -> bytes | None:
    """None where it is ill-formed."""
    try:
        secret = base64.b64decode(key, validate=True)
    except ValueError:
        return None
    return secret if len(secret) == KEY_BYTES else None


def name_of(secret: bytes) -> str:
    return sha256(b"eventlog encryption key\n" + secret).hexdigest()[:16]


def new_secret() -> bytes:
    return os.urandom(KEY_BYTES)


# --- the cipher ---
def about(*parts: str) -> bytes:
    """What a text is bound to: it is read again only as what it was written for."""
    return orjson.dumps([VERSION, *parts])


def encrypt(secret: bytes, nonce: bytes, plain: bytes, about: bytes) -> bytes:
    return AESGCM(secret).encrypt(nonce, plain, about)


def decrypt(secret: bytes, nonce: bytes, text: bytes, about: bytes) -> bytes:
    """Raises Damaged."""
    try:
        return AESGCM(secret).decrypt(nonce, text, about)
    except (InvalidTag, ValueError):
        raise Damaged("it cannot be decrypted: it is damaged, or belongs elsewhere") from None

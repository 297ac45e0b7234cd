"""The keys of archive files: each has its own, which one of `ENCRYPTION_KEYS` has wrapped and which lies in its row.

The file itself is encrypted as Parquet has it (modular encryption, AES-256-GCM, one key for all of it), so that other
tools read it with the file's own key.
"""

from eventlog.models import Archive
from eventlog.privacy import keyring
from eventlog.privacy.keyring import Wrapped


def give(archive: Archive) -> None:
    """A new file its key, where encryption is on. Raises keyring.Unusable."""
    if keyring.is_on():
        lock(archive, keyring.new_secret())


def lock(archive: Archive, secret: bytes) -> None:
    wrapped = keyring.keyring().wrap(secret, whose(archive))
    archive.key_name, archive.wrapped_key = wrapped.master, wrapped.text


def secret_of(archive: Archive) -> bytes | None:
    """The key of the file, 32 bytes; None where it is not encrypted. Raises keyring.KeyMissing and keyring.Damaged."""
    if archive.wrapped_key is None:
        return None
    wrapped = Wrapped(archive.key_name, bytes(archive.wrapped_key))
    return keyring.unwrap(wrapped, whose(archive), what=f"archive file {archive.path}")


def whose(archive: Archive) -> bytes:
    return keyring.about("archive file", str(archive.pk))

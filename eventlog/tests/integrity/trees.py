"""A naive Merkle tree, written as RFC 6962 (section 2.1) defines it."""

from collections.abc import Sequence
from hashlib import sha256

EMPTY = sha256().digest()


def naive_root(leaves: Sequence[bytes]) -> bytes:
    if len(leaves) < 2:
        return leaves[0] if leaves else EMPTY
    middle = half(len(leaves))
    return sha256(b"\1" + naive_root(leaves[:middle]) + naive_root(leaves[middle:])).digest()


def naive_path(place: int, leaves: Sequence[bytes]) -> list[bytes]:
    if len(leaves) == 1:
        return []
    middle = half(len(leaves))
    if place < middle:
        return [*naive_path(place, leaves[:middle]), naive_root(leaves[middle:])]
    return [*naive_path(place - middle, leaves[middle:]), naive_root(leaves[:middle])]


def naive_subproof(earlier: int, leaves: Sequence[bytes], *, whole: bool) -> list[bytes]:
    if earlier == len(leaves):
        return [] if whole else [naive_root(leaves)]
    middle = half(len(leaves))
    if earlier <= middle:
        return [*naive_subproof(earlier, leaves[:middle], whole=whole), naive_root(leaves[middle:])]
    return [*naive_subproof(earlier - middle, leaves[middle:], whole=False), naive_root(leaves[:middle])]


def half(size: int) -> int:
    """The largest power of two that is smaller."""
    found = 1
    while found * 2 < size:
        found *= 2
    return found

"""Merkle trees as RFC 6962 has them (section 2.1): one hash for a list, and short proofs about it.

`leaves` are the hashes of leaves, `leaf_hash(entry)`, in order. What is asked of a small tree is worked out from them;
`Frontier` grows a large one without them, and `inclusion_path` says which roots of full subtrees a proof is made of.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from hashlib import sha256
from typing import Final

EMPTY: Final = sha256().digest()
HASH_BYTES: Final = 32


def leaf_hash(entry: bytes) -> bytes:
    return sha256(b"\0" + entry).digest()


def node_hash(left: bytes, right: bytes) -> bytes:
    return sha256(b"\1" + left + right).digest()


def split(size: int) -> int:
    """The largest power of two that is smaller than `size`, where its left half ends."""
    return 1 << (size - 1).bit_length() - 1


def root(leaves: Iterable[bytes]) -> bytes:
    """Level by level: whoever is alone at the end of one goes up as it is."""
    level = list(leaves)
    if not level:
        return EMPTY
    while len(level) > 1:
        above = [sha256(b"\1" + left + right).digest() for left, right in zip(level[::2], level[1::2], strict=False)]
        if len(level) % 2:
            above.append(level[-1])
        level = above
    return level[0]


# --- an entry is in it ---
@dataclass(frozen=True, slots=True)
class Subtree:
    """A full one, of the leaves from `begin` to before `end`: a power of two of them, and `begin` a multiple of it."""

    begin: int
    end: int


def full_subtrees(begin: int, end: int) -> list[Subtree]:
    """Those that make up a node of the tree, largest first."""
    found = list[Subtree]()
    while begin < end:
        size = 1 << (end - begin).bit_length() - 1
        found.append(Subtree(begin, begin + size))
        begin += size
    return found


def inclusion_path(place: int, size: int) -> list[list[Subtree]]:
    """Of what each hash of `inclusion_proof` is made, in its order. Raises IndexError where there is no such leaf."""
    if not 0 <= place < size:
        raise IndexError(f"a tree of {size} has no leaf {place}")
    begin, end, path = 0, size, list[list[Subtree]]()
    while end - begin > 1:
        middle = begin + split(end - begin)
        if place < middle:
            path.append(full_subtrees(middle, end))
            end = middle
        else:
            path.append(full_subtrees(begin, middle))
            begin = middle
    return path[::-1]


def folded(roots: Sequence[bytes]) -> bytes:
    """The root of what these full subtrees make up, largest first."""
    *others, found = roots
    for each in reversed(others):
        found = node_hash(each, found)
    return found


def inclusion_proof(leaves: Sequence[bytes], place: int) -> list[bytes]:
    """The hashes that lead from the leaf at `place` to the root. Raises IndexError where there is none."""
    path = inclusion_path(place, len(leaves))
    return [folded([root(leaves[each.begin : each.end]) for each in subtrees]) for subtrees in path]


def root_from_inclusion(leaf: bytes, place: int, size: int, proof: Sequence[bytes]) -> bytes:
    """The root of a tree of `size` that this proof speaks of (RFC 9162, 2.1.3.2). Raises ValueError where the proof
    does not fit."""
    if not 0 <= place < size:
        raise ValueError("the place is not in the tree")
    if len(leaf) != HASH_BYTES:
        raise ValueError("the leaf is no hash")
    found, at, last = leaf, place, size - 1
    for each in proof:
        if last == 0:
            raise ValueError("the proof is too long")
        if at % 2 or at == last:
            found = node_hash(each, found)
            while not at % 2 and at:
                at, last = at >> 1, last >> 1
        else:
            found = node_hash(found, each)
        at, last = at >> 1, last >> 1
    if last:
        raise ValueError("the proof is too short")
    return found


# --- it only grew ---
def consistency_proof(leaves: Sequence[bytes], earlier: int) -> list[bytes]:
    """That the tree of the first `earlier` leaves is the beginning of this one. Raises ValueError where it cannot."""
    if not 0 <= earlier <= len(leaves):
        raise ValueError("the earlier tree is no beginning of this one")
    if earlier in (0, len(leaves)):
        return []
    begin, end, whole, path = 0, len(leaves), True, list[bytes]()
    while earlier != end:
        middle = begin + split(end - begin)
        if earlier <= middle:
            path.append(root(leaves[middle:end]))
            end = middle
        else:
            path.append(root(leaves[begin:middle]))
            begin, whole = middle, False
    return path[::-1] if whole else [root(leaves[begin:end]), *path[::-1]]


def is_consistent(earlier: int, earlier_root: bytes, size: int, later_root: bytes, proof: Sequence[bytes]) -> bool:
    """Whether the tree of `size` begins with that of `earlier` (RFC 9162, 2.1.4.2). Of the empty tree, with which each
    begins, nothing can be proven: False."""
    if not 0 < earlier <= size:
        return False
    if earlier == size:
        return not proof and earlier_root == later_root
    path = list(proof)
    if earlier & (earlier - 1) == 0:
        path.insert(0, earlier_root)
    if not path:
        return False
    at, last = earlier - 1, size - 1
    while at % 2:
        at, last = at >> 1, last >> 1
    first = second = path[0]
    for each in path[1:]:
        if last == 0:
            return False
        if at % 2 or at == last:
            first, second = node_hash(each, first), node_hash(each, second)
            while not at % 2 and at:
                at, last = at >> 1, last >> 1
        else:
            second = node_hash(second, each)
        at, last = at >> 1, last >> 1
    return last == 0 and first == earlier_root and second == later_root


# --- growing ---
@dataclass(frozen=True, slots=True)
class Frontier:
    """What is to be known of a tree to let it grow: its size, and the roots of its full subtrees, largest first."""

    size: int = 0
    peaks: tuple[bytes, ...] = ()

    def __post_init__(self) -> None:
        if len(self.peaks) != self.size.bit_count():
            raise ValueError(f"a tree of {self.size} has {self.size.bit_count()} full subtrees")

    def completed(self, leaf: bytes) -> list[bytes]:
        """The roots of the full subtrees that end with the next leaf: of one leaf, itself, of two, four, eight."""
        peaks, size, found = list(self.peaks), self.size, [leaf]
        while size % 2:
            found.append(node_hash(peaks.pop(), found[-1]))
            size >>= 1
        return found

    def with_completed(self, completed: Sequence[bytes]) -> "Frontier":
        return Frontier(self.size + 1, (*self.peaks[: len(self.peaks) + 1 - len(completed)], completed[-1]))

    def with_leaf(self, leaf: bytes) -> "Frontier":
        return self.with_completed(self.completed(leaf))

    def root(self) -> bytes:
        return folded(self.peaks) if self.peaks else EMPTY

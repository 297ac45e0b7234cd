"""Vectors for verifiers of Merkle proofs, of the kinds that implementations of transparency logs try on each other: a
good proof, and what becomes of it where one thing is another. They are made by the naive tree of `trees.py`."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from hashlib import sha256

from eventlog.tests.integrity.trees import naive_path, naive_root, naive_subproof

LEAVES = [sha256(b"\0" + bytes([number])).digest() for number in range(40)]
GARBAGE = b"\xa5" * 32
INCLUSIONS = [(0, 1), (0, 8), (5, 8), (2, 3), (1, 5), (4, 5), (17, 37), (36, 37)]  # place, size
CONSISTENCIES = [(1, 1), (1, 8), (6, 8), (2, 5), (4, 8), (3, 37), (36, 37)]  # earlier, size


@dataclass(frozen=True, slots=True)
class Inclusion:
    what: str
    place: int
    size: int
    leaf: bytes
    root: bytes
    proof: tuple[bytes, ...]
    is_good: bool = False


@dataclass(frozen=True, slots=True)
class Consistency:
    what: str
    earlier: int
    size: int
    earlier_root: bytes
    root: bytes
    proof: tuple[bytes, ...]
    is_good: bool = False


def inclusions() -> Iterator[Inclusion]:
    for place, size in INCLUSIONS:
        path = tuple(naive_path(place, LEAVES[:size]))
        good = Inclusion("good", place, size, LEAVES[place], naive_root(LEAVES[:size]), path, is_good=True)
        bad = replace(good, is_good=False)
        yield good
        for number in {place + 1, place - 1, place ^ 2, -1, size}:
            yield replace(bad, what=f"the place is {number}", place=number)
        for number in (size * 2, size // 2, 0, -size):
            yield replace(bad, what=f"the size is {number}", size=number)
        for what, root in (("none", b""), ("another", GARBAGE), ("of no leaves", sha256().digest())):
            yield replace(bad, what=f"the root is {what}", root=root)
        for what, leaf in (("none", b""), ("another", GARBAGE)):
            yield replace(bad, what=f"the leaf is {what}", leaf=leaf)
        yield replace(bad, what="leaf and root are none", leaf=b"", root=b"")
        for what, proof in broken(path, good.root):
            yield replace(bad, what=what, proof=proof)


def consistencies() -> Iterator[Consistency]:
    for earlier, size in CONSISTENCIES:
        roots = naive_root(LEAVES[:earlier]), naive_root(LEAVES[:size])
        path = () if earlier == size else tuple(naive_subproof(earlier, LEAVES[:size], whole=True))
        good = Consistency("good", earlier, size, *roots, path, is_good=True)
        bad = replace(good, is_good=False)
        yield good
        for number in {earlier + 1, earlier - 1, earlier ^ 2, 0, -1, size + 1}:
            yield replace(bad, what=f"the earlier size is {number}", earlier=number)
        for number in (size * 2, size // 2, 0):
            yield replace(bad, what=f"the size is {number}", size=number)
        yield replace(bad, what="the earlier root is another", earlier_root=GARBAGE)
        yield replace(bad, what="the root is another", root=GARBAGE)
        if earlier != size:
            yield replace(bad, what="the roots are swapped", earlier_root=roots[1], root=roots[0])
            yield replace(bad, what="the proof is empty", proof=())
        for root in roots:
            for what, proof in broken(path, root):
                yield replace(bad, what=what, proof=proof)


def broken(path: Sequence[bytes], root: bytes) -> Iterator[tuple[str, tuple[bytes, ...]]]:
    for each, what in ((GARBAGE, "garbage"), (root, "a root"), (b"", "nothing")):
        yield f"{what} before the proof", (each, *path)
        yield f"{what} behind the proof", (*path, each)
    if path:
        yield "the proof lacks its end", tuple(path[:-1])
        yield "the proof lacks its beginning", tuple(path[1:])
        yield "the proof has something between", (path[0], GARBAGE, *path[1:])
    for place, each in enumerate(path):
        flipped = bytes([each[0] ^ 8]) + each[1:]
        yield f"a bit of hash {place} is another", (*path[:place], flipped, *path[place + 1 :])

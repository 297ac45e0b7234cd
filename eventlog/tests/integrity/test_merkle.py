"""Merkle trees against a naive one that is written as RFC 6962 defines it, and against what others give."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from eventlog.integrity import merkle
from eventlog.integrity.merkle import EMPTY, Frontier
from eventlog.tests.integrity.trees import naive_path, naive_root, naive_subproof
from eventlog.tests.integrity.vectors import Consistency, Inclusion, consistencies, inclusions

trees = st.lists(st.binary(max_size=4), max_size=70).map(lambda entries: [merkle.leaf_hash(each) for each in entries])


def flipped(data: bytes) -> bytes:
    return bytes([data[0] ^ 1]) + data[1:]


# The roots that the implementations of Certificate Transparency agree on, by the number of these entries.
ENTRIES = [
    bytes.fromhex(text)
    for text in (
        *("", "00", "10", "2021", "3031", "40414243", "5051525354555657"),
        "606162636465666768696a6b6c6d6e6f",
    )
]
ROOTS = [
    "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855",
    "6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d",
    "fac54203e7cc696cf0dfcb42c92a1d9dbaf70ad9e621f4bd8d98662f00e3c125",
    "aeb6bcfe274b70a14fb067a5e5578264db0fa9b51af5e0ba159158f329e06e77",
    "d37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7",
    "4e3bbb1f7b478dcfe71fb631631519a3bca12c9aefca1612bfce4c13a86264d4",
    "76e67dadbcdf1e10e1b74ddc608abd2f98dfb16fbce75277b5232a127f2087ef",
    "ddb89be403809e325750d3d263cd78929c2942b7942a34b77e122c9594a74c8c",
    "5dc9da79a70659a9ad559cb701ded9a2ab9d823aad2f4960cfe370eff4604328",
]


@pytest.mark.parametrize("size", range(len(ROOTS)))
def test_the_root_is_what_others_have(size: int) -> None:
    assert merkle.root(merkle.leaf_hash(each) for each in ENTRIES[:size]).hex() == ROOTS[size]


@given(leaves=trees)
def test_the_root_is_as_defined(leaves: list[bytes]) -> None:
    assert merkle.root(leaves) == naive_root(leaves)


@given(leaves=trees.filter(bool), data=st.data())
def test_the_path_is_as_defined_and_leads_to_the_root(leaves: list[bytes], data: st.DataObject) -> None:
    place = data.draw(st.integers(0, len(leaves) - 1))
    proof = merkle.inclusion_proof(leaves, place)
    assert proof == naive_path(place, leaves)
    assert merkle.root_from_inclusion(leaves[place], place, len(leaves), proof) == merkle.root(leaves)


@given(leaves=trees.filter(bool), data=st.data())
def test_what_is_not_in_it_does_not_lead_to_the_root(leaves: list[bytes], data: st.DataObject) -> None:
    place = data.draw(st.integers(0, len(leaves) - 1))
    proof = merkle.inclusion_proof(leaves, place)
    assert merkle.root_from_inclusion(flipped(leaves[place]), place, len(leaves), proof) != merkle.root(leaves)


@given(leaves=trees.filter(lambda leaves: len(leaves) > 1), data=st.data())
def test_a_path_with_a_step_more_or_less_is_refused(leaves: list[bytes], data: st.DataObject) -> None:
    place = data.draw(st.integers(0, len(leaves) - 1))
    proof = merkle.inclusion_proof(leaves, place)
    for wrong in (proof[:-1], [*proof, EMPTY]):
        with pytest.raises(ValueError, match="too"):
            merkle.root_from_inclusion(leaves[place], place, len(leaves), wrong)


@pytest.mark.parametrize("place", [-1, 3])
def test_there_is_no_path_from_where_no_leaf_is(place: int) -> None:
    with pytest.raises(IndexError):
        merkle.inclusion_proof([EMPTY] * 3, place)


@given(leaves=trees, data=st.data())
def test_a_tree_that_grew_is_consistent(leaves: list[bytes], data: st.DataObject) -> None:
    earlier = data.draw(st.integers(0, len(leaves)))
    proof = merkle.consistency_proof(leaves, earlier)
    if earlier:
        assert proof == naive_subproof(earlier, leaves, whole=True)
    roots = merkle.root(leaves[:earlier]), merkle.root(leaves)
    assert merkle.is_consistent(earlier, roots[0], len(leaves), roots[1], proof) == bool(earlier)


@given(leaves=trees.filter(lambda leaves: len(leaves) > 1), data=st.data())
def test_a_tree_whose_beginning_was_altered_is_not(leaves: list[bytes], data: st.DataObject) -> None:
    earlier = data.draw(st.integers(1, len(leaves) - 1))
    altered = data.draw(st.integers(0, earlier - 1))
    other = [flipped(leaf) if place == altered else leaf for place, leaf in enumerate(leaves)]
    proof = merkle.consistency_proof(other, earlier)
    assert not merkle.is_consistent(earlier, merkle.root(leaves[:earlier]), len(leaves), merkle.root(other), proof)


@given(leaves=trees, data=st.data())
def test_no_proof_makes_a_wrong_size_consistent(leaves: list[bytes], data: st.DataObject) -> None:
    proof = data.draw(st.lists(st.binary(min_size=32, max_size=32), max_size=5))
    size = len(leaves)
    assert not merkle.is_consistent(size + 1, EMPTY, size, merkle.root(leaves), proof)
    assert not merkle.is_consistent(-1, EMPTY, size, merkle.root(leaves), proof)


# --- what others try on verifiers ---
def test_each_vector_of_an_inclusion_is_judged_rightly() -> None:
    vectors = list(inclusions())
    assert [each for each in vectors if leads(each) != each.is_good] == [] and len(vectors) > 98


def leads(vector: Inclusion) -> bool:
    try:
        found = merkle.root_from_inclusion(vector.leaf, vector.place, vector.size, vector.proof)
    except ValueError:
        return False
    return found == vector.root


def test_each_vector_of_a_consistency_is_judged_rightly() -> None:
    vectors = list(consistencies())
    assert [each for each in vectors if fits(each) != each.is_good] == [] and len(vectors) > 98


def fits(vector: Consistency) -> bool:
    roots = vector.earlier_root, vector.root
    return merkle.is_consistent(vector.earlier, roots[0], vector.size, roots[1], vector.proof)


# --- growing ---
@given(leaves=trees)
def test_a_frontier_grows_to_the_same_root(leaves: list[bytes]) -> None:
    frontier = Frontier()
    for leaf in leaves:
        frontier = frontier.with_leaf(leaf)
    assert (frontier.size, frontier.root()) == (len(leaves), merkle.root(leaves))


def test_a_frontier_that_lacks_a_part_is_refused() -> None:
    with pytest.raises(ValueError, match="full subtrees"):
        Frontier(3, (EMPTY,))

"""The words that differ between two texts are marked."""

import pytest

from eventlog.admin.diffs import MAX_WORDS, marked


def test_words_that_are_gone_and_new_are_marked() -> None:
    assert marked("Jalan Melati 5 Bandung", "Jalan Mawar 5 Bandung") == (
        "Jalan <del>Melati</del> 5 Bandung",
        "Jalan <ins>Mawar</ins> 5 Bandung",
    )


@pytest.mark.parametrize(("old", "new"), [("X", "XI"), ("one two", "entirely other"), ("a " * MAX_WORDS, "b a")])
def test_where_nothing_is_alike_or_much_is_nothing_is_marked(old: str, new: str) -> None:
    assert marked(old, new) == (old, new)


def test_what_is_marked_is_escaped() -> None:
    old, new = marked("a <b> c d e", "a <i> c d e")
    assert "<b>" not in old and "&lt;" in old and "<i>" not in new

"""What is written again means what was read."""

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from eventlog.search.query import Mistake, Node, Not, parse
from eventlog.search.terms import condition_of
from eventlog.search.writing import parts_of, term_of, with_part, without_part, written


def meaning(node: Node) -> str:
    """The condition in words; expressions of SQL name no addresses in memory."""
    return re.sub(r" at 0x\w+|0x\w+", "", repr(condition_of(node)))


@pytest.mark.parametrize(
    "text",
    [
        "",
        "budi",
        '"budi santoso"',
        "actor:guru001",
        "actor:guru*",
        'actor:"guru*"',
        'actor:"a b","c,d"',
        r'actor:"say \"hi\" \\"',
        "-ip:10.0.0.0/8",
        "-(actor:a or actor:b) status:>=500",
        "category:CRUD (entity:siswa/12 or free) created:2026-11-01",
        '"or" or or_not',
        "--budi",
        '"-budi" "field:x"',
    ],
)
def test_a_query_survives_being_written(text: str) -> None:
    node = parse(text)
    assert meaning(parse(written(node))) == meaning(node)


PIECES = st.sampled_from(
    ["a", '"b c"', "-", "(", ")", " ", " or ", "actor:", "x*", '"y*"', ",", 'ip:"::1"', "-actor:a\\b", 'or"', "é"]
)


@given(st.lists(PIECES, max_size=12).map("".join))
def test_whatever_can_be_read_can_be_written(text: str) -> None:
    try:
        node = parse(text)
        before = meaning(node)
    except Mistake:
        return
    assert meaning(parse(written(node))) == before


@given(st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0"), min_size=1, max_size=30))
def test_any_value_of_an_event_can_be_asked_for(value: str) -> None:
    node = parse(written(term_of("actor", value)))
    assert meaning(node) == f"<Q: (AND: ('username', {value!r}))>"


def test_a_part_is_added_once() -> None:
    node = with_part(with_part(parse("budi"), term_of("actor", "ada")), term_of("actor", "ada"))
    assert written(node) == "budi actor:ada"


def test_a_part_is_taken_away_however_it_was_written() -> None:
    left = without_part(parse('budi -actor:"ada"'), Not(term_of("actor", "ada")))
    assert [written(part) for part in left] == ["budi", '-actor:"ada"']
    assert [written(part) for part in parts_of(parse("budi"))] == ["budi"]

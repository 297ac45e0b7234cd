"""The search language's grammar."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from eventlog.search import query
from eventlog.search.query import All, Any, Mistake, Not, Term, Value, Words, parse


def term(field, *values, at=0):
    return Term(field, tuple(Value(text, position) for text, position in values), at)


def test_nothing_is_everything():
    assert parse("") == parse("  \t") == All(())


def test_words_stand_for_themselves():
    assert parse("Ahmad Fauzi") == All((Words("Ahmad"), Words("Fauzi")))


def test_quotation_marks_hold_words_together():
    assert parse('"Ahmad \\"Si\\" Fauzi"') == Words('Ahmad "Si" Fauzi')


def test_a_field_has_its_value_behind_the_colon():
    assert parse("actor:guru001") == term("actor", ("guru001", 6))


def test_a_value_may_hold_colons_and_dashes():
    assert parse("created:2026-11-01T07:30") == term("created", ("2026-11-01T07:30", 8))


def test_commas_part_values():
    assert parse("severity:high,critical") == term("severity", ("high", 9), ("critical", 14))


def test_a_quoted_value_may_hold_anything():
    value = Value("Budi, a:b (c)", 6, quoted=True)
    assert parse('actor:"Budi, a:b (c)"') == Term("actor", (value,), 0)


def test_a_dash_takes_back():
    assert parse("-ip:10.0.0.1") == Not(term("ip", ("10.0.0.1", 4), at=1))


def test_a_dash_by_itself_is_a_word():
    assert parse("- a") == All((Words("-"), Words("a")))


def test_a_dash_inside_a_word_is_a_part_of_it():
    assert parse("X-1 tahun-ajaran") == All((Words("X-1"), Words("tahun-ajaran")))


def test_or_is_weaker_than_what_stands_beside_each_other():
    assert parse("a b or c") == Any((All((Words("a"), Words("b"))), Words("c")))


def test_brackets_bind():
    assert parse("a (b OR c)") == All((Words("a"), Any((Words("b"), Words("c")))))


def test_a_bracket_can_be_taken_back():
    assert parse("-(a b)") == Not(All((Words("a"), Words("b"))))


def test_fields_are_written_large_or_small():
    assert parse("Actor:x") == term("actor", ("x", 6))


@pytest.mark.parametrize(
    ("text", "position"),
    [
        ("actor:", 6),
        ("actor: guru", 6),
        ('"open', 0),
        ('actor:"open', 6),
        ("(a b", 4),
        ("a b)", 3),
        ("or a", 0),
        ("a or", 4),
        ("a or or b", 5),
        ("()", 1),
        ("severity:high,", 14),
        ("severity:,high", 9),
        ("a\0b", 1),
    ],
)
def test_a_mistake_says_where(text, position):
    with pytest.raises(Mistake) as mistake:
        parse(text)
    assert mistake.value.position == position and mistake.value.expected


def test_it_cannot_be_endless():
    for text in ("a" * 3000, "a " * 60, "(" * 30 + "a" + ")" * 30, "-" * 30 + "a"):
        with pytest.raises(Mistake):
            parse(text)


ALPHABET = st.sampled_from([*'abor:-()",\\ \t.*<>=', "actor:", " or ", "ip:", "é", "\u202e", "\ud800"])


@given(st.lists(ALPHABET, max_size=60).map("".join) | st.text(max_size=200))
def test_any_text_is_a_query_or_a_mistake_at_a_place_inside_it(text):
    try:
        assert isinstance(parse(text), query.Node.__args__)
    except Mistake as mistake:
        assert 0 <= mistake.position <= len(text) and mistake.expected


WORDS = st.from_regex(r"[a-z0-9]{1,8}", fullmatch=True).filter(lambda word: word != "or").map(Words)


def written(node):
    match node:
        case Words(text):
            return text
        case Not(part):
            return f"-{bracketed(part)}"
        case All(parts):
            return " ".join(map(bracketed, parts))
        case Any(parts):
            return " or ".join(map(bracketed, parts))


def bracketed(node):
    return written(node) if isinstance(node, Words | Not) else f"({written(node)})"


TREES = st.recursive(
    WORDS,
    lambda inner: st.one_of(
        inner.map(Not),
        st.lists(inner, min_size=2, max_size=3).map(lambda parts: All(tuple(parts))),
        st.lists(inner, min_size=2, max_size=3).map(lambda parts: Any(tuple(parts))),
    ),
    max_leaves=8,
)


@given(TREES)
def test_what_is_written_out_is_read_back(tree):
    assert parse(written(tree)) == tree

"""What fields of records are called for people."""

import pytest
from django.utils.translation import override

from eventlog.admin.naming import head, record_title, records_title, title


@pytest.mark.parametrize(
    ("kind", "lookup", "words"),
    [
        ("nilai", "rata_rata", "average"),
        ("nilai", "siswa_id", "student"),
        ("nilai", "siswa__kelas__in", "student class in"),
        ("siswa", "nilai", "nilai"),  # a relation's other side
        ("siswa", "gone", "gone"),
        ("unheard_of", "rata_rata", "rata_rata"),
        ("", "a\u202eb", "a⟨U+202E⟩b"),
    ],
)
def test_a_field_is_called_as_its_model_calls_it(kind: str, lookup: str, words: str) -> None:
    assert title(kind, lookup) == words


@pytest.mark.parametrize(
    ("kind", "one", "many"), [("nilai", "report mark", "report marks"), ("unheard_of", "unheard_of", "unheard_of")]
)
def test_a_record_is_called_as_its_model_is(kind: str, one: str, many: str) -> None:
    assert (record_title(kind), records_title(kind)) == (one, many)


def test_it_is_called_so_in_the_reader_s_language() -> None:
    with override("id"):
        assert title("nilai", "siswa__tanggal_lahir") == "siswa tanggal lahir"


def test_a_head_has_the_name_that_events_have_as_title() -> None:
    assert head("siswa", "kelas__in") == '<span title="kelas__in">Class in</span>'


@pytest.mark.parametrize("name", ["<b>", "nis\u202e"])
def test_a_name_that_nobody_knows_is_shown_as_it_is(name: str) -> None:
    assert "span" not in head("siswa", name)

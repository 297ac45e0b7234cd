"""Words are found however they are written, and nobody else's; PostgreSQL finds all that Python is to look at."""

import json
import unicodedata
from typing import Any
from urllib.parse import quote, quote_plus

import pytest
from django.db import connection

from eventlog.subjects.striking import Striker, usable

OF_CASE = "José Müller"


def striker(*words: str) -> Striker:
    return Striker(usable(words), {}, {}, frozenset({"nama"}))


def found_by_database(word: str, text: str) -> bool:
    with connection.cursor() as cursor:
        cursor.execute("SELECT %s ~* %s", [text, striker(word).pattern])
        return bool(cursor.fetchone()[0])


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("word", "text"),
    [
        ("Ayu Lestari", "spoke to AYU  lestari, twice"),
        ("Ayu Lestari", "rapor_Ayu_Lestari_2026.pdf"),
        ("Ayu Lestari", "/siswa?q=Ayu%20Lestari&next=%2Fsiswa%3Fq%3DAyu%2520Lestari"),
        ("Ayu Lestari", json.dumps({"note": "line\nAyu Lestari"})),
        ("Ani", json.dumps(["a\tAni"])),
        ("Ani", "Ani.jpg"),
        ("Ani", "It was Ani."),
        (OF_CASE, OF_CASE.upper()),
        (OF_CASE, unicodedata.normalize("NFD", OF_CASE)),
        (unicodedata.normalize("NFD", OF_CASE), OF_CASE),
        (OF_CASE, json.dumps(OF_CASE)),
        (OF_CASE, json.dumps(json.dumps(OF_CASE))),
        (OF_CASE, quote(OF_CASE)),
        (OF_CASE, quote_plus(unicodedata.normalize("NFD", OF_CASE))),
        ("Nur'aini", "Nur’aini"),
        ("Nur'aini", "Nur&#x27;aini"),
        ("Nur'aini", "q=Nur%27aini"),
        ('Ali "Al" Putra', json.dumps({"s": json.dumps({"nama": 'Ali "Al" Putra'})})),
        ("A.(B)*+?[C]\\ {2}", "x A.(B)*+?[C]\\ {2} y"),
        ("100%_sure", "was 100%_sure"),
        ("李明", "学生 李明"),
    ],
)
def test_it_is_found_however_it_is_written(word: str, text: str) -> None:
    assert found_by_database(word, text)
    assert "[erased]" in striker(word).text(text)


@pytest.mark.parametrize(
    ("word", "text"),
    [
        ("Ani", "Rani"),
        ("Ani", "Anita"),
        ("ani", "ani.wijaya"),
        ("ani", "wijaya.ani"),
        ("ani", "ani@school.example"),
        ("ani", "ani_2"),
        ("0051", "100510"),
        ("A.B", "AxB"),
        ("a%b_c", "a-b-c"),
        ("Li", "Li"),
        ("12", "12"),
    ],
)
def test_another_is_not_taken_for_it(word: str, text: str) -> None:
    assert striker(word).text(text) == text


@pytest.mark.parametrize(
    ("value", "left"),
    [
        ({"rows": [{"nama": "Budi Santoso", "kelas": "X"}]}, {"rows": [{"nama": "Budi Santoso", "kelas": "X"}]}),
        ({"rows": [{"nama": " BUDI ", "kelas": "X"}]}, {"rows": ["[erased]"]}),
        ({"nama": "Budi Santoso", "note": "ask Budi"}, {"nama": "Budi Santoso", "note": "ask [erased]"}),
        ({"nama": ["Budi Santoso", "Budi"]}, {"nama": ["Budi Santoso", "[erased]"]}),
    ],
)
def test_one_name_is_not_a_part_of_another_persons(value: Any, left: Any) -> None:
    assert striker("Budi").value(value).value == left


def test_a_full_name_is_found_in_a_longer_one() -> None:
    assert striker("Ayu Lestari").value({"nama": "Ms. Ayu Lestari"}).value == {"nama": "Ms. [erased]"}

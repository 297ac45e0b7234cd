"""What errors of the database quote, as PostgreSQL really says it."""

import traceback

import pytest
from django.db import DatabaseError, connection, transaction

from edupro.school.models import Siswa
from eventlog.privacy.redaction import DEFAULT_SENSITIVE_FIELDS, MASK, redactor

redact = redactor(DEFAULT_SENSITIVE_FIELDS)
SECRET = "S3cr3tXYZ9"
PHONE = "081234567899"
STATEMENTS = [
    "SELECT nosuchfn(%s)",
    "SELECT %s, nosuch FROM auth_user WHERE username = 'a long condition, so that the line is cut' AND id = 1",
    "SELECT 'a long text, so that the line is cut somewhere in the middle' || %s, nosuch",
    "SELECT E'\n' || %s || '\n', nosuch",
    *(
        f"SELECT %s::{kind}"
        for kind in (
            "int",
            "date",
            "uuid",
            "json",
            "int[]",
            "timestamptz",
            "inet",
            "bool",
            "int4range",
            "point",
        )
    ),
    "SELECT (%s || ' x')::tsquery",
    "SELECT to_date(%s, 'YYYY')",
    "SELECT now() AT TIME ZONE %s",
    "SET TIME ZONE %s",
    "SELECT 1 %s",
    "INSERT INTO auth_user (username) VALUES (%s)",
    "INSERT INTO auth_user (nosuch, password) VALUES ('x', %s)",
]
VALUES = [SECRET, f'a"b {SECRET} "c', f"a\n{SECRET}\nb: {SECRET}", f"it's {SECRET}"]


def fault_of(statement: str, value: str) -> DatabaseError:
    with pytest.raises(DatabaseError) as caught, transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(statement, [value])
    return caught.value


def texts(fault: DatabaseError) -> list[str]:
    """As an event, a log and a program's own message hold it."""
    whole = "".join(traceback.format_exception_only(fault))
    return [whole, whole.strip(), f"saving failed: {fault}", f"saving failed: {fault!r}, sorry", str(fault.__cause__)]


@pytest.mark.django_db
@pytest.mark.parametrize("value", VALUES, ids=["plain", "quotes", "lines", "apostrophe"])
@pytest.mark.parametrize("statement", STATEMENTS)
def test_no_parameter_is_left_of_an_error(statement: str, value: str) -> None:
    clean = [redact.text(text) for text in texts(fault_of(statement, value))]
    assert SECRET[:4] not in "".join(clean)
    assert [redact.text(text) for text in clean] == clean


@pytest.mark.django_db
@pytest.mark.parametrize("fields", [{"jenis_kelamin": "Q", "alamat": "Jalan (lama).\nRT 3"}, {"kelas": None}])
def test_no_row_is_left_of_an_error(fields: dict[str, str]) -> None:
    with pytest.raises(DatabaseError) as caught, transaction.atomic():
        Siswa.objects.create(**{"nis": "77", "nama": "Budi", "kelas": "7A", "no_telp": PHONE, **fields})
    clean = "".join(map(redact.text, texts(caught.value)))
    assert PHONE not in clean and "Budi" not in clean and 'relation "school_siswa" violates' in clean


MISSING = (
    "ProgrammingError: function f(unknown) does not exist\nLINE 1: SELECT f({})\n               ^\nHINT:  Cast it."
)
CHAIN = 'DataError: "{}"\n\nThe above exception was the cause\n\nTraceback (most recent call last):\n  File "a.py"'
GERMAN = "FEHLER: »{}« ist falsch\nZEILE 1: SELECT {}\n                ^"


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        (MISSING.format("'x', 12"), MISSING.format("?, ?")),
        (CHAIN.format("x"), CHAIN.format(MASK)),
        (GERMAN.format("x", "'x'"), GERMAN.format(MASK, "?")),
        ('DataError: kolom "nis" "x" salah', f'DataError: kolom "nis" "{MASK}" salah'),
        (
            "psycopg2.errors.X: salah\nRINCIAN:  Baris (1, x, y).",
            f"psycopg2.errors.X: salah\nRINCIAN:  Baris ({MASK}).",
        ),
        ("IntegrityError: x\nDETAIL:  Key (nis)=(77) exists.", "IntegrityError: x\nDETAIL:  Key (nis)=(77) exists."),
        ("IntegrityError: x\nDETAIL:  Key (hp)=(77) exists.", f"IntegrityError: x\nDETAIL:  Key (hp)={MASK} exists."),
        ('ValueError: "x" is no number', 'ValueError: "x" is no number'),
        ('Budi said "hello" near the door', 'Budi said "hello" near the door'),
        ("nilai (1, 2) sudah ada", "nilai (1, 2) sudah ada"),
    ],
)
def test_what_an_error_says_stays_without_what_it_quotes(text: str, expected: str) -> None:
    assert redact.text(text) == expected


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("INSERT INTO t VALUES ('it''s (y)', 1), (1) RETURNING 1", "INSERT INTO t VALUES (?, ?), (?) RETURNING 1"),
        ("ALTER USER ada PASSWORD 'it''s' LOGIN", f"ALTER USER ada PASSWORD '{MASK}' LOGIN"),
        ("(0.001) SELECT 1; args=('x',); alias=default", f"(0.001) SELECT 1; args={MASK}; alias=default"),
        ("values (1, 2) were inserted", "values (1, 2) were inserted"),
    ],
)
def test_statements_in_text_lose_what_stands_far_from_its_name(text: str, expected: str) -> None:
    assert redact.text(text) == expected

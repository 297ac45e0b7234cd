"""Events as sentences."""

from typing import Any

import pytest
from django.utils.translation import override

from eventlog.admin.wording import sentence
from eventlog.models import Event


def told(event_type: str, **columns: Any) -> str:
    return sentence(Event(event_type=event_type, **{"event_category": "CRUD", "username": "guru001", **columns}))


ONE = {"entity_type": "siswa", "entity_id": "12", "entity_name": "Ahmad Fauzi"}


def change(**values: tuple[Any, Any]) -> dict[str, Any]:
    before, after = ({name: pair[side] for name, pair in values.items()} for side in (0, 1))
    return {"action": "UPDATE", "previous_values": before, "new_values": after, "changed_fields": list(values), **ONE}


@pytest.mark.parametrize(
    ("event_type", "columns", "words"),
    [
        ("SISWA_UPDATE", change(kelas=("X", "XI")), "guru001 changed student Ahmad Fauzi: class X → XI"),
        ("SISWA_UPDATE", change(kelas=("X", "")), "guru001 changed student Ahmad Fauzi: class X → –"),
        (
            "SISWA_UPDATE",
            change(a=(1, 2), b=(1, 2), c=(1, 2), d=(1, 2), e=(1, 2)),
            "guru001 changed student Ahmad Fauzi: a 1 → 2, b 1 → 2, c 1 → 2 and 2 more",
        ),
        (
            "SISWA_UPDATE",
            {**ONE, "action": "UPDATE", "changed_fields": ["tags"], "new_values": {"tags": {"added": [3]}}},
            "guru001 changed student Ahmad Fauzi: tags added: 3",
        ),
        (
            "NILAI_UPDATE",
            {**change(rata_rata=("80", "85"), siswa_id=(3, 4), gone=(1, 2)), "entity_type": "nilai"},
            "guru001 changed report mark Ahmad Fauzi: average 80 → 85, student 3 → 4, gone 1 → 2",
        ),
        ("SISWA_UPDATE", change(a=(True, False)), "guru001 changed student Ahmad Fauzi: a yes → no"),
        ("SISWA_CREATE", {**ONE, "action": "CREATE"}, "guru001 added student Ahmad Fauzi"),
        ("SISWA_DELETE", {**ONE, "action": "DELETE", "entity_name": ""}, "guru001 deleted student 12"),
        (
            "SISWA_BULK_UPDATE",
            {"action": "BULK_UPDATE", "entity_type": "siswa", "event_data": {"count": 1200}},
            "guru001 changed 1,200 records of students",
        ),
        ("SISWA_READ", {"action": "READ", "entity_type": "siswa"}, "guru001 looked at records of students"),
        ("LOGIN", {"event_category": "AUTH"}, "guru001 signed in"),
        ("LOGIN_FAILED", {"event_category": "AUTH", "username": ""}, "Somebody could not sign in"),
        ("HTTP_REQUEST", {"request_method": "GET", "request_path": "/x"}, "guru001 asked for GET /x"),
        ("MAINTENANCE", {"event_category": "SYSTEM", "event_name": "Backup done"}, "guru001: Backup done"),
        ("APP_START", {"event_category": "SYSTEM", "username": ""}, "Process started"),
        ("APP_START", {"event_name": "web process started", "username": ""}, "Process started: web"),
        ("TASK_SUCCESS", {"event_name": "task school.tidy"}, "guru001: Job done: school.tidy"),
        ("TASK_SUCCESS", {"event_name": "Marks are printed"}, "guru001: Marks are printed"),
        ("FILE_UPLOAD", {"event_category": "FILE", "entity_name": "foto.png"}, "guru001: File uploaded: foto.png"),
        ("LOGIN", {"event_category": "AUTH", "username": "", "user_id": 7}, "user 7 signed in"),
    ],
)
def test_who_did_what_to_what(event_type: str, columns: dict[str, Any], words: str) -> None:
    assert told(event_type, **columns) == words


def test_a_long_value_is_cut() -> None:
    assert len(told("SISWA_UPDATE", **change(alamat=("a" * 5000, "b" * 5000)))) < 150


@pytest.mark.parametrize("value", [None, 7, "x", [], [None], {"a": 1}])
def test_values_of_any_shape_are_told(value: Any) -> None:
    columns = dict.fromkeys(("previous_values", "new_values", "changed_fields", "event_data"), value)
    assert told("SISWA_UPDATE", **ONE, action="UPDATE", **columns).startswith("guru001 changed student Ahmad Fauzi")


def test_it_is_told_in_the_reader_s_language() -> None:
    with override("id"):
        words = told("SISWA_UPDATE", **change(tanggal_lahir=("2010-01-02", "2010-02-01")))
    assert words == "guru001 mengubah siswa Ahmad Fauzi: tanggal lahir 2010-01-02 → 2010-02-01"


def test_what_the_log_itself_does_is_told_in_the_reader_s_language() -> None:
    with override("id"):
        assert told("MAINTENANCE", event_name="Partitions made", username="") == "Partisi dibuat"


def test_what_turns_the_direction_of_writing_is_made_visible() -> None:
    assert told("LOGIN", event_category="AUTH", username="a\u202eb\x07") == "a⟨U+202E⟩b␇ signed in"

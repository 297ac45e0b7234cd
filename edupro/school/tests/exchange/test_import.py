"""What a table would change, and changing it: all or nothing, in few queries and little time."""

import threading
from collections.abc import Iterator
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.db import connection
from django.utils.translation import override
from pytest_django import DjangoAssertNumQueries, DjangoCaptureOnCommitCallbacks

from edupro.school.exchange import applying, plan, table
from edupro.school.exchange.entities import ENTITIES, NILAI, PENGHASILAN, PRESENSI, SISWA, Entity
from edupro.school.exchange.plan import Plan
from edupro.school.exchange.signals import imported
from edupro.school.models import NilaiRaport, PenghasilanOrtu, Presensi, Siswa
from edupro.school.models.visibility import StudentsQuerySet
from edupro.school.tests.exchange.conftest import Rows, workbook

SOURCE = applying.Source("table.xlsx", "0" * 64)
HEAD = ("nis", "nama", "kelas")
MARKS = ("nis", "tahun_ajaran", "semester", "matematika", "ipa")


def planned(entity: Entity, rows: Rows, user: Any) -> Plan:
    return plan.make(table.read(workbook(rows), entity), entity, user=user)


def done(entity: Entity, rows: Rows, user: Any, expected: str = "") -> Plan:
    return applying.run(table.read(workbook(rows), entity), entity, user=user, source=SOURCE, expected=expected)


# --- 40 mistakes among 5,000 students ---
PLANTED: list[tuple[str, Any, str]] = [  # column, what stands there, a word of what is said about it
    ("nis", "", "tidak boleh kosong"),
    ("nis", "9" * 21, "paling banyak 20"),
    ("nis", "90000001", "Baris 2"),
    ("nama", "", "Data baru"),
    ("nama", "x" * 151, "paling banyak 150"),
    ("nama", True, "bukan teks"),
    ("kelas", "", "Data baru"),
    ("kelas", "Kelas sepuluh yang pertama", "paling banyak 20"),
    ("jenis_kelamin", "Pria", "L, P"),
    ("jenis_kelamin", 1, "L, P"),
    ("tanggal_lahir", "31/02/2010", "Tanggal itu tidak ada"),
    ("tanggal_lahir", "03/21/2010", "Tanggal itu tidak ada"),
    ("tanggal_lahir", "Maret 2010", "Tulis tanggal"),
    ("tanggal_lahir", 40258, "Tulis tanggal"),
    ("alamat", "x" * 501, "paling banyak 500"),
    ("no_telp", "0" * 21, "paling banyak 20"),
    ("email", "budi", "email"),
    ("email", "budi@", "email"),
    ("email", f"{'x' * 300}@a.id", "254"),
    ("email", 7, "email"),
]


def five_thousand() -> list[list[Any]]:
    return [
        [
            f"{90000001 + n}",
            f"Siswa {n}",
            f"X-{n % 9}",
            "LP"[n % 2],
            "2010-03-21",
            "Jl. Melati",
            "0812",
            f"a{n}@siswa.id",
        ]
        for n in range(5_000)
    ]


def with_mistakes(rows: list[list[Any]]) -> list[tuple[int, str, str]]:
    """Plants each kind twice; returns row, column, word."""
    planted = []
    for place, (column, value, word) in enumerate(PLANTED * 2):
        index = 100 + 117 * place
        rows[index][SISWA.written.index(column)] = value
        planted.append((index + 2, column, word))
    return planted


def test_of_5000_students_all_40_mistakes_are_named_in_indonesian_and_nothing_is_written_till_they_are_mended(
    root: User,
) -> None:
    rows = five_thousand()
    planted = with_mistakes(rows)
    with override("id"), pytest.raises(applying.Mistaken) as mistaken:
        done(SISWA, [SISWA.written, *rows], root)
    found = mistaken.value.plan.mistakes
    assert [(one.row, one.column) for one in found] == [(row, column) for row, column, _word in planted]
    assert [one.message for one, (_, _, word) in zip(found, planted, strict=True) if word not in one.message] == []
    assert not Siswa.objects.exists()
    assert done(SISWA, [SISWA.written, *five_thousand()], root).counts["create"] == Siswa.objects.count() == 5_000


# --- planning ---
def test_rows_create_change_or_stay(root: User, siswa: Siswa) -> None:
    Siswa.objects.create(nis="7", nama="Ani", kelas="X-1")
    found = planned(SISWA, [HEAD, ["1001", "Budi Santoso", "X-1"], ["7", "Ani", "X-2"], ["8", "Eka", "X-1"]], root)
    assert [row.kind for row in found.rows] == ["same", "change", "create"]
    assert found.rows[1].changes == (plan.Change("kelas", "X-1", "X-2"),)


def test_an_empty_cell_leaves_what_is_stored(root: User, siswa: Siswa) -> None:
    assert planned(SISWA, [HEAD, ["1001", "", None]], root).counts == {"create": 0, "change": 0, "same": 1}


def test_a_text_that_differs_in_white_space_alone_is_the_same(root: User, siswa: Siswa) -> None:
    Siswa.objects.update(alamat="Jl. Melati\r\nBandung ")
    assert planned(SISWA, [["nis", "alamat"], ["1001", "Jl. Melati\nBandung"]], root).counts["same"] == 1


def test_a_mark_of_nobody_is_a_mistake(root: User) -> None:
    found = planned(NILAI, [MARKS, ["1001", "2025/2026", 1, 80, 90]], root)
    assert [(one.row, one.column, one.value) for one in found.mistakes] == [(2, "nis", "1001")]


@pytest.fixture
def unseen(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(StudentsQuerySet, "visible_to", lambda rows, user: rows.none())


def test_whom_the_user_does_not_see_is_neither_marked_nor_changed(root: User, siswa: Siswa, unseen: None) -> None:
    marks = planned(NILAI, [MARKS, ["1001", "2025/2026", 1, 80, 90]], root)
    assert [one.message for one in marks.mistakes] == ["There is no student with this number."]
    students = planned(SISWA, [HEAD, ["1001", "Budi", "X-1"]], root)
    assert [one.message for one in students.mistakes] == ["You may not change this record."]


def test_each_wrong_cell_of_a_row_is_named(root: User) -> None:
    found = planned(NILAI, [MARKS, ["1001", "2025", 13, "80,5", 101]], root)
    assert [one.column for one in found.mistakes] == ["tahun_ajaran", "semester", "matematika", "ipa"]


@pytest.mark.parametrize("entity", [SISWA, NILAI])
def test_planning_costs_two_queries_at_most(
    root: User, many: list[Siswa], entity: Entity, django_assert_max_num_queries: DjangoAssertNumQueries
) -> None:
    rows = [[siswa.nis, *list(entity.example.values())[1:]] for siswa in many]
    content = table.read(workbook([tuple(entity.example), *rows]), entity)
    with django_assert_max_num_queries(2):
        plan.make(content, entity, user=root)


# --- applying ---
def test_a_changed_mark_changes_the_average(root: User, siswa: Siswa) -> None:
    NilaiRaport.objects.create(siswa=siswa, semester=1, tahun_ajaran="2025/2026", matematika=60, ipa=None)
    done(NILAI, [MARKS, ["1001", "2025/2026", 1, 80, 91]], root)
    assert NilaiRaport.objects.get().rata_rata == 85.5


def test_attendance_and_incomes_are_computed(root: User, siswa: Siswa) -> None:
    done(PRESENSI, [["nis", "tahun_ajaran", "semester", "hadir", "sakit"], ["1001", "2025/2026", 1, 90, 10]], root)
    PenghasilanOrtu.objects.create(siswa=siswa)
    done(PENGHASILAN, [["nis", "penghasilan_ayah"], ["1001", "8.000.000"]], root)
    assert (Presensi.objects.get().kategori, PenghasilanOrtu.objects.get().kategori) == ("Baik", "Tinggi")


def test_values_of_every_kind_are_changed(root: User, siswa: Siswa) -> None:
    done(SISWA, [SISWA.written, ["1001", 'A "B" \\ é\n', "X", "P", "21/03/2010", "J", "0812", "a@b.id"]], root)
    assert Siswa.objects.values_list(*SISWA.written).get()[1:3] == ('A "B" \\ é', "X")
    assert str(Siswa.objects.get().tanggal_lahir) == "2010-03-21"


def test_one_mistake_holds_all_back(root: User) -> None:
    with pytest.raises(applying.Mistaken):
        done(SISWA, [HEAD, ["1", "Ani", "X"], ["2", "", "X"]], root)
    assert not Siswa.objects.exists()


def test_what_has_changed_since_the_preview_is_not_done(root: User, siswa: Siswa) -> None:
    rows = [HEAD, ["1001", "Budi", "XI-1"]]
    seen = planned(SISWA, rows, root).fingerprint
    Siswa.objects.update(kelas="X-2")
    with pytest.raises(applying.Changed):
        done(SISWA, rows, root, expected=seen)
    assert Siswa.objects.get().nama == "Budi Santoso"


def test_applying_costs_no_query_a_row(
    root: User, many: list[Siswa], django_assert_max_num_queries: DjangoAssertNumQueries
) -> None:
    content = table.read(workbook([HEAD, *([siswa.nis, "New", "Y"] for siswa in many), ["x", "Y", "Z"]]), SISWA)
    with django_assert_max_num_queries(10):
        applying.run(content, SISWA, user=root, source=SOURCE)


@pytest.fixture
def heard() -> Iterator[list[dict[str, Any]]]:
    said: list[dict[str, Any]] = []

    def listen(sender: Any, **kwargs: Any) -> None:
        said.append({"sender": sender, **kwargs})

    imported.connect(listen)
    yield said
    imported.disconnect(listen)


def test_an_import_is_told_after_its_commit(
    root: User,
    siswa: Siswa,
    heard: list[dict[str, Any]],
    django_capture_on_commit_callbacks: DjangoCaptureOnCommitCallbacks,
) -> None:
    with django_capture_on_commit_callbacks(execute=True):
        done(SISWA, [HEAD, ["1001", "Budi Santoso", "X-1"], ["8", "Eka", "X-1"]], root)
        assert not heard
    counts = {name: heard[0][name] for name in ("file", "rows", "created", "changed", "same")}
    assert counts == {"file": "table.xlsx", "rows": 2, "created": 1, "changed": 0, "same": 1}
    assert heard[0]["sender"] is Siswa and len(heard[0]["sha256"]) == 64


@pytest.mark.django_db(transaction=True)
def test_two_imports_at_once_take_turns(root: User) -> None:
    content = table.read(workbook([HEAD, *([str(n), "A", "X"] for n in range(300))]), SISWA)
    counts: list[dict[str, int]] = []

    def one() -> None:
        counts.append(applying.run(content, SISWA, user=root, source=SOURCE).counts)
        connection.close()

    threads = [threading.Thread(target=one) for _ in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(count["create"] for count in counts) == [0, 300]


def test_every_entity_has_an_example_of_all_it_writes() -> None:
    assert all(set(entity.example) == set(entity.written) for entity in ENTITIES.values())

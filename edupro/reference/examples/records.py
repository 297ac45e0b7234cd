"""Examples of CRUD: what happens to EduPro's records. One of each kind, and what is done with it."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any, Final

from edupro.reference.examples.cast import OFFICE, ROOM, TEACHER, Example
from eventlog import catalog
from eventlog.registry import Audit

CHANGES: Final = "eventlog/capture/changes.py"
BULK: Final = "eventlog/capture/bulk.py"
READS: Final = "eventlog/capture/reads.py"
HIDDEN: Final = "[redacted]"


@dataclass(frozen=True, slots=True)
class Record:
    """`values` are all that are told of it, by column; `changed` is the column that changes, `after` what it becomes.
    `names` are those of the records that it points at."""

    name: str
    values: Mapping[str, Any]
    changed: str
    after: Any
    who: Mapping[str, Any] = field(default_factory=lambda: {**OFFICE, **ROOM})
    names: Mapping[str, str] = field(default_factory=dict)


MARKS: Final = ("pendidikan_agama", "pendidikan_pancasila", "bahasa_indonesia", "matematika", "bahasa_inggris")
MORE: Final = ("ipa", "ips", "sejarah", "seni_budaya", "penjas", "informatika")
TERM: Final = {"id": 7, "siswa_id": 123, "semester": 1, "tahun_ajaran": "2026/2027"}
AHMAD: Final = {"siswa_id": "Ahmad Fauzi (1001)"}
MADE: Final = "2026-11-20T02:00:00+00:00"
RECORDS: Final = {
    "siswa": Record(
        "Ahmad Fauzi (1001)",
        {
            "id": 123,
            "nis": "1001",
            "nama": "Ahmad Fauzi",
            "kelas": "X-1",
            "jenis_kelamin": "L",
            "tanggal_lahir": "2010-05-17",
            "alamat": "Jl. Melati 4",
            "no_telp": HIDDEN,
            "email": HIDDEN,
            "foto": "",
            "user_id": None,
        },
        "kelas",
        "XI-1",
    ),
    "nilai": Record(
        "Ahmad Fauzi (1001), 2026/2027 1",
        {**TERM, **dict.fromkeys(MARKS, 80), **dict.fromkeys(MORE, 84), "rata_rata": "82.18"},
        "matematika",
        88,
        who={**TEACHER, **ROOM},
        names=AHMAD,
    ),
    "presensi": Record(
        "Ahmad Fauzi (1001), 2026/2027 1",
        {**TERM, "hadir": 98, "sakit": 2, "izin": 1, "alpa": 0, "persentase": "97.03", "kategori": "Tinggi"},
        "sakit",
        3,
        who={**TEACHER, **ROOM},
        names=AHMAD,
    ),
    "penghasilan": Record(
        "Ahmad Fauzi (1001)",
        {
            "id": 7,
            "siswa_id": 123,
            "penghasilan_ayah": 4500000,
            "penghasilan_ibu": 0,
            "pekerjaan_ayah": "Petani",
            "pekerjaan_ibu": "",
            "pendidikan_ayah": "SMA",
            "pendidikan_ibu": "SMA",
            "total": 4500000,
            "kategori": "Sedang",
        },
        "penghasilan_ibu",
        1200000,
        names=AHMAD,
    ),
    "kelas_guru": Record("X-1", {"id": 4, "user_id": 12, "kelas": "X-1"}, "kelas", "X-2", names={"user_id": "guru001"}),
    "prestasi": Record(
        "Ahmad Fauzi (1001): Sedang",
        {
            "id": 631,
            "siswa_id": 123,
            "version_id": 3,
            "result": "Sedang",
            "probabilities": {"Rendah": 0.1, "Sedang": 0.7, "Tinggi": 0.2},
            "batch": None,
            "created": MADE,
            "created_by_id": 12,
        },
        "created_by_id",
        None,
        who={**TEACHER, **ROOM},
        names={**AHMAD, "version_id": "3", "created_by_id": "guru001"},
    ),
    "model_prestasi": Record(
        "3",
        {
            "id": 3,
            "number": 3,
            "created": MADE,
            "created_by_id": 3,
            "is_active": False,
            "parameters": {"criterion": "entropy", "max_depth": 4},
            "importances": {"nilai": 0.7, "penghasilan": 0.1, "presensi": 0.2},
            "fingerprint": "4f4cd9e7ccf91265",
            "file": "models/prestasi-3.json",
            "file_sha256": "1c6699acf6a01344",
            "sklearn_version": "1.7.2",
        },
        "is_active",
        True,
    ),
    "user": Record(
        "guru.ani",
        {
            "id": 27,
            "password": HIDDEN,
            "is_superuser": False,
            "username": "guru.ani",
            "first_name": "Ani",
            "last_name": "Lestari",
            "email": HIDDEN,
            "is_staff": False,
            "is_active": True,
            "date_joined": MADE,
        },
        "is_active",
        False,
    ),
    "group": Record("guru", {"id": 2, "name": "guru"}, "name", "guru tetap"),
}


def examples_of(audit: Audit) -> Iterator[Example]:
    """Of what is done with one kind of record."""
    record = RECORDS[audit.name]
    for action, (by, when, columns) in deeds(record).items():
        if audit.read or action not in catalog.LOOKS:
            kind = {"action": action, "entity_type": audit.name}
            yield Example(catalog.crud_type(audit.name, action), by, when, {**record.who, **kind, **columns})


def deeds(record: Record) -> dict[str, tuple[str, str, dict[str, Any]]]:
    """{action: (by, when, columns)}"""
    key, column = str(record.values["id"]), record.changed
    one = {"entity_id": key, "entity_name": record.name}
    before, after = {column: record.values[column]}, {column: record.after}
    keys = [key, str(record.values["id"] + 1)]
    several = {"count": 2, "keys": keys, "complete": True}
    return {
        "CREATE": (CHANGES, "one was added", {**one, "new_values": record.values, "event_data": names(record)}),
        catalog.READ: (READS, "one was shown, or a list of them", one),
        "UPDATE": (
            CHANGES,
            "one was changed: what has changed, before and after",
            {**one, "previous_values": before, "new_values": after, "changed_fields": [column]},
        ),
        "DELETE": (CHANGES, "one was deleted: what it held", {**one, "previous_values": record.values}),
        "BULK_UPDATE": (
            BULK,
            "one statement has changed several",
            {
                "changed_fields": [column],
                "previous_values": {column: dict.fromkeys(keys, record.values[column])},
                "event_data": {"assigned": after, "filter": {"id__in": keys}, **several},
            },
        ),
        "BULK_IMPORT": (
            BULK,
            "one statement has added several",
            {"changed_fields": list(record.values), "event_data": several},
        ),
        catalog.EXPORT: (
            READS,
            "several were taken away as a file",
            {"event_data": {"filter": {"kelas": "X-1"}, **several}},
        ),
    }


def names(record: Record) -> dict[str, Any]:
    return {"names": record.names} if record.names else {}

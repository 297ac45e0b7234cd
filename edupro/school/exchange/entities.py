"""The kinds of records that tables hold, and the columns of each."""

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

from django.conf import settings
from django.db import models
from django.utils.translation import override

from edupro.school.models import NilaiRaport, PenghasilanOrtu, Presensi, Siswa
from edupro.school.models.nilai import SUBJECTS

GAPS = re.compile(r"[\s_]+")
STUDENT = ("nama", "kelas")


@dataclass(frozen=True)
class Entity:
    """`key` names a record in the school's own words, `columns` is what can be written besides, `shown` what exports
    hold for their readers and imports pass over.
    """

    name: str
    model: type[models.Model]
    key: tuple[str, ...]
    columns: tuple[str, ...]
    shown: tuple[str, ...] = ()
    example: Mapping[str, str | int] = field(default_factory=dict)

    @property
    def written(self) -> tuple[str, ...]:
        return self.key + self.columns

    @property
    def all_columns(self) -> tuple[str, ...]:
        whose, computed = self.shown[: len(STUDENT)], self.shown[len(STUDENT) :]
        return (*self.key[:1], *whose, *self.key[1:], *self.columns, *computed)

    @property
    def of_student(self) -> bool:
        """Whether a record belongs to a student, whom its first column names."""
        return self.model is not Siswa

    @cached_property
    def fields(self) -> dict[str, "models.Field[Any, Any]"]:
        return {column: self._owner(column)._meta.get_field(column) for column in self.all_columns}  # type: ignore[misc]

    @cached_property
    def required(self) -> tuple[str, ...]:
        """What a new record must be given besides its key."""
        fields = {column: self.fields[column] for column in self.columns}
        return tuple(column for column, known in fields.items() if not known.blank and not known.has_default())

    @cached_property
    def headings(self) -> dict[str, str]:
        """What may stand above a column, as `heading` writes it: the field's name, or its title in any language."""
        return dict(self._headings())

    def known(self, cells: Sequence[str]) -> int:
        """How many of some cells are headings."""
        return sum(heading(cell) in self.headings for cell in cells)

    def value(self, record: Any, column: str) -> Any:
        """What a record of this kind has in a column."""
        owner = record.siswa if self._owner(column) is not self.model else record
        return getattr(owner, column)

    def _owner(self, column: str) -> type[models.Model]:
        return Siswa if self.of_student and column in ("nis", *STUDENT) else self.model

    def _headings(self) -> Iterator[tuple[str, str]]:
        for column, known in self.fields.items():
            yield heading(column), column
            for language, _name in settings.LANGUAGES:
                with override(language):
                    yield heading(str(known.verbose_name)), column


def heading(text: str) -> str:
    return GAPS.sub(" ", text).strip().casefold()


MARKS = dict(zip(SUBJECTS, (85, 88, 82, 79, 84, 81, 86, 83, 90, 87, 80), strict=True))
SEMESTER: dict[str, str | int] = {"nis": "99990001", "tahun_ajaran": "2025/2026", "semester": 1}
SISWA = Entity(
    "siswa",
    Siswa,
    key=("nis",),
    columns=("nama", "kelas", "jenis_kelamin", "tanggal_lahir", "alamat", "no_telp", "email"),
    example={
        "nis": "99990001",
        "nama": "Siti Rahmawati",
        "kelas": "X-1",
        "jenis_kelamin": "P",
        "tanggal_lahir": "2010-03-21",
        "alamat": "Jl. Melati No. 7, Bandung",
        "no_telp": "0812-0000-0001",
        "email": "siti@siswa.example",
    },
)
NILAI = Entity(
    "nilai",
    NilaiRaport,
    key=("nis", "tahun_ajaran", "semester"),
    columns=SUBJECTS,
    shown=(*STUDENT, *NilaiRaport.computed),
    example={**SEMESTER, **MARKS},
)
PRESENSI = Entity(
    "presensi",
    Presensi,
    key=("nis", "tahun_ajaran", "semester"),
    columns=Presensi.inputs,
    shown=(*STUDENT, *Presensi.computed),
    example={**SEMESTER, "hadir": 108, "sakit": 1, "izin": 1, "alpa": 0},
)
PENGHASILAN = Entity(
    "penghasilan",
    PenghasilanOrtu,
    key=("nis",),
    columns=(
        "penghasilan_ayah",
        "penghasilan_ibu",
        "pekerjaan_ayah",
        "pekerjaan_ibu",
        "pendidikan_ayah",
        "pendidikan_ibu",
    ),
    shown=(*STUDENT, *PenghasilanOrtu.computed),
    example={
        "nis": "99990001",
        "penghasilan_ayah": 3_500_000,
        "penghasilan_ibu": 0,
        "pekerjaan_ayah": "Guru",
        "pekerjaan_ibu": "Ibu rumah tangga",
        "pendidikan_ayah": "S1",
        "pendidikan_ibu": "SMA",
    },
)
ENTITIES = {entity.name: entity for entity in (SISWA, NILAI, PRESENSI, PENGHASILAN)}
BY_MODEL = {entity.model: entity for entity in ENTITIES.values()}

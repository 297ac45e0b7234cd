"""What a cell may hold for a field."""

from datetime import date, datetime
from typing import Any

import pytest
from django.core.exceptions import ValidationError

from edupro.school.exchange import values
from edupro.school.models import NilaiRaport, PenghasilanOrtu, Siswa

GOOD = [
    (Siswa, "nis", 1001, "1001"),
    (Siswa, "nis", 1001.0, "1001"),
    (Siswa, "nis", "0071", "0071"),
    (Siswa, "no_telp", 6281234567890, "6281234567890"),
    (Siswa, "jenis_kelamin", "p", "P"),
    (Siswa, "jenis_kelamin", "Laki-laki", "L"),
    (Siswa, "jenis_kelamin", "female", "P"),
    (Siswa, "tanggal_lahir", datetime(2010, 3, 21), date(2010, 3, 21)),
    (Siswa, "tanggal_lahir", "21/03/2010", date(2010, 3, 21)),
    (Siswa, "tanggal_lahir", "2010-03-21", date(2010, 3, 21)),
    (NilaiRaport, "matematika", 80, 80),
    (NilaiRaport, "matematika", 80.0, 80),
    (NilaiRaport, "matematika", " 80 ", 80),
    (NilaiRaport, "matematika", "80,0", 80),
    (PenghasilanOrtu, "penghasilan_ayah", "1.250.000", 1_250_000),
    (PenghasilanOrtu, "penghasilan_ayah", "Rp 1,250,000.00", 1_250_000),
    (PenghasilanOrtu, "pendidikan_ayah", "sma", "SMA"),
]
BAD = [
    (Siswa, "nis", "x" * 21),
    (Siswa, "nis", True),
    (Siswa, "nama", "a\x00b"),
    (Siswa, "kelas", datetime(2026, 10, 1)),
    (Siswa, "jenis_kelamin", "X"),
    (Siswa, "tanggal_lahir", "31/02/2010"),
    (Siswa, "tanggal_lahir", "03/21/2010"),
    (Siswa, "tanggal_lahir", 40258),
    (Siswa, "email", "budi"),
    (Siswa, "alamat", "x" * 501),
    (NilaiRaport, "matematika", "80,5"),
    (NilaiRaport, "matematika", 80.5),
    (NilaiRaport, "matematika", -1),
    (NilaiRaport, "matematika", 101),
    (NilaiRaport, "matematika", "\u00b2"),
    (NilaiRaport, "matematika", True),
    (NilaiRaport, "matematika", float("inf")),
    (NilaiRaport, "matematika", "9" * 999),
    (NilaiRaport, "semester", 13),
    (NilaiRaport, "tahun_ajaran", "2025/2027"),
    (PenghasilanOrtu, "penghasilan_ayah", 10**13),
]


@pytest.mark.parametrize(("model", "name", "raw", "value"), GOOD)
def test_a_cell_is_understood(model: Any, name: str, raw: Any, value: Any) -> None:
    assert values.clean(model._meta.get_field(name), raw) == value


@pytest.mark.parametrize(("model", "name", "raw"), BAD)
def test_a_cell_is_a_mistake(model: Any, name: str, raw: Any) -> None:
    with pytest.raises(ValidationError):
        values.clean(model._meta.get_field(name), raw)

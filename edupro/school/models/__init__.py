"""What the school keeps, one file a concept."""

from edupro.school.models.import_draft import ImportDraft
from edupro.school.models.kelas import KelasGuru
from edupro.school.models.nilai import NilaiRaport
from edupro.school.models.penghasilan import PenghasilanOrtu
from edupro.school.models.presensi import Presensi
from edupro.school.models.siswa import Siswa

__all__ = ["ImportDraft", "KelasGuru", "NilaiRaport", "PenghasilanOrtu", "Presensi", "Siswa"]

"""The demo's school: 200 students with marks, attendance and parents' income, the same on every machine.

Marks follow from talent, attendance and, a little, income, so that a prediction has something to find.
"""

from collections.abc import Iterator
from datetime import date, timedelta
from random import Random

from django.db import transaction

from edupro.school.models import NilaiRaport, PenghasilanOrtu, Presensi, Siswa
from edupro.school.models.nilai import SUBJECTS

STUDENTS = 200
CLASSES = ("X-1", "X-2", "X-3", "XI-1", "XI-2", "XI-3", "XII-1", "XII-2")  # 25 each
THIS_YEAR, LAST_YEAR = "2025/2026", "2024/2025"


def words(text: str) -> list[str]:
    return text.split()


GIRLS = words(
    "Aisyah Anisa Ayu Bunga Cahaya Citra Dewi Dian Dinda Eka Fatimah Fitri Gita Indah Intan Kartika Laras Lestari "
    "Maya Melati Nabila Nadia Nur Putri Rahma Ratna Rina Salsabila Sari Siti Tiara Wulan Yuliana Zahra"
)
BOYS = words(
    "Aditya Agus Ahmad Andi Arif Bagas Bayu Budi Dimas Eko Fajar Farhan Galih Hafiz Ilham Indra Irfan Joko "
    "Kevin Muhammad Naufal Putra Rafi Raka Rangga Reza Rizky Satria Surya Teguh Wahyu Yoga Yusuf Zaki"
)
FAMILIES = words(
    "Anggraini Fauzi Gunawan Hakim Halim Hartono Hidayat Irawan Kurniawan Kusuma Lubis Maulana Nasution Ningsih "
    "Nugroho Pangestu Permana Prasetyo Pratama Purnomo Rahmawati Ramadhan Saputra Santoso Setiawan Simanjuntak "
    "Siregar Sitompul Suryadi Susanto Utami Wibowo Widodo Wijaya Wulandari Yulianto"
)
STREETS = words("Melati Mawar Kenanga Anggrek Cempaka Merdeka Diponegoro Sudirman Kartini Pahlawan")
TOWNS = ("Bandung", "Cimahi", "Sumedang", "Garut", "Lembang")
JOBS = {  # occupation: (least and most rupiah a month, education)
    "Petani": (1_200_000, 2_600_000, ("SD", "SMP", "SMA")),
    "Buruh pabrik": (2_000_000, 4_200_000, ("SMP", "SMA")),
    "Pedagang": (1_800_000, 6_500_000, ("SMP", "SMA", "Diploma")),
    "Sopir": (1_800_000, 3_800_000, ("SMP", "SMA")),
    "Guru": (2_500_000, 5_500_000, ("S1", "S2")),
    "Pegawai negeri": (3_500_000, 7_500_000, ("Diploma", "S1", "S2")),
    "Karyawan swasta": (3_000_000, 9_000_000, ("SMA", "Diploma", "S1")),
    "Wiraswasta": (2_500_000, 14_000_000, ("SMA", "S1")),
    "Dokter": (9_000_000, 22_000_000, ("S1", "S2")),
}
AT_HOME = "Ibu rumah tangga"


def make() -> int:
    """Add the students that are missing, with their records; return how many. The others stay as they are."""
    with transaction.atomic():
        numbers = {nis(number): number for number in range(STUDENTS)}
        there = set(Siswa.objects.filter(nis__in=numbers).values_list("nis", flat=True))
        made = Siswa.objects.bulk_create(student(number) for key, number in numbers.items() if key not in there)
        files = [File(siswa, numbers[siswa.nis]) for siswa in made]
        PenghasilanOrtu.objects.bulk_create(file.income for file in files)
        Presensi.objects.bulk_create(row for file in files for row in file.attendance())
        NilaiRaport.objects.bulk_create(row for file in files for row in file.marks())
    return len(made)


def kelas(number: int) -> str:
    return CLASSES[number * len(CLASSES) // STUDENTS]


def grade(number: int) -> int:
    """0 for X, 2 for XII."""
    return ("X", "XI", "XII").index(kelas(number).partition("-")[0])


def nis(number: int) -> str:
    """Both years of the first school year, then a number: 25260001."""
    entered = 25 - grade(number)
    return f"{entered}{entered + 1}{number + 1:04}"


def student(number: int) -> Siswa:
    dice = Random(f"student {number}")
    girl = dice.random() < 0.52
    nama = f"{dice.choice(GIRLS if girl else BOYS)} {dice.choice(FAMILIES)}"
    street = f"Jl. {dice.choice(STREETS)} No. {dice.randint(1, 120)}"
    return Siswa(
        nis=nis(number),
        nama=nama,
        kelas=kelas(number),
        jenis_kelamin="P" if girl else "L",
        tanggal_lahir=date(2009 - grade(number), 7, 1) + timedelta(days=dice.randrange(365)),
        alamat=f"{street}, RT {dice.randint(1, 9):02}/RW {dice.randint(1, 12):02}, {dice.choice(TOWNS)}",
        no_telp=f"0812-0000-{number + 1:04}",  # nobody's
        email=f"{nama.lower().replace(' ', '.')}.{number + 1}@siswa.example",
    )


class File:
    """One student's records, thrown with dice of that student's own."""

    def __init__(self, siswa: Siswa, number: int) -> None:
        self.siswa, self.grade, self.dice = siswa, grade(number), Random(f"records {number}")
        self.income = self.parents()
        self.talent = self.dice.gauss(78, 6)
        self.truancy = self.dice.choice((0, 0, 0, 1, 1, 2, 4, 9))  # days a semester, about

    def parents(self) -> PenghasilanOrtu:
        father, mother = self.dice.choice(list(JOBS)), self.dice.choice([AT_HOME, AT_HOME, *JOBS])
        return PenghasilanOrtu(
            siswa=self.siswa,
            pekerjaan_ayah=father,
            pekerjaan_ibu=mother,
            penghasilan_ayah=self.rupiah(father),
            penghasilan_ibu=self.rupiah(mother),
            pendidikan_ayah=self.education(father),
            pendidikan_ibu=self.education(mother),
        )

    def rupiah(self, job: str) -> int:
        least, most, _education = JOBS.get(job, (0, 0, ()))
        return int(round(self.dice.triangular(least, most, (2 * least + most) / 3), -5))

    def education(self, job: str) -> str:
        return self.dice.choice(JOBS.get(job, (0, 0, ("SD", "SMP", "SMA")))[2])

    def semesters(self) -> Iterator[tuple[str, int]]:
        for year in (LAST_YEAR, THIS_YEAR)[self.grade == 0 :]:
            yield from ((year, 1), (year, 2))

    def attendance(self) -> Iterator[Presensi]:
        for year, semester in self.semesters():
            sakit, izin = self.dice.randint(0, 4), self.dice.randint(0, 3)
            alpa = max(0, round(self.dice.gauss(self.truancy, self.truancy / 2)))
            hadir = 110 - sakit - izin - alpa
            days = {"hadir": hadir, "sakit": sakit, "izin": izin, "alpa": alpa}
            yield Presensi(siswa=self.siswa, tahun_ajaran=year, semester=semester, **days)

    def marks(self) -> Iterator[NilaiRaport]:
        income = self.income.penghasilan_ayah + self.income.penghasilan_ibu
        level = self.talent - 1.3 * self.truancy + min(4.0, income / 4_000_000)
        for year, semester in self.semesters():
            marks = {subject: min(100, max(40, round(self.dice.gauss(level, 5)))) for subject in SUBJECTS}
            yield NilaiRaport(siswa=self.siswa, tahun_ajaran=year, semester=semester, **marks)

"""What the tree looks at, read from the school's records: three queries for however many students.

The module's package says what features and labels are.
"""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import asdict, dataclass
from decimal import Decimal
from typing import Any, NamedTuple

from django.db.models import Count, QuerySet

from edupro.prediction.bands import prestasi_of
from edupro.school.models import NilaiRaport, PenghasilanOrtu, Presensi, Siswa
from edupro.school.models.nilai import CENT

MARK, INCOME, ATTENDANCE = "nilai", "penghasilan", "presensi"
FEATURES = (MARK, INCOME, ATTENDANCE)
LEVELS: dict[str, tuple[str, ...]] = {  # from the lowest up
    INCOME: ("Rendah", "Sedang", "Tinggi"),
    ATTENDANCE: ("Kurang", "Cukup", "Baik", "Sangat Baik"),
}
UNKNOWN = -1.0  # the level of a category that is not known


@dataclass(frozen=True, slots=True)
class Features:
    """`nilai` is the mean mark from 0 to 100, to the cent; the categories are empty where not known."""

    nilai: float
    penghasilan: str = ""
    presensi: str = ""

    def numbers(self) -> list[float]:
        """In the order of FEATURES; categories by their place among LEVELS."""
        return [self.nilai, level(INCOME, self.penghasilan), level(ATTENDANCE, self.presensi)]

    def as_dict(self) -> dict[str, Any]:
        return asdict(self)


@dataclass(frozen=True, slots=True)
class Example:
    """A student to learn from."""

    siswa_id: int
    features: Features
    label: str

    def row(self) -> str:
        return "\t".join(map(str, [self.siswa_id, *self.features.as_dict().values(), self.label]))


def level(feature: str, category: str) -> float:
    return float(LEVELS[feature].index(category)) if category in LEVELS[feature] else UNKNOWN


class Semester(NamedTuple):
    """Sorts in the order of time, whichever way the school counts its semesters."""

    tahun_ajaran: str
    semester: int


class Records(NamedTuple):
    """Of some students, by their key."""

    marks: dict[int, list[tuple[Semester, Decimal]]]  # oldest first, those with a mean
    days: dict[int, list[tuple[Semester, tuple[int, ...]]]]  # as Presensi.inputs
    incomes: dict[int, str]


def records_of(students: QuerySet[Siswa]) -> Records:
    reports = NilaiRaport.objects.filter(siswa__in=students, rata_rata__isnull=False)
    marks = reports.order_by("tahun_ajaran", "semester").values_list("siswa", "tahun_ajaran", "semester", "rata_rata")
    attendance = Presensi.objects.filter(siswa__in=students).order_by()
    days = attendance.values_list("siswa", "tahun_ajaran", "semester", *Presensi.inputs)
    incomes = PenghasilanOrtu.objects.filter(siswa__in=students).order_by().values_list("siswa", "kategori")
    return Records(
        marks=grouped((siswa, (Semester(year, number), mean)) for siswa, year, number, mean in marks),
        days=grouped((siswa, (Semester(year, number), tuple(counts))) for siswa, year, number, *counts in days),
        incomes=dict(incomes),
    )


def grouped(pairs: Iterable[tuple[int, Any]]) -> dict[int, list[Any]]:
    found: dict[int, list[Any]] = defaultdict(list)
    for key, item in pairs:
        found[key].append(item)
    return dict(found)


def features_of(students: QuerySet[Siswa]) -> dict[int, Features]:
    """By the student's key; who has no mark at all is not in it."""
    records = records_of(students)
    return {
        siswa: Features(
            nilai=mean_of([mean for _semester, mean in marks]),
            penghasilan=records.incomes.get(siswa, ""),
            presensi=attendance_of([counts for _semester, counts in records.days.get(siswa, ())]),
        )
        for siswa, marks in records.marks.items()
    }


def examples(students: QuerySet[Siswa]) -> list[Example]:
    """Those of at least two reports, by key: the last one gives the label, all before it the features."""
    records = records_of(students)
    return [example(siswa, records) for siswa in sorted(records.marks) if len(records.marks[siswa]) > 1]


def example(siswa: int, records: Records) -> Example:
    *before, (last, mean) = records.marks[siswa]
    days = [counts for semester, counts in records.days.get(siswa, ()) if semester < last]
    features = Features(
        nilai=mean_of([earlier for _semester, earlier in before]),
        penghasilan=records.incomes.get(siswa, ""),
        presensi=attendance_of(days),
    )
    return Example(siswa, features, prestasi_of(mean))


def mean_of(means: Sequence[Decimal]) -> float:
    return float((sum(means, Decimal(0)) / len(means)).quantize(CENT))


def attendance_of(semesters: Sequence[tuple[int, ...]]) -> str:
    """The category of all days together, worked out as the school's own."""
    together = dict(zip(Presensi.inputs, map(sum, zip(*semesters, strict=True)), strict=False))
    presensi = Presensi(**together)
    presensi.compute()
    return presensi.kategori


def how_many_examples() -> int:
    """How many students `examples` would find, by one query."""
    reports = NilaiRaport.objects.filter(rata_rata__isnull=False).order_by().values("siswa")
    return int(reports.annotate(number=Count("pk")).filter(number__gt=1).count())

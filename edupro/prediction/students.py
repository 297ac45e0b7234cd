"""Which student is meant."""

from django.db.models import QuerySet

from edupro.prediction.errors import NoStudents
from edupro.school.models import Siswa

MAX_KEY = 2**63 - 1  # PostgreSQL's bigint


def student(students: QuerySet[Siswa], key: int | str) -> Siswa:
    """A number is an id, or else a student number; text the other way round. Raises NoStudents."""
    by_number = students.filter(nis=str(key))
    by_id = students.filter(pk=key) if is_key(str(key)) else students.none()
    first, second = (by_id, by_number) if isinstance(key, int) else (by_number, by_id)
    found: Siswa | None = first.first() or second.first()
    if found is None:
        raise NoStudents
    return found


def is_key(text: str) -> bool:
    return text.isascii() and text.isdigit() and len(text) < 20 and int(text) <= MAX_KEY

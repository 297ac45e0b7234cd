"""Two pages as they are written in a hurry."""

from django.db import connection
from django.http import HttpRequest, JsonResponse

from edupro.school.models import NilaiRaport


def class_average(request: HttpRequest) -> JsonResponse:
    """A class's average mark. Its author did not think of a class without marks: that is a ZeroDivisionError."""
    marks = NilaiRaport.objects.filter(siswa__kelas=request.GET.get("kelas", "")).values_list("rata_rata", flat=True)
    numbers = [float(mark) for mark in marks if mark is not None]
    return JsonResponse({"rata_rata": round(sum(numbers) / len(numbers), 2)})


def slow_report(request: HttpRequest) -> JsonResponse:
    """A query that takes longer than half a second."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT count(*), pg_sleep(0.6) FROM school_siswa")
        students, _void = cursor.fetchone() or (0, "")
    return JsonResponse({"siswa": students})

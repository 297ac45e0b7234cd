"""What is measured. Each operation gets ready for so many calls, and gives the call that is timed."""

import io
import json
from collections.abc import Callable, Iterator
from datetime import date
from itertools import count
from typing import Any

from django.contrib.auth.models import User
from django.core.handlers.wsgi import WSGIHandler
from django.db import connection
from django.test import RequestFactory
from rest_framework_simplejwt.tokens import AccessToken

from benchmarks import samples
from benchmarks.measure import answer
from benchmarks.peers.models import Siswa

Call = Callable[[], object]
IMPORTED = 10_000  # rows of a `bulk_create`
CLASS = 1_000  # rows of an `update` and of a list
numbers = count(1)


def fields() -> dict[str, Any]:
    return {**samples.STUDENT, "nis": f"n{next(numbers)}"}


def student() -> Siswa:
    return Siswa(**{**fields(), "tanggal_lahir": date(2013, 4, 17)})


def table_of(rows: int) -> None:
    if Siswa.objects.count() != rows:
        with connection.cursor() as cursor:
            cursor.execute("TRUNCATE siswa")
        Siswa.objects.bulk_create(student() for _ in range(rows))


def save(calls: int) -> Call:
    table_of(CLASS)
    putri = Siswa.objects.all()[0]

    def call() -> None:
        number = next(numbers)
        putri.alamat, putri.kelas = f"Jalan Melati {number}", f"{number % 12}A"
        putri.save()

    return call


def create(calls: int) -> Call:
    return lambda: student().save()


def delete(calls: int) -> Call:
    students = iter(Siswa.objects.bulk_create(student() for _ in range(calls)))
    return lambda: next(students).delete()


def update(calls: int) -> Call:
    table_of(CLASS)
    return lambda: Siswa.objects.update(alamat=f"Jalan Mawar {next(numbers)}")


def load(calls: int) -> Call:
    table_of(CLASS)
    return lambda: list(Siswa.objects.all())


def bulk_create(calls: int) -> Call:
    table_of(0)
    batches = iter([[student() for _ in range(IMPORTED)] for _ in range(calls)])
    return lambda: Siswa.objects.bulk_create(next(batches))


# --- by request ---
def post(calls: int) -> Call:
    handler, environs = WSGIHandler(), posts()
    return lambda: answer(handler, next(environs), 201)


def posts() -> Iterator[dict[str, Any]]:
    token = AccessToken.for_user(User.objects.get_or_create(username="ibu.sari", is_superuser=True)[0])
    plain = RequestFactory().post("/api/siswa", b"{}", content_type="application/json").environ
    whole = {**plain, **samples.BROWSER, "HTTP_AUTHORIZATION": f"Bearer {token}"}
    while True:
        body = json.dumps(fields()).encode()
        yield {**whole, "CONTENT_LENGTH": str(len(body)), "wsgi.input": io.BytesIO(body)}


OPERATIONS: dict[str, Callable[[int], Call]] = {
    "save": save,
    "create": create,
    "delete": delete,
    "POST": post,
    "update": update,
    "list": load,
    "bulk_create": bulk_create,
}

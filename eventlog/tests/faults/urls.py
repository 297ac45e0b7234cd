"""The project's addresses, and some that break as they are told."""

import logging
import signal
import time
from collections.abc import Iterator

from django.db import connection
from django.http import HttpRequest, HttpResponse, JsonResponse, StreamingHttpResponse
from django.urls import path
from django.views.decorators.csrf import csrf_exempt

from edupro.urls import handler400, handler403, handler404, handler500, urlpatterns

__all__ = ["handler400", "handler403", "handler404", "handler500", "urlpatterns"]


@csrf_exempt
def echo(request: HttpRequest, **captured: str) -> HttpResponse:
    return HttpResponse(f"{len(request.body)} bytes")


def fail(request: HttpRequest) -> HttpResponse:
    raise ValueError(request.GET["password"])


def fail_in_sql(request: HttpRequest) -> HttpResponse:
    with connection.cursor() as cursor:
        cursor.execute(f"SELECT no_such_column FROM auth_user WHERE password = '{request.GET['password']}'")
    return HttpResponse()


def slow_sql(request: HttpRequest) -> HttpResponse:
    with connection.cursor() as cursor:
        cursor.execute(f"SELECT pg_sleep(0.6), '{request.GET['password']}'")
    return HttpResponse()


def log(request: HttpRequest) -> HttpResponse:
    logging.getLogger("school").warning("said: %s", request.GET["password"])
    return HttpResponse()


def sleep(request: HttpRequest, seconds: int) -> HttpResponse:
    time.sleep(seconds)
    return HttpResponse()


def handlers(request: HttpRequest) -> JsonResponse:
    """{signal: module of its handler}; empty for the system's own ways."""
    return JsonResponse(
        {number.name: getattr(signal.getsignal(number), "__module__", "") or "" for number in signal.valid_signals()
         if isinstance(number, signal.Signals)}
    )  # fmt: skip


def stream(request: HttpRequest) -> StreamingHttpResponse:
    def chunks() -> Iterator[bytes]:
        for _ in range(20):
            yield b"x" * 1000

    return StreamingHttpResponse(chunks())


urlpatterns = [
    path("faults/echo/", echo),
    path("faults/echo/<str:part>/", echo),
    path("faults/fail/", fail),
    path("faults/fail-in-sql/", fail_in_sql),
    path("faults/slow-sql/", slow_sql),
    path("faults/log/", log),
    path("faults/sleep/<int:seconds>/", sleep),
    path("faults/handlers/", handlers),
    path("faults/stream/", stream),
    *urlpatterns,
]

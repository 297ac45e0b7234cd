"""The project's addresses, and views that do to a request whatever a view may do."""

import asyncio
import io
import json
import time
from collections.abc import AsyncIterator, Iterator
from typing import TYPE_CHECKING, Any

from django import forms
from django.contrib.admin import AdminSite, ModelAdmin
from django.contrib.auth import login, logout, update_session_auth_hash
from django.contrib.auth.models import User
from django.contrib.auth.views import PasswordResetConfirmView
from django.core.exceptions import PermissionDenied, SuspiciousOperation
from django.core.files.uploadhandler import MemoryFileUploadHandler, SkipFile, StopUpload, TemporaryFileUploadHandler
from django.db import connection
from django.http import FileResponse, Http404, HttpRequest, HttpResponse, JsonResponse, StreamingHttpResponse
from django.template import engines
from django.template.response import TemplateResponse
from django.urls import path, re_path
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_GET
from django.views.generic import DetailView
from rest_framework import serializers
from rest_framework.permissions import AllowAny, IsAuthenticated
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from edupro.school.models import Siswa
from edupro.urls import handler400, handler403, handler404, handler500
from edupro.urls import urlpatterns as project
from eventlog import EventLogger
from eventlog.tests.zoo.models import Animal

if TYPE_CHECKING:
    AnimalsAdmin, DetailOfSiswa, PlainSerializer = ModelAdmin[Animal], DetailView[Siswa], serializers.Serializer[Any]
else:
    AnimalsAdmin, DetailOfSiswa, PlainSerializer = ModelAdmin, DetailView, serializers.Serializer

__all__ = ["handler400", "handler403", "handler404", "handler500", "urlpatterns"]


@csrf_exempt
def status(request: HttpRequest, code: int) -> HttpResponse:
    return HttpResponse("ok" if code == 200 else "", status=code)


def fail(request: HttpRequest) -> HttpResponse:
    raise ValueError(request.GET.get("text", ""))


def fail_otherwise(request: HttpRequest) -> HttpResponse:
    if request.GET.get("other"):
        raise ValueError("here")
    raise ValueError("there")


def exit_process(request: HttpRequest) -> HttpResponse:
    raise SystemExit(1)


def missing(request: HttpRequest) -> HttpResponse:
    raise Http404


def forbidden(request: HttpRequest) -> HttpResponse:
    raise PermissionDenied


def suspicious(request: HttpRequest) -> HttpResponse:
    raise SuspiciousOperation("too odd")


@require_GET
def only_get(request: HttpRequest) -> HttpResponse:
    return HttpResponse()


def whoami(request: HttpRequest) -> HttpResponse:
    return HttpResponse(request.user.get_username())


async def awhoami(request: HttpRequest) -> HttpResponse:
    await asyncio.sleep(0.002)
    user = await request.auser()
    return HttpResponse(user.get_username())


async def alog(request: HttpRequest) -> HttpResponse:
    await request.auser()
    await EventLogger().log_event("MAINTENANCE")
    return HttpResponse()


async def asleep(request: HttpRequest) -> HttpResponse:
    await asyncio.sleep(30)
    return HttpResponse()


async def afail(request: HttpRequest) -> HttpResponse:
    raise ValueError("in async")


@csrf_exempt
def sign_in(request: HttpRequest) -> HttpResponse:
    login(request, User.objects.get(username=request.POST["username"]), "django.contrib.auth.backends.ModelBackend")
    return HttpResponse()


@csrf_exempt
def register(request: HttpRequest) -> HttpResponse:
    user = User.objects.create_user(request.POST["username"])
    login(request, user, "django.contrib.auth.backends.ModelBackend")
    Siswa.objects.create(nis="55", nama="Baru", kelas="X-1")
    return HttpResponse()


@csrf_exempt
def empty_session(request: HttpRequest) -> HttpResponse:
    request.session.flush()
    return HttpResponse()


@csrf_exempt
def sign_out(request: HttpRequest) -> HttpResponse:
    logout(request)
    return HttpResponse()


@csrf_exempt
def new_password(request: HttpRequest) -> HttpResponse:
    request.user.set_password(request.POST["new_password1"])
    request.user.save()
    update_session_auth_hash(request, request.user)
    return HttpResponse()


@csrf_exempt
def leave(request: HttpRequest) -> HttpResponse:
    request.user.delete()
    return HttpResponse()


@csrf_exempt
def body(request: HttpRequest) -> HttpResponse:
    return HttpResponse(request.body)


@csrf_exempt
def pieces(request: HttpRequest) -> HttpResponse:
    read = []
    while piece := request.read(7):
        read.append(piece)
    return HttpResponse(b"|".join(read))


@csrf_exempt
def first_bytes(request: HttpRequest) -> HttpResponse:
    return HttpResponse(request.read(4))


@csrf_exempt
def lines(request: HttpRequest) -> HttpResponse:
    return HttpResponse(b"|".join(request))


@csrf_exempt
def body_after_read(request: HttpRequest) -> HttpResponse:
    request.read()
    try:
        return HttpResponse(request.body)
    except Exception as error:
        return HttpResponse(type(error).__name__)


@csrf_exempt
def form(request: HttpRequest) -> HttpResponse:
    return JsonResponse({name: request.POST.getlist(name) for name in request.POST})


@csrf_exempt
def unread(request: HttpRequest) -> HttpResponse:
    return HttpResponse("did not look")


@csrf_exempt
def loads(request: HttpRequest) -> HttpResponse:
    return JsonResponse({"keys": len(json.loads(request.body))})


class Echo(APIView):
    permission_classes = [AllowAny]

    def post(self, request: Request) -> Response:
        return Response({name: str(value) for name, value in request.data.items()})


class Counting(APIView):
    """Changes something before anybody is authenticated."""

    permission_classes = [IsAuthenticated]

    def initialize_request(self, request: HttpRequest, *args: Any, **kwargs: Any) -> Request:
        Siswa.objects.create(nis="98", nama="Before", kelas="X-1")
        return super().initialize_request(request, *args, **kwargs)

    def get(self, request: Request) -> Response:
        Siswa.objects.create(nis="99", nama="After", kelas="X-1")
        return Response({})


class Open(APIView):
    permission_classes = [AllowAny]
    authentication_classes: list[Any] = []

    def get(self, request: Request) -> Response:
        return Response({})


class Broken(APIView):
    permission_classes = [AllowAny]

    def get(self, request: Request) -> Response:
        raise ValueError("in DRF")


def five_chunks() -> Iterator[bytes]:
    for _ in range(5):
        yield b"chunk"


def stream(request: HttpRequest) -> StreamingHttpResponse:
    return StreamingHttpResponse(five_chunks())


def broken_stream(request: HttpRequest) -> StreamingHttpResponse:
    def chunks() -> Iterator[bytes]:
        yield b"chunk"
        raise ValueError("in the body")

    return StreamingHttpResponse(chunks())


def telling_stream(request: HttpRequest) -> StreamingHttpResponse:
    def chunks() -> Iterator[bytes]:
        yield b"chunk"
        EventLogger().log_event("MAINTENANCE")

    return StreamingHttpResponse(chunks())


def file(request: HttpRequest) -> FileResponse:
    return FileResponse(io.BytesIO(b"x" * 10_000), filename="report.pdf")


async def astream(request: HttpRequest) -> StreamingHttpResponse:
    async def chunks() -> AsyncIterator[bytes]:
        for _ in range(5):
            await asyncio.sleep(0)
            yield b"chunk"

    return StreamingHttpResponse(chunks())


async def broken_astream(request: HttpRequest) -> StreamingHttpResponse:
    async def chunks() -> AsyncIterator[bytes]:
        yield b"chunk"
        raise ValueError("in the body")

    return StreamingHttpResponse(chunks())


async def endless(request: HttpRequest) -> StreamingHttpResponse:
    async def chunks() -> AsyncIterator[bytes]:
        while True:
            yield b"chunk"
            await asyncio.sleep(0.01)

    return StreamingHttpResponse(chunks())


def two_queries(request: HttpRequest) -> HttpResponse:
    list(Siswa.objects.all())
    list(Siswa.objects.filter(nis="7"))
    return HttpResponse()


def slow_query(request: HttpRequest) -> HttpResponse:
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_sleep(%s), %s, 'in the text'", [0.52, "parameter"])
    return HttpResponse()


@csrf_exempt
def rename(request: HttpRequest, id: int) -> HttpResponse:
    siswa = Siswa.objects.get(pk=id)
    siswa.nama = "Baru"
    siswa.save()
    if request.GET.get("fail"):
        raise ValueError("after the change")
    return HttpResponse()


def slow_whoami(request: HttpRequest) -> HttpResponse:
    time.sleep(0.002)
    return HttpResponse(request.user.get_username())


# --- files ---
@csrf_exempt
def upload(request: HttpRequest) -> HttpResponse:
    """Says what the view sees of the files, and where the handlers come from."""
    handlers = [type(handler).__name__ for handler in request.upload_handlers]
    sizes = {name: [len(file.read()) for file in request.FILES.getlist(name)] for name in request.FILES}
    kinds = sorted({type(file).__name__ for file in request.FILES.values()})
    return JsonResponse({"handlers": handlers, "sizes": sizes, "kinds": kinds})


async def aupload(request: HttpRequest) -> HttpResponse:
    return JsonResponse({name: file.size for name, file in request.FILES.items()})


@csrf_exempt
def upload_by_other_handlers(request: HttpRequest) -> HttpResponse:
    request.upload_handlers.insert(0, MemoryFileUploadHandler(request))
    request.upload_handlers = [TemporaryFileUploadHandler(request)]
    return upload(request)


class Picky(MemoryFileUploadHandler):
    """Will not have it: `?refuse=skip` only this file, else nothing more at all."""

    def receive_data_chunk(self, raw_data: bytes, start: int) -> bytes | None:
        raise SkipFile if self.request.GET["refuse"] == "skip" else StopUpload(connection_reset=True)


@csrf_exempt
def upload_by_picky_handlers(request: HttpRequest) -> HttpResponse:
    request.upload_handlers = [Picky(request)]
    return upload(request)


@csrf_exempt
def upload_refused(request: HttpRequest, code: int) -> HttpResponse:
    return HttpResponse(f"{len(request.FILES)} files", status=code)


class ImportForm(forms.Form):
    term = forms.IntegerField()
    file = forms.FileField()

    def clean_file(self) -> Any:
        if not self.cleaned_data["file"].name.endswith(".xlsx"):
            name = self.cleaned_data["file"].name
            raise forms.ValidationError(f"This is no Excel file: {name}", code="no_excel")
        return self.cleaned_data["file"]


@csrf_exempt
def upload_form(request: HttpRequest) -> HttpResponse:
    form = ImportForm(request.POST, request.FILES)
    if form.is_valid():
        return HttpResponse()
    return TemplateResponse(request, engines["django"].from_string(""), {"form": form})


@csrf_exempt
def upload_formset(request: HttpRequest) -> HttpResponse:
    formset = forms.formset_factory(ImportForm)(request.POST, request.FILES)
    formset.is_valid()
    return TemplateResponse(request, engines["django"].from_string(""), {"parts": formset})


class ImportSerializer(PlainSerializer):
    file = serializers.FileField(allow_empty_file=False)


class Import(APIView):
    permission_classes = [AllowAny]

    def post(self, request: Request) -> Response:
        serializer = ImportSerializer(data=request.data)
        serializer.is_valid(raise_exception=True)
        return Response({"size": serializer.validated_data["file"].size})

    patch = post  # of which Django itself parses nothing


class AnimalAdmin(AnimalsAdmin):
    fields = ["name", "photo"]


zoo_site = AdminSite("zoo")
zoo_site.register(Animal, AnimalAdmin)


def attachment(request: HttpRequest) -> HttpResponse:
    return HttpResponse(b"a;b", "text/csv", headers={"Content-Disposition": request.GET["disposition"]})


def streamed_attachment(request: HttpRequest) -> StreamingHttpResponse:
    disposition = {"Content-Disposition": 'attachment; filename="nilai.csv"'}
    return StreamingHttpResponse(five_chunks(), "text/csv", headers=disposition)


class Portrait(DetailOfSiswa):
    model = Siswa

    def get(self, request: HttpRequest, *args: Any, **kwargs: Any) -> Any:
        return FileResponse(io.BytesIO(b"picture"), filename="budi.jpg")


@csrf_exempt
def reset_by_api(request: HttpRequest) -> HttpResponse:
    user = User.objects.get(username=request.POST["username"])
    user.set_password(request.POST["new_password1"])
    user.save()
    return HttpResponse()


class Reset(PasswordResetConfirmView):
    success_url = "/"


urlpatterns = [
    path("try/upload/", upload),
    path("try/aupload/", csrf_exempt(aupload)),
    path("try/upload-by-other-handlers/", upload_by_other_handlers),
    path("try/upload-by-picky-handlers/", upload_by_picky_handlers),
    path("try/upload-refused/<int:code>/", upload_refused),
    path("try/upload-form/", upload_form),
    path("try/upload-formset/", upload_formset),
    path("try/import/", Import.as_view()),
    path("try/admin/", zoo_site.urls),
    path("try/attachment/", attachment),
    path("try/streamed-attachment/", streamed_attachment),
    path("try/portrait/<int:pk>/", Portrait.as_view()),
    path("try/reset-by-api/", reset_by_api, name="reset-by-api"),
    path("try/reset/<uidb64>/<token>/", Reset.as_view()),
    path("try/status/<int:code>/", status),
    path("try/fail/", fail),
    path("try/fail-otherwise/", fail_otherwise),
    path("try/exit/", exit_process),
    path("try/missing/", missing),
    path("try/forbidden/", forbidden),
    path("try/suspicious/", suspicious),
    path("try/only-get/", only_get),
    path("try/whoami/", whoami),
    path("try/slow-whoami/", slow_whoami),
    path("try/awhoami/", awhoami),
    path("try/alog/", alog),
    path("try/asleep/", asleep),
    path("try/afail/", afail),
    path("try/sign-in/", sign_in),
    path("try/register/", register),
    path("try/empty-session/", empty_session),
    path("try/sign-out/", sign_out),
    path("try/new-password/", new_password),
    path("try/leave/", leave),
    path("try/body/", body),
    path("try/pieces/", pieces),
    path("try/first-bytes/", first_bytes),
    path("try/lines/", lines),
    path("try/body-after-read/", body_after_read),
    path("try/form/", form),
    path("try/unread/", unread),
    path("try/loads/", loads),
    path("try/echo/", Echo.as_view()),
    path("try/counting/", Counting.as_view()),
    path("try/open/", Open.as_view()),
    path("try/broken/", Broken.as_view()),
    path("try/stream/", stream),
    path("try/broken-stream/", broken_stream),
    path("try/telling-stream/", telling_stream),
    path("try/file/", file),
    path("try/astream/", astream),
    path("try/broken-astream/", broken_astream),
    path("try/endless/", endless),
    path("try/two-queries/", two_queries),
    path("try/slow-query/", slow_query),
    path("try/rename/<int:id>/", rename),
    path("try/<slug:kind>/<uuid:pk>/part-<int:number>", status),
    re_path(r"^try/old/(?P<year>[0-9]{4})/(\w+)/?$", status),
    *project,
]

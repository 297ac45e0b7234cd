"""Views that show records in every way that a view may, besides those of `urls.py`."""

from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

from django.contrib import admin
from django.db import transaction
from django.http import HttpRequest, HttpResponse, StreamingHttpResponse
from django.template import engines
from django.urls import path
from django.views.decorators.cache import cache_page
from django.views.generic import DetailView, ListView, View
from rest_framework.decorators import api_view, permission_classes
from rest_framework.generics import GenericAPIView, ListAPIView, RetrieveAPIView
from rest_framework.pagination import PageNumberPagination
from rest_framework.permissions import AllowAny
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.serializers import ModelSerializer

from edupro.school.models import NilaiRaport, PenghasilanOrtu, Siswa
from edupro.school.serializers import NilaiSerializer, PenghasilanSerializer
from eventlog.tests.capture.urls import handler400, handler403, handler404, handler500
from eventlog.tests.capture.urls import urlpatterns as others

__all__ = ["handler400", "handler403", "handler404", "handler500", "urlpatterns"]


if TYPE_CHECKING:  # generic for the type checker only
    DetailOf = DetailView[NilaiRaport]
    ListOf = ListView[NilaiRaport]
    ModelAdmin = admin.ModelAdmin[NilaiRaport]
else:
    DetailOf, ListOf, ModelAdmin = DetailView, ListView, admin.ModelAdmin


def template(text: str) -> Any:
    return engines["django"].from_string(text)


class Detail(DetailOf):
    model = NilaiRaport

    def get_template_names(self) -> Any:
        return template("{{ object.matematika }}")


class Listing(ListOf):
    model = NilaiRaport
    ordering = ["pk"]
    paginate_by = 2

    def get_template_names(self) -> Any:
        return template("{% for nilai in page_obj %}{{ nilai.matematika }} {% endfor %}")


class Unread(ListOf):
    model = NilaiRaport

    def get_template_names(self) -> Any:
        return template("nothing of it")


class Sheet(View):
    """A file by hand, from a view that says what it shows."""

    model = NilaiRaport
    pk_url_kwarg = "pk"

    def get(self, request: HttpRequest, pk: int | None = None) -> HttpResponse:
        return HttpResponse("70,80", content_type="text/csv")


class Export(ListOf):
    model = NilaiRaport

    def get(self, request: HttpRequest, *args: Any, **kwargs: Any) -> Any:
        def chunks() -> Iterator[bytes]:
            yield b"70,80"

        disposition = request.GET.get("disposition")
        return StreamingHttpResponse(chunks(), headers={"Content-Disposition": disposition} if disposition else None)


class AsyncDetail(View):
    model = NilaiRaport
    pk_url_kwarg = "pk"

    async def get(self, request: HttpRequest, pk: int) -> HttpResponse:
        nilai = await NilaiRaport.objects.aget(pk=pk)
        return HttpResponse(str(nilai.matematika))


class Numbered(PageNumberPagination):
    page_size = 2


class Open:
    permission_classes = [AllowAny]
    filter_backends: list[Any] = []


class Pages(Open, ListAPIView[NilaiRaport]):
    queryset = NilaiRaport.objects.select_related("siswa").order_by("pk")
    serializer_class = NilaiSerializer
    pagination_class = Numbered


class All(Open, ListAPIView[NilaiRaport]):
    queryset = NilaiRaport.objects.select_related("siswa").order_by("pk")
    serializer_class = NilaiSerializer
    pagination_class = None


class ByHand(Open, GenericAPIView[NilaiRaport]):
    """Without any serializer."""

    queryset = NilaiRaport.objects.all()

    def get(self, request: Request, pk: int | None = None) -> Response:
        rows = list(self.get_queryset().values("id", "matematika"))
        return Response(rows if pk is None else {"matematika": rows[0]["matematika"]})


class Average(Open, GenericAPIView[NilaiRaport]):
    """Of records, but none of them."""

    queryset = NilaiRaport.objects.all()

    def get(self, request: Request) -> Response:
        return Response({"average": 75})


class BySemester(Open, RetrieveAPIView[NilaiRaport]):
    queryset = NilaiRaport.objects.all()
    serializer_class = NilaiSerializer
    lookup_field = "semester"


class WithMarks(ModelSerializer[Siswa]):
    nilai = NilaiSerializer(many=True, read_only=True)

    class Meta:
        model = Siswa
        fields = ["nama", "nilai"]


class Students(Open, ListAPIView[Siswa]):
    queryset = Siswa.objects.prefetch_related("nilai")
    serializer_class = WithMarks


@api_view(["GET"])
@permission_classes([AllowAny])
def overview(request: Request) -> Response:
    """Two kinds of records beside each other."""
    marks = NilaiSerializer(NilaiRaport.objects.all(), many=True).data
    return Response({"nilai": marks, "penghasilan": PenghasilanSerializer(PenghasilanOrtu.objects.get()).data})


class Broken(Detail):
    def get(self, *args: Any, **kwargs: Any) -> Any:
        super().get(*args, **kwargs).render()
        raise ValueError("after it was read")


class Rolling(Detail):
    """Its transaction is undone, as `ATOMIC_REQUESTS` would, and it answers all the same."""

    def dispatch(self, *args: Any, **kwargs: Any) -> Any:
        with transaction.atomic():
            response = super().dispatch(*args, **kwargs)
            response.render()
            transaction.set_rollback(True)
        return response


class MarksAdmin(ModelAdmin):
    search_fields = ["siswa__nama"]
    actions = ["download"]

    @admin.action(description="Download")
    def download(self, request: HttpRequest, queryset: Any) -> HttpResponse:
        return HttpResponse("70,80", content_type="text/csv")


site = admin.AdminSite("second")
site.register(NilaiRaport, MarksAdmin)

urlpatterns = [
    path("show/<int:pk>/", Detail.as_view()),
    path("show/", Listing.as_view()),
    path("show/unread/", Unread.as_view()),
    path("show/<int:pk>/sheet/", Sheet.as_view()),
    path("show/sheet/", Sheet.as_view()),
    path("show/export/", Export.as_view()),
    path("show/<int:pk>/async/", AsyncDetail.as_view()),
    path("show/<int:pk>/broken/", Broken.as_view()),
    path("show/<int:pk>/rolling/", Rolling.as_view()),
    path("show/pages/", Pages.as_view()),
    path("show/all/", All.as_view()),
    path("show/cached/", cache_page(60)(All.as_view())),
    path("show/other/", All.as_view(queryset=NilaiRaport.objects.none())),
    path("show/by-hand/", ByHand.as_view()),
    path("show/by-hand/<int:pk>/", ByHand.as_view()),
    path("show/average/", Average.as_view()),
    path("show/semester/<int:semester>/", BySemester.as_view()),
    path("show/students/", Students.as_view()),
    path("show/overview/", overview),
    path("second/", site.urls),
    *others,
]

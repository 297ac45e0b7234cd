"""The school's REST resources."""

from typing import Any

from django.db.models import QuerySet
from django.http import FileResponse
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import extend_schema
from rest_framework.decorators import action
from rest_framework.request import Request
from rest_framework.viewsets import ModelViewSet

from edupro.school import filters, photos, serializers
from edupro.school.exchange.api import ExchangeMixin
from edupro.school.models import NilaiRaport, PenghasilanOrtu, Presensi, Siswa
from edupro.school.permissions import ModelPermissions

STUDENT = ["siswa__nama", "siswa__nis"]


class SchoolViewSet(ExchangeMixin, ModelViewSet[Any]):
    permission_classes = [ModelPermissions]
    lookup_url_kwarg = "id"

    def get_queryset(self) -> QuerySet[Any]:
        """What is not theirs is not there: a 404."""
        return super().get_queryset().visible_to(self.request.user)  # type: ignore[attr-defined, no-any-return]


class SiswaViewSet(SchoolViewSet):
    """Students. An administrator sees all, a teacher those of his classes, a student himself."""

    queryset = Siswa.objects.all()
    serializer_class = serializers.SiswaSerializer
    filterset_class = filters.SiswaFilter
    search_fields = ["nama", "nis"]
    ordering_fields = ["nama", "nis", "kelas", "tanggal_lahir"]

    @extend_schema(
        summary="A student's photo",
        responses={(200, kind): OpenApiTypes.BINARY for kind in photos.CONTENT_TYPES.values()},
    )
    @action(detail=True)
    def foto(self, request: Request, id: str) -> FileResponse:
        """The picture itself, for whoever may see the student."""
        return photos.response(self.get_object())


class NilaiViewSet(SchoolViewSet):
    """Report marks from 0 to 100, one report a student, year and semester. `rata_rata`, the mean, is computed."""

    queryset = NilaiRaport.objects.select_related("siswa")
    serializer_class = serializers.NilaiSerializer
    filterset_class = filters.NilaiFilter
    search_fields = STUDENT
    ordering_fields = ["tahun_ajaran", "semester", "rata_rata", "matematika"]


class PresensiViewSet(SchoolViewSet):
    """Days present, ill, excused and absent, one row a student, year and semester. `persentase` and `kategori` are
    computed."""

    queryset = Presensi.objects.select_related("siswa")
    serializer_class = serializers.PresensiSerializer
    filterset_class = filters.PresensiFilter
    search_fields = STUDENT
    ordering_fields = ["tahun_ajaran", "semester", "persentase", "alpa"]


class PenghasilanViewSet(SchoolViewSet):
    """What a student's parents earn, in rupiah a month. `total` and `kategori` are computed."""

    queryset = PenghasilanOrtu.objects.select_related("siswa")
    serializer_class = serializers.PenghasilanSerializer
    filterset_class = filters.PenghasilanFilter
    search_fields = STUDENT
    ordering_fields = ["total", "penghasilan_ayah", "penghasilan_ibu"]

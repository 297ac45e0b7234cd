"""The school's REST resources."""

from typing import Any

from rest_framework.viewsets import ModelViewSet

from edupro.school import filters, serializers
from edupro.school.models import NilaiRaport, PenghasilanOrtu, Presensi, Siswa
from edupro.school.permissions import ModelPermissions

STUDENT = ["siswa__nama", "siswa__nis"]


class SchoolViewSet(ModelViewSet[Any]):
    permission_classes = [ModelPermissions]
    lookup_url_kwarg = "id"


class SiswaViewSet(SchoolViewSet):
    queryset = Siswa.objects.all()
    serializer_class = serializers.SiswaSerializer
    filterset_class = filters.SiswaFilter
    search_fields = ["nama", "nis"]
    ordering_fields = ["nama", "nis", "kelas", "tanggal_lahir"]


class NilaiViewSet(SchoolViewSet):
    queryset = NilaiRaport.objects.select_related("siswa")
    serializer_class = serializers.NilaiSerializer
    filterset_class = filters.NilaiFilter
    search_fields = STUDENT
    ordering_fields = ["tahun_ajaran", "semester", "rata_rata", "matematika"]


class PresensiViewSet(SchoolViewSet):
    queryset = Presensi.objects.select_related("siswa")
    serializer_class = serializers.PresensiSerializer
    filterset_class = filters.PresensiFilter
    search_fields = STUDENT
    ordering_fields = ["tahun_ajaran", "semester", "persentase", "alpa"]


class PenghasilanViewSet(SchoolViewSet):
    queryset = PenghasilanOrtu.objects.select_related("siswa")
    serializer_class = serializers.PenghasilanSerializer
    filterset_class = filters.PenghasilanFilter
    search_fields = STUDENT
    ordering_fields = ["total", "penghasilan_ayah", "penghasilan_ibu"]

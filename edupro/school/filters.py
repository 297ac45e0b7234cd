"""What the school's lists can be narrowed by."""

from django.forms import IntegerField
from django_filters.filters import CharFilter, ChoiceFilter, NumberFilter
from django_filters.rest_framework.filterset import FilterSet

from edupro.school.models import NilaiRaport, PenghasilanOrtu, Presensi, Siswa


class WholeNumberFilter(NumberFilter):
    field_class = IntegerField


class SiswaFilter(FilterSet):
    class Meta:
        model = Siswa
        fields = ["nis", "kelas", "jenis_kelamin"]


class NilaiFilter(FilterSet):
    semester = WholeNumberFilter()
    kelas = CharFilter(field_name="siswa__kelas")
    rata_rata_min = NumberFilter(field_name="rata_rata", lookup_expr="gte")
    rata_rata_max = NumberFilter(field_name="rata_rata", lookup_expr="lte")

    class Meta:
        model = NilaiRaport
        fields = ["siswa", "semester", "tahun_ajaran"]


class PresensiFilter(FilterSet):
    semester = WholeNumberFilter()
    kelas = CharFilter(field_name="siswa__kelas")
    kategori = ChoiceFilter(choices=Presensi.Kategori.choices)

    class Meta:
        model = Presensi
        fields = ["siswa", "semester", "tahun_ajaran"]


class PenghasilanFilter(FilterSet):
    kelas = CharFilter(field_name="siswa__kelas")
    kategori = ChoiceFilter(choices=PenghasilanOrtu.Kategori.choices)
    total_min = WholeNumberFilter(field_name="total", lookup_expr="gte")
    total_max = WholeNumberFilter(field_name="total", lookup_expr="lte")

    class Meta:
        model = PenghasilanOrtu
        fields = ["siswa"]

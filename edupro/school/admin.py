"""The school in Django's admin."""

from typing import Any

from django.contrib import admin
from django.db.models import ForeignKey, QuerySet
from django.forms import ModelChoiceField
from django.http import HttpRequest
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.translation import gettext_lazy as _

from edupro.school.exchange.admin import ExchangeAdmin
from edupro.school.models import NilaiRaport, PenghasilanOrtu, Presensi, Siswa

STUDENT_SEARCH = ["siswa__nama", "siswa__nis"]


class VisibleAdmin(ExchangeAdmin):
    """Shows and offers only what the person may see, in lists, pages, actions and suggestions alike."""

    def get_queryset(self, request: HttpRequest) -> QuerySet[Any]:
        return super().get_queryset(request).visible_to(request.user)  # type: ignore[attr-defined, no-any-return]


@admin.register(Siswa)
class SiswaAdmin(VisibleAdmin):
    list_display = ["nama", "nis", "kelas", "jenis_kelamin"]
    list_filter = ["kelas", "jenis_kelamin"]
    search_fields = ["nama", "nis"]
    readonly_fields = ["picture", "user"]  # an account is given on its own page
    list_per_page = 50

    class Media:
        css = {"all": ["edupro/exchange.css"]}

    @admin.display(description=_("picture"))
    def picture(self, siswa: Siswa) -> str | SafeString:
        if not siswa.foto:
            return self.get_empty_value_display()
        return format_html('<img class="siswa-picture" src="{}" alt="{}">', siswa.foto.url, siswa.nama)


class StudentsRecordAdmin(VisibleAdmin):
    autocomplete_fields = ["siswa"]
    search_fields = STUDENT_SEARCH
    list_per_page = 50

    def get_queryset(self, request: HttpRequest) -> QuerySet[Any]:
        """With the student, whose name stands on a record's own page and in the event of its reading, too."""
        return super().get_queryset(request).select_related("siswa")

    def formfield_for_foreignkey(
        self, db_field: "ForeignKey[Any, Any]", request: HttpRequest, **kwargs: Any
    ) -> "ModelChoiceField[Any] | None":
        """A student who is not theirs is no choice, also where somebody sends one by hand."""
        if db_field.name == "siswa":
            kwargs["queryset"] = Siswa.objects.visible_to(request.user)
        return super().formfield_for_foreignkey(db_field, request, **kwargs)


@admin.register(NilaiRaport)
class NilaiRaportAdmin(StudentsRecordAdmin):
    list_display = ["siswa", "tahun_ajaran", "semester", "rata_rata"]
    list_filter = ["tahun_ajaran", "semester"]
    readonly_fields = NilaiRaport.computed


@admin.register(Presensi)
class PresensiAdmin(StudentsRecordAdmin):
    list_display = ["siswa", "tahun_ajaran", "semester", "persentase", "kategori"]
    list_filter = ["tahun_ajaran", "semester", "kategori"]
    readonly_fields = Presensi.computed


@admin.register(PenghasilanOrtu)
class PenghasilanOrtuAdmin(StudentsRecordAdmin):
    list_display = ["siswa", "total", "kategori"]
    list_filter = ["kategori"]
    readonly_fields = PenghasilanOrtu.computed

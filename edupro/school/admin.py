"""The school in Django's admin."""

from typing import TYPE_CHECKING, Any

from django.contrib import admin
from django.contrib.auth.admin import UserAdmin
from django.contrib.auth.models import User
from django.http import HttpRequest
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.translation import gettext_lazy as _

from edupro.school.exchange.admin import ExchangeAdmin
from edupro.school.models import NilaiRaport, PenghasilanOrtu, Presensi, Siswa

if TYPE_CHECKING:  # generic for the type checker only
    BaseUserAdmin = UserAdmin[User]
else:
    BaseUserAdmin = UserAdmin

STUDENT_SEARCH = ["siswa__nama", "siswa__nis"]


@admin.register(Siswa)
class SiswaAdmin(ExchangeAdmin):
    list_display = ["nama", "nis", "kelas", "jenis_kelamin"]
    list_filter = ["kelas", "jenis_kelamin"]
    search_fields = ["nama", "nis"]
    list_per_page = 50
    readonly_fields = ["picture"]

    class Media:
        css = {"all": ["edupro/exchange.css"]}

    @admin.display(description=_("picture"))
    def picture(self, siswa: Siswa) -> str | SafeString:
        if not siswa.foto:
            return self.get_empty_value_display()
        return format_html('<img class="siswa-picture" src="{}" alt="{}">', siswa.foto.url, siswa.nama)


class StudentsRecordAdmin(ExchangeAdmin):
    autocomplete_fields = ["siswa"]
    list_select_related = ["siswa"]
    search_fields = STUDENT_SEARCH
    list_per_page = 50


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


admin.site.unregister(User)


@admin.register(User)
class AccountAdmin(BaseUserAdmin):
    """The role admin may change users. Without these two that would be the way to every right there is."""

    def get_readonly_fields(self, request: HttpRequest, obj: Any = None) -> list[str]:
        rights = [] if request.user.is_superuser else ["is_staff", "is_superuser", "groups", "user_permissions"]
        return [*super().get_readonly_fields(request, obj), *rights]

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        beyond = obj is not None and obj.is_superuser and not request.user.is_superuser
        return not beyond and super().has_change_permission(request, obj)

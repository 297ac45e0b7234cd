"""A student."""

from pathlib import Path
from typing import Any
from uuid import uuid4

from django.conf import settings
from django.db import models
from django.db.models.fields.files import FieldFile
from django.urls import reverse
from django.utils.translation import gettext_lazy as _

from edupro.school.models.visibility import StudentsQuerySet
from edupro.school.validators import photo


def photo_path(siswa: "Siswa", filename: str) -> str:
    """A name that tells nothing and that nobody can choose; `validators.photo` has checked the extension."""
    return f"siswa/{uuid4().hex}{Path(filename).suffix.lower()}"


class Photo(FieldFile):
    """Its address is the API's, where who asks must be allowed to see the student; no file is served by its name."""

    @property
    def url(self) -> str:
        self._require_file()  # type: ignore[attr-defined]
        return reverse("siswa-foto", args=[self.instance.pk])


class PhotoField(models.FileField):
    attr_class = Photo


class Siswa(models.Model):
    class JenisKelamin(models.TextChoices):
        LAKI_LAKI = "L", _("Male")
        PEREMPUAN = "P", _("Female")

    nis = models.CharField(_("student number"), max_length=20, unique=True)
    nama = models.CharField(_("name"), max_length=150)
    kelas = models.CharField(_("class"), max_length=20)
    jenis_kelamin = models.CharField(_("sex"), max_length=1, choices=JenisKelamin.choices, blank=True)
    tanggal_lahir = models.DateField(_("date of birth"), null=True, blank=True)
    alamat = models.TextField(_("address"), max_length=500, blank=True)
    no_telp = models.CharField(_("phone number"), max_length=20, blank=True)
    email = models.EmailField(_("e-mail address"), blank=True)
    foto = PhotoField(_("photo"), upload_to=photo_path, validators=[photo], blank=True)
    user = models.OneToOneField(
        settings.AUTH_USER_MODEL,
        models.SET_NULL,
        related_name="siswa",
        null=True,
        blank=True,
        verbose_name=_("account"),
    )  # the student's own, who sees himself by it

    objects = StudentsQuerySet.as_manager()

    class Meta:
        verbose_name = _("student")
        verbose_name_plural = _("students")
        ordering = ["nama", "id"]
        indexes = [
            models.Index(fields=["nama", "id"], name="siswa_by_name"),  # the list
            models.Index(fields=["kelas", "nama", "id"], name="siswa_by_class"),  # one class, by name
        ]
        constraints = [
            models.CheckConstraint(condition=~models.Q(nis=""), name="siswa_has_nis"),
            models.CheckConstraint(condition=models.Q(jenis_kelamin__in=["", "L", "P"]), name="siswa_sex_known"),
        ]

    def __str__(self) -> str:
        return f"{self.nama} ({self.nis})"


def student(record: Any) -> str:
    """Whose record this is. Never a query: a student that is not loaded is shown by key."""
    return str(record._state.fields_cache.get("siswa") or record.siswa_id)

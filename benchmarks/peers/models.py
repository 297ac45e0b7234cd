"""One table of the shape of EduPro's students."""

from typing import ClassVar

from django.apps import apps
from django.db import models
from django.utils.module_loading import import_string


class Siswa(models.Model):
    nis = models.CharField(max_length=20, unique=True)
    nama = models.CharField(max_length=150)
    kelas = models.CharField(max_length=20)
    jenis_kelamin = models.CharField(max_length=1, choices=[("L", "Male"), ("P", "Female")], blank=True)
    tanggal_lahir = models.DateField(null=True, blank=True)
    alamat = models.TextField(max_length=500, blank=True)
    no_telp = models.CharField(max_length=20, blank=True)
    email = models.EmailField(blank=True)
    foto = models.FileField(upload_to="siswa", blank=True)

    objects: ClassVar["models.Manager[Siswa]"] = models.Manager()

    class Meta:
        db_table = "siswa"
        ordering = ["nama", "id"]
        indexes = [
            models.Index(fields=["nama", "id"], name="siswa_by_name"),
            models.Index(fields=["kelas", "nama", "id"], name="siswa_by_class"),
        ]
        constraints = [
            models.CheckConstraint(condition=~models.Q(nis=""), name="siswa_has_nis"),
            models.CheckConstraint(condition=models.Q(jenis_kelamin__in=["", "L", "P"]), name="siswa_sex_known"),
        ]

    def __str__(self) -> str:
        return f"{self.nama} ({self.nis})"


# Those that want to be told beside the model.
if apps.is_installed("simple_history"):
    import_string("simple_history.register")(Siswa)
if apps.is_installed("pghistory"):
    events = [import_string(f"pghistory.{name}Event")() for name in ("Insert", "Update", "Delete")]
    import_string("pghistory.track")(*events)(Siswa)

"""The school's records as JSON; what is computed can be read, not written."""

from typing import Any

from django.db.models import QuerySet
from rest_framework import serializers

from edupro.school.models import NilaiRaport, PenghasilanOrtu, Presensi, Siswa
from edupro.school.models.nilai import SUBJECTS


class SiswaSerializer(serializers.ModelSerializer[Siswa]):
    class Meta:
        model = Siswa
        fields = [
            "id",
            "nis",
            "nama",
            "kelas",
            "jenis_kelamin",
            "tanggal_lahir",
            "alamat",
            "no_telp",
            "email",
            "foto",
        ]


class StudentField(serializers.PrimaryKeyRelatedField[Siswa]):
    """Only of students whom the sender sees: another's is as unknown as one that does not exist."""

    def get_queryset(self) -> QuerySet[Siswa]:
        return super().get_queryset().visible_to(self.context["request"].user)  # type: ignore[union-attr, no-any-return]


class StudentsRecordSerializer(serializers.ModelSerializer[Any]):
    """Says whose the record is, so that a list needs no second request."""

    serializer_related_field = StudentField
    siswa_nis = serializers.CharField(source="siswa.nis", read_only=True)
    siswa_nama = serializers.CharField(source="siswa.nama", read_only=True)


STUDENT = ["id", "siswa", "siswa_nis", "siswa_nama"]
SEMESTER = [*STUDENT, "semester", "tahun_ajaran"]


class NilaiSerializer(StudentsRecordSerializer):
    class Meta:
        model = NilaiRaport
        fields = [*SEMESTER, *SUBJECTS, "rata_rata"]


class PresensiSerializer(StudentsRecordSerializer):
    kategori = serializers.ChoiceField(Presensi.Kategori.choices, allow_blank=True, read_only=True)  # empty: no days

    class Meta:
        model = Presensi
        fields = [*SEMESTER, *Presensi.inputs, *Presensi.computed]


class PenghasilanSerializer(StudentsRecordSerializer):
    class Meta:
        model = PenghasilanOrtu
        fields = [
            *STUDENT,
            "penghasilan_ayah",
            "penghasilan_ibu",
            "pekerjaan_ayah",
            "pekerjaan_ibu",
            "pendidikan_ayah",
            "pendidikan_ibu",
            *PenghasilanOrtu.computed,
        ]

"""The one route that is measured, with EduPro's authentication, permissions and error bodies."""

from django.urls import path
from rest_framework import generics, serializers

from benchmarks.peers.models import Siswa


class SiswaSerializer(serializers.ModelSerializer[Siswa]):
    class Meta:
        model = Siswa
        exclude = ["foto"]


class Students(generics.ListCreateAPIView[Siswa]):
    queryset = Siswa.objects.all()
    serializer_class = SiswaSerializer


urlpatterns = [path("api/siswa", Students.as_view())]

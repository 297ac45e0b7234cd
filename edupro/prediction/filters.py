"""What the history of predictions can be narrowed by."""

from django.db.models import QuerySet
from django_filters.filters import CharFilter, ChoiceFilter
from django_filters.rest_framework.filterset import FilterSet

from edupro.prediction.bands import Prestasi
from edupro.prediction.models import Prediksi
from edupro.prediction.students import student
from edupro.school.models import Siswa


class PrediksiFilter(FilterSet):
    siswa = CharFilter(method="of_student")
    kelas = CharFilter(field_name="siswa__kelas")
    result = ChoiceFilter(choices=Prestasi.choices)

    class Meta:
        model = Prediksi
        fields: list[str] = []

    def of_student(self, found: QuerySet[Prediksi], name: str, value: str) -> QuerySet[Prediksi]:
        """By id or student number; one that the reader may not see is not there."""
        return found.filter(siswa=student(Siswa.objects.visible_to(self.request.user), value))

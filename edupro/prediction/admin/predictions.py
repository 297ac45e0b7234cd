"""Predictions: made for a class or all, listed, and each with its reasons."""

from typing import Any, ClassVar

from django import forms
from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import URLPattern, path, reverse
from django.utils.translation import gettext, ngettext
from django.utils.translation import gettext_lazy as _

from edupro.prediction import predicting, rights, wording
from edupro.prediction.admin import display
from edupro.prediction.admin.readonly import ReadOnlyAdmin
from edupro.prediction.errors import Refused
from edupro.prediction.models import ModelVersion, Prediksi
from edupro.school.models import Siswa


class PredictForm(forms.Form):
    kelas = forms.ChoiceField(label=_("class"), required=False)

    def __init__(self, students: QuerySet[Siswa], *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.students = students
        names = students.order_by("kelas").values_list("kelas", flat=True).distinct()
        field = self.fields["kelas"]
        assert isinstance(field, forms.ChoiceField)
        field.choices = [("", _("all classes")), *((name, name) for name in names)]

    def chosen(self) -> QuerySet[Siswa]:
        kelas = self.cleaned_data["kelas"]
        return self.students.filter(kelas=kelas) if kelas else self.students


class VisibleClasses(admin.AllValuesFieldListFilter):
    """Django's own offers the classes of all students."""

    def __init__(self, field: Any, request: HttpRequest, *args: Any, **kwargs: Any) -> None:
        super().__init__(field, request, *args, **kwargs)
        students = Siswa.objects.visible_to(request.user)
        self.lookup_choices = students.order_by("kelas").values_list("kelas", flat=True).distinct()


@admin.register(Prediksi)
class PrediksiAdmin(ReadOnlyAdmin):
    list_display = [
        display.student,
        display.kelas,
        display.result,
        display.confidence,
        "version",
        "created",
    ]
    list_display_links = [display.result]
    list_filter = ["result", ("siswa__kelas", VisibleClasses), "version"]
    search_fields = ["siswa__nama", "siswa__nis"]
    fields: ClassVar[Any] = [
        "siswa",
        display.result,
        display.confidence,
        display.probabilities,
        display.looked_at,
        display.why,
        "version",
        "created",
        "created_by",
    ]

    def get_queryset(self, request: HttpRequest) -> QuerySet[Prediksi]:
        return Prediksi.objects.visible_to(request.user).select_related("siswa", "version", "created_by")

    def get_object(self, request: HttpRequest, object_id: str, from_field: str | None = None) -> Prediksi | None:
        prediksi: Prediksi | None = super().get_object(request, object_id, from_field)
        if prediksi is not None:
            prediksi.hidden = rights.hidden_from(request.user)
        return prediksi

    def lookup_allowed(self, lookup: str, value: str, request: HttpRequest) -> bool:
        """Not by what was looked at: the list would tell a teacher the incomes that its pages hide."""
        return lookup.partition("__")[0] != "features" and super().lookup_allowed(lookup, value, request)

    def get_urls(self) -> list[URLPattern]:
        predict = self.admin_site.admin_view(self.predict)
        return [path("predict/", predict, name="prediction_prediksi_predict"), *super().get_urls()]

    def changelist_view(self, request: HttpRequest, extra_context: dict[str, Any] | None = None) -> HttpResponse:
        return super().changelist_view(request, {"may_predict": self.may(request, "add"), **(extra_context or {})})

    def predict(self, request: HttpRequest) -> HttpResponse:
        """The form; once it is sent, the list of what was foretold."""
        if not self.may(request, "add"):
            raise PermissionDenied
        form = PredictForm(Siswa.objects.visible_to(request.user), request.POST or None)
        if request.method == "POST" and form.is_valid():
            try:
                batch = predicting.predict_many(form.chosen(), by=request.user)
            except Refused as error:
                messages.error(request, str(error.detail))
            else:
                tell(request, batch)
                return redirect(f"{reverse('admin:prediction_prediksi_changelist')}?batch={batch.key}")
        given = {"title": gettext("Predict"), "form": form, "opts": self.opts, "version": ModelVersion.objects.active()}
        return render(request, "admin/prediction/predict.html", {**self.admin_site.each_context(request), **given})


def tell(request: HttpRequest, batch: predicting.Batch) -> None:
    number = len(batch.made)
    counts = ", ".join(f"{label} {batch.counts().get(name, 0)}" for name, label in wording.BANDS.items())
    words = ngettext("%(number)s student predicted: %(counts)s.", "%(number)s students predicted: %(counts)s.", number)
    messages.success(request, words % {"number": number, "counts": counts})
    if left := len(batch.without_marks):
        words = ngettext("%(number)s student has no marks yet.", "%(number)s students have no marks yet.", left)
        messages.warning(request, words % {"number": left})

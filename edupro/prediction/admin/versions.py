"""Versions of the tree: how good each is, what it looks like, which one is asked."""

from typing import Any, ClassVar

from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.urls import URLPattern, path, reverse
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _
from django.views.decorators.http import require_POST

from edupro.prediction import ordering
from edupro.prediction.admin import display
from edupro.prediction.admin.readonly import ReadOnlyAdmin
from edupro.prediction.errors import Refused
from edupro.prediction.models import ModelVersion
from edupro.prediction.parameters import Parameters

WHAT_IT_LEARNS = _(
    "What is predicted is the band of a student's mean mark in the next report: Low below 75, Middle from 75, High "
    "from 85. The tree has learned it from the last report of each student who has at least two: it looked at the "
    "mean mark and the attendance of the semesters before that report, and at the parents' income. A category that is "
    "not known is a level of its own below the lowest. The measures come from cross-validation: nobody was judged by "
    "a tree that had learned from the same student."
)


@admin.register(ModelVersion)
class ModelVersionAdmin(ReadOnlyAdmin):
    list_display = [
        "number",
        "created",
        "is_active",
        display.students,
        display.accuracy,
        display.precision,
        display.recall,
        display.f1,
        display.baseline,
    ]
    list_select_related = ["created_by"]
    fieldsets: ClassVar[Any] = [
        (None, {"fields": ["number", "is_active", "created", "created_by", display.students]}),
        (
            _("How good it is"),
            {
                "description": WHAT_IT_LEARNS,
                "fields": [
                    display.accuracy,
                    display.baseline,
                    display.precision,
                    display.recall,
                    display.f1,
                    display.per_class,
                    display.confusion,
                ],
            },
        ),
        (_("What it has learned"), {"fields": [display.tree, display.importances]}),
        (
            _("Where it comes from"),
            {"fields": [display.parameters, "fingerprint", "file_sha256", "sklearn_version"]},
        ),
    ]

    def get_urls(self) -> list[URLPattern]:
        view = self.admin_site.admin_view
        return [
            path("train/", view(require_POST(self.train)), name="prediction_modelversion_train"),
            path("<int:pk>/activate/", view(require_POST(self.activate)), name="prediction_modelversion_activate"),
            *super().get_urls(),
        ]

    def train(self, request: HttpRequest) -> HttpResponse:
        """Order a training; its page follows it to its end."""
        if not may_train(request):
            raise PermissionDenied
        try:
            run = ordering.order(by=request.user, parameters=Parameters())
        except Refused as error:
            messages.error(request, str(error.detail))
            return redirect("admin:prediction_modelversion_changelist")
        return redirect(f"{reverse('admin:prediction_trainingrun_change', args=[run.pk])}?follow=1")

    def activate(self, request: HttpRequest, pk: int) -> HttpResponse:
        if not self.may(request, "change"):
            raise PermissionDenied
        version = get_object_or_404(ModelVersion, pk=pk)
        version.activate()
        messages.success(request, gettext("Predictions are made with version %(number)s now.") % {"number": version})
        return redirect("admin:prediction_modelversion_change", pk)

    def changelist_view(self, request: HttpRequest, extra_context: dict[str, Any] | None = None) -> HttpResponse:
        given = {"may_train": may_train(request), "may_predict": request.user.has_perm("prediction.add_prediksi")}
        return super().changelist_view(request, {**given, **(extra_context or {})})

    def render_change_form(
        self, request: HttpRequest, context: dict[str, Any], *args: Any, **kwargs: Any
    ) -> HttpResponse:
        version: ModelVersion = context["original"]
        context["title"] = gettext("Version %(number)s") % {"number": version}
        context["subtitle"] = None
        context["may_activate"] = not version.is_active and self.may(request, "change")
        return super().render_change_form(request, context, *args, **kwargs)


def may_train(request: HttpRequest) -> bool:
    return bool(request.user.has_perm("prediction.add_trainingrun"))

"""Trainings, and how far the one is that runs."""

from typing import Any

from django.contrib import admin
from django.contrib.admin import display
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import redirect
from django.urls import URLPattern, path, reverse
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _
from django.views.decorators.cache import never_cache

from edupro.prediction.admin.readonly import ReadOnlyAdmin
from edupro.prediction.models import TrainingRun


@display(description=_("what went wrong"))
def error(run: TrainingRun) -> str:
    return run.error


@display(description=_("progress"))
def progress(run: TrainingRun) -> str:
    return f"{run.progress} %"


def version_url(run: TrainingRun) -> str:
    return reverse("admin:prediction_modelversion_change", args=[run.version_id]) if run.version_id else ""


@admin.register(TrainingRun)
class TrainingRunAdmin(ReadOnlyAdmin):
    list_display = ["id", "created", "status", progress, "version", "requested_by", error]
    list_filter = ["status"]
    list_select_related = ["version", "requested_by"]

    class Media:
        js = ["prediction/progress.js"]

    def get_fields(self, request: HttpRequest, obj: TrainingRun | None = None) -> list[Any]:
        """While it runs, what changes is told by the bar alone: nothing beside it grows old."""
        order = ["requested_by", "created", "parameters"]
        return [*order, "status", "step", "version", "started", "ended"] if obj and obj.is_over else order

    def get_urls(self) -> list[URLPattern]:
        state = self.admin_site.admin_view(never_cache(self.state))
        return [path("<int:pk>/state/", state, name="prediction_trainingrun_state"), *super().get_urls()]

    def state(self, request: HttpRequest, pk: int) -> HttpResponse:
        """How far it is, for the page that shows it."""
        if not self.has_view_permission(request):
            raise PermissionDenied
        TrainingRun.objects.tell_lost()
        run = TrainingRun.objects.filter(pk=pk).first()
        if run is None:
            raise Http404
        words = {"text": run.get_step_display(), "status": run.get_status_display()}
        return JsonResponse({"over": run.is_over, "progress": run.progress, "next": version_url(run), **words})

    def changelist_view(self, request: HttpRequest, extra_context: dict[str, Any] | None = None) -> HttpResponse:
        TrainingRun.objects.tell_lost()
        return super().changelist_view(request, extra_context)

    def change_view(
        self, request: HttpRequest, object_id: str, form_url: str = "", extra_context: dict[str, Any] | None = None
    ) -> HttpResponse:
        """Whoever follows a run is led on to what came of it, by the script or by loading the page again."""
        TrainingRun.objects.tell_lost()
        run = self.get_object(request, object_id)
        if run is not None and "follow" in request.GET and version_url(run) and self.has_view_permission(request, run):
            return redirect(version_url(run))
        return super().change_view(request, object_id, form_url, extra_context)

    def render_change_form(
        self, request: HttpRequest, context: dict[str, Any], *args: Any, **kwargs: Any
    ) -> HttpResponse:
        context["title"] = gettext("Training %(number)s") % {"number": context["original"].pk}
        context["subtitle"] = None
        return super().render_change_form(request, context, *args, **kwargs)

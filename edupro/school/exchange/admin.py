"""Import and export in the admin: buttons above the list, a page for the file, a preview to agree to."""

from collections.abc import Callable
from typing import TYPE_CHECKING, Any, cast

from django import forms
from django.contrib import admin, messages
from django.contrib.admin.options import IncorrectLookupParameters
from django.contrib.auth.models import User
from django.core.exceptions import BadRequest, PermissionDenied
from django.core.files import File
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect, QueryDict
from django.http.response import HttpResponseBase
from django.template.response import TemplateResponse
from django.urls import URLPattern, URLResolver, path, reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from edupro.school.exchange import applying, drafts, plan, preview, table
from edupro.school.exchange.entities import BY_MODEL, Entity
from edupro.school.exchange.export import CONTENT_TYPES, Export
from edupro.school.exchange.plan import Plan
from edupro.school.exchange.refusal import Refused
from edupro.school.models import ImportDraft

if TYPE_CHECKING:  # generic for the type checker only
    ModelAdmin = admin.ModelAdmin[Any]
else:
    ModelAdmin = admin.ModelAdmin

NO_FILTER = ("format", "p", "e", "all")  # in the address of the list


class ImportForm(forms.Form):
    file = forms.FileField(
        label=gettext_lazy("Excel or CSV file"),
        help_text=gettext_lazy("At most 10 MB, 10,000 rows. Of a workbook the first sheet is read."),
        allow_empty_file=True,  # `table.read` says so more clearly
        widget=forms.FileInput(attrs={"accept": ".xlsx,.csv"}),
    )


class ExchangeAdmin(ModelAdmin):
    change_list_template = "admin/school/exchange/change_list.html"

    @property
    def entity(self) -> Entity:
        return BY_MODEL[self.model]

    def get_urls(self) -> "list[URLPattern | URLResolver]":  # type: ignore[override]
        pages: list[tuple[str, str, Callable[..., HttpResponseBase]]] = [
            ("import/", "import", self.import_view),
            ("import/<int:key>/", "preview", self.preview_view),
            ("export/", "export", self.export_view),
            ("template/", "template", self.template_view),
        ]
        prefix = f"{self.opts.app_label}_{self.opts.model_name}"
        own = [path(route, self.admin_site.admin_view(view), name=f"{prefix}_{name}") for route, name, view in pages]
        return [*own, *super().get_urls()]

    def has_import_permission(self, request: HttpRequest) -> bool:
        return self.has_add_permission(request) and self.has_change_permission(request)

    # --- the pages ---
    def changelist_view(self, request: HttpRequest, extra_context: dict[str, Any] | None = None) -> HttpResponse:
        chosen, address = filter_of(request).urlencode(), self.address("export")
        exports = [(name.upper(), f"{address}?format={name}&{chosen}") for name in CONTENT_TYPES]
        import_address = self.address("import") if self.has_import_permission(request) else ""
        own = {"exports": exports, "import_address": import_address}
        return super().changelist_view(request, {**own, **(extra_context or {})})

    def import_view(self, request: HttpRequest) -> HttpResponse:
        self.require_import(request)
        form = ImportForm(request.POST or None, request.FILES or None)
        if request.method == "POST" and form.is_valid():
            try:
                return self.planned(request, form.cleaned_data["file"])
            except Refused as refused:
                form.add_error("file", refused.message)
        templates = [(name.upper(), f"{self.address('template')}?format={name}") for name in CONTENT_TYPES]
        return self.page(request, "import", {"form": form, "templates": templates})

    def planned(self, request: HttpRequest, file: "File[Any]") -> HttpResponse:
        """The preview of a file; it is kept where there is something to agree to. Raises Refused."""
        user = cast(User, request.user)
        found = plan.make(table.read(file, self.entity), self.entity, user=user)
        if found.mistakes or not found.changed:
            drafts.discard(user, self.entity.name)
            return self.shown(request, found, draft=None)
        return self.shown(request, found, draft=drafts.keep(file, user=user, plan=found))

    def preview_view(self, request: HttpRequest, key: int) -> HttpResponse:
        """GET shows the preview of a draft once more, POST does what it has shown."""
        self.require_import(request)
        try:
            draft = drafts.of(cast(User, request.user), self.entity.name, key=key)
            if request.method == "POST":
                return self.confirmed(request, draft)
            return self.shown(request, drafts.look(draft), draft=draft)
        except drafts.Gone:
            messages.error(request, _("This preview is no longer there: it was confirmed, or replaced by a newer one."))
        except Refused as refused:
            messages.error(request, str(refused.message))
        return HttpResponseRedirect(self.address("import"))

    def confirmed(self, request: HttpRequest, draft: ImportDraft) -> HttpResponse:
        try:
            done = drafts.confirm(draft)
        except (applying.Changed, applying.Mistaken):
            messages.warning(request, _("Nothing was written: the records have changed since the preview. Look again."))
            return HttpResponseRedirect(self.address("preview", draft.pk))
        counts = {"created": done.counts["create"], "changed": done.counts["change"]}
        messages.success(request, _("Imported: %(created)s new, %(changed)s changed.") % counts)
        return HttpResponseRedirect(self.address("changelist"))

    def shown(self, request: HttpRequest, found: Plan, *, draft: ImportDraft | None) -> HttpResponse:
        ready = draft is not None and not found.mistakes and bool(found.changed)
        confirm = self.address("preview", draft.pk) if ready and draft is not None else ""
        return self.page(request, "preview", {"preview": preview.of(found), "confirm_address": confirm})

    def export_view(self, request: HttpRequest) -> HttpResponseBase:
        """What the list shows with the filter in the address, on all its pages."""
        if not self.has_view_permission(request):
            raise PermissionDenied
        format, chosen = format_of(request), filter_of(request)
        request.GET = chosen  # type: ignore[assignment]
        try:
            rows = self.get_changelist_instance(request).queryset
        except IncorrectLookupParameters:
            return HttpResponseRedirect(f"{self.address('changelist')}?e=1")
        return Export(self.entity, rows, chosen.dict()).response(format, method=request.method)  # type: ignore[arg-type]

    def template_view(self, request: HttpRequest) -> HttpResponseBase:
        self.require_import(request)
        from edupro.school.exchange import template  # large: for those alone who deal with a file

        return template.response(self.entity, format_of(request))

    # --- what they share ---
    def require_import(self, request: HttpRequest) -> None:
        if not self.has_import_permission(request):
            raise PermissionDenied

    def address(self, page: str, *args: object) -> str:
        return reverse(f"{self.admin_site.name}:{self.opts.app_label}_{self.opts.model_name}_{page}", args=args)

    def page(self, request: HttpRequest, name: str, context: dict[str, Any]) -> HttpResponse:
        title = _("Import: %(name)s") % {"name": self.opts.verbose_name_plural}
        shared = {"opts": self.opts, "title": title, "entity": self.entity, "import_address": self.address("import")}
        everywhere = self.admin_site.each_context(request)
        return TemplateResponse(request, f"admin/school/exchange/{name}.html", {**everywhere, **shared, **context})


def filter_of(request: HttpRequest) -> QueryDict:
    """The list's filter, search and order, without what is about its pages."""
    chosen = request.GET.copy()
    for name in NO_FILTER:
        chosen.pop(name, None)
    return chosen


def format_of(request: HttpRequest) -> str:
    format = request.GET.get("format") or "csv"
    if format not in CONTENT_TYPES:
        raise BadRequest
    return format

"""The admin's list for what comes by itself: named after what is in it, and where there is nothing it says why. Its
forms have their own titles."""

from typing import TYPE_CHECKING, Any

from django.contrib import admin, messages
from django.contrib.admin.helpers import ACTION_CHECKBOX_NAME
from django.forms import CheckboxInput
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import reverse
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.text import capfirst
from django.utils.translation import gettext

from eventlog.addresses import timeline
from eventlog.catalog import StrOrPromise

if TYPE_CHECKING:  # generic for the type checker only
    ModelAdmin = admin.ModelAdmin[Any]
else:
    ModelAdmin = admin.ModelAdmin


def told(words: StrOrPromise, value: Any) -> str:
    """A value that says by its words what it is, where there is no room for the column's heading."""
    return format_html('<span data-label="{}">{}</span>', words, value)


class TaughtList(ModelAdmin):
    """`nothing` is what an empty list says, paragraph by paragraph; `nothing_found` where something was looked for."""

    change_list_template = "admin/eventlog/taught_list.html"
    change_form_template = "admin/eventlog/taught_form.html"
    nothing: tuple[StrOrPromise, ...] = ()
    told_as = ""  # the entity type of the events that tell what was done with one

    class Media:
        css = {"all": ["eventlog/admin.css"]}

    def lookup_allowed(self, lookup: str, value: str, request: HttpRequest) -> bool:
        """What the filters ask, and no column's lookup by hand."""
        asked: Any = self.list_filter
        return lookup in {f"{each}__exact" if isinstance(each, str) else each.parameter_name for each in asked}

    def _get_obj_does_not_exist_redirect(self, request: HttpRequest, opts: Any, object_id: str) -> HttpResponse:
        """Django's hook for what is not there: to its list, not to the start page."""
        messages.warning(request, gettext("What you asked for is not here, or not any more. This is what there is."))
        return HttpResponseRedirect(reverse(f"admin:{opts.app_label}_{opts.model_name}_changelist"))

    def spoken(self, row: Any) -> str:
        """What a screen reader reads out of a row that can be selected."""
        return str(row)

    @admin.display
    def action_checkbox(self, obj: Any) -> SafeString:
        words = gettext("Select %(what)s") % {"what": self.spoken(obj)}
        box = CheckboxInput({"class": "action-select", "aria-label": words}, lambda value: False)
        return box.render(ACTION_CHECKBOX_NAME, str(obj.pk))

    def history_view(
        self, request: HttpRequest, object_id: str, extra_context: dict[str, Any] | None = None
    ) -> HttpResponse:
        """The log's, for who may see it: it also has what was not done by a form here."""
        if self.told_as and request.user.has_perm("eventlog.view_event"):
            return HttpResponseRedirect(timeline("object", type=self.told_as, id=object_id))
        return super().history_view(request, object_id, extra_context)

    def changelist_view(self, request: HttpRequest, extra_context: dict[str, Any] | None = None) -> HttpResponse:
        title = str(capfirst(self.opts.verbose_name_plural))
        context = {"title": title, "nothing": self.nothing, **(extra_context or {})}
        return super().changelist_view(request, context)

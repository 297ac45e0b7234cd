"""Refused events in the admin: a list, and a page for each with what is wrong with it, to repair and store it after
all, or to discard it.

They may be of any category, so who sees every event sees them; to decide takes a permission of its own. Nobody adds or
deletes one, and what was refused stays as it was.
"""

from typing import Any, Final

from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.template.response import TemplateResponse
from django.urls import reverse
from django.utils.html import format_html
from django.utils.text import capfirst
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from eventlog import catalog
from eventlog.admin.display import badge, moment
from eventlog.admin.repairing import COLUMNS, DiscardForm, RepairForm
from eventlog.admin.taught import TaughtList
from eventlog.admin.wording import label_of
from eventlog.catalog import StrOrPromise
from eventlog.models import DeadLetter, DeadLetterQuerySet
from eventlog.models.alert import may_see_alerts
from eventlog.models.batch import RETRIED, WAITING
from eventlog.pipeline import refused
from eventlog.viewed import tell_answered
from eventlog.visible import cut, laid_out, text_of, visible

DECIDE: Final = "eventlog.change_deadletter"
# By SQLSTATE (PostgreSQL, appendix A).
REASONS: Final = {
    "22001": _("A text is longer than its column."),
    "22003": _("A number is too large or too small for its column."),
    "22007": _("A time cannot be read."),
    "22008": _("A time is out of range."),
    "22021": _("A text has characters that cannot be stored."),
    "22P02": _("A value is not of its column's kind."),
    "22P05": _("A text has characters that cannot be stored."),
    "23502": _("A value is missing."),
    "23514": _("A value is not among those that are allowed."),
}
MAX_SHOWN, MAX_BESIDE, MAX_IN_LIST = 2000, 300, 40  # characters of a value
OTHER_REASON: Final = _("The database did not take a value.")


def in_words(letter: DeadLetter) -> StrOrPromise:
    return REASONS.get(letter.sqlstate, OTHER_REASON)


def plain(value: Any) -> Any:
    """Without lone surrogates, which no answer can carry."""
    return value.encode(errors="replace").decode() if isinstance(value, str) else value


@admin.register(DeadLetter)
class DeadLetterAdmin(TaughtList):
    list_display = ("refused", "why", "what", "who", "standing")
    list_filter = ("state",)
    list_per_page = 50
    ordering = ("-refused_at", "-id")
    actions = None
    show_full_result_count = False
    show_facets = admin.ShowFacets.NEVER
    nothing = (
        _("No event is refused: the database has taken all of them."),
        _(
            "One that it does not take, since a value does not fit, comes here and is not lost. Its page says what is"
            " wrong: you mend it and store it after all, or discard it with a reason."
        ),
    )

    # --- who ---
    def has_module_permission(self, request: HttpRequest) -> bool:
        return may_see_alerts(request.user)

    def has_view_permission(self, request: HttpRequest, obj: DeadLetter | None = None) -> bool:
        return may_see_alerts(request.user)

    def has_change_permission(self, request: HttpRequest, obj: DeadLetter | None = None) -> bool:
        return may_see_alerts(request.user) and request.user.has_perm(DECIDE)

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: DeadLetter | None = None) -> bool:
        return False

    def get_queryset(self, request: HttpRequest) -> DeadLetterQuerySet:
        return DeadLetter.objects.visible_to(request.user)

    # --- the list ---
    @admin.display(description=_("refused at"), ordering="refused_at")
    def refused(self, letter: DeadLetter) -> str:
        return moment(letter.refused_at)

    @admin.display(description=_("type"))
    def what(self, letter: DeadLetter) -> str:
        """In words; the code name is the title."""
        name = shown(letter, "event_type")
        return format_html('<span title="{}">{}</span>', name, label_of(name)) if name else ""

    @admin.display(description=_("user name"))
    def who(self, letter: DeadLetter) -> str:
        return shown(letter, "username")

    @admin.display(description=_("why"), ordering="sqlstate")
    def why(self, letter: DeadLetter) -> StrOrPromise:
        return in_words(letter)

    @admin.display(description=_("state"), ordering="state")
    def standing(self, letter: DeadLetter) -> str:
        return badge("refused", letter.state, letter.get_state_display())

    def changelist_view(self, request: HttpRequest, extra_context: dict[str, Any] | None = None) -> HttpResponse:
        response = super().changelist_view(request, extra_context)
        if (found := getattr(response, "context_data", {}).get("cl")) is not None:
            self.tell_shown(request, *found.result_list)
        return response

    def tell_shown(self, request: HttpRequest, *letters: DeadLetter) -> None:
        categories = [refused.columns_of(letter).get("event_category") for letter in letters]
        if number := categories.count(catalog.SECURITY):
            tell_answered(request, number, refused_events=[letter.pk for letter in letters])

    # --- one of them ---
    def change_view(
        self, request: HttpRequest, object_id: str, form_url: str = "", extra_context: dict[str, Any] | None = None
    ) -> HttpResponse:
        if not self.has_view_permission(request):
            raise PermissionDenied
        letter = self.get_object(request, object_id)
        if letter is None:
            return self._get_obj_does_not_exist_redirect(request, self.opts, object_id)
        suspects = refused.suspects(letter)
        if request.method != "POST":
            self.tell_shown(request, letter)
            return self.page(request, letter, RepairForm(suspects), DiscardForm(label_suffix=""))
        if not self.has_change_permission(request):
            raise PermissionDenied
        if "_discard" in request.POST:
            form = DiscardForm(request.POST, label_suffix="")
            return self.discard(request, letter, form) or self.page(request, letter, RepairForm(suspects), form)
        repair = RepairForm(suspects, request.POST)
        return self.retry(request, letter, repair) or self.page(request, letter, repair, DiscardForm(label_suffix=""))

    def retry(self, request: HttpRequest, letter: DeadLetter, form: RepairForm) -> HttpResponse | None:
        """Back to the page, unless the form or the database refuses it."""
        if not form.is_valid():
            return None
        try:
            result = refused.retry(letter.pk, form.cleaned_data, by=request.user)
        except refused.RefusedAgain as no:
            said = gettext("The database refuses it still; nothing has changed. It says: %(reason)s")
            form.add_error(None, said % {"reason": visible(str(no))})
            return None
        except refused.NotPossible as no:
            messages.warning(request, str(no))
        else:
            stored, known = gettext("The event is stored."), gettext("The event was stored already; it is there once.")
            messages.success(request, stored if result.events else known)
        return HttpResponseRedirect(request.path)

    def discard(self, request: HttpRequest, letter: DeadLetter, form: DiscardForm) -> HttpResponse | None:
        if not form.is_valid():
            return None
        try:
            refused.discard(letter.pk, form.cleaned_data["reason"], by=request.user)
        except refused.NotPossible as no:
            messages.warning(request, str(no))
        else:
            messages.success(request, gettext("The event is discarded. What was refused stays here for a while."))
        return HttpResponseRedirect(request.path)

    def page(self, request: HttpRequest, letter: DeadLetter, repair: RepairForm, discard: DiscardForm) -> HttpResponse:
        columns = refused.closed_columns(letter)
        is_waiting = letter.state == WAITING
        suspects = refused.suspects(letter) if is_waiting else {}
        stored = columns.get("id") if letter.state == RETRIED else None
        context = {
            **self.admin_site.each_context(request),
            "opts": self.opts,
            "media": self.media,
            "title": _("A refused event"),
            "letter": letter,
            "why": in_words(letter),
            "said": visible(plain(letter.reason)),
            "standing": self.standing(letter),
            "refused_at": moment(letter.refused_at),
            "decided_at": "" if letter.decided_at is None else moment(letter.decided_at),
            "decided_by": visible(letter.decided_by),
            "note": visible(letter.note),
            "rows": [(label(name), brief(columns[name], MAX_SHOWN), name in suspects) for name in ordered(columns)],
            "raw": cut(plain(laid_out(columns or letter.record))),
            "repair": repair,
            "fields": [(repair[name], brief(columns.get(name), MAX_BESIDE)) for name in repair.fields],
            "discard": discard,
            "is_readable": bool(columns),
            "time_is_bad": "timestamp" in suspects,
            "is_waiting": is_waiting,
            "can_decide": is_waiting and self.has_change_permission(request),
            "event_address": stored and reverse("admin:eventlog_event_change", args=[stored]),
        }
        return TemplateResponse(request, "admin/eventlog/deadletter/page.html", context)


def shown(letter: DeadLetter, name: str) -> str:
    """In the list."""
    value = refused.closed_columns(letter).get(name)
    return "" if value is None else brief(value, MAX_IN_LIST)


def brief(value: Any, width: int) -> str:
    """Any value as text that hides nothing but its end."""
    text = str(plain(text_of(value)))
    return text if len(text) <= width else f"{text[:width]}…"


def ordered(columns: dict[str, Any]) -> list[str]:
    """Those of the table that have a value, as an event's page has them; without what proves."""
    return [name for name in COLUMNS if name in columns and name in {"id", *refused.EDITABLE, "timestamp"}]


def label(name: str) -> str:
    return str(capfirst(str(COLUMNS[name].verbose_name)))

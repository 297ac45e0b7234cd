"""Alerts in the admin: a queue to work off, and a page for each with what it rests on and what is to become of it.

Nobody adds or deletes one here. Whoever may see SECURITY events sees them; to change one takes a permission of its own,
and to acknowledge or close one that it is not about oneself.
"""

from collections.abc import Callable
from datetime import datetime
from typing import Any

from django.contrib import admin, messages
from django.db.models import QuerySet
from django.forms.widgets import Script
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.utils.formats import date_format
from django.utils.html import format_html
from django.utils.translation import gettext, ngettext
from django.utils.translation import gettext_lazy as _

from eventlog.admin import alert_display as display
from eventlog.admin import alert_history, queue
from eventlog.admin.alert_filters import FILTERS, TO_DO
from eventlog.admin.taught import TaughtList
from eventlog.admin.triage_form import MUTE, TriageActionForm, TriageForm, end_of, last_day, usual_end
from eventlog.alerts import refusing, triage, wording
from eventlog.alerts.refusing import NotPossible
from eventlog.models import Alert, AlertQuerySet
from eventlog.models.alert import (
    ACKNOWLEDGED,
    CHANGE,
    CLOSED,
    FALSE_POSITIVE,
    NEWEST,
    OPEN,
    PENDING,
    QUEUE,
    RESOLVED,
    may_see_alerts,
)
from eventlog.viewed import tell_answered
from eventlog.visible import visible

WHAT: Any = (display.explanation, display.advice, display.how_often, display.seen, display.around)
DECISION: Any = ("note", "assignee", "mute_until")
NOTED: Any = ("note", "assignee")  # for whom it is about
DECIDED: Any = ("assignee_name", "reason")  # for who may not change it
DETAILS: Any = (display.exact_target, display.rule, display.kind, display.findings, display.notifications, "id")
DEEDS = {
    ACKNOWLEDGED: _("Acknowledge"),
    RESOLVED: _("Resolve"),
    FALSE_POSITIVE: _("False positive"),
    MUTE: _("Mute and resolve"),
    OPEN: _("Open again"),
}
KEYS = {ACKNOWLEDGED: "a", RESOLVED: "r", FALSE_POSITIVE: "f", MUTE: "m"}


def to_state(name: str) -> Callable[..., None]:
    """The list's action that brings alerts into a state."""

    def act(model_admin: "AlertAdmin", request: HttpRequest, queryset: QuerySet[Alert]) -> None:
        reason = request.POST.get("reason", "")
        each_changed(request, queryset, lambda _alert: triage.Change(state=name, reason=reason))

    act.__name__ = name
    return admin.action(description=DEEDS[name], permissions=["change"])(act)


@admin.action(description=_("Mute for 30 days and resolve"), permissions=["change"])
def mute(model_admin: "AlertAdmin", request: HttpRequest, queryset: QuerySet[Alert]) -> None:
    """Of the same rule and target nothing more is told."""
    reason, until = request.POST.get("reason", ""), end_of(usual_end())

    def wanted(alert: Alert) -> triage.Change:
        return triage.Change(state="" if alert.is_closed else RESOLVED, reason=reason, mute_until=until)

    each_changed(request, queryset, wanted)


def each_changed(request: HttpRequest, alerts: QuerySet[Alert], wanted: Callable[[Alert], triage.Change]) -> None:
    done = 0
    for alert in alerts:
        try:
            triage.change(alert.pk, wanted(alert), by=request.user)
            done += 1
        except NotPossible as no:
            messages.warning(request, f"{wording.headline(alert)}: {no}")
    if done:
        said = ngettext("%(number)s alert changed.", "%(number)s alerts changed.", done)
        messages.success(request, said % {"number": done})


@admin.register(Alert)
class AlertAdmin(TaughtList):
    form = TriageForm
    action_form = TriageActionForm
    change_form_template = "admin/eventlog/alert/alert.html"
    change_list_template = "admin/eventlog/alert/list.html"
    nothing = (
        _("Nothing waits for you."),
        _(
            "Alerts open by themselves: when somebody guesses passwords, attacks a page, takes unusually many records,"
            " or when the site is slow or fails. What was closed is under “Resolved” and “False positive”."
        ),
    )
    list_display = [
        display.severity,
        display.headline,
        display.standing,
        display.age,
        display.events,
        display.last_seen,
    ]
    list_display_links = [display.headline]
    list_filter = list(FILTERS)
    list_per_page = 50
    search_fields = ["target__icontains"]
    search_help_text = _("An account, an address or another target.")
    show_full_result_count = False
    show_facets = admin.ShowFacets.NEVER
    actions = [to_state(ACKNOWLEDGED), to_state(RESOLVED), to_state(FALSE_POSITIVE), mute]

    class Media:
        css = {"all": ["eventlog/admin.css"]}
        js = [Script("eventlog/triage.js", defer=True)]

    def has_module_permission(self, request: HttpRequest) -> bool:
        return may_see_alerts(request.user)

    def has_view_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return may_see_alerts(request.user)

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return may_see_alerts(request.user) and request.user.has_perm(CHANGE)

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def get_queryset(self, request: HttpRequest) -> AlertQuerySet:
        return Alert.objects.visible_to(request.user)

    def get_object(self, request: HttpRequest, object_id: str, from_field: str | None = None) -> Any:
        found: Any = super().get_object(request, object_id, from_field)
        if found is not None:
            found.is_own = refusing.is_about(found, request.user)
        return found

    def spoken(self, row: Alert) -> str:
        return visible(wording.headline(row))

    def get_ordering(self, request: HttpRequest) -> Any:
        """What is to be done as a queue, what is over by time."""
        return QUEUE if request.GET.get("state", TO_DO) in (TO_DO, *PENDING) else NEWEST

    def get_fieldsets(self, request: HttpRequest, obj: Any = None) -> Any:
        """Who may not change it reads what the form would say."""
        decision = DECIDED
        if self.has_change_permission(request, obj):
            decision = NOTED if getattr(obj, "is_own", False) else DECISION
        return [
            (_("What"), {"fields": WHAT}),
            (_("Decision"), {"fields": decision, "classes": ["eventlog-decision"]}),
            (_("Details"), {"fields": DETAILS, "classes": ["eventlog-details"]}),
        ]

    def get_readonly_fields(self, request: HttpRequest, obj: Any = None) -> Any:
        return [*WHAT, *DECIDED, *DETAILS]

    def get_form(self, request: HttpRequest, obj: Any = None, change: bool = False, **kwargs: Any) -> Any:
        form = super().get_form(request, obj, change, **kwargs)
        return type(form.__name__, (form,), {"by": request.user})

    def changelist_view(self, request: HttpRequest, extra_context: dict[str, Any] | None = None) -> HttpResponse:
        may = self.has_change_permission(request)
        context = {"may_change": may, "may_judge": may, **(extra_context or {})}
        response = super().changelist_view(request, context)
        if (shown := getattr(response, "context_data", {}).get("cl")) is not None:
            tell_answered(request, 0, alerts=len(shown.result_list))
        return response

    def render_change_form(
        self, request: HttpRequest, context: dict[str, Any], *args: Any, **kwargs: Any
    ) -> HttpResponse:
        alert: Any = context["original"]
        tell_answered(request, 0, alert=alert.pk)
        may_change = self.has_change_permission(request, alert)
        context.update(
            title=visible(wording.headline(alert)),
            subtitle="",
            alert=alert,
            severity=display.severity(alert),
            state=display.state(alert),
            age=display.age(alert),
            place=queue.place_of(alert, self, request),
            lines=display.evidence(alert),
            steps=alert_history.steps_of(alert),
            may_change=may_change,
            may_judge=may_change and not alert.is_own,
            decisions=decisions(alert, is_own=alert.is_own),
        )
        return super().render_change_form(request, context, *args, **kwargs)

    def save_model(self, request: HttpRequest, obj: Any, form: Any, change: bool) -> None:
        """What the form has let through may have become impossible meanwhile."""
        place, wanted = queue.place_of(obj, self, request), form.wanted()
        try:
            alert = triage.change(obj.pk, wanted, by=request.user)
        except NotPossible as no:
            messages.error(request, str(no))
            return
        if form.cleaned_data["decision"]:
            obj.decided = (alert, place, wanted.mute_until)  # for `response_change`

    def response_change(self, request: HttpRequest, obj: Any) -> HttpResponseRedirect:
        """On to the next one that is open, at once."""
        decided: tuple[Alert, queue.Place, datetime | None] | None = getattr(obj, "decided", None)
        if decided is None:
            return HttpResponseRedirect(request.get_full_path())
        alert, place, until = decided
        page, title = queue.address_of(alert.pk, ""), visible(wording.headline(alert))
        messages.success(request, format_html('<a href="{}">{}</a>: {}', page, title, alert.get_state_display()))
        if until:
            day = date_format(last_day(until))
            messages.info(request, gettext("Nothing more is told of it until the end of %(day)s.") % {"day": day})
        if not place.next_open:
            messages.info(request, gettext("That was the last open one."))
        return HttpResponseRedirect(place.next_open or place.list)

    def log_change(self, request: HttpRequest, obj: Any, message: Any) -> Any:
        """Each decision is an event; that is the history."""
        return None


def decisions(alert: Alert, *, is_own: bool) -> list[tuple[str, Any, str]]:
    """(name, words, key) of the buttons."""
    possible = {*triage.NEXT[alert.state], MUTE} - ({ACKNOWLEDGED, *CLOSED, MUTE} if is_own else set())
    return [(name, words_of(name, alert), KEYS.get(name, "")) for name in DEEDS if name in possible]


def words_of(decision: str, alert: Alert) -> Any:
    return _("Mute") if decision == MUTE and alert.is_closed else DEEDS[decision]

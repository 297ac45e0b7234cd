"""Mutes in the admin: what alarms nobody, until when and why."""

from datetime import date, datetime
from typing import TYPE_CHECKING, Any

from django import forms
from django.contrib import admin, messages
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import reverse
from django.utils.formats import number_format
from django.utils.html import format_html
from django.utils.translation import gettext, ngettext
from django.utils.translation import gettext_lazy as _

from eventlog.admin.alert_filters import RuleFilter
from eventlog.admin.display import moment, zone_of
from eventlog.admin.taught import TaughtList, told
from eventlog.admin.triage_form import DayInput, end_of, last_day
from eventlog.alerts import mutes, wording
from eventlog.alerts.refusing import NotPossible, attempts_told
from eventlog.models import EventMute
from eventlog.models.alert import CHANGE, may_see_alerts
from eventlog.visible import visible

if TYPE_CHECKING:  # generic for the type checker only
    ModelForm = forms.ModelForm[EventMute]
else:
    ModelForm = forms.ModelForm


class MuteForm(ModelForm):
    rule = forms.ChoiceField(label=_("Rule"))
    until = forms.DateField(
        label=_("Until"),
        help_text=_("The end of this day. Empty: until it is lifted."),
        required=False,
        widget=DayInput(),
    )
    by: Any = None  # who mutes

    class Meta:
        model = EventMute
        fields = ("rule", "target", "reason")
        widgets = {"reason": forms.Textarea(attrs={"rows": 3})}
        help_texts = {"target": _("As alerts have it: user:guru001, ip:203.0.113.7, site; * for any.")}

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        known, kept = wording.rules(), self.instance.rule
        is_gone = kept and kept not in dict(known)
        fields: Any = self.fields
        fields["rule"].choices = [("", "---------"), *([(kept, kept)] if is_gone else []), *known]
        self.initial["until"] = last_day(self.instance.until) if self.instance.until else None

    def clean_until(self) -> datetime | None:
        day: date | None = self.cleaned_data["until"]
        return None if day is None else end_of(day)

    def clean(self) -> dict[str, Any]:
        cleaned: dict[str, Any] = super().clean() or self.cleaned_data
        if not self.errors:
            try:
                with attempts_told():
                    mutes.refuse_own_mute(cleaned["rule"], cleaned["target"], self.by)
            except NotPossible as no:
                self.add_error("target", str(no))
        return cleaned


@admin.register(EventMute)
class MuteAdmin(TaughtList):
    form = MuteForm
    change_form_template = "admin/eventlog/eventmute/change_form.html"
    told_as = "mute"
    list_display = ["rule_in_words", "target_in_words", "ends", "why", "kept_quiet", "muted_by"]
    list_filter = [RuleFilter]
    ordering = ["rule", "target"]
    readonly_fields = ["kept_quiet", "muted_by", "muted_at"]
    search_fields = ["target__icontains"]
    search_help_text = _("An account, an address or another target.")
    show_full_result_count = False
    show_facets = admin.ShowFacets.NEVER
    nothing = (
        _("Nothing is muted: whatever the rules find opens an alert."),
        _(
            "Mute what you know and expect, such as the scanner of your own provider: at the alert's page, or by the"
            " button above. Its events are recorded and counted all the same."
        ),
    )

    def has_module_permission(self, request: HttpRequest) -> bool:
        return may_see_alerts(request.user)

    def has_view_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return may_see_alerts(request.user)

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return may_see_alerts(request.user) and request.user.has_perm(CHANGE)

    def has_add_permission(self, request: HttpRequest) -> bool:
        return self.has_change_permission(request)

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return self.has_change_permission(request)

    def get_fields(self, request: HttpRequest, obj: Any = None) -> Any:
        """To write in for who may; in words for who only reads."""
        if self.is_read(request, obj):
            return self.get_readonly_fields(request, obj)
        return ["rule", "target", "until", "reason", *(self.readonly_fields if obj else ())]

    def get_readonly_fields(self, request: HttpRequest, obj: Any = None) -> Any:
        words = ["rule_in_words", "target_in_words", "ends", "why"] if self.is_read(request, obj) else []
        return [*words, *self.readonly_fields]

    def is_read(self, request: HttpRequest, mute: Any) -> bool:
        return mute is not None and not self.has_change_permission(request, mute)

    def get_form(self, request: HttpRequest, obj: Any = None, change: bool = False, **kwargs: Any) -> Any:
        form = super().get_form(request, obj, change, **kwargs)
        return type(form.__name__, (form,), {"by": request.user})

    def spoken(self, row: EventMute) -> str:
        return what(row)

    @admin.display(description=_("rule"), ordering="rule")
    def rule_in_words(self, mute: EventMute) -> str:
        return wording.label_of(mute.rule)

    @admin.display(description=_("target"), ordering="target")
    def target_in_words(self, mute: EventMute) -> str:
        return visible(wording.target_of(mute.target))

    @admin.display(description=_("until"), ordering="until")
    def ends(self, mute: EventMute) -> str:
        return told(_("until"), moment(mute.until, "%H:%M") if mute.until else _("it is lifted"))

    @admin.display(description=_("reason"), ordering="reason")
    def why(self, mute: EventMute) -> str:
        return visible(mute.reason)

    @admin.display(description=_("muted by"), ordering="username")
    def muted_by(self, mute: EventMute) -> str:
        return told(_("muted by"), visible(mute.username)) if mute.username else ""

    @admin.display(description=_("muted at"), ordering="created_at")
    def muted_at(self, mute: EventMute) -> str:
        return format_html("{} {}", moment(mute.created_at, "%H:%M"), zone_of(mute.created_at))

    @admin.display(description=_("kept quiet"), ordering="finding_count")
    def kept_quiet(self, mute: EventMute) -> str:
        words = ngettext("%(number)s finding", "%(number)s findings", mute.finding_count)
        return told(_("kept quiet"), words % {"number": number_format(mute.finding_count)})

    def render_change_form(
        self, request: HttpRequest, context: dict[str, Any], *args: Any, **kwargs: Any
    ) -> HttpResponse:
        mute: EventMute | None = context.get("original")
        context.update(title=what(mute) if mute else gettext("Mute a rule"), subtitle=None)
        return super().render_change_form(request, context, *args, **kwargs)

    def render_delete_form(self, request: HttpRequest, context: dict[str, Any]) -> Any:
        """Django's hook for the page that asks whether it is meant."""
        context.update(title=gettext("Lift this mute?"), subtitle=None, sentence=sentence(context["object"]))
        return super().render_delete_form(request, context)

    def get_deleted_objects(self, objs: Any, request: HttpRequest) -> Any:
        """In words, for the page that asks about several."""
        _names, *others = super().get_deleted_objects(objs, request)
        return [sentence(each) for each in objs], *others

    def response_add(self, request: HttpRequest, obj: Any, post_url_continue: str | None = None) -> HttpResponse:
        return self.response_change(request, obj)

    def response_change(self, request: HttpRequest, obj: Any) -> HttpResponse:
        return self.said(request, gettext("It is kept: %(sentence)s.") % {"sentence": sentence(obj)})

    def response_delete(self, request: HttpRequest, obj_display: str, obj_id: Any) -> HttpResponse:
        return self.said(request, gettext("The mute is lifted: what the rule finds opens an alert again."))

    def said(self, request: HttpRequest, words: str) -> HttpResponse:
        self.message_user(request, words, messages.SUCCESS)
        return HttpResponseRedirect(reverse("admin:eventlog_eventmute_changelist"))

    def save_model(self, request: HttpRequest, obj: Any, form: Any, change: bool) -> None:
        """By the one function that tells of it; what was renamed is another mute."""
        if change and {"rule", "target"} & set(form.changed_data):
            mutes.unmute(EventMute.objects.get(pk=obj.pk))
        until = form.cleaned_data["until"]
        made = mutes.mute(obj.rule, obj.target, until=until, by=request.user, reason=obj.reason)
        obj.pk, obj.until = made.pk, made.until

    def delete_model(self, request: HttpRequest, obj: Any) -> None:
        mutes.unmute(obj)

    def delete_queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> None:
        for each in queryset:
            mutes.unmute(each)


def what(mute: EventMute) -> str:
    """`XSS attempt: address 203.0.113.7`"""
    return f"{wording.label_of(mute.rule)}: {visible(wording.target_of(mute.target))}"


def sentence(mute: EventMute) -> str:
    if mute.until is None:
        return gettext("%(what)s, muted until it is lifted") % {"what": what(mute)}
    return gettext("%(what)s, muted until the end of %(day)s") % {"what": what(mute), "day": last_day(mute.until)}

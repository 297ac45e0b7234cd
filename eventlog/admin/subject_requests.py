"""Requests of people in the admin: what was asked, until when it is due, and who has confirmed or refused it."""

from typing import TYPE_CHECKING, Any, Final

from django import forms
from django.contrib import admin, messages
from django.db import models
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import reverse
from django.utils import timezone
from django.utils.html import format_html
from django.utils.translation import gettext, pgettext
from django.utils.translation import gettext_lazy as _

from eventlog.admin.display import badge, moment, readable, zone_told
from eventlog.admin.holds import MOMENT
from eventlog.admin.taught import TaughtList, told
from eventlog.models import SubjectRequest
from eventlog.models.subject import CONFIRMED, DONE, ERASE, EXPORT, OPEN, PENDING, REFUSED
from eventlog.subjects import requests
from eventlog.subjects.erase import ENTITY
from eventlog.visible import visible

if TYPE_CHECKING:  # generic for the type checker only
    ModelForm = forms.ModelForm[SubjectRequest]
else:
    ModelForm = forms.ModelForm

SEE: Final = "eventlog.view_subjectrequest"
ASKED: Final = ("kind", "username", "entity_type", "entity_id", "asked_by", "received_at")
CONFIRM, ANSWER, REFUSE = "confirm", "answer", "refuse"
WORDS: Final = {
    CONFIRM: _("Confirm: erase this person now"),
    ANSWER: _("The person has been given the data"),
    REFUSE: _("Refuse, with a reason"),
}
TITLES: Final = {EXPORT: _("Request to be given the data"), ERASE: _("Request to have the data erased")}
TEXTS: Final = ("username", "entity_type", "entity_id", "asked_by", "entered_by", "decided_by", "reason")
TIMES: Final = ("received_at", "due_at", "decided_at", "done_at")
READABLE: Final = {name: readable(SubjectRequest, name) for name in (*TEXTS, *TIMES)}
DECIDED: Final = ("decided_by", "decided_at", "reason", "done_at")
SHOWN: Final = ("kind", *TEXTS[:4], "received_at", "due_at", "entered_by", *DECIDED)

WAITS: Final = models.ExpressionWrapper(models.Q(state__in=PENDING), models.BooleanField())  # first in the list


class DecisionForm(ModelForm):
    decision = forms.ChoiceField(label=_("Decision"), widget=forms.RadioSelect)
    why = forms.CharField(
        label=_("Reason of a refusal"),
        required=False,
        max_length=2000,
        widget=forms.Textarea(attrs={"rows": 3, "cols": 60}),
    )

    class Meta:
        model = SubjectRequest
        fields: tuple[str, ...] = ()

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or {}
        if cleaned.get("decision") == REFUSE and not cleaned.get("why", "").strip():
            self.add_error("why", gettext("Say why it is refused."))
        return cleaned


@admin.register(SubjectRequest)
class SubjectRequestAdmin(TaughtList):
    change_form_template = "admin/eventlog/subjectrequest/change_form.html"
    told_as = ENTITY
    list_display = ("kind", "about", "standing", "asking", "received", "due", "done")
    ordering = (WAITS.desc(), "-received_at", "-id")
    empty_value_display = ""
    show_full_result_count = False
    actions = None
    formfield_overrides = {models.DateTimeField: {"form_class": forms.DateTimeField, "widget": MOMENT}}
    nothing = (
        _("Nobody has asked for anything."),
        _(
            "Enter here what a person has asked for, in whatever way: to be given the data that the log has of him, or"
            " to have them erased. It then shows until when it is to be answered, and who has decided."
        ),
        _("To erase takes two people: one enters the request, another confirms it."),
    )

    @admin.display(description=_("about"))
    def about(self, request: SubjectRequest) -> str:
        return about(request)

    @admin.display(description=_("state"))
    def standing(self, request: SubjectRequest) -> str:
        """And what it waits for."""
        return format_html('{}<span class="eventlog-under">{}</span>', state(request), waits_for(request))

    @admin.display(description=_("who asked"), ordering="asked_by")
    def asking(self, request: SubjectRequest) -> str:
        return told(_("asked by"), visible(request.asked_by)) if request.asked_by else ""

    @admin.display(description=_("received"), ordering="received_at")
    def received(self, request: SubjectRequest) -> str:
        return told(_("received"), moment(request.received_at, "%H:%M"))

    @admin.display(description=_("due"), ordering="due_at")
    def due(self, request: SubjectRequest) -> str:
        return told(_("due"), moment(request.due_at, "%H:%M"))

    @admin.display(description=_("done"), ordering="done_at")
    def done(self, request: SubjectRequest) -> str:
        return told(_("done"), moment(request.done_at, "%H:%M")) if request.done_at else ""

    # --- who ---
    def has_change_permission(self, request: HttpRequest, obj: SubjectRequest | None = None) -> bool:
        """To decide, while it is open, and where there is something that this reader may decide."""
        may = super().has_change_permission(request, obj)
        return may and (obj is None or (obj.state == OPEN and bool(choices(obj, request.user))))

    def has_delete_permission(self, request: HttpRequest, obj: SubjectRequest | None = None) -> bool:
        return False

    # --- one of them ---
    def get_form(
        self, request: HttpRequest, obj: SubjectRequest | None = None, change: bool = False, **kwargs: Any
    ) -> Any:
        if obj is None or not self.has_change_permission(request, obj):
            return super().get_form(request, obj, change, **kwargs)
        offered = [(name, WORDS[name]) for name in choices(obj, request.user)]
        decision = forms.ChoiceField(label=_("Decision"), widget=forms.RadioSelect, choices=offered)
        return type("OfferedForm", (DecisionForm,), {"decision": decision})

    def get_readonly_fields(self, request: HttpRequest, obj: SubjectRequest | None = None) -> tuple[Any, ...]:
        return () if obj is None else tuple(READABLE.get(name, name) for name in SHOWN)

    def get_fieldsets(self, request: HttpRequest, obj: SubjectRequest | None = None) -> list[Any]:
        if obj is None:
            said = gettext(
                "It is to be answered within three times 24 hours (Law 27/2022 on personal data protection)."
            )
            return [(None, {"fields": ASKED, "description": f"{said} {zone_told()}"})]
        given = tuple(READABLE.get(name, name) for name in SHOWN if getattr(obj, name))
        asked = [(_("What was asked"), {"fields": given, "description": note(obj, request.user)})]
        may = self.has_change_permission(request, obj)
        return [*asked, (_("Decide"), {"fields": ("decision", "why")})] if may else asked

    def render_change_form(
        self, request: HttpRequest, context: dict[str, Any], *args: Any, **kwargs: Any
    ) -> HttpResponse:
        asked: SubjectRequest | None = context.get("original")
        context.update(title=title(asked) if asked else gettext("Enter a request of a person"), subtitle=None)
        return super().render_change_form(request, context, *args, **kwargs)

    def save_model(self, request: HttpRequest, obj: SubjectRequest, form: forms.Form, change: bool) -> None:
        if not change:
            requests.enter(obj, by=request.user)
            return
        decision = form.cleaned_data["decision"]
        if decision == REFUSE:
            requests.refuse(obj, form.cleaned_data["why"], by=request.user)
        else:
            {CONFIRM: requests.confirm, ANSWER: requests.answer}[decision](obj, by=request.user)

    def response_add(
        self, request: HttpRequest, obj: SubjectRequest, post_url_continue: str | None = None
    ) -> HttpResponse:
        entered = gettext("The request is entered. The time to answer it has begun.")
        second = gettext("Now another person has to confirm it.") if obj.kind == ERASE else ""
        return self.said(request, f"{entered} {second}".strip())

    def response_change(self, request: HttpRequest, obj: SubjectRequest) -> HttpResponse:
        """Where somebody else was first, that is as good."""
        return self.said(request, gettext("The decision is recorded."))

    def said(self, request: HttpRequest, words: str) -> HttpResponse:
        self.message_user(request, words, messages.SUCCESS)
        return HttpResponseRedirect(reverse("admin:eventlog_subjectrequest_changelist"))


def about(asked: SubjectRequest) -> str:
    """Empty once it is done: then the row names nobody."""
    return visible(asked.username or f"{asked.entity_type} {asked.entity_id}".strip())


def title(asked: SubjectRequest) -> str:
    """`Request to have the data erased: ani`"""
    return ": ".join(filter(None, (str(TITLES[asked.kind]), about(asked))))


def state(asked: SubjectRequest) -> str:
    if asked.is_pending and asked.due_at < timezone.now():
        return badge("severity", "critical", pgettext("request", "Overdue"))
    kind = {DONE: "success", REFUSED: "failed"}.get(asked.state, "pending")
    return badge("status", kind, asked.get_state_display())


def waits_for(asked: SubjectRequest) -> str:
    if asked.state == OPEN:
        second, answer = gettext("waits for a second person"), gettext("waits for an answer")
        return second if asked.kind == ERASE else answer
    return gettext("cannot go on: open it to see why") if asked.state == CONFIRMED and asked.reason else ""


def choices(asked: SubjectRequest, user: Any) -> list[str]:
    first = [CONFIRM] if requests.may_confirm(asked, user) else []
    return [*(first if asked.kind == ERASE else [ANSWER]), REFUSE]


def note(asked: SubjectRequest, user: Any) -> str:
    """Why it cannot be confirmed by this reader, or what is to be done."""
    if asked.state != OPEN:
        return ""
    if asked.kind != ERASE:
        return gettext("Run manage.py eventlog_subject export and hand over what it writes: it closes the request.")
    if requests.may_confirm(asked, user):
        return gettext("What is erased is gone for good, also from the archive. It begins within a minute.")
    second = gettext(
        "It waits for a second person: whoever may decide on requests, has not entered this one and is not a superuser."
    )
    return f"{why_not(asked, user)} {second}".strip()


def why_not(asked: SubjectRequest, user: Any) -> str:
    """Why this reader is not the second person, where he may decide on others."""
    if requests.has_entered(asked, user):
        return gettext("You have entered it, so you cannot confirm it.")
    if requests.is_about(asked, user):
        return gettext("It is about yourself, so you cannot confirm it.")
    return gettext("A superuser cannot confirm it.") if user.is_superuser else ""

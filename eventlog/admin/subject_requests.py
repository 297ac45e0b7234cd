"""Requests of people in the admin: what was asked, until when it is due, and who has confirmed or refused it."""

from typing import TYPE_CHECKING, Any, Final

from django import forms
from django.contrib import admin, messages
from django.db import models
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import reverse
from django.utils import timezone
from django.utils.text import capfirst
from django.utils.translation import gettext, pgettext
from django.utils.translation import gettext_lazy as _

from eventlog.admin.display import badge, readable
from eventlog.admin.holds import MOMENT
from eventlog.models import SubjectRequest
from eventlog.models.subject import DONE, ERASE, OPEN, REFUSED
from eventlog.subjects import requests
from eventlog.visible import visible

if TYPE_CHECKING:  # generic for the type checker only
    ModelAdmin = admin.ModelAdmin[SubjectRequest]
    ModelForm = forms.ModelForm[SubjectRequest]
else:
    ModelAdmin = admin.ModelAdmin
    ModelForm = forms.ModelForm

SEE: Final = "eventlog.view_subjectrequest"
ASKED: Final = ("kind", "username", "entity_type", "entity_id", "asked_by", "received_at")
CONFIRM, ANSWER, REFUSE = "confirm", "answer", "refuse"
WORDS: Final = {
    CONFIRM: _("Confirm: erase this person now"),
    ANSWER: _("The person has been given the data"),
    REFUSE: _("Refuse, with a reason"),
}
TEXTS: Final = ("username", "entity_type", "entity_id", "asked_by", "entered_by", "decided_by", "reason")
TIMES: Final = ("received_at", "due_at", "decided_at", "done_at")
READABLE: Final = {name: readable(SubjectRequest, name) for name in (*TEXTS, *TIMES)}
DECIDED: Final = ("decided_by", "decided_at", "reason", "done_at")
SHOWN: Final = ("kind", *TEXTS[:4], "received_at", "due_at", "entered_by", *DECIDED)


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
class SubjectRequestAdmin(ModelAdmin):
    list_display = (
        "kind",
        "about",
        "standing",
        *(READABLE[name] for name in ("asked_by", "received_at", "due_at", "done_at")),
    )
    ordering = ("-received_at", "-id")
    show_full_result_count = False
    actions = None
    formfield_overrides = {models.DateTimeField: {"form_class": forms.DateTimeField, "widget": MOMENT}}

    class Media:
        css = {"all": ["eventlog/admin.css"]}

    @admin.display(description=_("about"))
    def about(self, request: SubjectRequest) -> str:
        return visible(request.username or f"{request.entity_type} {request.entity_id}".strip()) or "–"

    @admin.display(description=_("state"))
    def standing(self, request: SubjectRequest) -> str:
        if request.is_pending and request.due_at < timezone.now():
            return badge("severity", "critical", pgettext("request", "Overdue"))
        kind = {DONE: "success", REFUSED: "failed"}.get(request.state, "pending")
        return badge("status", kind, request.get_state_display())

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
            said = _("It is to be answered within three times 24 hours (Law 27/2022 on personal data protection).")
            return [(None, {"fields": ASKED, "description": said})]
        given = tuple(READABLE.get(name, name) for name in SHOWN if getattr(obj, name))
        asked = [(_("What was asked"), {"fields": given, "description": note(obj, request.user)})]
        may = self.has_change_permission(request, obj)
        return [*asked, (_("Decide"), {"fields": ("decision", "why")})] if may else asked

    def changelist_view(self, request: HttpRequest, extra_context: dict[str, Any] | None = None) -> HttpResponse:
        title = capfirst(str(self.opts.verbose_name_plural))
        return super().changelist_view(request, {"title": title, **(extra_context or {})})

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
        return self.said(request, gettext("The request is entered. The time to answer it has begun."))

    def response_change(self, request: HttpRequest, obj: SubjectRequest) -> HttpResponse:
        """Where somebody else was first, that is as good."""
        return self.said(request, gettext("The decision is recorded."))

    def said(self, request: HttpRequest, words: str) -> HttpResponse:
        self.message_user(request, words, messages.SUCCESS)
        return HttpResponseRedirect(reverse("admin:eventlog_subjectrequest_changelist"))


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
    return gettext("Another person must confirm it than who has entered it, and no superuser.")

"""Legal holds in the admin: a list, placing one, and lifting one, each with a reason."""

from collections.abc import Iterable
from datetime import datetime
from typing import TYPE_CHECKING, Any

from django import forms
from django.contrib import admin, messages
from django.contrib.admin.utils import label_for_field
from django.db import models
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import reverse
from django.utils.html import format_html
from django.utils.timezone import localtime
from django.utils.translation import gettext, pgettext
from django.utils.translation import gettext_lazy as _

from eventlog.admin.display import badge, moment, readable, zone_told
from eventlog.admin.taught import TaughtList, told
from eventlog.models import Event, Hold
from eventlog.retention import holds
from eventlog.visible import visible

if TYPE_CHECKING:  # generic for the type checker only
    ModelForm = forms.ModelForm[Hold]
else:
    ModelForm = forms.ModelForm

SEE = "eventlog.view_hold"
ABOUT = ("username", "entity_type", "entity_id", "request_id", "begin", "end")
WHY = ("reason", "until")
PLACED = ("placed_at", "placed_by")
LIFTED = ("lifted_at", "lifted_by", "lift_reason")

READABLE = {name: readable(Hold, name) for name in (*ABOUT, *WHY, *PLACED, *LIFTED)}


def shown_as(names: Iterable[str]) -> tuple[Any, ...]:
    return tuple(READABLE[name] for name in names)


# One field with its label, where the admin's own two have none.
MOMENT = forms.DateTimeInput(attrs={"type": "datetime-local"}, format="%Y-%m-%dT%H:%M")


class LiftForm(ModelForm):
    why = forms.CharField(
        label=_("Reason for lifting"), max_length=2000, widget=forms.Textarea(attrs={"rows": 3, "cols": 60})
    )

    class Meta:
        model = Hold
        fields: tuple[str, ...] = ()


@admin.register(Hold)
class HoldAdmin(TaughtList):
    change_form_template = "admin/eventlog/hold/change_form.html"
    told_as = "hold"
    list_display = ("about", "standing", READABLE["reason"], "placing", "ends")
    ordering = ("-placed_at", "-id")
    show_full_result_count = False
    actions = None
    formfield_overrides = {models.DateTimeField: {"form_class": forms.DateTimeField, "widget": MOMENT}}
    nothing = (
        _("There is no hold: events are removed when their time is over."),
        _(
            "Place one where events have to stay for longer, for a complaint, an inquiry or a court: those of a person,"
            " about a record, of a request or of a span of time. None of them is removed until the hold ends."
        ),
    )

    @admin.display(description=_("about"))
    def about(self, hold: Hold) -> str:
        return visible(in_words(hold))

    @admin.display(description=_("state"))
    def standing(self, hold: Hold) -> str:
        if hold.is_in_force:
            return badge("status", "pending", pgettext("hold", "In force"))
        return badge("status", "success", pgettext("hold", "Lifted") if hold.lifted_at else pgettext("hold", "Over"))

    @admin.display(description=_("placed"), ordering="placed_at")
    def placing(self, hold: Hold) -> str:
        when, who = moment(hold.placed_at, "%H:%M"), visible(hold.placed_by)
        return told(_("placed"), format_html("{} <bdi>{}</bdi>", when, who))

    @admin.display(description=_("until"), ordering="until")
    def ends(self, hold: Hold) -> str:
        return told(_("until"), moment(hold.until, "%H:%M") if hold.until else _("it is lifted"))

    # --- who ---
    def has_change_permission(self, request: HttpRequest, obj: Hold | None = None) -> bool:
        """To lift it, while it is in force."""
        return (obj is None or obj.is_in_force) and super().has_change_permission(request, obj)

    def has_delete_permission(self, request: HttpRequest, obj: Hold | None = None) -> bool:
        return False

    # --- one of them ---
    def get_form(self, request: HttpRequest, obj: Hold | None = None, change: bool = False, **kwargs: Any) -> Any:
        if obj is not None and self.has_change_permission(request, obj):
            return LiftForm
        return super().get_form(request, obj, change, **kwargs)

    def get_readonly_fields(self, request: HttpRequest, obj: Hold | None = None) -> tuple[str, ...]:
        return () if obj is None else shown_as((*ABOUT, *WHY, *PLACED, *LIFTED))

    def get_fieldsets(self, request: HttpRequest, obj: Hold | None = None) -> list[Any]:
        """All to place one; of one that is placed what was given."""
        about, why = (shown_as(given(obj, ABOUT)), shown_as(given(obj, (*WHY, *PLACED)))) if obj else (ABOUT, WHY)
        placed = [(_("What is kept"), {"fields": about, "description": meaning()}), (_("Why"), {"fields": why})]
        if obj is None:
            return placed
        if obj.lifted_at is not None:
            return [*placed, (_("Lifted"), {"fields": shown_as(LIFTED)})]
        return [*placed, (_("Lift it"), {"fields": ("why",)})] if self.has_change_permission(request, obj) else placed

    def render_change_form(
        self, request: HttpRequest, context: dict[str, Any], *args: Any, **kwargs: Any
    ) -> HttpResponse:
        hold: Hold | None = context.get("original")
        title = gettext("Hold %(number)s") % {"number": hold.pk} if hold else gettext("Place a hold")
        context.update(title=title, subtitle=None)
        return super().render_change_form(request, context, *args, **kwargs)

    def save_model(self, request: HttpRequest, obj: Hold, form: forms.Form, change: bool) -> None:
        name = request.user.get_username()
        if change:
            holds.lift(obj, reason=form.cleaned_data["why"], by=name)
        else:
            holds.place(obj, by=name)

    def response_add(self, request: HttpRequest, obj: Hold, post_url_continue: str | None = None) -> HttpResponse:
        return self.said(request, gettext("The hold is placed: what it is about is kept from now on."))

    def response_change(self, request: HttpRequest, obj: Hold) -> HttpResponse:
        """Where somebody else was first, that is as good."""
        return self.said(request, gettext("The hold is lifted: what is past its time goes with the next clean-up."))

    def said(self, request: HttpRequest, words: str) -> HttpResponse:
        self.message_user(request, words, messages.SUCCESS)
        return HttpResponseRedirect(reverse("admin:eventlog_hold_changelist"))


def in_words(hold: Hold) -> str:
    """`user name: ani, events from: 2026-01-01 07:00`"""
    named = [(label_for_field(name, Hold), getattr(hold, name)) for name in given(hold, ABOUT)]
    return ", ".join(f"{label}: {in_minutes(value)}" for label, value in named)


def in_minutes(value: Any) -> str:
    return f"{localtime(value):%Y-%m-%d %H:%M}" if isinstance(value, datetime) else str(value)


def meaning() -> str:
    kept = gettext("It keeps the events for which all of this is true, as long as it is in force, whatever their time.")
    return f"{kept} {zone_told()}"


def given(hold: Hold, names: Iterable[str]) -> tuple[str, ...]:
    return tuple(name for name in names if getattr(hold, name))


def of(event: Event, user: Any) -> dict[str, Any]:
    """What keeps the event, for who may know: to others it would say that they are looked into."""
    if not user.has_perm(SEE):
        return {}
    found = holds.about(event)
    return {"holds": [(reverse("admin:eventlog_hold_change", args=[hold.pk]), hold) for hold in found]}

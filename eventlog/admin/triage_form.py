"""What a reviewer says of an alert: a form beneath it, and the fields beside the list's actions."""

from datetime import date, datetime, time, timedelta
from typing import TYPE_CHECKING, Any, Final

from django import forms
from django.contrib.admin.helpers import ActionForm
from django.contrib.auth.models import Permission
from django.db.models import Q, QuerySet
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from eventlog.alerts import triage
from eventlog.alerts.refusing import NotPossible, attempts_told
from eventlog.models import Alert
from eventlog.models.alert import CLOSED, RESOLVED, STATES

if TYPE_CHECKING:  # generic for the type checker only
    ModelForm = forms.ModelForm[Alert]
else:
    ModelForm = forms.ModelForm

MUTE: Final = "mute"  # a decision beside the states
MUTED_DAYS: Final = 30  # unless somebody says otherwise
FIELDS: Final = {"reason": "note", "note": "note", "assignee": "assignee", "mute_until": "mute_until"}


class DayInput(forms.DateInput):
    """The browser's own."""

    input_type = "date"

    def __init__(self) -> None:
        super().__init__(format="%Y-%m-%d")


class TriageForm(ModelForm):
    """The decision is the button that was pressed; without one it is only noted, or given to somebody."""

    decision = forms.ChoiceField(required=False, choices=[*STATES.items(), (MUTE, MUTE)])
    note = forms.CharField(
        label=_("Reason or note"),
        help_text=_("Needed to close an alert: what was it, and how do you know?"),
        required=False,
        max_length=triage.MAX_NOTE,
        widget=forms.Textarea(attrs={"rows": 3}),
    )
    assignee: Any = forms.ModelChoiceField(label=_("Assignee"), queryset=None, required=False)
    mute_until = forms.DateField(
        label=_("Mute until"),
        help_text=_("Until the end of this day nothing more is told of this rule about this target. Events stay."),
        required=False,
        widget=DayInput(),
    )
    by: Any = None  # who decides

    class Meta:
        model = Alert
        fields: list[str] = []

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        fields: Any = self.fields
        fields["assignee"].queryset = lookers(self.instance)
        self.initial.update(assignee=self.instance.assignee_id, mute_until=usual_end())

    def clean(self) -> dict[str, Any]:
        """What is wrong is said beside its field, and what was written stays."""
        cleaned: dict[str, Any] = super().clean() or self.cleaned_data
        if not self.errors:
            try:
                with attempts_told():
                    triage.check(self.instance, self.wanted(), self.by)
            except NotPossible as no:
                self.add_error(FIELDS.get(no.field), str(no))
        return cleaned

    def wanted(self) -> triage.Change:
        chosen = self.cleaned_data
        decision, text = chosen["decision"], chosen["note"]
        person = chosen["assignee"] if "assignee" in self.changed_data else triage.AS_IT_IS
        if decision != MUTE:
            said = {"reason": text} if decision in CLOSED else {"note": text}
            return triage.Change(state=decision, assignee=person, **said)
        state = "" if self.instance.is_closed else RESOLVED
        until = end_of(chosen["mute_until"] or usual_end())
        return triage.Change(state=state, assignee=person, reason=text, mute_until=until)


class TriageActionForm(ActionForm):
    """Of several alerts at once."""

    reason = forms.CharField(label=_("Reason:"), required=False, max_length=triage.MAX_NOTE)


def lookers(alert: Alert) -> QuerySet[Any]:
    """Who may be given an alert; who has it already is among them."""
    seeing = Permission.objects.filter(content_type__app_label="eventlog", codename="view_security")
    may = Q(is_superuser=True) | Q(user_permissions__in=seeing) | Q(groups__permissions__in=seeing)
    return triage.people().filter(may | Q(pk=alert.assignee_id)).order_by("username").distinct()


def usual_end() -> date:
    return timezone.localdate() + timedelta(days=MUTED_DAYS)


def end_of(day: date) -> datetime:
    """Of the project's time zone."""
    return timezone.make_aware(datetime.combine(day + timedelta(days=1), time.min))


def last_day(end: datetime) -> date:
    """The day whose end it is."""
    return timezone.localtime(end - timedelta(seconds=1)).date()

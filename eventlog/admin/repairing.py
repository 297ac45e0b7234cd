"""The form that repairs a refused event: a field for each column that may be bad, with what the cleaning would make of
it. What is typed goes through that cleaning again, so nothing secret and nothing unclean gets in."""

import json
from collections.abc import Mapping
from typing import Any, Final

from django import forms
from django.db import models
from django.utils.text import capfirst
from django.utils.translation import gettext_lazy as _

from eventlog import catalog
from eventlog.catalog import StrOrPromise
from eventlog.models import Event
from eventlog.pipeline.refused import EDITABLE, MAX_REASON, is_taken

MAX_TYPED: Final = 5000  # characters; longer ones are stored as they are cleaned
CHOICES: Final[Mapping[str, Any]] = {
    "event_category": catalog.CATEGORIES,
    "severity": catalog.SEVERITIES,
    "event_status": catalog.STATUSES,
}
EXPECTED: Final[tuple[tuple[type[Any], StrOrPromise], ...]] = (
    (models.JSONField, _("JSON is expected here.")),
    (models.IntegerField, _("A whole number that is not too large or too small is expected here, or nothing.")),
    (models.FloatField, _("A number that is not negative is expected here, or nothing.")),
    (models.GenericIPAddressField, _("An IP address such as 203.0.113.7 is expected here, or nothing.")),
    (models.ForeignKey, _("The number of an account is expected here, or nothing.")),
)
OTHERWISE: Final = _("The event log does not take this here.")
COLUMNS: Final = {field.attname: field for field in Event._meta.concrete_fields}
FREE: Final = (models.CharField, models.TextField, models.GenericIPAddressField)


class RepairForm(forms.Form):
    def __init__(self, suspects: Mapping[str, Any], data: Any = None) -> None:
        super().__init__(data, prefix="column", label_suffix="")
        self.suggested = {name: value for name, value in suspects.items() if is_editable(name, value)}
        for name, value in self.suggested.items():
            self.fields[name] = field_for(name, value)

    def clean(self) -> dict[str, Any]:
        """{column: the value} of all that are asked for."""
        for name in self.suggested.keys() & self.cleaned_data.keys():
            try:
                self.cleaned_data[name] = self.value_of(name, self.cleaned_data[name])
            except (ValueError, RecursionError):  # the latter of JSON that is nested without end
                self.add_error(name, expected(name))
        return self.cleaned_data

    def value_of(self, name: str, typed: str) -> Any:
        """Raises ValueError. What was left as suggested is that."""
        suggestion, text = self.suggested[name], typed.replace("\r\n", "\n")
        if text == as_text(suggestion).replace("\r\n", "\n"):
            return suggestion
        value = read(column(name), text)
        if value is not None and not is_taken(name, value):
            raise ValueError
        return value


class DiscardForm(forms.Form):
    reason = forms.CharField(
        label=_("Reason"), max_length=MAX_REASON, widget=forms.Textarea(attrs={"rows": 2, "cols": 60})
    )


def column(name: str) -> "models.Field[Any, Any]":
    return COLUMNS[name]


def is_editable(name: str, value: Any) -> bool:
    return name in EDITABLE and len(as_text(value)) <= MAX_TYPED


def field_for(name: str, value: Any) -> forms.Field:
    known = column(name)
    label, text = capfirst(str(known.verbose_name)), as_text(value)
    if name in CHOICES:
        choices = [(key, words) for key, words in CHOICES[name].items()]
        return forms.ChoiceField(label=label, choices=choices, initial=text)
    is_long = "\n" in text or len(text) > 60 or isinstance(known, models.JSONField)
    widget = forms.Textarea(attrs={"rows": 4, "cols": 60}) if is_long else forms.TextInput(attrs={"size": 60})
    return forms.CharField(
        label=label, initial=text, required=name == "event_type", strip=False, max_length=MAX_TYPED, widget=widget
    )


def as_text(value: Any) -> str:
    if value is None:
        return ""
    return value if isinstance(value, str) else json.dumps(value, ensure_ascii=False, indent=2)


def read(known: "models.Field[Any, Any]", text: str) -> Any:
    """What is typed for a column, in its type; None for nothing. Raises ValueError."""
    if not text.strip():
        return None
    if isinstance(known, FREE):
        return text.strip() if isinstance(known, models.GenericIPAddressField) else text
    if isinstance(known, models.ForeignKey):
        return text.strip()
    return json.loads(text)  # of a number or a structure; raises a ValueError


def expected(name: str) -> str:
    known = column(name)
    return str(next((words for kind, words in EXPECTED if isinstance(known, kind)), OTHERWISE))

"""What the lists of events can be narrowed by. Each parameter is a field of the search language under its own name, and
understands what that field does: comparisons, ranges, commas; `q` is the whole language."""

from collections.abc import Mapping
from typing import Any

from django.db.models import Q, QuerySet
from django.utils.translation import gettext_lazy as _
from django_filters import rest_framework as filters
from rest_framework.exceptions import ValidationError

from eventlog import catalog
from eventlog.models import Alert, Event, EventQuerySet
from eventlog.models.alert import STATE_CHOICES
from eventlog.search.query import Mistake, Term, usable, values_in
from eventlog.search.terms import FIELDS, condition, term


class TermFilter(filters.CharFilter):
    """One field of the search language."""

    def filter(self, qs: QuerySet[Event], value: Any) -> QuerySet[Event]:
        return qs.filter(self.condition(value))

    def condition(self, value: str) -> Q:
        name = self.field_name
        return understood(name, lambda: term(Term(name, tuple(values_in(usable(value), 0)), 0)))


class TimeFilter(TermFilter):
    """`since` and `until`, both included: `2026-11-01`, `2026-11-01T07:30`, `-24h`."""

    def condition(self, value: str) -> Q:
        sign = ">=" if self.field_name == "since" else "<="
        return understood(self.field_name, lambda: term(Term("created", tuple(values_in(usable(sign + value), 0)), 0)))


class QueryFilter(TermFilter):
    def condition(self, value: str) -> Q:
        return understood(self.field_name, lambda: condition(value))


def understood(parameter: str, make: Any) -> Q:
    """Its condition; raises ValidationError, with the place of the mistake, under the parameter's name."""
    try:
        return make()  # type: ignore[no-any-return]
    except Mistake as mistake:
        said = {"message": str(mistake), "position": mistake.position, "expected": mistake.expected}
        error = ValidationError()
        error.detail = {parameter: said}  # type: ignore[dict-item]  # by itself it would make a text of the position
        raise error from None


class EventFilter(filters.FilterSet):
    q = QueryFilter(help_text=_("The search language."))
    since = TimeFilter(help_text=FIELDS["created"].expects)
    until = TimeFilter(help_text=FIELDS["created"].expects)

    class Meta:
        model = Event
        fields: list[str] = []

    @classmethod
    def get_filters(cls) -> dict[str, filters.Filter]:
        terms = {name: TermFilter(field_name=name, help_text=field.expects) for name, field in FIELDS.items()}
        return {**super().get_filters(), **terms}


def narrowed(events: EventQuerySet, params: Mapping[str, str]) -> EventQuerySet:
    """By each parameter that is given; raises ValidationError. `FilterSet.qs` would first make a form of all the fields
    that there are, for each request, which takes longer than the query."""
    for name, narrow in EventFilter.base_filters.items():
        if value := params.get(name, "").strip():
            events = narrow.filter(events, value)
    return events


class AlertFilter(filters.FilterSet):
    state = filters.ChoiceFilter(choices=STATE_CHOICES)
    severity = filters.ChoiceFilter(choices=list(catalog.SEVERITIES.items()))
    rule = filters.CharFilter(max_length=100)
    target = filters.CharFilter(max_length=300)
    assignee = filters.NumberFilter(field_name="assignee_id", help_text=_("The number of a user."))

    class Meta:
        model = Alert
        fields: list[str] = []

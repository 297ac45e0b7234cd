"""What the lists of events can be narrowed by. Each parameter is a field of the search language under its own name, and
understands what that field does: comparisons, ranges, commas; `q` is the whole language."""

from typing import Any

from django.db.models import Q, QuerySet
from django.utils.translation import gettext_lazy as _
from django_filters import rest_framework as filters
from rest_framework.exceptions import ValidationError

from eventlog.api.query import Mistake, Term, values_in
from eventlog.api.terms import FIELDS, condition, term
from eventlog.models import Event

PARAMETERS = [name for name in FIELDS if name not in ("created", "id")]


class TermFilter(filters.CharFilter):
    """One field of the search language."""

    def filter(self, qs: QuerySet[Event], value: Any) -> QuerySet[Event]:
        return qs.filter(self.condition(value)) if value else qs

    def condition(self, value: str) -> Q:
        name = self.field_name
        return understood(name, lambda: term(Term(name, tuple(values_in(value, 0)), 0)))


class TimeFilter(TermFilter):
    """`since` and `until`, both included: `2026-11-01`, `2026-11-01T07:30`, `-24h`."""

    def condition(self, value: str) -> Q:
        sign = ">=" if self.field_name == "since" else "<="
        return understood(self.field_name, lambda: term(Term("created", tuple(values_in(sign + value, 0)), 0)))


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
        terms = {name: TermFilter(field_name=name, help_text=FIELDS[name].expects) for name in PARAMETERS}
        return {**super().get_filters(), **terms}

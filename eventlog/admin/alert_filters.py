"""What the lists of alerts and mutes can be narrowed by, in the words that they show."""

from collections.abc import Iterator
from typing import Any, Final

from django.contrib import admin
from django.contrib.admin.views.main import ChangeList
from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils.translation import gettext_lazy as _

from eventlog import catalog
from eventlog.alerts import wording
from eventlog.models.alert import LEVELS, PENDING, STATES

TO_DO, ALL = "todo", "all"


class StateFilter(admin.SimpleListFilter):
    """What is still to be done, unless something else is asked for."""

    title = _("state")
    parameter_name = "state"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, Any]]:
        return [(TO_DO, _("To be done")), *STATES.items(), (ALL, _("All"))]

    def chosen(self) -> str:
        return str(self.value() or TO_DO)

    def queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> QuerySet[Any]:
        if self.chosen() == TO_DO:
            return queryset.filter(state__in=PENDING)
        return queryset.filter(state=self.chosen()) if self.chosen() in STATES else queryset

    def choices(self, changelist: ChangeList) -> Iterator[Any]:
        for name, words in self.lookup_choices:
            query = changelist.get_query_string({self.parameter_name: name})
            yield {"selected": self.chosen() == name, "query_string": query, "display": words}


class SeverityFilter(admin.SimpleListFilter):
    title = _("severity")
    parameter_name = "severity"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, Any]]:
        """The worst first; nobody is alarmed by what is only information."""
        worth = LEVELS[LEVELS.index(catalog.LOW) :]
        return [(name, catalog.SEVERITIES[name]) for name in reversed(worth)]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> QuerySet[Any]:
        return queryset.filter(severity=self.value()) if self.value() in LEVELS else queryset


class RuleFilter(admin.SimpleListFilter):
    title = _("rule")
    parameter_name = "rule"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, Any]]:
        """Those that have found something."""
        names = model_admin.get_queryset(request).order_by().values_list("rule", flat=True).distinct()
        return sorted(((name, wording.label_of(name)) for name in names), key=lambda choice: choice[1])

    def queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> QuerySet[Any]:
        return queryset.filter(rule=self.value()) if self.value() in dict(self.lookup_choices) else queryset


FILTERS: Final = (StateFilter, SeverityFilter, RuleFilter)

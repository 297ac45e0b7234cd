"""Events in the admin: a list and a page for each. Nobody can add, change or delete one here, superusers included.

The table may be huge, so nothing is ever counted: a page is read together with one row more, which tells whether
there is a next one. What can be searched and linked to is what an index answers.
"""

from typing import TYPE_CHECKING, Any
from uuid import UUID

from django.apps import apps
from django.contrib import admin
from django.contrib.admin.views.main import PAGE_VAR, ChangeList
from django.core.paginator import Paginator
from django.db.models import Q, QuerySet
from django.http import HttpRequest, HttpResponse
from django.utils.text import capfirst
from django.utils.translation import gettext_lazy as _

from eventlog.admin import display, records
from eventlog.admin.display import EMPTY, pretty_column
from eventlog.cleaning import canonical_address
from eventlog.models import Event, EventQuerySet
from eventlog.registry import audit_of

if TYPE_CHECKING:  # generic for the type checker only
    ModelAdmin = admin.ModelAdmin[Event]
else:
    ModelAdmin = admin.ModelAdmin

MAX_PAGES = 100  # an offset reads all that it skips; further back one gets by searching or filtering
LIST_COLUMNS = (
    "timestamp",
    "event_type",
    "event_category",
    "event_name",
    "severity",
    "event_status",
    "user_id",
    "username",
    "user_role",
    "ip_address",
    "response_status",
    "response_time_ms",
    "entity_type",
    "entity_name",
    "action",
    "error_code",
)
EXACT = (
    "event_type",
    "event_category",
    "severity",
    "event_status",
    "username",
    "request_id",
    "ip_address",
    "session_id",
    "entity_type",
    "entity_id",
)
LOOKUPS = {f"{column}__exact" for column in EXACT}  # what a link or filter may ask for
# (title, what is shown) in reading order; a name is a column of the model
GROUPS: tuple[tuple[Any, tuple[Any, ...]], ...] = (
    (
        _("What"),
        (
            display.exact_time,
            display.sentence,
            "event_type",
            display.category,
            display.severity,
            display.result,
            "reason",
            records.other_data,
        ),
    ),
    (_("Who"), (display.username, display.user_id, "user_role", "auth_method", display.address, display.session)),
    (
        _("Request"),
        (
            "request_method",
            "request_path",
            "endpoint",
            display.request_id,
            "trace_id",
            "referrer",
            "user_agent",
            pretty_column("query_params"),
            pretty_column("request_body"),
            pretty_column("request_headers"),
        ),
    ),
    (_("Response"), ("response_status", display.duration, display.size, "response_content_type")),
    (
        _("Server load"),
        (display.cpu_time, "memory_usage_mb", "memory_delta_kb", "db_query_count", display.query_time),
    ),
    (
        _("Record"),
        (
            display.record,
            "entity_name",
            "action",
            records.how_many,
            records.chosen_by,
            records.set_to,
            records.which,
            records.changes,
        ),
    ),
    (_("Failure"), ("error_code", "error_message", "error_fingerprint", pretty_column("stack_trace"))),
    (_("Security"), ("risk_score", pretty_column("threats"))),
    (_("System"), ("server_name", "process_id", "application_version", "environment", display.stored_at, "id")),
    (_("Tags"), (display.tags,)),
)


class EventList(ChangeList):
    """One page of the list, by one query."""

    newer = older = ""  # query strings of the pages beside this one

    def __init__(self, request: HttpRequest, *args: Any, **kwargs: Any) -> None:
        super().__init__(request, *args, **kwargs)
        self.title = str(capfirst(self.opts.verbose_name_plural))

    def get_ordering(self, request: HttpRequest, queryset: QuerySet[Any]) -> list[Any]:
        return ["-timestamp", "-id"]  # whatever `?o=` says

    def get_queryset(self, request: HttpRequest, *args: Any, **kwargs: Any) -> QuerySet[Any]:
        return super().get_queryset(request, *args, **kwargs).only(*LIST_COLUMNS)

    def get_results(self, request: HttpRequest) -> None:
        self.page_num = min(max(self.page_num, 1), MAX_PAGES)
        start = (self.page_num - 1) * self.list_per_page
        rows = self.rows(start, start + self.list_per_page + 1)
        self.result_list = rows[: self.list_per_page]
        self.result_count = self.full_result_count = start + len(rows)  # as far as is known; no template shows it
        self.paginator = Paginator(range(self.result_count), self.list_per_page)
        self.can_show_all, self.show_admin_actions = False, False
        has_older = len(rows) > self.list_per_page and self.page_num < MAX_PAGES
        self.multi_page = has_older or self.page_num > 1
        self.newer = self.get_query_string({PAGE_VAR: self.page_num - 1}) if self.page_num > 1 else ""
        self.older = self.get_query_string({PAGE_VAR: self.page_num + 1}) if has_older else ""

    def rows(self, start: int, stop: int) -> list[Event]:
        """The newest `stop` of each alternative, merged: joined by OR, they would be looked for through the table."""
        found = [self.queryset.filter(alternative)[:stop] for alternative in alternatives(self.query.strip())]
        if not found:
            return list(self.queryset[start:stop])
        return list(found[0].union(*found[1:]).order_by("-timestamp", "-id")[start:stop])


def alternatives(term: str) -> list[Q]:
    """What a search term may be: each has an index. A record's id is looked for under the audited models' names."""
    if not term:
        return []
    kind, _space, key = term.partition(" ")
    found = [Q(username=term), Q(request_id=term), Q(entity_type__in=entity_names(), entity_id=term)]
    return [*found, Q(entity_type=kind, entity_id=key.strip())] if key else found


def entity_names() -> list[str]:
    audits = (audit_of(model) for model in apps.get_models())
    return sorted({audit.name for audit in audits if audit is not None})


@admin.register(Event)
class EventAdmin(ModelAdmin):
    list_display = [
        display.time,
        display.kind,
        display.sentence,
        display.who,
        "ip_address",
        display.result,
        display.duration,
    ]
    list_display_links = [display.kind]
    list_filter = ["event_category", "severity", "event_status"]
    list_per_page = 50
    search_fields = ["username__exact", "request_id__exact", "entity_id__exact"]  # see `alternatives`
    search_help_text = _(
        "Enter an exact user name, request ID or record ID, or a kind of record with its ID, such as siswa 12."
    )
    sortable_by = ()
    actions = None
    show_full_result_count = False
    show_facets = admin.ShowFacets.NEVER  # they count

    class Media:
        css = {"all": ["eventlog/admin.css"]}

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: Event | None = None) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Event | None = None) -> bool:
        return False

    def get_queryset(self, request: HttpRequest) -> EventQuerySet:
        return Event.objects.visible_to(request.user)

    def get_changelist(self, request: HttpRequest, **kwargs: Any) -> type[ChangeList]:
        return EventList

    def lookup_allowed(self, lookup: str, value: str, request: HttpRequest) -> bool:
        """What an index answers, and a value that PostgreSQL can look for."""
        if lookup == "ip_address__exact":
            return "%" not in value and canonical_address(value) is not None
        return lookup in LOOKUPS and "\0" not in value

    def get_search_results(
        self, request: HttpRequest, queryset: QuerySet[Event], search_term: str
    ) -> tuple[QuerySet[Event], bool]:
        return queryset, False  # the list searches by itself, each alternative by its own index

    def get_object(self, request: HttpRequest, object_id: str, from_field: str | None = None) -> Event | None:
        """From the one partition that can hold it."""
        try:
            key = UUID(object_id)
        except ValueError:
            return None
        return self.get_queryset(request).with_id(key).first()

    def render_change_form(
        self, request: HttpRequest, context: dict[str, Any], *args: Any, **kwargs: Any
    ) -> HttpResponse:
        event: Event = context["original"]
        context.update(title=display.sentence(event), subtitle=display.headline(event))
        return super().render_change_form(request, context, *args, **kwargs)

    def get_fieldsets(self, request: HttpRequest, obj: Event | None = None) -> list[Any]:
        """The groups that this event has something in, with what it has."""
        shown = [(title, [item for item in items if obj and has(obj, item)]) for title, items in GROUPS]
        return [(title, {"fields": items}) for title, items in shown if items]


def has(event: Event, item: Any) -> bool:
    return (item(event) if callable(item) else getattr(event, item)) not in EMPTY

"""Events in the admin: a list, a page for each, timelines of what belongs together. Nobody can add, change or delete
one here, superusers included.

The table may be huge, so nothing of it is ever counted, and each page is read by key.
"""

from typing import TYPE_CHECKING, Any
from uuid import UUID

from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied
from django.forms.widgets import Script
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import URLPattern, path, reverse
from django.utils.translation import gettext_lazy as _

from eventlog import catalog
from eventlog.admin import display, holds, listing, proofs, records, saving, story, timelines, wording
from eventlog.admin.display import EMPTY, number_column, plain_column, pretty_column, worded_column
from eventlog.models import Event, EventQuerySet
from eventlog.privacy.opening import READ, open_event, was_opened
from eventlog.viewed import security_among, tell_one

if TYPE_CHECKING:  # generic for the type checker only
    ModelAdmin = admin.ModelAdmin[Event]
else:
    ModelAdmin = admin.ModelAdmin

# (title, what is shown) in reading order
GROUPS: tuple[tuple[Any, tuple[Any, ...]], ...] = (
    (
        _("What changed"),
        (
            records.how_many,
            records.chosen_by,
            records.set_to,
            records.which,
            records.changes,
        ),
    ),
    (
        _("What"),
        (
            display.kind,
            plain_column("reason"),
            records.other_data,
        ),
    ),
    (
        _("Who"),
        (
            display.username,
            display.user_id,
            plain_column("user_role"),
            worded_column("auth_method", catalog.AUTH_METHODS),
            display.address,
            display.session,
        ),
    ),
    (
        _("Record"),
        (
            display.record,
            plain_column("entity_name"),
            worded_column("action", catalog.ACTIONS),
        ),
    ),
    (
        _("Request"),
        (
            plain_column("request_method"),
            plain_column("request_path"),
            display.endpoint,
            display.request_id,
            display.trace_id,
            plain_column("referrer"),
            plain_column("user_agent"),
            pretty_column("query_params"),
            pretty_column("request_body"),
            pretty_column("request_headers"),
        ),
    ),
    (
        _("Response"),
        (
            plain_column("response_status"),
            display.duration,
            display.size,
            plain_column("response_content_type"),
        ),
    ),
    (
        _("Failure"),
        (
            worded_column("error_code", catalog.REFUSALS),
            plain_column("error_message"),
            display.fault,
            pretty_column("stack_trace"),
        ),
    ),
    (
        _("Server load"),
        (
            display.cpu_time,
            number_column("memory_usage_mb"),
            number_column("memory_delta_kb"),
            number_column("db_query_count"),
            display.query_time,
        ),
    ),
    (_("Security"), (number_column("risk_score"), pretty_column("threats"))),
    (
        _("System"),
        (
            plain_column("server_name"),
            plain_column("process_id"),
            plain_column("application_version"),
            plain_column("environment"),
            display.stored_at,
            "id",
        ),
    ),
    (_("Tags"), (display.tags,)),
)


@admin.register(Event)
class EventAdmin(ModelAdmin):
    change_form_template = "admin/eventlog/event/event.html"

    class Media:
        css = {"all": ["eventlog/admin.css"]}
        js = [Script("eventlog/console.js", defer=True)]

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: Event | None = None) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Event | None = None) -> bool:
        return False

    def get_queryset(self, request: HttpRequest) -> EventQuerySet:
        return Event.objects.visible_to(request.user)

    def get_urls(self) -> list[URLPattern]:
        """Those of ours first: the admin's own take any text for the key of an event."""
        own = {
            "live": self.live_view,
            "request": self.request_view,
            "user": self.user_view,
            "object": self.object_view,
            "address": self.address_view,
            "views": self.save_view,
        }
        pages = [
            path(f"{name}/", self.admin_site.admin_view(view), name=f"eventlog_event_{name}")
            for name, view in own.items()
        ]
        forget = path("views/<int:key>/", self.admin_site.admin_view(self.forget_view), name="eventlog_event_forget")
        return [*pages, forget, *super().get_urls()]

    def shown(self, request: HttpRequest) -> EventQuerySet:
        """What the reader may see. Raises PermissionDenied for who may not see this page."""
        if not self.has_view_permission(request):
            raise PermissionDenied
        return self.get_queryset(request)

    def around(self, request: HttpRequest) -> dict[str, Any]:
        """What the admin's frame needs."""
        return {**self.admin_site.each_context(request), "opts": self.opts, "media": self.media}

    # --- the list ---
    def changelist_view(self, request: HttpRequest, extra_context: dict[str, Any] | None = None) -> HttpResponse:
        return listing.answer(request, self.shown(request), self.around(request))

    def live_view(self, request: HttpRequest) -> HttpResponse:
        """The list, looking again by itself; under an address of its own, whose requests are not recorded."""
        return listing.answer(request, self.shown(request), {**self.around(request), "is_live": True})

    def save_view(self, request: HttpRequest) -> HttpResponse:
        self.shown(request)
        return saving.save(request)

    def forget_view(self, request: HttpRequest, key: int) -> HttpResponse:
        self.shown(request)
        return saving.forget(request, key)

    # --- timelines ---
    def request_view(self, request: HttpRequest) -> HttpResponse:
        return timelines.of_request(request, self.shown(request), self.around(request))

    def user_view(self, request: HttpRequest) -> HttpResponse:
        return timelines.of_user(request, self.shown(request), self.around(request))

    def object_view(self, request: HttpRequest) -> HttpResponse:
        return timelines.of_object(request, self.shown(request), self.around(request))

    def address_view(self, request: HttpRequest) -> HttpResponse:
        return timelines.of_address(request, self.shown(request), self.around(request))

    # --- one event ---
    def get_object(self, request: HttpRequest, object_id: str, from_field: str | None = None) -> Event | None:
        """From the one partition that can hold it."""
        try:
            key = UUID(object_id)
        except ValueError:
            return None
        event = self.get_queryset(request).with_id(key).first()
        if event is not None:
            open_event(event, may_read=request.user.has_perm(READ))
        return event

    def _get_obj_does_not_exist_redirect(self, request: HttpRequest, opts: Any, object_id: str) -> HttpResponse:
        """Django's hook for an event that is not there: to the list, not to the start page."""
        kept = _("There is no such event, or none that you may see. Events are removed when their time is over.")
        messages.warning(request, kept)
        return HttpResponseRedirect(reverse("admin:eventlog_event_changelist"))

    def render_change_form(
        self, request: HttpRequest, context: dict[str, Any], *args: Any, **kwargs: Any
    ) -> HttpResponse:
        event: Event = context["original"]
        context.update(story.of(event, self.get_queryset(request), request.user))
        context.update(**holds.of(event, request.user), **proofs.of(event))
        categories = {each.id: each.event_category for each in (event, *context.get("together", []))}
        record, number = (event.entity_type, event.entity_id), security_among(categories.values())
        tell_one(request, str(event.id), record, number=number, is_read=was_opened(event))
        context.update(title=wording.sentence(event), subtitle=None)
        return super().render_change_form(request, context, *args, **kwargs)

    def get_fieldsets(self, request: HttpRequest, obj: Event | None = None) -> list[Any]:
        """The groups that this event has something in, with what it has."""
        shown = [(title, [item for item in items if obj and has(obj, item)]) for title, items in GROUPS]
        return [(title, {"fields": items}) for title, items in shown if items]


def has(event: Event, item: Any) -> bool:
    return (item(event) if callable(item) else getattr(event, item)) not in EMPTY

"""The dashboard: how the site does, at a glance; each number leads to its events."""

from typing import TYPE_CHECKING, Any, Final

from django.contrib import admin
from django.core.exceptions import PermissionDenied
from django.forms.widgets import Script
from django.http import HttpRequest, HttpResponse
from django.template.response import TemplateResponse
from django.urls import URLPattern, path, reverse
from django.utils.translation import gettext_lazy as _

from eventlog.admin import display, lists, panels
from eventlog.admin.periods import LENGTHS, Period, Ways, in_words
from eventlog.admin.rows import TooLong, patience
from eventlog.admin.storing import storing
from eventlog.admin.weeks import Week
from eventlog.analytics import queries
from eventlog.analytics.overview import Overview, hours_of_week, overview
from eventlog.analytics.rollups import STEPS
from eventlog.conf import conf
from eventlog.models import Dashboard
from eventlog.pipeline.outbox import events_alias

if TYPE_CHECKING:  # generic for the type checker only
    ModelAdmin = admin.ModelAdmin[Dashboard]
else:
    ModelAdmin = admin.ModelAdmin

PERIOD: Final = 30  # seconds after which a live page looks again


@admin.register(Dashboard)
class DashboardAdmin(ModelAdmin):
    class Media:
        css = {"all": ["eventlog/admin.css"]}
        js = [Script("eventlog/console.js", defer=True)]

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: Dashboard | None = None) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Dashboard | None = None) -> bool:
        return False

    def has_view_permission(self, request: HttpRequest, obj: Dashboard | None = None) -> bool:
        return may_see(request)

    def has_module_permission(self, request: HttpRequest) -> bool:
        return self.has_view_permission(request)

    def get_urls(self) -> list[URLPattern]:
        """Those of a page, and none of a model."""
        return [
            path("", self.admin_site.admin_view(self.changelist_view), name="eventlog_dashboard_changelist"),
            path("live/", self.admin_site.admin_view(self.live_view), name="eventlog_dashboard_live"),
        ]

    def changelist_view(self, request: HttpRequest, extra_context: dict[str, Any] | None = None) -> HttpResponse:
        return self.answer(request)

    def live_view(self, request: HttpRequest) -> HttpResponse:
        """The same, looking again by itself; under an address of its own, whose requests are not recorded."""
        return self.answer(request, live=PERIOD)

    def answer(self, request: HttpRequest, **more: Any) -> HttpResponse:
        if not self.has_view_permission(request):
            raise PermissionDenied
        context = {**self.admin_site.each_context(request), "opts": self.opts, "media": self.media, **more}
        context |= {"title": _("Dashboard"), "query": request.GET.urlencode(), **told(request)}
        return TemplateResponse(request, "admin/eventlog/dashboard/dashboard.html", context)


def may_see(request: HttpRequest) -> bool:
    """As the list of events."""
    return request.user.has_perm("eventlog.view_event")


def told(request: HttpRequest) -> dict[str, Any]:
    period = Period.of(request.GET.dict())
    lengths = [(f"?range={key}", words, key == period.key) for key, (_length, words) in LENGTHS.items()]
    context = {
        "period": period,
        "lengths": lengths,
        "zone": display.zone_of(period.now),
        "storing": storing(request.user),
    }
    try:
        with patience(events_alias()):
            return context | numbers(overview(request.user, period.window, period.now), period)
    except TooLong:
        return {**context, "is_too_long": True}


def ways_on(period: Period) -> Ways:
    return Ways(reverse("admin:eventlog_event_changelist"), period.now)


def numbers(view: Overview, period: Period) -> dict[str, Any]:
    now, ways = period.now, ways_on(period)
    context = {"view": view, "range_words": in_words(view.window)}
    if not view.now.total:
        return {**context, "is_empty": True}
    people = queries.by_user(view.source)
    headline = panels.tiles(view, panels.HEADLINE, ways)
    if not conf.ANONYMOUS_ANALYTICS:
        headline.insert(-1, panels.active_users(len(people), view.users_before()))
    return {
        **context,
        "earlier_words": in_words(view.earlier.window) if view.earlier else "",
        "tiles": headline,
        "charts": list(panels.drawn(view, ways)),
        "week": Week.of(hours_of_week(view.source, now)),
        "week_is_cut": view.window.begin < now - STEPS[-1].after,
        "week_days": STEPS[-1].after.days,
        "threats": lists.threats(view, ways),
        "endpoints": lists.endpoints(view, ways),
        "categories": lists.categories(view, ways),
        "people": lists.people(view, ways, people),
        "is_anonymous": conf.ANONYMOUS_ANALYTICS,
    }


def summary(request: HttpRequest) -> dict[str, Any]:
    """The last day in a few numbers, for the admin's start page."""
    period = Period.of({})
    try:
        with patience(events_alias()):
            view = overview(request.user, period.window, period.now)
    except TooLong:
        return {"is_too_long": True}
    return {"tiles": panels.tiles(view, panels.SUMMARY, ways_on(period)), "is_empty": not view.now.total}

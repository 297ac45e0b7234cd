"""Ways from the admin's own pages to what the log knows."""

from typing import Any

from django import template
from django.db import models
from django.utils.html import format_html
from django.utils.translation import gettext as _

from eventlog.addresses import timeline
from eventlog.catalog import StrOrPromise
from eventlog.explained import address, screen
from eventlog.registry import audit_of, is_account
from eventlog.values import key_text
from eventlog.visible import grouped

register = template.Library()
register.filter(grouped)


@register.simple_tag(takes_context=True)
def event_links(context: template.Context, record: Any) -> list[tuple[str, str]]:
    """(words, address): the record's history, and of an account what was done with it; for who may see events."""
    request = context.get("request")
    if request is None or not isinstance(record, models.Model) or not request.user.has_perm("eventlog.view_event"):
        return []
    links = []
    if audit := audit_of(type(record)):
        links.append((_("Events"), timeline("object", type=audit.name, id=key_text(record.pk))))
    if is_account(type(record)):
        links.append((_("What he or she did"), timeline("user", id=record.pk)))
    return links


@register.simple_tag
def more(section: StrOrPromise) -> str:
    """`More: docs/status.md#limits`, with a link where it is known where that can be read."""
    if not section:
        return ""
    link = address(section)
    shown = format_html('<a href="{}">{}</a>', link, section) if link else format_html("<code>{}</code>", section)
    return format_html('<span class="eventlog-quiet eventlog-more">{} {}</span>', _("More:"), shown)


@register.simple_tag(takes_context=True)
def more_about_this_page(context: template.Context) -> str:
    match = getattr(context.get("request"), "resolver_match", None)
    section = screen(getattr(match, "url_name", None) or "")
    if link := section and address(section):
        shown = format_html('<a href="{}" title="{}">{}</a>', link, section, _("Help with this page"))
        return format_html('<p class="eventlog-help">{}</p>', shown)
    return format_html('<p class="eventlog-help">{}</p>', more(section)) if section else ""


@register.simple_tag
def zone_told() -> str:
    """`Times are in WIB, UTC+07:00.`"""
    from eventlog.admin import display  # a site need not have Django's admin

    return display.zone_told()


@register.inclusion_tag("admin/eventlog/dashboard/summary.html", takes_context=True)
def event_summary(context: template.Context) -> dict[str, Any]:
    """The last day in a few numbers; for who may see events."""
    from eventlog.admin.dashboard import may_see, summary  # a site need not have Django's admin
    from eventlog.models.alert import may_see_alerts

    request = context["request"]
    if not may_see(request):
        return {"may_see": False}
    return {"may_see": True, "may_see_alerts": may_see_alerts(request.user), **summary(request)}

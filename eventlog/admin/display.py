"""How an event is shown: each function takes one and gives text or safe HTML, empty where there is nothing to show.

What an event holds came from outside; it reaches HTML through `format_html` only.
"""

import json
from collections.abc import Callable
from datetime import datetime
from typing import Any
from urllib.parse import urlencode

from django.contrib.admin import display
from django.template.defaultfilters import filesizeformat
from django.urls import reverse
from django.utils.formats import number_format
from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString
from django.utils.timezone import localtime
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from eventlog import catalog
from eventlog.models import Event
from eventlog.record import plain_label

EMPTY: tuple[Any, ...] = (None, "", [], {})  # 0 and False say something


# --- words ---
def label(event: Event) -> str:
    """The type in words of the reader's language."""
    known = catalog.TYPES.get(event.event_type)
    if known is not None:
        return str(known.label)
    if event.action in catalog.CRUD_ACTIONS and event.entity_type:
        return gettext(catalog.CRUD_ACTIONS[event.action][0]) % {"entity": event.entity_type}
    known = catalog.lookup(event.event_type)
    return str(known.label) if known else event.event_type


@display(description=_("what happened"))
def sentence(event: Event) -> str:
    """In words, and to which record."""
    known = catalog.lookup(event.event_type)
    named = event.event_name not in ("", event.event_type) and (not known or event.event_name != plain_label(known))
    words = event.event_name if named else label(event)
    return f"{words}: {event.entity_name}" if event.entity_name and event.entity_name not in words else words


# --- values ---
@display(description=_("time"))
def time(event: Event) -> SafeString:
    return moment(event.timestamp, "%H:%M:%S")


def headline(event: Event) -> str:
    return f"{event.event_type}, {localtime(event.timestamp):%Y-%m-%d %H:%M:%S}"


@display(description=_("time"))
def exact_time(event: Event) -> SafeString:
    return format_html("{} {}", moment(event.timestamp, "%H:%M:%S.%f"), f"{localtime(event.timestamp):%Z}")


@display(description=_("stored at"))
def stored_at(event: Event) -> SafeString:
    return moment(event.recorded_at, "%H:%M:%S.%f")


def moment(value: datetime, clock: str) -> SafeString:
    """In the project's time zone; date and clock each stay on one line."""
    local = localtime(value)
    return format_html(
        '<time datetime="{}"><span>{}</span> <span>{}</span></time>',
        value.isoformat(),
        local.strftime("%Y-%m-%d"),
        local.strftime(clock),
    )


def badge(kind: str, value: str, words: Any) -> SafeString:
    return format_html('<span class="eventlog-badge eventlog-{}-{}">{}</span>', kind, value.lower(), words)


@display(description=_("severity"))
def severity(event: Event) -> SafeString:
    return badge("severity", event.severity, catalog.SEVERITIES.get(event.severity, event.severity))


@display(description=_("category"))
def category(event: Event) -> str:
    return str(catalog.CATEGORIES.get(event.event_category, event.event_category))


KIND = '<span class="eventlog-type">{}</span> {} <span class="eventlog-category eventlog-quiet">{}</span>'


@display(description=_("type"))
def kind(event: Event) -> SafeString:
    """Type and severity, with the category beneath."""
    return format_html(KIND, event.event_type, severity(event), category(event))


@display(description=_("result"))
def result(event: Event) -> SafeString:
    words = catalog.STATUSES.get(event.event_status, event.event_status)
    code = event.response_status if event.response_status is not None else event.error_code
    return format_html("{} {}", badge("status", event.event_status, words), code or "")


@display(description=_("duration"))
def duration(event: Event) -> str:
    return milliseconds(event.response_time_ms)


@display(description=_("CPU time"))
def cpu_time(event: Event) -> str:
    return milliseconds(event.cpu_time_ms)


@display(description=_("database time"))
def query_time(event: Event) -> str:
    return milliseconds(event.db_time_ms)


def milliseconds(value: float | None) -> str:
    if value is None:
        return ""
    if value >= 1000:
        return gettext("%(number)s s") % {"number": number_format(value / 1000, 2)}
    return gettext("%(number)s ms") % {"number": number_format(value, 0 if value >= 10 else 1)}


@display(description=_("size"))
def size(event: Event) -> str:
    return "" if event.response_size_bytes is None else filesizeformat(event.response_size_bytes)


# --- who and what, as links to the events of the same ---
def same(event: Event, words: str, *columns: str) -> str:
    """`words` as a link to the list of events that have the same values in `columns`."""
    return linked(words, **{column: getattr(event, column) for column in columns}) if words else ""


def linked(words: str, **columns: str) -> str:
    """`words` as a link to the list of events that have these values."""
    query = urlencode({f"{column}__exact": value for column, value in columns.items()})
    return format_html('<a href="{}?{}">{}</a>', reverse("admin:eventlog_event_changelist"), query, words)


@display(description=_("who"))
def who(event: Event) -> SafeString:
    name = event.username or (gettext("user %(id)s") % {"id": event.user_id} if event.user_id is not None else "–")
    return format_html('{} <span class="eventlog-quiet">{}</span>', name, event.user_role)


@display(description=_("user name"))
def username(event: Event) -> str:
    return same(event, event.username, "username")


@display(description=_("user ID"))
def user_id(event: Event) -> str:
    return "" if event.user_id is None else str(event.user_id)


@display(description=_("IP address"))
def address(event: Event) -> str:
    return same(event, event.ip_address or "", "ip_address")


@display(description=_("session"))
def session(event: Event) -> str:
    return same(event, event.session_id, "session_id")


@display(description=_("request ID"))
def request_id(event: Event) -> str:
    return same(event, event.request_id, "request_id")


@display(description=_("record ID"))
def record(event: Event) -> str:
    words = f"{event.entity_type} {event.entity_id}".strip()
    return same(event, words, "entity_type", "entity_id") if event.entity_type and event.entity_id else words


# --- structures ---
def pretty(value: Any) -> str:
    if value in EMPTY:
        return ""
    text = value if isinstance(value, str) else json.dumps(value, indent=2, ensure_ascii=False)
    return format_html("<pre>{}</pre>", text)


def pretty_column(name: str) -> Callable[[Event], str]:
    """A function that shows one JSON or long column as it is, lines and indents kept."""

    def show(event: Event) -> str:
        return pretty(getattr(event, name))

    show.__name__ = name
    return display(description=getattr(Event._meta.get_field(name), "verbose_name", name))(show)


@display(description=_("tags"))
def tags(event: Event) -> str:
    if not isinstance(event.tags, list):
        return pretty(event.tags)
    return format_html_join(" ", '<span class="eventlog-badge">{}</span>', ((tag,) for tag in event.tags))


def text_of(value: Any) -> str:
    return value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)

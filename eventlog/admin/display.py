"""How an event is shown: each function takes one and gives text or safe HTML, empty where there is nothing to show.

What an event holds came from outside; it reaches HTML through `format_html` only, and `visible` before it.
"""

from collections.abc import Callable, Mapping
from datetime import datetime, timedelta
from typing import Any, Final

from django.contrib.admin import display
from django.db.models import Model
from django.template.defaultfilters import filesizeformat
from django.urls import reverse
from django.utils.formats import number_format
from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString
from django.utils.text import Truncator
from django.utils.timezone import localtime, now
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from eventlog import catalog
from eventlog.addresses import timeline
from eventlog.admin import wording
from eventlog.admin.asking import Question, exactly
from eventlog.models import Event
from eventlog.privacy.opening import Covered
from eventlog.visible import cut, laid_out, text_of, visible

MAX_CODE: Final = 80  # characters
EMPTY: tuple[Any, ...] = (None, "", [], {})  # 0 and False say something


# --- times ---
@display(description=_("time"))
def exact_time(event: Event) -> SafeString:
    return format_html("{} {}", moment(event.timestamp, "%H:%M:%S.%f"), zone_of(event.timestamp))


@display(description=_("stored at"))
def stored_at(event: Event) -> SafeString:
    return moment(event.recorded_at, "%H:%M:%S.%f")


def moment(value: datetime, clock: str = "%H:%M:%S") -> SafeString:
    """In the project's time zone; date and clock each stay on one line."""
    local = localtime(value)
    return format_html(
        '<time datetime="{}"><span>{}</span> <span>{}</span></time>',
        local.isoformat(),
        local.strftime("%Y-%m-%d"),
        local.strftime(clock),
    )


def zone_of(value: datetime) -> str:
    """`WIB, UTC+07:00`"""
    offset = localtime(value).isoformat()[-6:]
    return f"{localtime(value):%Z}, UTC{offset}"


def zone_told() -> str:
    """For beneath times that are without it."""
    return gettext("Times are in %(zone)s.") % {"zone": zone_of(now())}


# --- badges ---
def badge(kind: str, value: str, words: Any) -> SafeString:
    return format_html('<span class="eventlog-badge eventlog-{}-{}">{}</span>', kind, value.lower(), words)


@display(description=_("severity"))
def severity(event: Event) -> SafeString:
    return badge("severity", event.severity, catalog.SEVERITIES.get(event.severity, event.severity))


@display(description=_("category"))
def category(event: Event) -> SafeString:
    return badge("category", event.event_category, catalog.CATEGORIES.get(event.event_category, event.event_category))


@display(description=_("type"))
def kind(event: Event) -> str:
    words = wording.label(event)
    return format_html(
        '{} <span class="eventlog-quiet">{}</span>', same(words, type=event.event_type), visible(event.event_type)
    )


@display(description=_("result"))
def result(event: Event) -> SafeString:
    words = catalog.STATUSES.get(event.event_status, event.event_status)
    code = event.response_status if event.response_status is not None else failure(event)
    return format_html("{} {}", badge("status", event.event_status, words), code or "")


def failure(event: Event) -> str:
    """Why, in a word; the code is its title."""
    code = visible(event.error_code)
    words = catalog.REFUSALS.get(event.error_code)
    return Truncator(code).chars(MAX_CODE) if words is None else format_html('<span title="{}">{}</span>', code, words)


# --- numbers ---
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


# --- who and what, as links to all that is known of them ---
def link(address: str, words: str) -> str:
    return format_html('<a href="{}">{}</a>', address, visible(words)) if words else ""


def list_of(question: Question) -> str:
    """The address of the list that answers it."""
    return reverse("admin:eventlog_event_changelist") + question.address()


def same(words: str, **values: str) -> str:
    """`words` as a link to the list of events that have these values."""
    return link(list_of(exactly(**values)), words)


def timeline_of_actor(event: Event) -> str:
    if event.user_id is not None:
        return timeline("user", id=event.user_id)
    return timeline("user", name=event.username) if event.username else ""


def timeline_of_record(event: Event) -> str:
    if not (event.entity_type and event.entity_id):
        return ""
    return timeline("object", type=event.entity_type, id=event.entity_id)


@display(description=_("user name"))
def username(event: Event) -> str:
    return link(timeline_of_actor(event), event.username)


@display(description=_("user ID"))
def user_id(event: Event) -> str:
    return "" if event.user_id is None else link(timeline_of_actor(event), str(event.user_id))


@display(description=_("IP address"))
def address(event: Event) -> str:
    return link(timeline("address", ip=event.ip_address), event.ip_address) if event.ip_address else ""


@display(description=_("session"))
def session(event: Event) -> str:
    return same(event.session_id, session=event.session_id)


@display(description=_("request ID"))
def request_id(event: Event) -> str:
    return link(timeline("request", id=event.request_id), event.request_id)


@display(description=_("trace ID"))
def trace_id(event: Event) -> str:
    return same(event.trace_id, trace=event.trace_id)


@display(description=_("record ID"))
def record(event: Event) -> str:
    words = f"{event.entity_type} {event.entity_id}".strip()
    address = timeline_of_record(event)
    return link(address, words) if address else visible(words)


@display(description=_("endpoint"))
def endpoint(event: Event) -> str:
    return same(event.endpoint, endpoint=event.endpoint)


@display(description=_("error fingerprint"))
def fault(event: Event) -> str:
    return same(event.error_fingerprint, fault=event.error_fingerprint)


def record_link(event: Event, key: str) -> str:
    """To the history of one of the records that an event is about."""
    return link(timeline("object", type=event.entity_type, id=key), key)


# --- what happened around it ---
NEAR: Final = timedelta(minutes=5)


def around(event: Event) -> list[tuple[str, str]]:
    """(words, address) of lists of the minutes before and after."""
    since, until = ((localtime(event.timestamp) + step).isoformat(timespec="seconds") for step in (-NEAR, NEAR))
    person = {"user": str(event.user_id)} if event.user_id is not None else {"actor": event.username}
    of_the_same: tuple[tuple[Any, dict[str, str]], ...] = (
        (_("Everything"), {}),
        (_("Of the same person"), person),
        (_("From the same address"), {"ip": event.ip_address or ""}),
        (_("In the same session"), {"session": event.session_id}),
        (_("On the same page"), {"endpoint": event.endpoint}),
    )
    chosen = ((str(words), values) for words, values in of_the_same if all(values.values()))
    return [(words, list_of(exactly(**values).at(since, until))) for words, values in chosen]


# --- what people keep beside the events: holds, requests ---
def readable(model: type[Model], name: str) -> Callable[[Any], str]:
    """A column of a row that was entered, with what turns or hides text made visible, and a time with its zone."""

    def shown(row: Any) -> str:
        value = getattr(row, name)
        if isinstance(value, datetime):
            return format_html("{} {}", moment(value, "%H:%M"), zone_of(value))
        return visible(value or "")

    shown.__name__ = f"read_{name}"  # not the field's own: what it says to who writes is no matter of who reads
    return display(description=model._meta.get_field(name).verbose_name)(shown)  # type: ignore[union-attr]


# --- texts and structures ---
def pretty(value: Any) -> str:
    if isinstance(value, Covered):
        return format_html('<em class="eventlog-quiet">{}</em>', value.words)
    return "" if value in EMPTY else format_html("<pre>{}</pre>", cut(laid_out(value)))


def column(name: str, show: Callable[[Any], str]) -> Callable[[Event], str]:
    """A function that shows one column."""

    def shown(event: Event) -> str:
        value = getattr(event, name)
        return "" if value in EMPTY else show(value)

    shown.__name__ = name
    return display(description=getattr(Event._meta.get_field(name), "verbose_name", name))(shown)


def plain_column(name: str) -> Callable[[Event], str]:
    return column(name, lambda value: cut(text_of(value)))


def worded_column(name: str, words: Mapping[str, Any]) -> Callable[[Event], str]:
    """One of few words that a search knows; that is its title."""

    def show(value: str) -> str:
        return format_html('<span title="{}">{}</span>', visible(value), words.get(value, visible(value)))

    return column(name, show)


def pretty_column(name: str) -> Callable[[Event], str]:
    """As it is, lines and indents kept."""
    return column(name, pretty)


def number_column(name: str) -> Callable[[Event], str]:
    return column(name, number_format)


@display(description=_("tags"))
def tags(event: Event) -> str:
    if not isinstance(event.tags, list):
        return pretty(event.tags)
    links = ((list_of(exactly(tag=str(tag))), visible(str(tag))) for tag in event.tags)
    return format_html_join(" ", '<a class="eventlog-badge" href="{}">{}</a>', links)

"""The columns of the list: what may be shown of an event in one line. A value leads to the events that have it, and to
those that do not."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from typing import Final

from django.urls import reverse
from django.utils.html import format_html
from django.utils.text import Truncator
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from eventlog import catalog
from eventlog.admin import display, wording
from eventlog.admin.asking import Question, entity
from eventlog.catalog import StrOrPromise
from eventlog.models import Event
from eventlog.visible import visible

MAX_CELL: Final = 80  # characters
Show = Callable[[Event, "Picks"], str]


@dataclass(frozen=True, slots=True)
class Column:
    name: str
    title: StrOrPromise
    show: Show
    is_usual: bool = True


@dataclass(frozen=True, slots=True)
class Picks:
    """Values as links: to only those, and a small one to all but those. Most values of a page are there often."""

    question: Question
    known: dict[tuple[str, str, str], str] = field(default_factory=dict)

    def of(self, name: str, value: str, words: str) -> str:
        """`name` is a field of the search language."""
        if not value:
            return ""
        key = (name, value, words)
        if key not in self.known:
            self.known[key] = self.made(*key)
        return self.known[key]

    def made(self, name: str, value: str, words: str) -> str:
        shown = visible(value)
        return format_html(
            '<a href="{}" title="{}">{}</a> <a class="eventlog-but" href="{}" title="{}">'
            '<span aria-hidden="true">&minus;</span><span class="visually-hidden">{}</span></a>',
            self.question.only(name, value).address(),
            gettext("Only these: %(value)s") % {"value": shown},
            words,
            self.question.but(name, value).address(),
            gettext("All but these"),
            gettext("All but %(value)s") % {"value": shown},
        )


def short(text: str) -> str:
    return Truncator(visible(text)).chars(MAX_CELL)


def time(event: Event, picks: Picks) -> str:
    address = reverse("admin:eventlog_event_change", args=[event.id])
    return format_html('<a href="{}">{}</a>', address, display.moment(event.timestamp))


def what(event: Event, picks: Picks) -> str:
    address = reverse("admin:eventlog_event_change", args=[event.id])
    return format_html('<a class="eventlog-sentence" href="{}">{}</a>', address, wording.sentence(event))


def kind(event: Event, picks: Picks) -> str:
    return format_html(
        "{} {}",
        picks.of("severity", event.severity, display.severity(event)),
        picks.of("category", event.event_category, display.category(event)),
    )


def who(event: Event, picks: Picks) -> str:
    if event.username:
        return picks.of("actor", event.username, format_html("<bdi>{}</bdi>", short(event.username)))
    return picks.of("user", "" if event.user_id is None else str(event.user_id), wording.who(event))


def record(event: Event, picks: Picks) -> str:
    value = entity(event.entity_type, event.entity_id) if event.entity_id else event.entity_type
    return picks.of("entity", value, short(f"{event.entity_type} {event.entity_id}"))


def result(event: Event, picks: Picks) -> str:
    words = display.badge("status", event.event_status, catalog.STATUSES.get(event.event_status, event.event_status))
    code = event.response_status
    return format_html(
        "{} {}",
        picks.of("status", event.event_status.lower(), words),
        picks.of("status", "" if code is None else str(code), str(code)) or display.failure(event),
    )


def kind_in_words(event: Event, picks: Picks) -> str:
    """The code name is what the link's title says."""
    return picks.of("type", event.event_type, short(wording.label(event)))


def by(name: str, attribute: str) -> Show:
    """The value of one column that a field of the search language finds."""

    def show(event: Event, picks: Picks) -> str:
        value = getattr(event, attribute) or ""
        return picks.of(name, value, short(value))

    return show


COLUMNS: Final = {
    column.name: column
    for column in (
        Column("time", _("time"), time),
        Column("kind", _("severity and category"), kind),
        Column("what", _("what happened"), what),
        Column("who", _("who"), who),
        Column("address", _("IP address"), by("ip", "ip_address")),
        Column("result", _("result"), result),
        Column("duration", _("duration"), lambda event, _picks: display.duration(event)),
        Column("type", _("type"), kind_in_words, is_usual=False),
        Column("record", _("record"), record, is_usual=False),
        Column("role", _("role"), by("role", "user_role"), is_usual=False),
        Column("endpoint", _("endpoint"), by("endpoint", "endpoint"), is_usual=False),
        Column("reason", _("reason"), lambda event, _picks: short(event.reason), is_usual=False),
        Column("request", _("request ID"), by("request", "request_id"), is_usual=False),
        Column("session", _("session"), by("session", "session_id"), is_usual=False),
        Column("server", _("server"), lambda event, _picks: short(event.server_name), is_usual=False),
    )
}


def columns(names: Iterable[str]) -> list[Column]:
    """In the order of the catalogue; the usual ones where none of these is one. What happened is always among them."""
    wanted = set(names) & COLUMNS.keys()
    return [each for each in COLUMNS.values() if (each.name in wanted | {"what"} if wanted else each.is_usual)]

"""How an alert is shown: each function takes one and gives text or safe HTML, empty where there is nothing to show."""

from collections.abc import Iterable
from datetime import timedelta
from typing import Any, Final

from django.contrib.admin import display
from django.contrib.auth import get_user_model
from django.utils import timezone
from django.utils.formats import number_format
from django.utils.html import format_html, format_html_join
from django.utils.timesince import timesince
from django.utils.timezone import localtime
from django.utils.translation import gettext, ngettext
from django.utils.translation import gettext_lazy as _

from eventlog import catalog
from eventlog.addresses import timeline
from eventlog.admin.asking import exactly
from eventlog.admin.display import badge, link, list_of, moment, pretty
from eventlog.admin.lines import Line, lines_of
from eventlog.admin.rows import lines
from eventlog.admin.wording import label_of
from eventlog.alerts import wording
from eventlog.alerts.telling import about
from eventlog.models import Alert, Event
from eventlog.models.alert import RANK, STATES
from eventlog.models.notification import SENT
from eventlog.visible import visible

ASKED_BY: Final = {"username": "actor", "session_id": "session", "ip_address": "ip"}  # in the search language
AROUND: Final = timedelta(hours=1)  # before the first and after the last event
MOST_ROWS = 20  # of a table


@display(description=_("severity"), ordering=RANK)
def severity(alert: Alert) -> str:
    return badge("severity", alert.severity, catalog.SEVERITIES[alert.severity])


@display(description=_("state"), ordering="state")
def state(alert: Alert) -> str:
    return badge("state", alert.state, STATES[alert.state])


@display(description=_("state"), ordering="state")
def standing(alert: Alert) -> str:
    """And who looks after it."""
    who = format_html('<span class="eventlog-under">{}</span>', visible(alert.assignee_name))
    return format_html("{}{}", state(alert), who if alert.assignee_name else "")


@display(description=_("what happened"))
def headline(alert: Alert) -> str:
    """And to whom."""
    return format_html('{} <span class="eventlog-under">{}</span>', wording.label(alert), target(alert))


@display(description=_("target"), ordering="target")
def target(alert: Alert) -> str:
    return visible(wording.target(alert))


@display(description=_("target"))
def exact_target(alert: Alert) -> str:
    """In words, and as a mute names it."""
    return format_html('{} <span class="eventlog-quiet">{}</span>', target(alert), visible(alert.target))


@display(description=_("rule"))
def rule(alert: Alert) -> str:
    return format_html('{} <span class="eventlog-quiet">{}</span>', wording.label_of(alert.rule), alert.rule)


@display(description=_("type"))
def kind(alert: Alert) -> str:
    return format_html(
        '{} <span class="eventlog-quiet">{}</span>', label_of(alert.event_type), visible(alert.event_type)
    )


@display(description=_("open for"), ordering="opened_at")
def age(alert: Alert) -> str:
    """Until now, or until it was closed."""
    words = timesince(alert.opened_at, alert.closed_at or timezone.now(), depth=1)
    opened = localtime(alert.opened_at)
    return format_html(
        '<time datetime="{}" title="{}">{}</time>', opened.isoformat(), f"{opened:%Y-%m-%d %H:%M}", words
    )


@display(description=_("events"), ordering="event_count")
def events(alert: Alert) -> str:
    return number_format(alert.event_count)


@display(description=_("last seen"), ordering="last_seen")
def last_seen(alert: Alert) -> str:
    return moment(alert.last_seen, "%H:%M:%S")


@display(description=_("in short"))
def explanation(alert: Alert) -> str:
    return wording.explanation(alert)


@display(description=_("what to do"))
def advice(alert: Alert) -> str:
    return wording.advice(alert)


@display(description=_("seen"))
def seen(alert: Alert) -> str:
    return format_html("{} – {}", moment(alert.first_seen, "%H:%M:%S"), last_seen(alert))


@display(description=_("how often"))
def how_often(alert: Alert) -> str:
    events = ngettext("%(number)s event", "%(number)s events", alert.event_count)
    findings = ngettext("%(number)s finding", "%(number)s findings", alert.finding_count)
    reopened = ngettext("reopened %(number)s time", "reopened %(number)s times", alert.reopen_count)
    words = [(events, alert.event_count), (findings, alert.finding_count), (reopened, alert.reopen_count)]
    return ", ".join(text % {"number": number_format(number)} for text, number in words if number)


@display(description=_("around it"))
def around(alert: Alert) -> str:
    """What whom it is about did before, meanwhile and after."""
    values = {ASKED_BY[name]: value for name, value in named(alert).items()}
    begin, end = alert.first_seen, alert.last_seen
    spans = (
        (gettext("the hour before"), begin - AROUND, begin),
        (gettext("meanwhile"), begin, end + timedelta(seconds=1)),
        (gettext("the hour after"), end, end + AROUND),
    )
    asked = exactly(**values)
    ways = [(list_of(asked.at(iso(since), iso(until))), words) for words, since, until in spans]
    if values:
        ways.append((list_of(asked), gettext("at any time")))
    links = format_html_join(" · ", '<a href="{}">{}</a>', ways)
    whose = whose_timeline(values, wording.target(alert)) if values else gettext("All events")
    return format_html("{}: {}", whose, links)


def named(alert: Alert) -> dict[str, str]:
    """The columns by which its events are found, an account's name as it spells itself: a target has small letters."""
    columns = about(alert.target)
    if name := columns.get("username"):
        users = get_user_model()
        field = users.USERNAME_FIELD
        known = users._default_manager.filter(**{f"{field}__iexact": name}).values_list(field, flat=True).first()
        columns["username"] = str(known or name)
    return columns


def whose_timeline(values: dict[str, str], words: str) -> str:
    """A link to the timeline of the account or address; a session has none."""
    if "actor" in values:
        return link(timeline("user", name=values["actor"]), words)
    return link(timeline("address", ip=values["ip"]), words) if "ip" in values else visible(words)


def iso(value: Any) -> str:
    return localtime(value).isoformat(timespec="seconds")


def evidence(alert: Alert) -> list[Line]:
    """The events that it rests on, as far as they are still there."""
    found = Event.objects.using(alert._state.db).with_ids(list(alert.evidence.values()))
    return lines_of(lines(found.order_by("timestamp", "id")))


@display(description=_("findings"))
def findings(alert: Alert) -> str:
    """The newest ones."""
    rows = alert.findings.order_by("-last_seen")[:MOST_ROWS]
    cells = (
        (moment(row.first_seen, "%H:%M:%S"), moment(row.last_seen, "%H:%M:%S"), row.event_count, pretty(row.data))
        for row in rows
    )
    heads = (gettext("first seen"), gettext("last seen"), gettext("events"), gettext("data"))
    return table(heads, cells)


@display(description=_("notifications"))
def notifications(alert: Alert) -> str:
    """Who was told of it, and whether it has come through."""
    rows = alert.notifications.order_by("-id")[:MOST_ROWS]
    cells = (
        (
            row.channel,
            row.get_kind_display(),
            row.get_state_display(),
            moment(row.sent_at if row.state == SENT and row.sent_at else row.due_at, "%H:%M:%S"),
            row.last_error,
        )
        for row in rows
    )
    heads = (gettext("to"), gettext("kind"), gettext("state"), gettext("time"), gettext("error"))
    return table(heads, cells) or gettext("Nobody was told.")


def table(heads: tuple[str, ...], rows: Iterable[Any]) -> str:
    lines = [format_html_join("", "<td>{}</td>", ((cell,) for cell in row)) for row in rows]
    if not lines:
        return ""
    return format_html(
        '<table class="eventlog-rows"><thead><tr>{}</tr></thead><tbody>{}</tbody></table>',
        format_html_join("", '<th scope="col">{}</th>', ((head,) for head in heads)),
        format_html_join("", "<tr>{}</tr>", ((line,) for line in lines)),
    )

"""What is said of alerts in one message, in one language, in every form that a channel may need."""

import hashlib
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any, Final
from urllib.parse import urlsplit
from uuid import UUID

from django.conf import settings
from django.template.loader import render_to_string
from django.urls import reverse
from django.utils import formats, timezone, translation
from django.utils.translation import gettext as _
from django.utils.translation import ngettext, pgettext

from eventlog import catalog
from eventlog.alerts import wording
from eventlog.conf import conf
from eventlog.models import Alert, EventNotification
from eventlog.models.alert import level
from eventlog.record import redactor_in_force

MAX_SUBJECT: Final = 200  # characters
# Controls, and marks that turn the direction of writing: a name that somebody typed may hold them.
UNSEEN: Final = re.compile(r"[\x00-\x08\x0e-\x1f\x7f-\x9f\u200b-\u200f\u202a-\u202e\u2060-\u2069\ufeff]")


@dataclass(frozen=True, slots=True)
class Message:
    """`id` is the same for the same notifications, unless one has become worse: by it a receiver knows what comes
    again."""

    id: str
    subject: str
    text: str
    html: str
    chat: str  # by Slack's rules
    data: Any  # for programs
    type: str = "eventlog.alerts"  # what they tell it by


@dataclass(frozen=True, slots=True)
class Item:
    """One alert, in words. None of them is escaped."""

    news: str
    severity: str
    headline: str
    explanation: str
    advice: str
    times: str
    url: str
    evidence: list[tuple[str, str]]  # what it is, and where


def message(notifications: Sequence[EventNotification], language: str) -> Message:
    """Of one or more, which have their alerts; the worst first."""
    ordered = sorted(notifications, key=lambda each: -level(each.alert.severity))
    with translation.override(language):
        items = [item(each) for each in ordered]
        context = {"items": items, "lead": lead(items), "site": site(), "language": language}
        return Message(
            id=message_id(notifications),
            subject=subject(items)[:MAX_SUBJECT],
            text=render_to_string("eventlog/alerts/mail.txt", context).strip() + "\n",
            html=render_to_string("eventlog/alerts/mail.html", context),
            chat="\n\n".join(chat(each) for each in items),
            data=[for_programs(each) for each in ordered],
        )


def message_id(notifications: Sequence[EventNotification]) -> str:
    keys = " ".join(
        f"{each.alert_id} {each.pk} {each.severity}" for each in sorted(notifications, key=lambda each: each.pk)
    )
    return f"msg_{hashlib.sha256(keys.encode()).hexdigest()[:32]}"


def item(notification: EventNotification) -> Item:
    alert = notification.alert
    clean = redactor_in_force().text
    return Item(
        news=notification.get_kind_display(),
        severity=str(catalog.SEVERITIES[alert.severity]),
        headline=one_line(clean(wording.headline(alert))),
        explanation=one_line(clean(wording.explanation(alert))),
        advice=wording.advice(alert),
        times=times(alert),
        url=address_of(alert),
        evidence=[(str(EVIDENCE[name]()), address_of_event(key)) for name, key in alert.evidence.items()],
    )


EVIDENCE = {
    "first": lambda: pgettext("event", "first"),
    "last": lambda: pgettext("event", "last"),
    "worst": lambda: pgettext("event", "worst"),
}


def times(alert: Alert) -> str:
    """In the project's time zone."""
    first, last = (
        formats.date_format(timezone.localtime(moment), "DATETIME_FORMAT")
        for moment in (alert.first_seen, alert.last_seen)
    )
    return first if first == last else _("%(first)s to %(last)s") % {"first": first, "last": last}


def lead(items: Sequence[Item]) -> str:
    if len(items) == 1:
        return items[0].explanation
    return ngettext("%(number)s alert:", "%(number)s alerts:", len(items)) % {"number": len(items)}


def subject(items: Sequence[Item]) -> str:
    """`[EduPro] High: Password guessing: account guru001`"""
    first = items[0]
    words = f"{first.severity}: {first.headline}"
    if len(items) > 1:
        more = ngettext("and %(number)s more alert", "and %(number)s more alerts", len(items) - 1)
        words = f"{words}, {more % {'number': len(items) - 1}}"
    return f"[{urlsplit(site()).hostname}] {words}"


def chat(item: Item) -> str:
    """https://api.slack.com/reference/surfaces/formatting: three characters are escaped, and links are in angles."""
    lines = (f"{item.severity} · {item.news}", item.headline, item.explanation, item.advice)
    return "\n".join([*map(escaped, lines), f"<{escaped(item.url)}>"])


def one_line(words: str) -> str:
    return " ".join(UNSEEN.sub("", words).split())


def escaped(words: str) -> str:
    return words.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")


def for_programs(notification: EventNotification) -> dict[str, Any]:
    alert = notification.alert
    return {
        "kind": notification.kind,
        "notification": notification.pk,
        "alert": {
            **{name: getattr(alert, name) for name in ("id", "rule", "event_type", "severity", "state")},
            "target": redactor_in_force().text(alert.target),
            "explanation": redactor_in_force().text(wording.explanation(alert)),
            **{name: getattr(alert, name) for name in ("first_seen", "last_seen", "finding_count", "event_count")},
            "events": alert.evidence,
            "url": address_of(alert),
        },
    }


# --- where things are ---
def site() -> str:
    """SITE_URL, else the first host of ALLOWED_HOSTS that is one."""
    return conf.SITE_URL or next(hosts(), "http://localhost:8000")


def knows_site() -> bool:
    return bool(conf.SITE_URL) or next(hosts(), None) is not None


def hosts() -> Iterator[str]:
    scheme = "https" if settings.SECURE_SSL_REDIRECT or not settings.DEBUG else "http"
    return (f"{scheme}://{host}" for host in settings.ALLOWED_HOSTS if host.strip("*.") == host and host)


def address_of(alert: Alert) -> str:
    return site() + reverse("admin:eventlog_alert_change", args=[alert.pk])


def address_of_event(key: UUID | str) -> str:
    return site() + reverse("admin:eventlog_event_change", args=[key])

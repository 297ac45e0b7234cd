"""A person's export as a page to be read, or printed: one file that asks nothing of any other, in the active
language."""

import json
from collections.abc import Mapping
from datetime import datetime
from typing import Any, Final

from django.utils import timezone
from django.utils.formats import date_format
from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString
from django.utils.translation import get_language, gettext
from django.utils.translation import gettext_lazy as _

from eventlog import catalog
from eventlog.catalog import StrOrPromise
from eventlog.models import Event
from eventlog.privacy.opening import Covered
from eventlog.subjects.export import ABOUT, DID, NAMED, PERHAPS, Line
from eventlog.visible import visible

HOWS: Final = {
    DID: _("you did it"),
    ABOUT: _("it is about you"),
    NAMED: _("you are named"),
    PERHAPS: _("you may be among them"),
}
SAID: Final = ("timestamp", "event_type", "username", "user_role", "id", "event_name")
WORDS: Final[dict[str, Mapping[str, StrOrPromise]]] = {
    "event_category": catalog.CATEGORIES,
    "severity": catalog.SEVERITIES,
    "event_status": catalog.STATUSES,
    "action": catalog.ACTIONS,
    "auth_method": catalog.AUTH_METHODS,
}
LABELS: Final = {str(each.column): each.verbose_name for each in Event._meta.concrete_fields}
STYLE: Final = (
    "body{font:1rem/1.5 system-ui,sans-serif;max-width:60rem;margin:2rem auto;padding:0 1rem;color:#222;"
    "background:#fff}h1,h2{line-height:1.2}h2{font-size:1rem;margin:0}"
    "article{border-top:1px solid #aaa;padding:.5rem 0;break-inside:avoid}"
    "dl{display:grid;grid-template-columns:minmax(8rem,14rem) 1fr;gap:.1rem 1rem;margin:.3rem 0}dt{color:#555}"
    "dd{margin:0;overflow-wrap:anywhere;white-space:pre-wrap}@media(max-width:30rem){dl{display:block}}"
)


def begin(about: str) -> SafeString:
    what = gettext("What the event log knows of %(who)s") % {"who": visible(about)}
    when = gettext("Made on %(when)s: all events in which this person acts, is concerned or is named, oldest first.")
    rights = gettext(
        "Of those who saw or changed your data you are given the name and the role. What is about others is left out."
    )
    return format_html(
        '<!doctype html>\n<html lang="{}"><head><meta charset="utf-8">'
        '<meta name="viewport" content="width=device-width"><title>{}</title><style>{}</style></head>'
        "<body><h1>{}</h1><p>{}</p><p>{}</p>\n",
        *(get_language() or "en", what, STYLE, what, when % {"when": moment(timezone.now())}, rights),
    )


def article(line: Line) -> SafeString:
    columns = line.columns
    known = catalog.lookup(str(columns["event_type"]))
    label = columns["event_type"] if known is None else known.label
    who = " · ".join(visible(str(columns[name])) for name in ("username", "user_role") if columns.get(name))
    title = format_html("<h2>{} · {}{}</h2>", moment(columns["timestamp"]), label, f" · {who}" if who else "")
    return format_html("<article>{}<p>{}</p><dl>{}</dl></article>\n", title, HOWS[line.how], details(columns))


def details(columns: Any) -> SafeString:
    named = ((LABELS[name], text(name, value)) for name, value in columns.items() if name not in SAID)
    return format_html_join("", "<dt>{}</dt><dd>{}</dd>", named)


def text(name: str, value: Any) -> str:
    if isinstance(value, Covered):
        return str(value.words)
    if name in WORDS:
        return str(WORDS[name].get(value, visible(str(value))))
    return visible(value if isinstance(value, str) else json.dumps(value, ensure_ascii=False, default=str))


def moment(when: datetime) -> str:
    return date_format(timezone.localtime(when), "DATETIME_FORMAT")


def end(events: int) -> SafeString:
    return format_html("<p>{}</p></body></html>\n", gettext("Events: %(number)s.") % {"number": events})

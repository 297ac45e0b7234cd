"""Events as sentences: who did what to what, and what came of it. In the reader's language; plain text, for whoever
shows it to escape."""

from collections.abc import Iterator
from typing import Any, Final

from django.utils.text import Truncator
from django.utils.translation import gettext, ngettext
from django.utils.translation import gettext_lazy as _

from eventlog import catalog
from eventlog.admin.naming import record_title, records_title, title
from eventlog.admin.values import ABSENT, in_table
from eventlog.catalog import StrOrPromise
from eventlog.models import Event
from eventlog.privacy.opening import Covered
from eventlog.visible import grouped, visible

MAX_VALUE: Final = 40  # characters of a value in a sentence
MAX_FIELDS: Final = 3
DEEDS: Final[dict[str, StrOrPromise]] = {
    "CREATE": _("%(who)s added %(what)s"),
    catalog.READ: _("%(who)s looked at %(what)s"),
    "UPDATE": _("%(who)s changed %(what)s"),
    "DELETE": _("%(who)s deleted %(what)s"),
    "BULK_UPDATE": _("%(who)s changed %(what)s"),
    "BULK_IMPORT": _("%(who)s imported %(what)s"),
    catalog.EXPORT: _("%(who)s exported %(what)s"),
}
WAYS: Final[dict[str, StrOrPromise]] = {
    catalog.LOGIN: _("%(who)s signed in"),
    catalog.LOGIN_FAILED: _("%(who)s could not sign in"),
    catalog.LOGOUT: _("%(who)s signed out"),
    catalog.PASSWORD_CHANGE: _("%(who)s changed a password"),
    catalog.EVENTS_EXPORTED: _("%(who)s exported events"),
    catalog.EVENTS_VIEWED: _("%(who)s looked at events that not everybody may see"),
}

MADE: Final = {  # what capture calls an event whose label says the same in the reader's language
    **dict.fromkeys((catalog.TASK_SUCCESS, catalog.TASK_FAILED, catalog.TASK_RETRY), ("task ", "")),
    catalog.APP_START: ("", " process started"),
}


def sentence(event: Event) -> str:
    """`guru001 changed student Ahmad Fauzi: class X → XI`."""
    told = {"who": who(event), "what": what(event)}
    if name := made_of(event):
        return _with_actor(event, f"{label(event)}: {name}")
    if is_named_by_hand(event):
        return _with_actor(event, visible(gettext(event.event_name)))
    if event.event_type == catalog.HTTP_REQUEST:
        return gettext("%(who)s asked for %(what)s") % {**told, "what": request(event)}
    if event.event_type in WAYS:
        return _about(event, str(WAYS[event.event_type]) % told)
    if event.event_category == catalog.CRUD and event.action in DEEDS and event.entity_type:
        return ": ".join(filter(None, (str(DEEDS[event.action]) % told, changes(event))))
    return _about(event, _with_actor(event, label(event)))


def made_of(event: Event) -> str:
    """The job's or the process's name, where the event is called so by what has captured it."""
    begin, end = MADE.get(event.event_type, ("", ""))
    name = event.event_name.removeprefix(begin).removesuffix(end)
    return visible(name) if begin + name + end == event.event_name and begin + end else ""


def is_named_by_hand(event: Event) -> bool:
    """Whether its name says more than its type."""
    known = catalog.lookup(event.event_type)
    usual = ("", event.event_type, known.words if known else "")
    return event.event_name not in usual and event.event_type != catalog.HTTP_REQUEST


def label(event: Event) -> str:
    """The type in words of the reader's language."""
    if event.event_type not in catalog.TYPES and event.action in catalog.CRUD_ACTIONS and event.entity_type:
        return _deed(event.entity_type, event.action)
    return label_of(event.event_type)


def label_of(event_type: str) -> str:
    """The same where nothing else is known; a search's `SISWA_*` stays as it is."""
    if event_type in catalog.TYPES:
        return str(catalog.TYPES[event_type].label)
    deed = catalog.deed_of(event_type)
    return _deed(*deed) if deed else visible(event_type)


def _deed(entity: str, action: str) -> str:
    return gettext(catalog.CRUD_ACTIONS[action][0]) % {"entity": record_title(entity)}


def who(event: Event) -> str:
    if event.username:
        return visible(event.username)
    return gettext("user %(id)s") % {"id": event.user_id} if event.user_id is not None else gettext("Somebody")


def what(event: Event) -> str:
    """One record by its name, else by its key; many by their number."""
    kind, number = event.entity_type, count_of(event)
    if event.entity_id or event.entity_name:
        return f"{record_title(kind)} {visible(event.entity_name or event.entity_id)}".strip()
    if number is None:
        return gettext("records of %(kind)s") % {"kind": records_title(kind)}
    return ngettext("%(number)s record of %(kind)s", "%(number)s records of %(kind)s", number) % {
        "number": grouped(number),
        "kind": records_title(kind),
    }


def count_of(event: Event) -> int | None:
    number = event.event_data.get("count") if isinstance(event.event_data, dict) else None
    return number if type(number) is int else None


def request(event: Event) -> str:
    return Truncator(visible(f"{event.request_method} {event.request_path or event.endpoint}".strip())).chars(200)


def changes(event: Event) -> str:
    """`class X → XI, address a → b and 2 more`, of one record."""
    if not event.entity_id or event.action != "UPDATE":
        return ""
    found = list(changed(event))
    rest = len(found) - MAX_FIELDS
    told = ", ".join(found[:MAX_FIELDS])
    return told if rest <= 0 else gettext("%(changes)s and %(number)s more") % {"changes": told, "number": rest}


def changed(event: Event) -> Iterator[str]:
    before, after = map(told_values, (event.previous_values, event.new_values))
    names = event.changed_fields if isinstance(event.changed_fields, list) else list({**before, **after})
    for name in map(str, names):
        shown = brief(title(event.entity_type, name))
        old, new = before.get(name, ABSENT), after.get(name, ABSENT)
        if isinstance(old, dict) or isinstance(new, dict):  # members of a relation
            yield f"{shown} {'; '.join(brief(value) for value in (old, new) if value is not ABSENT)}"
        elif old is ABSENT and new is ABSENT:
            yield shown
        else:
            yield f"{shown} {brief(old)} → {brief(new)}"


def told_values(values: Any) -> dict[str, Any]:
    return values if isinstance(values, dict) and not isinstance(values, Covered) else {}


def brief(value: Any) -> str:
    if value is ABSENT or value is None or value == "":
        return "–"
    return Truncator(in_table(value)).chars(MAX_VALUE)


def _with_actor(event: Event, words: str) -> str:
    return f"{who(event)}: {words}" if event.username or event.user_id is not None else words


def _about(event: Event, words: str) -> str:
    """With the name of the record that it is about, where the words do not have it."""
    name = visible(event.entity_name)
    return f"{words}: {name}" if name and name not in words else words

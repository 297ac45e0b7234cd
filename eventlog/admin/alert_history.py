"""What became of an alert, from its events; what was written with it is in the alert alone, since others read those."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

from django.contrib.auth import get_user_model
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from eventlog import catalog
from eventlog.admin import display
from eventlog.admin.lines import address_of
from eventlog.admin.triage_form import last_day
from eventlog.alerts.refusing import OWN
from eventlog.alerts.telling import ENTITY
from eventlog.models import Alert, Event
from eventlog.models.alert import STATES
from eventlog.visible import visible

MOST: Final = 200  # steps, the newest
TITLES: Final = {
    "state": gettext_lazy("state"),
    "severity": gettext_lazy("severity"),
    "assignee_id": gettext_lazy("assignee"),
}
WORDS: Final[dict[str, dict[str, Any]]] = {"state": {**STATES}, "severity": {**catalog.SEVERITIES}}


@dataclass(frozen=True, slots=True)
class Step:
    """`address` is its event's; empty of what is not stored yet, or no longer."""

    at: datetime
    who: str
    what: list[str]
    text: str
    address: str

    @property
    def time(self) -> str:
        return display.moment(self.at)


def steps_of(alert: Alert) -> list[Step]:
    """The newest first."""
    about = Event.objects.using(alert._state.db).about_record([ENTITY], str(alert.pk)).newest_first()
    events = list(about.filter(event_type__in=[catalog.ALERT_OPENED, catalog.ALERT_UPDATED])[:MOST])
    told = {number for event in events if (number := note_of(event)) is not None}
    names = names_of(events)
    known = (step_of(event, alert, names) for event in events)
    untold = (step_of_note(note) for number, note in enumerate(alert.notes) if number not in told)
    return sorted([*known, *untold], key=lambda step: step.at, reverse=True)


def note_of(event: Event) -> int | None:
    number = event.event_data.get("note") if isinstance(event.event_data, dict) else None
    return number if type(number) is int else None


def step_of(event: Event, alert: Alert, names: dict[Any, str]) -> Step:
    number = note_of(event)
    text = alert.notes[number]["text"] if number is not None and 0 <= number < len(alert.notes) else ""
    who = visible(event.username) if event.username else _("by itself")
    return Step(event.timestamp, who, list(deeds(event, names)), visible(text), address_of(event.id))


def step_of_note(note: dict[str, Any]) -> Step:
    changed = [change(_("state"), STATES.get(note["from"]), STATES.get(note["to"]))] if "from" in note else []
    who = visible(note["username"]) if note["username"] else _("by itself")
    return Step(datetime.fromisoformat(note["at"]), who, changed, visible(note["text"]), "")


def deeds(event: Event, names: dict[Any, str]) -> Iterator[str]:
    data: dict[str, Any] = event.event_data if isinstance(event.event_data, dict) else {}
    if event.event_type == catalog.ALERT_OPENED:
        yield _("opened again") if data.get("reopen_count") else _("opened")
        return
    if event.error_code == OWN:
        yield _("wanted to acknowledge, close or mute it, and may not: it is about this account")
        return
    before, after = event.previous_values or {}, event.new_values or {}
    for name in event.changed_fields or ():
        if name in TITLES:
            yield change(TITLES[name], *(in_words(name, values.get(name), names) for values in (before, after)))
    if data.get("muted_until"):
        yield _("muted until %(day)s") % {"day": last_day(datetime.fromisoformat(data["muted_until"]))}
    if data.get("recovered"):
        yield _("it is over")
    if event.event_status != catalog.SUCCESS:
        yield _("a message could not be delivered")


def change(title: Any, before: Any, after: Any) -> str:
    return f"{title}: {before or '–'} → {after or '–'}"


def in_words(name: str, value: Any, names: dict[Any, str]) -> Any:
    if name == "assignee_id":
        return names.get(value, value)
    return WORDS[name].get(value, value)


def names_of(events: Iterable[Event]) -> dict[Any, str]:
    """The names of the accounts that it was given to."""
    both = [values for event in events for values in (event.previous_values, event.new_values)]
    keys: set[Any] = {values.get("assignee_id") for values in both if isinstance(values, dict)} - {None}
    users = get_user_model()._default_manager.filter(pk__in=keys)
    return {user.pk: visible(user.get_username()) for user in users}

"""Events that the database refused: what is wrong with them, and what becomes of them: stored after all, or discarded.

What was refused stays as it is. What is stored instead is made of it by the cleaning and redaction that every event
goes through, under the id that it has, by the store, in one transaction with the decision. In the accounts it is then
no longer dead but stored; what is discarded stays dead, for it was recorded and is not in the table.
"""

import json
import re
from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any, Final
from uuid import UUID

from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from eventlog import catalog
from eventlog.cleaning import Cleaning
from eventlog.columns import CLEANERS
from eventlog.logger import record_event
from eventlog.models import DeadLetter
from eventlog.models.batch import DISCARDED, RETRIED, WAITING
from eventlog.models.event import moment_of
from eventlog.pipeline import store
from eventlog.pipeline.outbox import events_alias
from eventlog.privacy.envelopes import COLUMNS, MARK, is_envelope
from eventlog.privacy.opening import ERASED, Covered, uncovered
from eventlog.record import NAMES, SEARCHED, EventRecord, make_record, redactor_in_force, usable_time

ENTITY: Final = "event"
REPAIRED: Final = "repaired"  # the tag of an event that was stored otherwise than it was recorded
# The time is the id's; what was encrypted is not to be stored in plain text by who may not read it.
EDITABLE: Final = frozenset({"event_type", *NAMES} - {"timestamp", "is_sensitive"})
BAD: Final = frozenset({"bad_number", "bad_address", "bad_choice", "bad_user", "unserialisable"})
# What is made of other columns, and so made anew where they are changed.
MADE_OF: Final = {"event_name": {"event_type"}, "search_text": {"event_type", "event_name", *SEARCHED}}
NAMED: Final = re.compile(r'"(\w+)"')  # in the database's words
MAX_REASON: Final = 2000  # characters


class NotPossible(Exception):
    """The text says why, in the reader's language."""


class AlreadyDecided(NotPossible):
    """Somebody else was first, or the same person clicked twice."""


class RefusedAgain(NotPossible):
    """By the database; nothing has changed."""


# --- what is wrong ---
def columns_of(letter: DeadLetter) -> dict[str, Any]:
    """The event as it was refused; nothing where it cannot be read, or has no id that it could be stored under."""
    try:
        columns = json.loads(letter.record)
        return columns if UUID(columns["id"]).version == 7 else {}
    except (ValueError, TypeError, KeyError, AttributeError, RecursionError):
        return {}


def closed_columns(letter: DeadLetter) -> dict[str, Any]:
    """For who looks at it: without what is encrypted."""
    return replaced(columns_of(letter), may_read=False)


def replaced(columns: dict[str, Any], *, may_read: bool) -> dict[str, Any]:
    values = uncovered([{"is_sensitive": False, **columns}], may_read=may_read, using=events_alias())
    return columns | values[0]


def suspects(letter: DeadLetter) -> dict[str, Any]:
    """{column: what the cleaning makes of its value} of those that the cleaning changes; else, as they are, of those
    that the database has named, or of all. What is encrypted was clean before."""
    refused = columns_of(letter)
    refused = {name: value for name, value in refused.items() if name not in COLUMNS or not is_envelope(value)}
    if not refused:
        return {}
    cleaned = as_json(mended(refused, {}))
    if found := differences(refused, cleaned):
        return {name: cleaned.get(name) for name in found}
    known = {name: value for name, value in refused.items() if name in EDITABLE}
    named = {name: known.get(name) for name in NAMED.findall(letter.reason) if name in EDITABLE}
    return named or known


def mended(refused: Mapping[str, Any], changes: Mapping[str, Any]) -> EventRecord:
    """The event with other values in some columns, cleaned and redacted as any event is, under its own id."""
    columns, key = {**refused, **changes}, UUID(refused["id"])
    stale = {name for name, source in MADE_OF.items() if source & changes.keys()} - changes.keys()
    given = {name: value for name, value in columns.items() if name in NAMES - stale}
    made = make_record(columns.get("event_type"), given)
    return replace(made, id=key, timestamp=time_of(key, refused.get("timestamp")))


def time_of(key: UUID, given: Any) -> datetime:
    """As it was given, where it is found by its id then, see `EventQuerySet.with_id`; else that of the id."""
    begin, when = moment_of(key), usable_time(given)
    return when if when is not None and begin <= when <= begin + timedelta(milliseconds=1) else begin


def as_json(record: EventRecord) -> dict[str, Any]:
    columns: dict[str, Any] = json.loads(record.to_json())
    return columns


def differences(refused: Mapping[str, Any], stored: Mapping[str, Any]) -> list[str]:
    """The columns that are otherwise; what the cleaning adds by itself is none."""
    return [name for name in refused if name in {*EDITABLE, "timestamp"} and differs(name, refused[name], stored)]


def differs(name: str, value: Any, stored: Mapping[str, Any]) -> bool:
    if name == "timestamp":
        return usable_time(value) != usable_time(stored[name])
    if name == "tags" and isinstance(value, list):
        return False  # the cleaning says there what it has done
    return bool((value if value is not None else "") != (stored.get(name) if stored.get(name) is not None else ""))


def is_taken(name: str, value: Any) -> bool:
    """Whether the column takes such a value; what is only cut or masked is taken."""
    if name == "event_category":
        return value in catalog.CATEGORIES
    if name not in CLEANERS:
        return isinstance(value, str) and bool(value)
    cleaning = Cleaning(redactor_in_force())
    CLEANERS[name](cleaning, value)
    return not cleaning.tags & BAD


# --- what becomes of it ---
def retry(key: int, changes: Mapping[str, Any], *, by: Any) -> store.Stored:
    """Store it, with these values instead of the refused ones. Once, however many ask for it.

    Raises AlreadyDecided, RefusedAgain, NotPossible, and DeadLetter.DoesNotExist; then nothing has changed.
    """
    alias = events_alias()
    with transaction.atomic(using=alias):
        letter = held(key, alias)
        refused = columns_of(letter)
        if not refused:
            raise NotPossible(_("This event cannot be read any more. It can only be discarded."))
        refused = readable(refused)  # the store encrypts it again
        record = mended(refused, {name: value for name, value in changes.items() if name in EDITABLE})
        changed = differences(refused, as_json(record))
        record = marked(record) if changed else record
        decide(letter, RETRIED, by=by)
        result = store.write(store.Batch([record.to_json()], refused_before=1), using=alias)
        if result.dead:
            again = DeadLetter.objects.using(alias).get(batch_id=result.batch_id)
            raise RefusedAgain(again.reason)
        data = {"refused_event": letter.pk, "sqlstate": letter.sqlstate, "was_there": not result.events}
        told = {"changed_fields": changed, "event_data": data, "entity_id": record.id}
        record_event(catalog.DEAD_LETTER_RETRIED, {"entity_type": ENTITY, **told}, using=alias)
    return result


def readable(refused: Mapping[str, Any]) -> dict[str, Any]:
    """With its values as they were, those that were erased as such. Raises NotPossible for what may be read later."""
    columns = replaced(dict(refused), may_read=True)
    covers = [value for name in COLUMNS if isinstance(value := columns.get(name), Covered)]
    if left := next((cover for cover in covers if cover[MARK] != ERASED), None):
        raise NotPossible(left.words)
    return columns


def discard(key: int, reason: str, *, by: Any) -> None:
    """Leave it out of the table for good. Raises AlreadyDecided, NotPossible, and DeadLetter.DoesNotExist."""
    alias = events_alias()
    if not reason.strip():
        raise NotPossible(_("Say why it is discarded."))
    with transaction.atomic(using=alias):
        letter = held(key, alias)
        decide(letter, DISCARDED, by=by, note=redacted(reason))
        told = {"reason": reason, "event_data": {"refused_event": letter.pk}}
        told["entity_id"] = columns_of(letter).get("id", "")
        record_event(catalog.DEAD_LETTER_DISCARDED, {"entity_type": ENTITY, **told}, using=alias)


def held(key: int, alias: str) -> DeadLetter:
    """It, for this transaction alone."""
    letter = DeadLetter.objects.using(alias).select_for_update().get(pk=key)
    if letter.state != WAITING:
        what = {"what": str(letter.get_state_display()).lower(), "who": letter.decided_by or "–"}
        raise AlreadyDecided(_("Somebody has decided already: %(what)s, by %(who)s.") % what)
    return letter


def decide(letter: DeadLetter, state: str, *, by: Any, note: str = "") -> None:
    letter.decide(state, by=by, now=timezone.now(), note=note)
    letter.save(update_fields=["state", "decided_at", "decided_by", "note"])


def marked(record: EventRecord) -> EventRecord:
    tags = sorted({*record.columns.get("tags", ()), REPAIRED})
    return replace(record, columns={**record.columns, "tags": tags})


def redacted(text: str) -> str:
    """As the column `reason` of an event would have it."""
    return str(CLEANERS["reason"](Cleaning(redactor_in_force()), text))[:MAX_REASON]

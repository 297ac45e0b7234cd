"""What happened to one record, and how it looked at any time: `history(siswa)`, `as_of(siswa, last_tuesday)`.

A record's past is not stored: it is what it is now, walked back through its events. What the log masks stays masked.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any
from uuid import UUID

import orjson
from django.apps import apps
from django.db import connections, models, router, transaction

from eventlog.capture.relations import Side, sides
from eventlog.capture.stored import values_of
from eventlog.cleaning import CUT_MARK
from eventlog.models import Event, EventQuerySet
from eventlog.pipeline import outbox, rows
from eventlog.privacy import keyring
from eventlog.privacy.opening import Covered, uncovered
from eventlog.record import clean_columns
from eventlog.registry import Audit, audit_of
from eventlog.values import Values, fields_of, key_text, masked_names, plain, shown

Record = models.Model | tuple[type[models.Model], Any]  # a record, or a model and the key of one that may be gone
WAITING = "SELECT id::text, record, change::text FROM event_outbox WHERE change IS NOT NULL OR strpos(record, %s) > 0"


class Unknown(Exception):
    """An event that does not say what was there before it."""


@dataclass(frozen=True, slots=True)
class Snapshot:
    """A record as it was at one time.

    `values` are by column name (`siswa_id`), members of a many-to-many relation by its field's name; None where the
    record did not exist, or where `is_known` is False. Before `known_from` the log does not know; None: it knows all,
    from the record's creation on.
    """

    values: Mapping[str, Any] | None
    is_known: bool
    known_from: datetime | None


def history(record: Record) -> EventQuerySet:
    """The events of one record: its own, and those of many that name it. Newest first."""
    model, key = named(record)
    return Event.objects.about_record(entity_names(model), key_text(key)).newest_first()


def as_of(record: Record, when: datetime, *, may_read: bool = True) -> Snapshot:
    """The record as it was at `when`, an aware time. Raises ValueError for a naive one, or a model not audited.

    What is encrypted is read all the same, for a program has the keys, unless not even that `may_read`.
    """
    if when.tzinfo is None:
        raise ValueError("`when` needs a time zone")
    model, key = named(record)
    audit = audit_of(model)
    if audit is None:
        raise ValueError(f"{model._meta.label} is not audited")
    past = Past(model, audit, key, may_read=may_read)
    return past.at(when)


def named(record: Record) -> tuple[type[models.Model], Any]:
    model, key = record if isinstance(record, tuple) else (type(record), record.pk)
    return model._meta.concrete_model or model, key


def entity_names(model: type[models.Model]) -> list[str]:
    """What the model is called in events, and those that it inherits from or that inherit from it: one record."""
    family = (each for each in apps.get_models() if issubclass(each, model) or issubclass(model, each))
    audits = (audit_of(each) for each in (model, *family))
    return list(dict.fromkeys(audit.name for audit in audits if audit is not None))


@dataclass(frozen=True, slots=True)
class Step:
    """What one event says of the record's past."""

    id: UUID
    timestamp: datetime
    action: str
    entity_id: str
    previous_values: Values
    new_values: Values
    changed_fields: list[str]
    event_data: Values
    is_closed: bool = False  # its values are encrypted, or will be, and cannot or may not be read

    @staticmethod
    def of(columns: Mapping[str, Any]) -> "Step":
        given = {name: columns.get(name) or empty for name, empty in EMPTY.items()}
        is_closed = any(isinstance(value, Covered) for value in given.values())
        return Step(UUID(str(columns["id"])), moment(columns["timestamp"]), **given, is_closed=is_closed)

    def is_about(self, key: str) -> bool:
        """Whether the record is, or may be, among those that it changed."""
        return key in (self.entity_id, *self.event_data.get("keys", ())) or self.leaves_open()

    def leaves_open(self) -> bool:
        """Whether it is of many records and does not name them all."""
        return not self.entity_id and (not self.event_data.get("complete") or "truncated" in self.event_data)


EMPTY: dict[str, Any] = {
    "action": "",
    "entity_id": "",
    "previous_values": {},
    "new_values": {},
    "changed_fields": [],
    "event_data": {},
}
COLUMNS = ("id", "timestamp", "is_sensitive", *EMPTY)


def moment(value: Any) -> datetime:
    return value if isinstance(value, datetime) else datetime.fromisoformat(value)


class Past:
    """One record's way back."""

    def __init__(self, model: type[models.Model], audit: Audit, key: Any, *, may_read: bool = True) -> None:
        self.model, self.audit, self.key, self.may_read = model, audit, key, may_read
        self.text = key_text(key)
        self.alias = router.db_for_write(model)
        self.relations = [side for side in own_relations(model) if audit.keeps({side.field})]

    def at(self, when: datetime) -> Snapshot:
        """What is now is read first, then what waits, then what is stored: an event that is seen twice, or that came
        in between, is undone to what was before it all the same."""
        values = self.now()
        answer, reached, born = values, False, False
        for step in self.steps():
            if not reached and step.timestamp <= when:
                answer, reached = values, True
            try:
                values = self.undone(values, step)
            except Unknown:
                return Snapshot(answer if reached else None, reached, step.timestamp)
            born = values is None  # a key may be used again: what was there before was another record
        if born:
            return Snapshot(answer if reached else None, True, None)
        begin = Event.objects.begins_at()
        known = begin is not None and begin <= when
        return Snapshot((answer if reached else values) if known else None, known, begin)

    # --- now ---
    def now(self) -> Values | None:
        """The live row, in the form that events have it."""
        fields = fields_of(self.model, self.audit)
        row = self.model._base_manager.using(self.alias).filter(pk=self.key).first()
        if row is None:
            return None
        values = shown(values_of(row, fields, self.alias), masked_names(self.model, self.audit))
        values.update({side.field: self.members(side) for side in self.relations})
        cleaned: Values = clean_columns({"new_values": values})["new_values"]
        return cleaned

    def members(self, side: Side) -> list[Any]:
        through = side.through._base_manager.using(self.alias)
        keys = through.filter(**{side.owner: self.key}).values_list(side.member, flat=True)
        return sorted(map(plain, keys), key=str)

    # --- the steps back ---
    def steps(self) -> Iterator[Step]:
        """Newest first, each once."""
        waiting = {step.id: step for step in self.waiting()}
        stored = Event.objects.changes_of(entity_names(self.model), self.text).newest_first()
        found = list(stored.values(*COLUMNS))
        values = uncovered(found, may_read=self.may_read, using=stored.db)
        for step in (Step.of(columns | more) for columns, more in zip(found, values, strict=True)):
            waiting.setdefault(step.id, step)
        yield from sorted(waiting.values(), key=lambda step: (step.timestamp, step.id), reverse=True)

    def waiting(self) -> Iterator[Step]:
        """Of the events that are in the outbox still."""
        names, is_hidden = set(entity_names(self.model)), keyring.is_on() and not self.may_read
        with transaction.atomic(using=outbox.events_alias()), connections[outbox.events_alias()].cursor() as cursor:
            cursor.execute(WAITING, [f'"{self.text}"'])
            found = rows.records([outbox.Row(*columns) for columns in cursor])
        for columns in map(orjson.loads, found):
            if columns["event_category"] == "CRUD" and columns.get("entity_type") in names:
                step = Step.of(columns)
                if step.is_about(self.text):
                    yield replace(step, is_closed=is_hidden and columns.get("is_sensitive", False))

    def undone(self, values: Values | None, step: Step) -> Values | None:
        if not step.entity_id:
            return self.undone_of_many(values, step)
        if step.action == "CREATE":
            return None
        if step.is_closed:
            raise Unknown
        if step.action == "DELETE":
            return {**self.known(step.previous_values), **{side.field: [] for side in self.relations}}
        if values is None:
            raise Unknown
        return {**values, **{name: self.before(name, values, step) for name in step.changed_fields if name in values}}

    def before(self, name: str, values: Values, step: Step) -> Any:
        if name in {side.field for side in self.relations}:
            return members_before(values[name], step.previous_values.get(name), step.new_values.get(name))
        return whole(step.previous_values, name)

    def undone_of_many(self, values: Values | None, step: Step) -> Values | None:
        data = step.event_data
        if step.is_closed or self.text not in data.get("keys", ()) or data.get("conflicts"):
            raise Unknown
        if step.action == "BULK_IMPORT":
            return None
        previous = {name: found for name, found in step.previous_values.items() if is_of(found, self.text)}
        if step.action == "DELETE":
            earlier = {name: whole(found, self.text) for name, found in previous.items()}
            return {**self.known(earlier), **{side.field: [] for side in self.relations}}
        if values is None or not previous:
            raise Unknown
        return {**values, **{name: whole(found, self.text) for name, found in previous.items() if name in values}}

    def known(self, values: Values) -> Values:
        """Of the columns that the model has; a child's event has its own besides."""
        names = {field.attname for field in fields_of(self.model, self.audit)}
        return {name: value for name, value in values.items() if name in names}


def own_relations(model: type[models.Model]) -> Iterator[Side]:
    for relation in model._meta.many_to_many:
        through = relation.remote_field.through
        if through is not None:
            yield from (side for side in sides(through)[:1] if side.field == relation.name)


def is_of(found: Any, key: str) -> bool:
    """Whether the values of a field, by key, are masked as a whole or know this key."""
    return not isinstance(found, dict) or key in found


def whole(values: Any, name: str) -> Any:
    """The value under the name; what is masked is so as a whole. Raises Unknown where it was left out or cut."""
    if isinstance(values, str):
        return values
    if name not in values or (isinstance(values[name], str) and values[name].endswith(CUT_MARK)):
        raise Unknown
    return values[name]


def members_before(now: Any, removed: Any, added: Any) -> Any:
    gone, new = (listed(change, word) for change, word in ((removed, "removed"), (added, "added")))
    if not isinstance(gone, list) or not isinstance(new, list) or not isinstance(now, list):
        return gone if isinstance(gone, str) else new
    return sorted([*(key for key in now if key not in new), *(key for key in gone if key not in now)], key=str)


def listed(change: Any, word: str) -> Any:
    return change.get(word, []) if isinstance(change, dict) else change or []

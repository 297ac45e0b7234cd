"""What triggers have put into the outbox, made into the same events as signals make.

A trigger knows the table and the values; the names of the entity and of the event are given here. A change that
carries no context was made by nobody the application knows: it is told with the database's role, and as a finding.
"""

import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from hashlib import sha256
from typing import Any
from uuid import UUID

from django.apps import apps
from django.db import models

from eventlog import catalog
from eventlog.models.event import fixed_id
from eventlog.pipeline.outbox import Row
from eventlog.record import EventRecord, make_record
from eventlog.registry import Audit, audit_of
from eventlog.values import Values, key_text, normal

BESIDES = ("names", "files")  # what records call themselves that it points at; bytes of its files
ACTIONS = {"INSERT": "CREATE", "UPDATE": "UPDATE", "DELETE": "DELETE", "TRUNCATE": "DELETE", "MEMBERS": "UPDATE"}


@dataclass(slots=True)
class Change:
    """One row of the outbox that a trigger wrote; of a child and its parents, the rows of all their tables."""

    id: UUID
    model: type[models.Model]
    facts: Mapping[str, Any]
    earlier: Values = field(default_factory=dict)
    later: Values = field(default_factory=dict)
    tables: set[type[models.Model]] = field(default_factory=set)

    @staticmethod
    def read(row: Row) -> "Change":
        facts = json.loads(row.change or "{}")
        model = apps.get_model(facts["model"])
        return Change(UUID(row.id), model, facts, facts.get("earlier", {}), facts.get("later", {}), {model})

    def joins(self, other: "Change") -> bool:
        """Whether the other is the same record's row in the table of a parent or child."""
        return other.model not in self.tables and (
            issubclass(self.model, other.model) or issubclass(other.model, self.model)
        )

    def join(self, other: "Change") -> None:
        self.earlier, self.later = {**self.earlier, **other.earlier}, {**self.later, **other.later}
        self.tables.add(other.model)
        if issubclass(other.model, self.model):
            self.model = other.model


def records(rows: Sequence[Row]) -> list[bytes]:
    """The events, as JSON: those that lie in the outbox as they are, and those made of what triggers have written."""
    ready = [row.record.encode() for row in rows if row.change is None]
    changes = joined(Change.read(row) for row in rows if row.change is not None)
    events = [event_of(change) for change in changes]
    return [*ready, *(event.to_json() for event in (*events, *findings(changes, events)))]


def joined(changes: Iterable[Change]) -> list[Change]:
    """The rows of one record in the tables of its model and of its parents, written together, are one change."""
    found: list[Change] = []
    last: dict[Any, Change] = {}
    for change in changes:
        root = max((change.model, *change.model._meta.all_parents), key=lambda model: -len(model._meta.all_parents))
        facts = change.facts
        save = (facts.get("context", {}).get("record") or {}).get("save")
        same = (facts["transaction"], save, facts["operation"], str(facts["key"]), facts.get("field"), root)
        before = last.get(same)
        if before is not None and before.joins(change):
            before.join(change)
        else:
            found.append(change)
            last[same] = change
    return found


def event_of(change: Change) -> EventRecord:
    saved = saved_by_application(change)
    model = change.model if saved is None else concrete(apps.get_model(saved["model"]))
    audit = audit_of(model) or Audit(model._meta.model_name or "")
    action = ACTIONS[change.facts["operation"]]
    columns: dict[str, Any] = {
        "timestamp": datetime.fromisoformat(change.facts["at"]),
        "action": action,
        "entity_type": audit.name,
        "entity_id": key_text(change.facts["key"]),
        **values_of(change),
        **({} if saved is None else what_is_known(saved, change)),
        **origin_columns(change.facts.get("origin")),
    }
    clean = change.facts.get("context", {}).get("columns")
    made = make_record(catalog.crud_type(audit.name, action), columns, clean)
    return replace(made, id=change.id)


def saved_by_application(change: Change) -> Mapping[str, Any] | None:
    """What the application said of the record that it was saving, if this is the one.

    A child of which only a parent's table has changed is so told as the child.
    """
    saved: Mapping[str, Any] | None = change.facts.get("context", {}).get("record")
    if saved is None or change.facts["operation"] not in ("INSERT", "UPDATE"):
        return None
    is_it = saved["key"] in ("", key_text(change.facts["key"]))
    return saved if is_it and issubclass(concrete(apps.get_model(saved["model"])), change.model) else None


def concrete(model: type[models.Model]) -> type[models.Model]:
    return model._meta.concrete_model or model


def what_is_known(saved: Mapping[str, Any], change: Change) -> dict[str, Any]:
    """As signals tell it: what the record calls itself, and those that it points at; that it was saved as a proxy."""
    told = {what: {name: said for name, said in saved[what].items() if name in change.later} for what in BESIDES}
    proxy = saved["model"] if apps.get_model(saved["model"])._meta.proxy else None
    noted = {"proxy": proxy, **told}
    return {"entity_name": saved["name"], "event_data": {name: value for name, value in noted.items() if value}}


def values_of(change: Change) -> dict[str, Any]:
    operation = change.facts["operation"]
    if operation == "MEMBERS":
        return members(change.facts)
    if operation == "TRUNCATE":
        return {"event_data": {"truncated": change.facts.get("field", True)}}
    earlier, later = (typed(change.model, values) for values in (change.earlier, change.later))
    return {
        "previous_values": earlier or None,
        "new_values": later or None,
        "changed_fields": list(later) if operation == "UPDATE" else None,
    }


def members(facts: Mapping[str, Any]) -> dict[str, Any]:
    name = facts["field"]
    if "added" in facts:
        return {"changed_fields": [name], "new_values": {name: {"added": facts["added"]}}}
    return {"changed_fields": [name], "previous_values": {name: {"removed": facts["removed"]}}}


def typed(model: type[models.Model], values: Values) -> Values:
    """In the form and order that signals give them: PostgreSQL writes times and decimals into JSON in its own way."""
    known = {each.attname: each for each in model._meta.concrete_fields if each.attname in values}
    strange = {name: value for name, value in values.items() if name not in known}  # of a column that is gone by now
    return {**{name: normal(each, values[name]) for name, each in known.items()}, **strange}


# --- nobody we know ---
def origin_columns(origin: Mapping[str, Any] | None) -> dict[str, Any]:
    if origin is None:
        return {}
    return {
        "username": origin["role"],
        "auth_method": "database",
        "ip_address": origin["address"],
        "tags": ["out_of_band"],
    }


def findings(changes: list[Change], events: list[EventRecord]) -> Iterator[EventRecord]:
    """One OUT_OF_BAND_CHANGE a transaction and kind of record."""
    found: dict[tuple[str, str], list[tuple[Change, EventRecord]]] = {}
    for change, event in zip(changes, events, strict=True):
        if "origin" in change.facts:
            found.setdefault((change.facts["transaction"], event.entity_type), []).append((change, event))
    for (transaction, entity), pairs in found.items():
        yield finding(transaction, entity, pairs)


def finding(transaction: str, entity: str, pairs: list[tuple[Change, EventRecord]]) -> EventRecord:
    """Always the same for the same transaction, so that it is stored once, however many times it is found."""
    first, event = pairs[0]
    origin = first.facts["origin"]
    columns = {
        "timestamp": datetime.fromisoformat(origin["began"]),
        "entity_type": entity,
        "entity_id": event.entity_id if len(pairs) == 1 else "",
        "changed_fields": event.changed_fields if len(pairs) == 1 else None,
        "event_data": {"application": origin["application"], "changes": len(pairs), "transaction": transaction},
        **origin_columns(origin),
    }
    made = make_record(catalog.OUT_OF_BAND_CHANGE, columns)
    seed = int.from_bytes(sha256(f"{transaction} {entity} {origin['began']}".encode()).digest()[:16])
    return replace(made, id=fixed_id(made.id, seed))

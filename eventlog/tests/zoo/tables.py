"""The zoo's tables, read straight from PostgreSQL, and what its events say of them: two views that must agree."""

import json
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import UTC
from hashlib import sha256
from typing import Any

from eventlog.models import Event
from eventlog.tests.zoo.mechanisms import raw

HIDDEN = {"password"}  # masked in events
SELF_CHANGING = {"touched"}
KEYS = {"keeper": "code", "seat": "row,place", "bird": "animal_ptr_id", "parrot": "bird_ptr_id"}
TABLES = ("keeper", "tag", "animal", "bird", "parrot", "membership", "club", "note", "seat", "odd")
RELATIONS = {
    ("animal", "tags"): "SELECT animal_id, tag_id FROM zoo_animal_tags ORDER BY 1, 2",
    ("animal", "friends"): "SELECT from_animal_id, to_animal_id FROM zoo_animal_friends ORDER BY 1, 2",
}
Row = dict[str, Any]
Change = tuple[Any, Any]  # (before, after)


def in_words(value: Any, column_type: str) -> Any:
    """As the events write it, worked out here once more and differently."""
    if value is None or column_type in ("integer", "bigint", "boolean", "character varying", "text"):
        return value
    if column_type == "bytea":
        return {"bytes": len(value), "sha256": sha256(value).hexdigest()}
    if column_type == "jsonb":
        return json.loads(value)
    if column_type == "timestamp with time zone":
        return value.astimezone(UTC).isoformat()
    if column_type in ("date", "time without time zone"):
        return value.isoformat()
    return value if column_type in ("double precision", "ARRAY") else str(value)


COLUMNS = """
SELECT column_name, data_type FROM information_schema.columns WHERE table_name = %s ORDER BY ordinal_position"""


def rows_of(table: str) -> dict[str, Row]:
    columns = raw(COLUMNS, f"zoo_{table}")
    keys = KEYS.get(table, "id").split(",")
    found = {}
    for values in raw(f"SELECT * FROM zoo_{table}"):
        row = {name: in_words(value, kind) for (name, kind), value in zip(columns, values, strict=True)}
        found[",".join(str(row[key]) for key in keys)] = row
    return found


@dataclass
class State:
    """Every record by kind and key, an animal with its columns as a bird or parrot; and the members of relations."""

    records: dict[tuple[str, str], Row] = field(default_factory=dict)
    members: dict[tuple[str, str, str], set[Any]] = field(default_factory=dict)

    @staticmethod
    def now() -> "State":
        tables = {table: rows_of(table) for table in TABLES}
        state = State()
        for table in ("keeper", "tag", "membership", "club", "note", "seat", "odd"):
            state.records |= {(table, key): row for key, row in tables[table].items()}
        for key, row in tables["animal"].items():
            state.records["animal", key] = {**row, **tables["bird"].get(key, {}), **tables["parrot"].get(key, {})}
        for (kind, name), sql in RELATIONS.items():
            for owner, member in raw(sql):
                state.members.setdefault((kind, str(owner), name), set()).add(member)
        return state


@dataclass
class Difference:
    """What has happened between two states, or what events say that has."""

    created: dict[tuple[str, str], Row] = field(default_factory=dict)
    deleted: dict[tuple[str, str], Row] = field(default_factory=dict)
    changed: dict[tuple[str, str], dict[str, Change]] = field(default_factory=dict)
    members: dict[tuple[str, str, str], tuple[set[Any], set[Any]]] = field(default_factory=dict)  # removed, added


def visible(row: Row) -> Row:
    """Without what events mask, and without what changes by itself."""
    return {name: value for name, value in row.items() if name not in HIDDEN | SELF_CHANGING}


def between(before: State, after: State) -> Difference:
    found = Difference()
    for record in before.records.keys() | after.records.keys():
        old, new = before.records.get(record), after.records.get(record)
        if old is None or new is None:
            (found.created if old is None else found.deleted)[record] = visible(old or new or {})
        elif changes := {name: (old[name], new[name]) for name in visible(new) if old[name] != new[name]}:
            found.changed[record] = changes
    for relation in before.members.keys() | after.members.keys():
        was, now = before.members.get(relation, set()), after.members.get(relation, set())
        if was != now:
            found.members[relation] = (was - now, now - was)
    return found


def told(events: Iterable[Event]) -> Difference:
    found = Difference()
    for event in events:
        if event.entity_id:
            tell_one(found, event)
        else:
            tell_many(found, event)
    return found


def tell_one(found: Difference, event: Event) -> None:
    record = (kind_of(event), event.entity_id)
    if event.action == "CREATE":
        found.created[record] = visible(event.new_values)
    elif event.action == "DELETE":
        tell_deleted(found, record, event.previous_values)
    elif is_relation(event):
        tell_members(found, event)
    else:
        assert set(event.changed_fields) == set(event.new_values) == set(event.previous_values)
        for name in visible(event.new_values):
            tell_changed(found, record, name, event.previous_values[name], event.new_values[name])


def tell_deleted(found: Difference, record: tuple[str, str], values: Row) -> None:
    changes = found.changed.pop(record, {})
    if found.created.pop(record, None) is None:
        found.deleted[record] = visible(values) | {name: old for name, (old, _) in changes.items()}


def tell_changed(found: Difference, record: tuple[str, str], name: str, old: Any, new: Any) -> None:
    """Several changes of one value are one; of a record that was just created they are a part of that."""
    if record in found.created:
        found.created[record][name] = new
        return
    changes = found.changed.setdefault(record, {})
    first = changes.get(name, (old,))[0]
    changes[name] = (first, new)
    if first == new:
        del changes[name]
    if not changes:
        del found.changed[record]


def kind_of(event: Event) -> str:
    """Birds and parrots are animals; whether the right one is told is another test's matter."""
    return "animal" if event.entity_type in ("bird", "parrot") else event.entity_type


def is_relation(event: Event) -> bool:
    values = (event.new_values or event.previous_values)[event.changed_fields[0]]
    return isinstance(values, dict) and values.keys() <= {"added", "removed"}


def tell_members(found: Difference, event: Event) -> None:
    (name,) = event.changed_fields
    removed, added = found.members.setdefault((kind_of(event), event.entity_id, name), (set(), set()))
    for member in ((event.previous_values or {}).get(name) or {}).get("removed", ()):
        added.discard(member) if member in added else removed.add(member)
    for member in ((event.new_values or {}).get(name) or {}).get("added", ()):
        removed.discard(member) if member in removed else added.add(member)
    if not removed and not added:
        del found.members[kind_of(event), event.entity_id, name]


def tell_many(found: Difference, event: Event) -> None:
    data, kind = event.event_data, kind_of(event)
    assert data["complete"] and data["count"] >= len(data["keys"])
    previous = visible(event.previous_values or {})
    for key in data["keys"]:
        if event.action == "BULK_IMPORT":
            found.created[kind, key] = {}
        elif event.action == "DELETE":
            tell_deleted(found, (kind, key), {name: values[key] for name, values in previous.items()})
        else:
            for name, values in previous.items():
                new = (event.new_values or {}).get(name, {}).get(key, data["assigned"].get(name))
                if values[key] != new:
                    tell_changed(found, (kind, key), name, values[key], new)


def agree(happened: Difference, said: Difference) -> None:
    """Of what was created many at once only the keys are told, and what became of it later."""
    assert said.created.keys() == happened.created.keys()
    for record, values in said.created.items():
        there = happened.created[record]
        assert values == {name: there[name] for name in values}
    assert said.deleted == happened.deleted
    assert said.changed == happened.changed
    assert said.members == happened.members

"""What a table would change: each row against the record that it names, each mistake in the user's language."""

from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property
from hashlib import sha256
from typing import Any, Literal

from django.core.exceptions import ValidationError
from django.db import models
from django.utils.translation import gettext as _

from edupro.school.exchange import values
from edupro.school.exchange.entities import Entity
from edupro.school.exchange.stored import Key, Stored, User, find
from edupro.school.exchange.table import Row, Table

Kind = Literal["create", "change", "same"]


@dataclass(frozen=True, slots=True)
class Mistake:
    row: int
    column: str
    value: str  # as it stands in the file, cut
    message: str


@dataclass(frozen=True, slots=True)
class Change:
    column: str
    old: Any
    new: Any


@dataclass(frozen=True, slots=True)
class RowChange:
    row: int
    kind: Kind
    key: Key
    changes: tuple[Change, ...]
    record: models.Model  # the stored one, or a new one; without the new values until `applying` sets them


@dataclass(frozen=True)
class Plan:
    entity: Entity
    rows: tuple[RowChange, ...]  # in the file's order, those without mistakes
    mistakes: tuple[Mistake, ...]  # likewise

    @cached_property
    def counts(self) -> dict[str, int]:
        counted = Counter(row.kind for row in self.rows)
        return {"create": counted["create"], "change": counted["change"], "same": counted["same"]}

    @cached_property
    def changed(self) -> tuple[RowChange, ...]:
        return tuple(row for row in self.rows if row.kind != "same")

    @cached_property
    def fingerprint(self) -> str:
        """Equal for two plans that do the same: old values count, so that a record changed in between is noticed."""
        told = sha256()
        for row in self.changed:
            told.update(repr((row.kind, row.key, [(one.column, one.old, one.new) for one in row.changes])).encode())
        return told.hexdigest()


@dataclass(frozen=True, slots=True)
class Checked:
    """A row's cells, each by itself."""

    row: Row
    values: Mapping[str, Any]
    mistakes: tuple[Mistake, ...]

    def key(self, entity: Entity) -> Key | None:
        """None if one of its parts is missing or wrong."""
        key = tuple(self.values.get(column) for column in entity.key)
        return None if None in key else key


def make(table: Table, entity: Entity, *, user: User, lock: bool = False) -> Plan:
    """A few queries, however many rows. With `lock` the records that are there stay so until the transaction ends."""
    checked = [check(row, entity) for row in table.rows]
    keys = [key for row in checked if (key := row.key(entity))]
    stored = find(entity, keys, user=user, lock=lock)
    rows: list[RowChange] = []
    mistakes: list[Mistake] = []
    seen: dict[Key, int] = {}
    for row in checked:
        wrong = [*row.mistakes, *misfits(row, stored, seen=seen)]
        mistakes += wrong
        if not wrong:
            rows.append(compared(row, stored))
    return Plan(entity, tuple(rows), tuple(mistakes))


def check(row: Row, entity: Entity) -> Checked:
    """The models' own validation, cell by cell. A cell that is empty says nothing."""
    cleaned: dict[str, Any] = {}
    mistakes: list[Mistake] = []
    for column in entity.written:
        raw = row.cells.get(column)
        if raw is None:
            if column in entity.key:
                mistakes.append(mistake(row, column, _("This must not be empty.")))
            continue
        try:
            cleaned[column] = values.clean(entity.fields[column], raw)
        except ValidationError as error:
            mistakes.append(mistake(row, column, " ".join(error.messages)))
    return Checked(row, cleaned, tuple(mistakes))


def mistake(row: Row, column: str, message: str) -> Mistake:
    return Mistake(row.number, column, values.shown(row.cells.get(column)), message)


def misfits(checked: Checked, stored: Stored, *, seen: dict[Key, int]) -> Iterator[Mistake]:
    """What is wrong with a row beside the others, and beside what is stored."""
    entity, row = stored.entity, checked.row
    key = checked.key(entity)
    if key is None:
        return
    first = seen.setdefault(key, row.number)
    if first != row.number:
        yield mistake(row, entity.key[0], _("Row %(row)s is about the same record.") % {"row": first})
    if entity.of_student and key[0] not in stored.students:
        yield mistake(row, entity.key[0], _("There is no student with this number."))
    elif key in stored.hidden:
        yield mistake(row, entity.key[0], _("You may not change this record."))
    elif key not in stored.records:
        yield from wanting(checked, entity)


def wanting(checked: Checked, entity: Entity) -> Iterator[Mistake]:
    """A new record needs more than one that is there."""
    for column in entity.required:
        if column not in checked.row.cells:
            yield mistake(checked.row, column, _("A new record needs a value here."))


def compared(checked: Checked, stored: Stored) -> RowChange:
    entity = stored.entity
    key = tuple(checked.values[column] for column in entity.key)
    record = stored.records.get(key)
    if record is None:
        told = {column: checked.values[column] for column in entity.written if column in checked.values}
        changes = tuple(Change(column, None, new) for column, new in told.items())
        return RowChange(checked.row.number, "create", key, changes, stored.new(key))
    changes = tuple(differences(checked, entity, record))
    return RowChange(checked.row.number, "change" if changes else "same", key, changes, record)


def differences(checked: Checked, entity: Entity, record: models.Model) -> Iterator[Change]:
    for column in entity.columns:
        if column in checked.values:
            old, new = getattr(record, column), checked.values[column]
            if values.comparable(old) != values.comparable(new):
                yield Change(column, old, new)

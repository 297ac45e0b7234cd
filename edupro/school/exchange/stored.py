"""The records that a table names, as they are stored."""

from collections.abc import Collection
from dataclasses import dataclass
from typing import Any

from django.contrib.auth.models import AbstractBaseUser, AnonymousUser
from django.db import models

from edupro.school.exchange.entities import Entity
from edupro.school.models import Siswa

Key = tuple[Any, ...]  # the values of Entity.key
User = AbstractBaseUser | AnonymousUser


@dataclass(frozen=True, slots=True)
class Stored:
    """`hidden` are the keys of records that are there, but not for this user."""

    entity: Entity
    students: dict[str, Siswa]  # by number; empty where the entity is the student
    records: dict[Key, models.Model]
    hidden: frozenset[Key]

    def new(self, key: Key) -> models.Model:
        """A record that is not stored yet, with its key."""
        named = dict(zip(self.entity.key, key, strict=True))
        if self.entity.of_student:
            named["siswa"] = self.students[named.pop("nis")]
        return self.entity.model(**named)


def find(entity: Entity, keys: Collection[Key], *, user: User, lock: bool) -> Stored:
    """Two queries, however many keys. With `lock` nobody else changes the records until the transaction ends."""
    numbers = {key[0] for key in keys}
    visible = Siswa.objects.visible_to(user).filter(nis__in=numbers)
    if entity.of_student:
        students = {siswa.nis: siswa for siswa in visible}
        return Stored(entity, students, records(entity, students, keys=keys, lock=lock), frozenset())
    found: dict[Key, models.Model] = {(siswa.nis,): siswa for siswa in locked(visible, lock=lock)}
    hidden = Siswa.objects.filter(nis__in={key[0] for key in keys if key not in found}).values_list("nis")
    return Stored(entity, {}, found, frozenset(hidden))


def records(
    entity: Entity, students: dict[str, Siswa], *, keys: Collection[Key], lock: bool
) -> dict[Key, models.Model]:
    """By student, and by what else is in the key; those of other semesters of the same students may come along."""
    owners = {siswa.pk: siswa for siswa in students.values()}
    rows = entity.model._default_manager.filter(siswa__in=owners)
    for place, column in enumerate(entity.key[1:], start=1):
        rows = rows.filter(**{f"{column}__in": {key[place] for key in keys}})
    found = {}
    for record in locked(rows, lock=lock):
        record.siswa = owners[record.siswa_id]
        found[tuple(entity.value(record, column) for column in entity.key)] = record
    return found


def locked(rows: "models.QuerySet[Any]", *, lock: bool) -> "models.QuerySet[Any]":
    """In the order of their keys, so that two who lock the same records wait for each other in turn."""
    return rows.order_by("pk").select_for_update(of=("self",), no_key=True) if lock else rows

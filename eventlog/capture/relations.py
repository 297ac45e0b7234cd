"""Many-to-many relations: what was added to a record's members and what taken away, from whichever side.

A relation without a model of its own is a field of its owner, however its rows are written: by either side's manager,
by the deletion of one of them, or directly. So its rows are looked at where they are written (`bulk.py`), and told as
changes of the owner, `{"tags": {"added": [3]}}`. Where only the other side is audited it is told of that side.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

from django.contrib.auth import get_user_model
from django.contrib.auth.models import Group
from django.db import models

from eventlog.capture import summaries
from eventlog.capture.queries import uncounted
from eventlog.capture.telling import label_of, one_transaction, tell
from eventlog.capture.watched import Watch, audited_here
from eventlog.catalog import crud_type
from eventlog.conf import conf
from eventlog.registry import by_triggers
from eventlog.values import key_text, plain

RIGHTS = ("groups", "user_permissions", "permissions")  # of users and groups: `accounts.py` tells of these

Pairs = dict[Any, list[Any]]  # {owner's key: members' keys}


@dataclass(frozen=True, slots=True)
class Side:
    """A relation as seen from the model that is told of; `owner` and `member` are columns of the relation's table."""

    through: type[models.Model]
    model: type[models.Model]
    field: str
    owner: str
    member: str


@lru_cache(maxsize=1024)
def sides(through: type[models.Model]) -> tuple[Side, ...]:
    """The side that declares the relation first; none for a table that is no relation's own."""
    owner = through._meta.auto_created
    if not owner:
        return ()
    assert not isinstance(owner, bool)
    field = next(field for field in owner._meta.local_many_to_many if field.remote_field.through is through)
    links = (field.m2m_field_name(), field.m2m_reverse_field_name())
    near, far = (through._meta.get_field(link).attname for link in links)
    declared = Side(through, owner, field.name, near, far)
    other = field.remote_field.get_accessor_name()
    is_rights = owner in (get_user_model(), Group) and field.name in RIGHTS
    if is_rights:
        return ()
    return (declared, Side(through, field.remote_field.model, other, far, near)) if other else (declared,)


def side_of(through: type[models.Model]) -> tuple[Side, Watch] | None:
    """The side to tell of; None where there is none, or triggers tell of the one that declares the relation."""
    for side in sides(through):
        if by_triggers(side.model):
            return None
        if (watch := audited_here(side.model)) is not None:
            return side, watch
    return None


def is_told(through: type[models.Model]) -> bool:
    """Whether it is the table of a relation that an audited model has."""
    return bool(through._meta.auto_created) and conf.ENABLED and side_of(through) is not None


@contextmanager
def linked(through: type[models.Model], objs: list[Any], *, alias: str) -> Iterator[None]:
    """Tell of the rows among `objs` that the block really adds: a manager gives those that are there already too."""
    found = side_of(through)
    assert found is not None
    side, watch = found
    there = through._base_manager.using(alias).filter(**{f"{side.owner}__in": {getattr(o, side.owner) for o in objs}})
    with uncounted():
        known = set(
            there.filter(**{f"{side.member}__in": {getattr(o, side.member) for o in objs}}).values_list(
                side.owner, side.member
            )
        )
    with one_transaction(alias):
        yield
        pairs = [(getattr(o, side.owner), getattr(o, side.member)) for o in objs]
        tell_pairs(side, watch, [pair for pair in pairs if pair not in known], added=True, alias=alias)


@contextmanager
def unlinked(rows: Any, *, alias: str) -> Iterator[None]:
    """Tell of the rows that the block deletes."""
    found = side_of(rows.model)
    assert found is not None
    side, watch = found
    with uncounted():
        pairs = list(rows.using(alias).order_by().values_list(side.owner, side.member))
    with one_transaction(alias):
        yield
        tell_pairs(side, watch, pairs, added=False, alias=alias)


def tell_pairs(side: Side, watch: Watch, pairs: list[Any], *, added: bool, alias: str) -> None:
    members: Pairs = {}
    for owner, member in pairs:
        members.setdefault(owner, []).append(member)
    if summaries.is_on():
        return summaries.add(watch, "changed", [key_text(key) for key in members], using=alias)
    labels = labels_of(side.model, list(members), alias)
    for owner, keys in members.items():
        tell_members(side, watch, owner, labels.get(owner, ""), sorted(keys, key=str), added=added, alias=alias)
    return None


def labels_of(model: type[models.Model], keys: list[Any], alias: str) -> dict[Any, str]:
    """What the records call themselves; one query, for as many as a person would read."""
    with uncounted():
        rows = list(model._base_manager.using(alias).filter(pk__in=keys[:100]))
    return {row.pk: label_of(row, using=alias) for row in rows}


def tell_members(side: Side, watch: Watch, owner: Any, label: str, keys: list[Any], *, added: bool, alias: str) -> None:
    assert watch.audit is not None
    names = {side.field}
    if not watch.audit.keeps(names):
        return
    values: Any = "[masked]" if watch.audit.masks(names) else [plain(key) for key in keys]
    change = {side.field: {"added" if added else "removed": values}}
    tell(
        crud_type(watch.audit.name, "UPDATE"),
        using=alias,
        action="UPDATE",
        entity_type=watch.audit.name,
        entity_id=key_text(owner),
        entity_name=label,
        changed_fields=[side.field],
        **{"new_values" if added else "previous_values": change},
    )

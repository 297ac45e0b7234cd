"""Doing what a plan says: all of it or nothing."""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import partial
from hashlib import sha256
from pathlib import Path
from typing import Any

from django.core.files import File
from django.db import IntegrityError, OperationalError, connection, models, transaction
from django.utils.translation import gettext_lazy as _
from psycopg2 import errors as postgres

from edupro.school.exchange import plan as plans
from edupro.school.exchange.entities import Entity
from edupro.school.exchange.plan import Plan, RowChange
from edupro.school.exchange.refusal import Refused
from edupro.school.exchange.signals import imported
from edupro.school.exchange.stored import User
from edupro.school.exchange.table import Table
from edupro.school.exchange.updating import update
from edupro.school.models.computed import Computed

BATCH_ROWS = 500
LOCK_SECONDS = 20  # two imports and whoever edits a record meanwhile wait for each other no longer
CROSSED = (  # with somebody else's change, at the same moment
    postgres.DeadlockDetected,
    postgres.ForeignKeyViolation,
    postgres.LockNotAvailable,
    postgres.UniqueViolation,
)


class Mistaken(Exception):
    """The file has mistakes, so nothing was written."""

    def __init__(self, plan: Plan) -> None:
        super().__init__(len(plan.mistakes))
        self.plan = plan


class Changed(Exception):
    """The records are not what they were when the plan was looked at, so nothing was written."""


@dataclass(frozen=True, slots=True)
class Source:
    """Where a table comes from."""

    name: str
    sha256: str


def source_of(file: "File[bytes]", name: str) -> Source:
    told = sha256()
    for chunk in file.chunks():
        told.update(chunk)
    return Source(Path(name).name[:255], told.hexdigest())


def run(table: Table, entity: Entity, *, user: User, source: Source, expected: str = "") -> Plan:
    """What was done. `expected` is the fingerprint of the plan that somebody has agreed to.

    Raises Mistaken, Changed, and Refused where somebody else has been quicker.
    """
    try:
        with transaction.atomic():
            take_turns(entity)
            plan = plans.make(table, entity, user=user, lock=True)
            if plan.mistakes:
                raise Mistaken(plan)
            if expected and plan.fingerprint != expected:
                raise Changed
            write(plan)
            transaction.on_commit(partial(tell, plan, source))
    except (IntegrityError, OperationalError) as error:
        if isinstance(error.__cause__, CROSSED):
            raise Refused(_("Somebody else has changed this at the same moment."), code="conflict") from None
        raise
    return plan


def take_turns(entity: Entity) -> None:
    """One import of a kind at a time; the lock ends with the transaction."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT set_config('lock_timeout', %s, true)", [f"{LOCK_SECONDS}s"])
        cursor.execute("SELECT pg_advisory_xact_lock(hashtext(%s))", [f"edupro.school.exchange.{entity.name}"])


def write(plan: Plan) -> None:
    created = [filled(row, plan.entity) for row in plan.changed if row.kind == "create"]
    changed = [filled(row, plan.entity) for row in plan.changed if row.kind == "change"]
    plan.entity.model._default_manager.bulk_create(created, batch_size=BATCH_ROWS)
    columns = fields(plan)
    for start in range(0, len(changed), BATCH_ROWS):
        update(changed[start : start + BATCH_ROWS], columns)


def filled(row: RowChange, entity: Entity) -> Any:
    """The record with its new values, and with what follows from them: a bulk write calls no `save()`."""
    for change in row.changes:
        if change.column in entity.columns:  # a new record has its key by now
            setattr(row.record, change.column, change.new)
    if isinstance(row.record, Computed):
        row.record.compute()
    return row.record


def fields(plan: Plan) -> Sequence[str]:
    """The columns that any record changes in, and those that follow from them."""
    named = {change.column for row in plan.changed if row.kind == "change" for change in row.changes}
    model: type[models.Model] = plan.entity.model
    return [*sorted(named), *(model.computed if issubclass(model, Computed) else ())]


def tell(plan: Plan, source: Source) -> None:
    counts = plan.counts
    imported.send(
        plan.entity.model,
        file=source.name,
        sha256=source.sha256,
        rows=len(plan.rows),
        created=counts["create"],
        changed=counts["change"],
        same=counts["same"],
    )

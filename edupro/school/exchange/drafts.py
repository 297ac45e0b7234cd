"""An import that somebody has seen the preview of, and not yet agreed to."""

from typing import Any

from django.contrib.auth.models import User
from django.core.files import File
from django.db import transaction

from edupro.school.exchange import applying, plan, table
from edupro.school.exchange.entities import ENTITIES
from edupro.school.exchange.plan import Plan
from edupro.school.models import ImportDraft


class Gone(Exception):
    """The draft is done, replaced, too old, or somebody else's."""


def discard(user: User, entity: str) -> None:
    for draft in ImportDraft.objects.filter(user=user, entity=entity):
        draft.delete()


def keep(file: "File[Any]", *, user: User, plan: Plan) -> ImportDraft:
    """In the place of the one that the user may have had for these records."""
    source = applying.source_of(file, file.name or "")
    with transaction.atomic():
        User.objects.select_for_update(no_key=True).get(pk=user.pk)  # two uploads at once take turns
        discard(user, plan.entity.name)
        file.seek(0)
        return ImportDraft.objects.create(
            user=user,
            entity=plan.entity.name,
            file=file,
            name=source.name,
            sha256=source.sha256,
            plan=plan.fingerprint,
        )


def of(user: User, entity: str, *, key: int) -> ImportDraft:
    """Raises Gone."""
    draft = ImportDraft.objects.filter(pk=key, user=user, entity=entity).first()
    if draft is None:
        raise Gone
    return draft


def look(draft: ImportDraft) -> Plan:
    """What it would do by now; that is what its owner sees and agrees to next. Raises Gone, Refused."""
    entity = ENTITIES[draft.entity]
    current = plan.make(content(draft), entity, user=draft.user)
    draft.plan = current.fingerprint
    if not ImportDraft.objects.filter(pk=draft.pk).update(plan=draft.plan):
        raise Gone  # meanwhile
    return current


def confirm(draft: ImportDraft) -> Plan:
    """Do what the preview has shown, once. Raises Gone, Refused, and what `applying.run` does; then the draft stays."""
    with transaction.atomic():
        if not ImportDraft.objects.select_for_update().filter(pk=draft.pk).exists():
            raise Gone
        source = applying.Source(draft.name, draft.sha256)
        entity = ENTITIES[draft.entity]
        done = applying.run(content(draft), entity, user=draft.user, source=source, expected=draft.plan)
        draft.delete()
    return done


def content(draft: ImportDraft) -> table.Table:
    try:
        with draft.file.open("rb") as file:
            return table.read(file, ENTITIES[draft.entity])
    except FileNotFoundError:
        raise Gone from None

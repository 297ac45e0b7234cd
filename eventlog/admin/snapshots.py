"""How a record looked on a day: `eventlog.past` for a page."""

from datetime import timedelta
from typing import Any

from django.apps import apps
from django.core.exceptions import ValidationError
from django.db import models

from eventlog.admin.asking import problem_with
from eventlog.admin.values import in_table
from eventlog.past import as_of, entity_names
from eventlog.registry import audit_of, sensitive_entities
from eventlog.search.times import span_of
from eventlog.visible import visible


def model_of(kind: str) -> type[models.Model] | None:
    """The audited model that events call so."""
    audits = ((model, audit_of(model)) for model in apps.get_models())
    return next((model for model, audit in audits if audit is not None and audit.name == kind), None)


def names_of(kind: str) -> list[str]:
    """All that one record of this kind may be called in events."""
    model = model_of(kind)
    return [kind] if model is None else list(dict.fromkeys([kind, *entity_names(model)]))


def is_sensitive(kind: str) -> bool:
    return not sensitive_entities().isdisjoint(names_of(kind))


def looked(kind: str, key: str, when: str, *, may_read: bool) -> dict[str, Any]:
    """What the page of a record shows of it as it was at the end of that day, or minute; nothing of a sensitive one to
    who may not read what is encrypted. Of others nobody reads it here."""
    model = model_of(kind)
    if model is None or (is_sensitive(kind) and not may_read):
        return {}
    if not when:
        return {"can_look": True}
    if problem := problem_with(when):
        return {"can_look": True, "look_problem": problem}
    moment = span_of(when).end - timedelta(microseconds=1)
    try:
        pk = model._meta.pk.to_python(key)
    except ValidationError:
        return {}
    snapshot = as_of((model, pk), moment, may_read=is_sensitive(kind))
    values = [(title(model, name), in_table(value)) for name, value in (snapshot.values or {}).items()]
    shown = {"values": values, "is_known": snapshot.is_known, "known_from": snapshot.known_from}
    return {"can_look": True, "as_of": visible(when), "moment": moment, "snapshot": shown}


def title(model: type[models.Model], name: str) -> str:
    """The field's own name for people; a column that is gone keeps its name."""
    for field in (*model._meta.concrete_fields, *model._meta.many_to_many):
        if name in (field.attname, field.name):
            return str(field.verbose_name)
    return visible(name)

"""How a record looked on a day: `eventlog.past` for a page."""

from datetime import timedelta
from typing import Any

from django.core.exceptions import ValidationError

from eventlog.admin.asking import problem_with
from eventlog.admin.naming import head
from eventlog.admin.values import in_table
from eventlog.past import as_of, entity_names
from eventlog.registry import model_called, sensitive_entities
from eventlog.search.times import span_of
from eventlog.visible import visible


def names_of(kind: str) -> list[str]:
    """All that one record of this kind may be called in events."""
    model = model_called(kind)
    return [kind] if model is None else list(dict.fromkeys([kind, *entity_names(model)]))


def is_sensitive(kind: str) -> bool:
    return not sensitive_entities().isdisjoint(names_of(kind))


def looked(kind: str, key: str, when: str, *, may_read: bool) -> dict[str, Any]:
    """What the page of a record shows of it as it was at the end of that day, or minute; nothing of a sensitive one to
    who may not read what is encrypted. Of others nobody reads it here."""
    model = model_called(kind)
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
    values = [(head(kind, name), in_table(value)) for name, value in (snapshot.values or {}).items()]
    shown = {"values": values, "is_known": snapshot.is_known, "known_from": snapshot.known_from}
    return {"can_look": True, "as_of": visible(when), "moment": moment, "snapshot": shown}

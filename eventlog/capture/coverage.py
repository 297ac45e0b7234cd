"""Which ways of writing to the audited models are seen, and which are not: an honest list."""

from collections.abc import Iterator
from dataclasses import dataclass

from django.apps import apps
from django.db import models

from eventlog.conf import conf
from eventlog.registry import audit_of, by_triggers

SAVES = "save, create, delete, cascade"
BULK = "update, bulk_create, bulk_update, _raw_delete"
RELATIONS = "many-to-many"
SQL = "SQL of one's own, other programs"
TRUNCATE = "TRUNCATE"


@dataclass(frozen=True, slots=True)
class Path:
    """One way of writing to a model. `by` is what sees it; `seen` is False where nothing does, and `why` says so."""

    model: str
    path: str
    by: str
    seen: bool
    why: str = ""


def paths(using: str) -> Iterator[Path]:
    """Of every audited model. Asks the database `using` which triggers it has."""
    for model in apps.get_models():
        if audit_of(model) is not None and not model._meta.proxy and model._meta.managed:
            yield from (paths_by_triggers(model, using) if by_triggers(model) else paths_by_signals(model))


def paths_by_signals(model: type[models.Model]) -> Iterator[Path]:
    label, bulk = model._meta.label, conf.CAPTURE_BULK_WRITES
    yield Path(label, SAVES, "signals", seen=True)
    yield Path(label, BULK, "queryset", seen=bulk, why="" if bulk else "CAPTURE_BULK_WRITES is off")
    if model._meta.local_many_to_many:
        yield Path(label, RELATIONS, "queryset", seen=True)
    for path in (SQL, TRUNCATE):
        yield Path(label, path, "", seen=False, why="only triggers see it: name the model in TRIGGER_MODELS")


def paths_by_triggers(model: type[models.Model], using: str) -> Iterator[Path]:
    from eventlog.capture.triggers import installed

    status = dict(installed(model, using))
    bad = sorted(f"{name} is {found.lower()}" for name, found in status.items() if found != "INSTALLED")
    why = f"{', '.join(bad)}: run manage.py pgtrigger install" if bad else ""
    relations = [RELATIONS] if model._meta.local_many_to_many else []
    for path in (SAVES, BULK, *relations, SQL, TRUNCATE):
        yield Path(model._meta.label, path, "triggers", seen=not bad, why=why)

"""An example of each type of event, as it is recorded: what a reader of the table will meet."""

from collections.abc import Iterator

from django.apps import apps

from edupro.reference.examples import auth, files, keeping, ml, records, security, system
from edupro.reference.examples.cast import Example
from eventlog.registry import Audit, audit_of

CATALOGUED = (*auth.EXAMPLES, *ml.EXAMPLES, *system.EXAMPLES, *keeping.EXAMPLES, *files.EXAMPLES, *security.EXAMPLES)


def entities() -> dict[str, Audit]:
    """EduPro's audited models, by their labels."""
    found = {model._meta.label: audit_of(model) for model in apps.get_models() if is_ours(model.__module__)}
    return {label: audit for label, audit in found.items() if audit is not None}


def is_ours(module: str) -> bool:
    return ".tests." not in module


def all_examples() -> Iterator[Example]:
    yield from CATALOGUED
    for audit in entities().values():
        yield from records.examples_of(audit)

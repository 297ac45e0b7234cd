"""What people call records and their fields, where the model that events name is known; else as events have them."""

from typing import Any

from django.core.exceptions import FieldDoesNotExist
from django.db import models
from django.utils.html import format_html
from django.utils.text import capfirst

from eventlog.registry import model_called
from eventlog.visible import cut, visible


def record_title(kind: str) -> str:
    """`report mark` of `nilai`."""
    model = model_called(kind)
    return visible(kind if model is None else str(model._meta.verbose_name))


def records_title(kind: str) -> str:
    model = model_called(kind)
    return visible(kind if model is None else str(model._meta.verbose_name_plural))


def title(kind: str, lookup: str) -> str:
    """`average` of `rata_rata`, `student` of `siswa_id`, `student class in` of `siswa__kelas__in`."""
    model, words = model_called(kind), []
    for name in lookup.split("__"):
        field = field_of(model, name)
        words.append(visible(name if field is None else str(field.verbose_name)))
        model = getattr(field, "related_model", None)
    return " ".join(words)


def head(kind: str, lookup: str) -> str:
    """The same at the head of a row; how events call it is its title."""
    words = cut(title(kind, lookup))
    if field_of(model_called(kind), lookup.partition("__")[0]) is None:
        return words
    return format_html('<span title="{}">{}</span>', visible(lookup), capfirst(words))


def field_of(model: type[models.Model] | None, name: str) -> Any:
    """None where there is no such field, or not any more; also for the other side of a relation, which has no words."""
    try:
        field = None if model is None else model._meta.get_field(name)
    except FieldDoesNotExist:
        return None
    return field if hasattr(field, "verbose_name") else None

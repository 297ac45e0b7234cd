"""The filter of a statement in readable form: `{"kelas": "X", "not": {"nis__in": ["1", "2"]}}`."""

from collections.abc import Iterator
from typing import Any

from django.db import models
from django.db.models.lookups import Lookup
from django.db.models.sql.where import OR, XOR, NothingNode, WhereNode

from eventlog.values import plain

MAX_ITEMS = 100  # of a list that is compared with; nobody reads more


def readable(where: Any) -> Any:
    """Names and values as in `filter(...)`; in JSON types, so that what is secret is masked by its name."""
    if isinstance(where, WhereNode):
        return node(where)
    if isinstance(where, NothingNode):
        return {"nothing": True}
    return dict([condition(where)]) if isinstance(where, Lookup) else {"sql": str(where)}


def node(where: WhereNode) -> Any:
    parts = [readable(child) for child in where.children]
    if where.connector in (OR, XOR) and len(parts) > 1:
        joined: Any = {where.connector.lower(): parts}
    else:
        joined = merged(parts)
    return {"not": joined} if where.negated else joined


def merged(parts: list[Any]) -> Any:
    """One mapping where no name stands twice; else a list under `and`."""
    names = [name for part in parts for name in part]
    if len(set(names)) < len(names):
        return {"and": parts}
    return {name: value for part in parts for name, value in part.items()}


def condition(lookup: "Lookup[Any]") -> tuple[str, Any]:
    suffix = "" if lookup.lookup_name == "exact" else f"__{lookup.lookup_name}"
    return f"{left_side(lookup.lhs)}{suffix}", right_side(lookup.rhs)


def left_side(expression: Any) -> str:
    """The field's name, with its table's where that is another; transforms come after it (`tanggal__year`)."""
    target = getattr(expression, "target", None)
    if target is not None:
        return str(target.name)
    if hasattr(expression, "lookup_name") and hasattr(expression, "lhs"):
        return f"{left_side(expression.lhs)}__{expression.lookup_name}"
    return str(expression)


def right_side(value: Any) -> Any:
    if isinstance(value, list | tuple | set | frozenset):
        return list(some(value))
    if isinstance(value, models.Model):
        return plain(value.pk)
    if hasattr(value, "resolve_expression") or hasattr(value, "as_sql"):
        return "(a query)" if hasattr(value, "get_compiler") else str(value)
    return plain(value)


def some(values: Any) -> Iterator[Any]:
    for number, value in enumerate(values):
        if number == MAX_ITEMS:
            yield f"… {len(values)} in all"
            return
        yield right_side(value)

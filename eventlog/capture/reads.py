"""Looking at records, of models that are audited with `read`: one event for a record, one for a list, never one a row.

Views do nothing for it. What was shown is found after the view, in its answer: REST framework's serializers, the
context of the admin's pages and of Django's generic views. It is only taken from what is at hand, never by a query.

Told of is what the view itself shows. What is nested in it, by a serializer, an inline or a template that follows a
relation, is not: a student's marks inside the student are the student's.
"""

import json
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import lru_cache
from itertools import islice
from typing import Any, TypeAlias

from django.apps import apps
from django.contrib.admin.views.main import ChangeList
from django.core.paginator import Page
from django.db import DEFAULT_DB_ALIAS, models
from django.http import HttpRequest
from django.http.response import HttpResponseBase
from django.urls import ResolverMatch

from eventlog.capture.telling import about
from eventlog.catalog import EXPORT, READ, crud_type
from eventlog.logger import record_event
from eventlog.registry import audit_of
from eventlog.values import key_text

MAX_KEYS = 100  # kept of one list: "who has seen this record?" is answered for any page that a person reads

Model: TypeAlias = type[models.Model]


# --- what was shown ---
@dataclass(frozen=True, slots=True)
class One:
    """A page about one record: the instance, or as far as that is not at hand what it was found by."""

    model: Model
    instance: models.Model | None = None
    lookup: Mapping[str, str] = field(default_factory=dict)

    def columns(self, name: str, query: Any) -> dict[str, Any]:
        if self.instance is not None:
            return about(name, self.instance, using=self.instance._state.db or DEFAULT_DB_ALIAS)
        for spelling in ("pk", *key_names(self.model)):
            if spelling in self.lookup:
                return {"entity_type": name, "entity_id": self.lookup[spelling]}
        return {"entity_type": name, "event_data": {"filter": self.lookup}}


@dataclass(frozen=True, slots=True)
class Several:
    """A list: its rows, as instances or as they were sent, None where they are not at hand; how many there are on all
    pages, and which page it was, as far as that was found out for the answer."""

    model: Model
    rows: Sequence[Any] | None = None
    total: int | None = None
    page: int | None = None

    def columns(self, name: str, query: Any) -> dict[str, Any]:
        data = {"filter": query or {}, **self.shown(), "total": self.total, "page": self.page}
        if self.model._meta.proxy:
            data["proxy"] = self.model._meta.label
        return {"entity_type": name, "event_data": {key: value for key, value in data.items() if value is not None}}

    def shown(self) -> dict[str, Any]:
        if self.rows is None:
            return {}
        found = (key_of(row, self.model) for row in islice(self.rows, MAX_KEYS))
        keys = [key for key in found if key is not None]
        return {"count": len(self.rows), "keys": keys, "complete": len(keys) == len(self.rows)}


Seen: TypeAlias = One | Several


def key_names(model: Model) -> tuple[str, ...]:
    return model._meta.pk.name, model._meta.pk.attname


def key_of(row: Any, model: Model) -> str | None:
    """Of an instance, or of a row as it was sent, if the key was."""
    if isinstance(row, models.Model):
        return None if row.pk is None else key_text(row.pk)
    keys = (row.get(name) for name in ("pk", *key_names(model))) if isinstance(row, Mapping) else ()
    return next((key_text(key) for key in keys if key is not None), None)


def at_hand(rows: Any) -> Sequence[Any] | None:
    """The rows as far as somebody has read them already; None where it would take a query."""
    rows = rows.object_list if isinstance(rows, Page) else rows
    if isinstance(rows, models.QuerySet):
        return rows._result_cache
    return rows if isinstance(rows, list | tuple) else None


def count_at_hand(paginator: Any) -> int | None:
    """Django's paginators ask for it once; it is read where they remember it."""
    count = getattr(paginator, "__dict__", {}).get("count")
    return count if isinstance(count, int) else None


# --- the view ---
@dataclass(frozen=True, slots=True)
class View:
    """What a view says of itself: its model, and which of its URL's arguments mean one record, as {argument: field}."""

    model: Model | None = None
    lookups: Mapping[str, str] = field(default_factory=dict)

    def lookup(self, match: ResolverMatch) -> dict[str, str]:
        return {name: str(match.kwargs[given]) for given, name in self.lookups.items() if given in match.kwargs}


@lru_cache(maxsize=2048)
def view_of(function: Callable[..., Any]) -> View:
    """Of the function that a URL leads to; worked out once for each."""
    if (model_admin := getattr(function, "model_admin", None)) is not None:
        return View(model_admin.model, {"object_id": "pk"})
    if (rest := getattr(function, "cls", None)) is not None:
        says = options(rest, getattr(function, "initkwargs", None))
        return View(declared_model(says), {says("lookup_url_kwarg") or says("lookup_field"): says("lookup_field")})
    if (generic := getattr(function, "view_class", None)) is not None:
        says = options(generic, getattr(function, "view_initkwargs", None))
        return View(declared_model(says), {says("pk_url_kwarg"): "pk", says("slug_url_kwarg"): says("slug_field")})
    return View()


def is_about_sensitive(request: HttpRequest) -> bool:
    """Whether the view is one of a sensitive model's: what was sent to it is about such a record, stored or not."""
    match = request.resolver_match
    model = view_of(match.func).model if match is not None else None
    audit = None if model is None else audit_of(model)
    return audit is not None and audit.sensitive


def options(view_class: type, given: Mapping[str, Any] | None) -> Callable[[str], Any]:
    """What a class says, unless `as_view(...)` said otherwise."""
    return lambda name: (given or {}).get(name, getattr(view_class, name, None))


def declared_model(says: Callable[[str], Any]) -> Model | None:
    declared = (getattr(says("queryset"), "model", None), says("model"), serialized_model(says("serializer_class")))
    return next((model for model in declared if is_model(model)), None)


def serialized_model(serializer: Any) -> Any:
    return getattr(getattr(serializer, "Meta", None), "model", None)


def is_model(model: Any) -> bool:
    return isinstance(model, type) and issubclass(model, models.Model)


# --- the answer ---
def tell(
    request: HttpRequest, response: HttpResponseBase, columns: Mapping[str, Any], clean: Mapping[str, Any]
) -> None:
    """Record that the answer shows records, if it does. `columns` are the request's, `clean` those that are clean."""
    match = request.resolver_match
    if match is None or response.status_code != 200 or request.method not in ("GET", "POST"):
        return
    for seen in shown_by(request, match, response):
        audit = audit_of(seen.model)
        if audit is not None and audit.read:
            where = {name: columns.get(name, clean.get(name)) for name in ("endpoint", "request_path")}
            what = seen.columns(audit.name, columns.get("query_params"))
            action = EXPORT if takes_away(response) else READ
            record_event(crud_type(audit.name, action), {**where, "action": action, **what})


def takes_away(response: HttpResponseBase) -> bool:
    """Whether the records leave as a file."""
    return response.get("Content-Disposition", "").lower().startswith("attachment")


def shown_by(request: HttpRequest, match: ResolverMatch, response: HttpResponseBase) -> Iterable[Seen]:
    """A form that comes back with its errors shows its record again, and an action of the admin may answer with a
    file. Programs that send something get back what they have just written."""
    view, by_get = view_of(match.func), request.method == "GET"
    if hasattr(response, "data"):
        return in_data(response, view, match) if by_get else ()
    if (context := getattr(response, "context_data", None)) is not None:
        return in_page(context, view, match)
    if match.url_name == "autocomplete" and hasattr(match.func, "admin_site"):
        return in_suggestions(request, response)
    return in_whatever(view, match) if by_get or is_admin(match) else ()


def is_admin(match: ResolverMatch) -> bool:
    return hasattr(match.func, "model_admin")


def in_data(response: Any, view: View, match: ResolverMatch) -> Iterator[Seen]:
    """REST framework's: each serializer's part of it. One answer may hold several, beside each other."""
    data = response.data
    if hasattr(data, "serializer"):
        parts = [data]
    else:
        parts = [part for part in data.values() if hasattr(part, "serializer")] if isinstance(data, dict) else []
    for part in parts:
        yield from in_serialized(part, view, response)
    if not parts and view.model is not None:  # made by hand, or kept by a cache
        yield from in_plain(view.model, view.lookup(match), response)


def in_serialized(part: Any, view: View, response: Any) -> Iterator[Seen]:
    serializer = part.serializer
    if not isinstance(part, list):
        if is_record(serializer.instance):
            yield One(type(serializer.instance), serializer.instance)
        return
    rows = at_hand(serializer.instance)
    first = rows[0] if rows else None
    declared = serialized_model(getattr(serializer, "child", None))
    model = type(first) if isinstance(first, models.Model) else declared if is_model(declared) else view.model
    if model is not None:
        yield in_rest_list(model, part if rows is None else rows, response)


def in_plain(model: Model, lookup: Mapping[str, str], response: Any) -> Iterator[Seen]:
    rows = response.data.get("results") if isinstance(response.data, dict) else response.data
    if isinstance(rows, list):
        yield in_rest_list(model, rows, response)
    elif lookup:
        yield One(model, lookup=lookup)


def in_rest_list(model: Model, rows: Sequence[Any], response: Any) -> Several:
    view = (getattr(response, "renderer_context", None) or {}).get("view")
    page = getattr(getattr(view, "_paginator", None), "page", None)
    total = response.data.get("count") if isinstance(response.data, dict) else None
    return Several(model, rows, total if isinstance(total, int) else None, getattr(page, "number", None))


def in_page(context: Mapping[str, Any], view: View, match: ResolverMatch) -> Iterator[Seen]:
    """The admin's: lists, forms, histories, questions before deleting. Django's generic views: details and lists."""
    listed = context.get("cl")
    if isinstance(listed, ChangeList):
        yield Several(listed.model, at_hand(listed.result_list), listed.result_count, listed.page_num)
    elif is_admin(match) or "view" in context:
        record = next(filter(is_record, (context.get("original"), context.get("object"))), None)
        if record is not None:
            yield One(type(record), record)
        elif "object_list" in context:
            yield from in_generic_list(context, view)


def is_record(shown: Any) -> bool:
    return isinstance(shown, models.Model) and shown.pk is not None


def in_generic_list(context: Mapping[str, Any], view: View) -> Iterator[Seen]:
    listed, page = context["object_list"], context.get("page_obj")
    model = getattr(listed, "model", view.model)
    if model is not None:
        yield Several(model, at_hand(listed), count_at_hand(context.get("paginator")), getattr(page, "number", None))


def in_suggestions(request: HttpRequest, response: Any) -> Iterator[Seen]:
    """The admin's, while somebody types into the field of a relation: 20 at a time, by name."""
    source = apps.get_model(request.GET["app_label"], request.GET["model_name"])
    relation = source._meta.get_field(request.GET["field_name"]).remote_field
    target = relation.model._meta
    by_key = target.get_field(getattr(relation, "field_name", None) or target.pk.name).primary_key
    results = json.loads(response.content)["results"]
    yield Several(relation.model, [{"pk": result["id"]} if by_key else {} for result in results])


def in_whatever(view: View, match: ResolverMatch) -> Iterator[Seen]:
    """A file, a stream, a page by hand, from a view that says which model it shows: what of it, only the URL tells."""
    if view.model is not None:
        lookup = view.lookup(match)
        yield One(view.model, lookup=lookup) if lookup else Several(view.model)

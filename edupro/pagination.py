"""Lists by cursor: a page begins where the one before ended, so nothing is counted and nothing slips.

DRF's own cursor keeps one column and counts on through equal values, up to a thousand; ours keeps the whole sort key.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from django.core import signing
from django.db.models import Field, Model, Q, QuerySet
from django.utils.translation import gettext_lazy as _
from rest_framework.exceptions import ValidationError
from rest_framework.pagination import BasePagination
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.utils.urls import replace_query_param

SALT = "edupro.pagination"


@dataclass(frozen=True)
class SortKey:
    """One column of an ordering. Nulls are where PostgreSQL puts them: last upwards, first downwards."""

    field: "Field[Any, Any]"
    descending: bool

    def reversed(self) -> "SortKey":
        return SortKey(self.field, not self.descending)

    def order_by(self) -> str:
        return f"-{self.field.attname}" if self.descending else self.field.attname

    def equal(self, value: Any) -> Q:
        return Q(**{f"{self.field.attname}__isnull": True} if value is None else {self.field.attname: value})

    def after(self, value: Any) -> Q:
        name = self.field.attname
        if value is None:
            return Q(**{f"{name}__isnull": False}) if self.descending else Q(pk__in=())
        if self.descending:
            return Q(**{f"{name}__lt": value})
        beyond = Q(**{f"{name}__gt": value})
        return beyond | Q(**{f"{name}__isnull": True}) if self.field.null else beyond

    def bound(self, value: Any) -> Q:
        """What an index on the first column can start from; a column with nulls has no such place."""
        return Q() if self.field.null else Q(**{f"{self.field.attname}__{'lte' if self.descending else 'gte'}": value})


def sort_keys(queryset: QuerySet[Any]) -> tuple[SortKey, ...]:
    """The queryset's ordering (names of its own columns only) as far as the first unique one, else down to the key."""
    options = queryset.model._meta
    keys: list[SortKey] = []
    for name in (*(queryset.query.order_by or options.ordering or ()), "pk"):
        field = options.pk if name.lstrip("-") == "pk" else options.get_field(name.lstrip("-"))
        keys.append(SortKey(field, name.startswith("-")))
        if field.unique and not field.null:
            break
    return tuple(keys)


def after(keys: Sequence[SortKey], values: Sequence[Any]) -> Q:
    """The rows behind the one with these values: `a >= 1 and (a > 1 or (a = 1 and b > 2))`."""
    beyond, equal = Q(pk__in=()), Q()
    for key, value in zip(keys, values, strict=True):
        beyond |= equal & key.after(value)
        equal &= key.equal(value)
    return keys[0].bound(values[0]) & beyond


class CursorPagination(BasePagination):
    """`?page_size=` up to 200 and `?cursor=` as given in `next` and `previous`; cursors are signed, so never forged."""

    page_size = 25
    max_page_size = 200

    def paginate_queryset(self, queryset: Any, request: Request, view: Any = None) -> list[Any]:
        self.request = request
        self.keys = sort_keys(queryset)
        size, cursor = self._page_size(), self._cursor()
        backwards = cursor is not None and cursor["back"]
        keys = [key.reversed() for key in self.keys] if backwards else self.keys
        rows = queryset.order_by(*(key.order_by() for key in keys))
        if cursor is not None:
            rows = rows.filter(after(keys, cursor["at"]))
        found = list(rows[: size + 1])
        self.page = found[:size][::-1] if backwards else found[:size]
        self.has_next = backwards or len(found) > size
        self.has_previous = len(found) > size if backwards else cursor is not None
        return self.page

    def get_paginated_response(self, data: Any) -> Response:
        links = {
            "next": self._link(self.page[-1], back=False) if self.has_next and self.page else None,
            "previous": self._link(self.page[0], back=True) if self.has_previous and self.page else None,
        }
        return Response({**links, "results": data})

    def get_paginated_response_schema(self, schema: dict[str, Any]) -> dict[str, Any]:
        link = {"type": ["string", "null"], "format": "uri", "description": "The address of that page; null: none."}
        members = {"next": link, "previous": link, "results": schema}
        return {"type": "object", "required": list(members), "properties": members}

    def get_schema_operation_parameters(self, view: Any) -> list[dict[str, Any]]:
        size = {"type": "integer", "minimum": 1, "default": self.page_size}
        cursor = "Where the page begins, as `next` and `previous` give it."
        return [
            {"name": "page_size", "in": "query", "schema": size, "description": "Rows a page; at most 200 are given."},
            {"name": "cursor", "in": "query", "schema": {"type": "string"}, "description": cursor},
        ]

    def _page_size(self) -> int:
        text = self.request.query_params.get("page_size", "")
        if not text:
            return self.page_size
        if not (text.isascii() and text.isdigit() and int(text[:9])):
            raise ValidationError({"page_size": [_("Give a number from 1 to 200.")]})
        return min(int(text[:9]), self.max_page_size)

    def _cursor(self) -> dict[str, Any] | None:
        """The place that a link of ours names, if it was made for this ordering."""
        text = self.request.query_params.get("cursor", "")
        if not text:
            return None
        try:
            cursor = signing.loads(text, salt=SALT)
        except signing.BadSignature:
            cursor = {}
        if cursor.get("by") != self._ordering():
            raise ValidationError({"cursor": [_("This cursor does not belong to this list.")]})
        return {"back": cursor["back"], "at": list(self._values(cursor["at"]))}

    def _values(self, texts: list[str | None]) -> Iterator[Any]:
        for key, text in zip(self.keys, texts, strict=True):
            yield None if text is None else key.field.to_python(text)

    def _link(self, row: Model, *, back: bool) -> str:
        values = [(key.field, getattr(row, key.field.attname)) for key in self.keys]
        at = [None if value is None else field.value_to_string(row) for field, value in values]
        cursor = signing.dumps({"by": self._ordering(), "at": at, "back": back}, salt=SALT)
        return replace_query_param(self.request.build_absolute_uri(), "cursor", cursor)

    def _ordering(self) -> list[str]:
        return [self.request.path.rstrip("/"), *(key.order_by() for key in self.keys)]

"""Pages of events by cursor: each begins where the one before ended, so that the last costs what the first does, and
events that come meanwhile shift nothing."""

from collections.abc import Sequence
from typing import Any

from django.utils.translation import gettext_lazy as _
from rest_framework.exceptions import ValidationError
from rest_framework.pagination import BasePagination
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.utils.urls import remove_query_param, replace_query_param

from eventlog.conf import conf
from eventlog.export.rows import Row, fetched
from eventlog.models import Event
from eventlog.paging import NEWEST_FIRST, Order, Place

PAGE_SIZE, MAX_PAGE_SIZE = 100, 1000
ORDERINGS = (NEWEST_FIRST, "timestamp", "-response_time_ms", "response_time_ms", "-risk_score")
LINK = {"type": ["string", "null"], "format": "uri", "description": "The address of that page; null where none is."}
HORIZON = {
    "type": "object",
    "description": "Only where nothing was found: how far back the log goes.",
    "properties": {
        "retention_days": {"type": "integer"},
        "oldest": {"type": ["string", "null"], "format": "date-time"},
    },
}
PAGE: dict[str, Any] = {
    "type": "object",
    "required": ["next", "previous", "results"],
    "properties": {"next": LINK, "previous": LINK, "horizon": HORIZON},
}
PARAMETERS: list[dict[str, Any]] = [
    {
        "name": "limit",
        "in": "query",
        "schema": {"type": "integer", "minimum": 1, "maximum": MAX_PAGE_SIZE, "default": PAGE_SIZE},
        "description": "Events a page; `page_size` is another name for it.",
    },
    {
        "name": "ordering",
        "in": "query",
        "schema": {"type": "string"},
        "description": "By what; events that have no such value are left out.",
    },
    {
        "name": "cursor",
        "in": "query",
        "schema": {"type": "string"},
        "description": "Where the page begins, as `next` and `previous` give it.",
    },
]


def place_named(cursor: str, order: Order) -> Place:
    """Raises ValidationError."""
    try:
        return Place.read(cursor, order)
    except ValueError:
        raise ValidationError({"cursor": [_("This cursor does not belong to this list.")]}) from None


class CursorPagination(BasePagination):
    """`?limit=` (or `page_size`) up to 1000, `?ordering=`, and `?cursor=` as `next` and `previous` give it."""

    orderings: Sequence[str]  # the first where none is asked for

    def paginate_queryset(self, queryset: Any, request: Request, view: Any = None) -> list[Any]:
        self.request = request
        self.order = self.asked_order()
        size, cursor = self.page_size(), request.query_params.get("cursor", "")
        place = place_named(cursor, self.order) if cursor else None
        order = self.order.reversed() if place is not None and place.back else self.order
        rows = order.applied(queryset)
        found = self.read((rows if place is None else rows.filter(order.after(place)))[: size + 1])
        more, back = len(found) > size, place is not None and place.back
        self.found = found[:size][::-1] if back else found[:size]
        self.has_next, self.has_previous = (True, more) if back else (more, place is not None)
        return self.found

    def read(self, chosen: Any) -> list[Any]:
        return list(chosen)

    def value_of(self, found: Any, column: str) -> Any:
        return getattr(found, column)

    def asked_order(self) -> Order:
        name = self.request.query_params.get("ordering") or self.orderings[0]
        if name not in self.orderings:
            raise ValidationError({"ordering": [_("Choose one of %s.") % ", ".join(self.orderings)]})
        return Order.named(name)

    def page_size(self) -> int:
        text = self.request.query_params.get("limit") or self.request.query_params.get("page_size") or str(PAGE_SIZE)
        if not (text.isascii() and text.isdigit() and 1 <= int(text[:9]) <= MAX_PAGE_SIZE):
            raise ValidationError({"limit": [_("Give a number from 1 to %d.") % MAX_PAGE_SIZE]})
        return int(text)

    def get_paginated_response(self, data: Any) -> Response:
        links = {"next": self.link(-1, back=False), "previous": self.link(0, back=True)}
        return Response({**links, "results": data, **({} if data else {"horizon": self.horizon()})})

    def link(self, at: int, *, back: bool) -> str | None:
        if not self.found or not (self.has_previous if back else self.has_next):
            return None
        value, key = (self.value_of(self.found[at], column) for column in (self.order.column, "id"))
        place = Place(value, str(key), back)
        url = remove_query_param(self.request.build_absolute_uri(), "cursor")
        return replace_query_param(url, "cursor", place.written())

    def get_paginated_response_schema(self, schema: dict[str, Any]) -> dict[str, Any]:
        return {**PAGE, "properties": {**PAGE["properties"], "results": schema}}

    def get_schema_operation_parameters(self, view: Any) -> list[dict[str, Any]]:
        limit, ordering, cursor = PARAMETERS
        schema = {"type": "string", "enum": list(self.orderings), "default": self.orderings[0]}
        return [limit, {**ordering, "schema": schema}, cursor]

    def horizon(self) -> dict[str, Any]:
        """How far back the log goes: an empty answer may only mean that nobody can know any more."""
        return {"retention_days": conf.LOG_RETENTION_DAYS, "oldest": Event.objects.begins_at()}


class EventPagination(CursorPagination):
    """Of rows, as the database has them."""

    orderings = ORDERINGS

    def read(self, chosen: Any) -> list[Row]:
        return fetched(chosen)

    def value_of(self, found: Row, column: str) -> Any:
        return found[column]

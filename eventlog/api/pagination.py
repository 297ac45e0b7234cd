"""Pages of events by cursor: each begins where the one before ended, so that the last costs what the first does, and
events that come meanwhile shift nothing."""

import base64
import json
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from django.db.models import Q, QuerySet
from django.utils.translation import gettext_lazy as _
from rest_framework.exceptions import ValidationError
from rest_framework.pagination import BasePagination
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.utils.urls import remove_query_param, replace_query_param

from eventlog.conf import conf
from eventlog.models import Event

PAGE_SIZE, MAX_PAGE_SIZE = 100, 1000
NEWEST_FIRST = "-timestamp"
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
        "schema": {"type": "string", "enum": list(ORDERINGS), "default": NEWEST_FIRST},
        "description": "By what; events that have no such value are left out.",
    },
    {
        "name": "cursor",
        "in": "query",
        "schema": {"type": "string"},
        "description": "Where the page begins, as `next` and `previous` give it.",
    },
]


@dataclass(frozen=True, slots=True)
class Order:
    """By one column, and by id where that is equal. Events without a value are left out: nobody asks for them."""

    column: str
    descending: bool

    @classmethod
    def named(cls, name: str) -> "Order":
        """Raises ValidationError."""
        if name not in ORDERINGS:
            raise ValidationError({"ordering": [_("Choose one of %s.") % ", ".join(ORDERINGS)]})
        return cls(name.removeprefix("-"), name.startswith("-"))

    def reversed(self) -> "Order":
        return Order(self.column, not self.descending)

    def applied(self, events: QuerySet[Event]) -> QuerySet[Event]:
        sign = "-" if self.descending else ""
        known = events if self.column == "timestamp" else events.filter(**{f"{self.column}__isnull": False})
        return known.order_by(f"{sign}{self.column}", f"{sign}id")

    def after(self, place: "Place") -> Q:
        """What comes behind it; the first condition alone is what an index can start from."""
        beyond = "lt" if self.descending else "gt"
        further = Q(**{f"{self.column}__{beyond}": place.value})
        equal = Q(**{self.column: place.value, f"id__{beyond}": place.id})
        return Q(**{f"{self.column}__{beyond}e": place.value}) & (further | equal)


@dataclass(frozen=True, slots=True)
class Place:
    """One event's place in an order, and the way to go from there."""

    value: Any
    id: UUID
    back: bool

    def written(self) -> str:
        value = self.value.isoformat() if isinstance(self.value, datetime) else self.value
        text = json.dumps([value, str(self.id), self.back])
        return base64.urlsafe_b64encode(text.encode()).decode().rstrip("=")

    @classmethod
    def read(cls, text: str, order: Order) -> "Place":
        """Raises ValidationError. Nothing secret is in it and nothing is granted by it, so it is not signed."""
        try:
            value, key, back = json.loads(base64.urlsafe_b64decode(text + "=" * (-len(text) % 4)))
            value = datetime.fromisoformat(value) if order.column == "timestamp" else float(value)
            if isinstance(value, datetime) and value.tzinfo is None:
                raise ValueError
            return cls(value, UUID(key), bool(back))
        except (ValueError, TypeError, AttributeError, RecursionError):
            raise ValidationError({"cursor": [_("This cursor does not belong to this list.")]}) from None


class EventPagination(BasePagination):
    """`?limit=` (or `page_size`) up to 1000, `?ordering=`, and `?cursor=` as `next` and `previous` give it."""

    def paginate_queryset(self, queryset: Any, request: Request, view: Any = None) -> list[Any]:
        self.request = request
        self.order = Order.named(request.query_params.get("ordering") or NEWEST_FIRST)
        size, cursor = self.page_size(), request.query_params.get("cursor", "")
        place = Place.read(cursor, self.order) if cursor else None
        order = self.order.reversed() if place is not None and place.back else self.order
        rows = order.applied(queryset)
        found = list((rows if place is None else rows.filter(order.after(place)))[: size + 1])
        more, back = len(found) > size, place is not None and place.back
        self.events = found[:size][::-1] if back else found[:size]
        self.has_next, self.has_previous = (True, more) if back else (more, place is not None)
        return self.events

    def page_size(self) -> int:
        text = self.request.query_params.get("limit") or self.request.query_params.get("page_size") or str(PAGE_SIZE)
        if not (text.isascii() and text.isdigit() and 1 <= int(text[:9]) <= MAX_PAGE_SIZE):
            raise ValidationError({"limit": [_("Give a number from 1 to %d.") % MAX_PAGE_SIZE]})
        return int(text)

    def get_paginated_response(self, data: Any) -> Response:
        links = {"next": self.link(-1, back=False), "previous": self.link(0, back=True)}
        return Response({**links, "results": data, **({} if data else {"horizon": horizon()})})

    def link(self, at: int, *, back: bool) -> str | None:
        if not self.events or not (self.has_previous if back else self.has_next):
            return None
        event = self.events[at]
        place = Place(getattr(event, self.order.column), event.id, back)
        url = remove_query_param(self.request.build_absolute_uri(), "cursor")
        return replace_query_param(url, "cursor", place.written())

    def get_paginated_response_schema(self, schema: dict[str, Any]) -> dict[str, Any]:
        return {**PAGE, "properties": {**PAGE["properties"], "results": schema}}

    def get_schema_operation_parameters(self, view: Any) -> list[dict[str, Any]]:
        return PARAMETERS


def horizon() -> dict[str, Any]:
    """How far back the log goes: an empty answer may only mean that nobody can know any more."""
    return {"retention_days": conf.LOG_RETENTION_DAYS, "oldest": Event.objects.begins_at()}

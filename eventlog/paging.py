"""Keyset pages: an order, and the places in it where a page begins. The last page costs what the first does, and what
comes meanwhile shifts nothing."""

import base64
import json
from dataclasses import dataclass
from datetime import UTC, datetime
from math import isfinite
from typing import Any, Final
from uuid import UUID

from django.db.models import Q, QuerySet

NEWEST_FIRST: Final = "-timestamp"
TIMES: Final = ("timestamp", "last_seen", "opened_at")  # columns that always have a value


@dataclass(frozen=True, slots=True)
class Order:
    """By one column, and by id where that is equal. Events without a value are left out: nobody asks for them."""

    column: str
    descending: bool

    @classmethod
    def named(cls, name: str) -> "Order":
        """`-timestamp` is descending."""
        return cls(name.removeprefix("-"), name.startswith("-"))

    def reversed(self) -> "Order":
        return Order(self.column, not self.descending)

    def applied(self, events: QuerySet[Any]) -> QuerySet[Any]:
        sign = "-" if self.descending else ""
        known = events if self.column in TIMES else events.filter(**{f"{self.column}__isnull": False})
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
    id: str
    back: bool

    def written(self) -> str:
        value = self.value.isoformat() if isinstance(self.value, datetime) else self.value
        text = json.dumps([value, self.id, self.back])
        return base64.urlsafe_b64encode(text.encode()).decode().rstrip("=")

    @classmethod
    def read(cls, text: str, order: Order) -> "Place":
        """Raises ValueError. Nothing secret is in it and nothing is granted by it, so it is not signed."""
        try:
            value, key, back = json.loads(base64.urlsafe_b64decode(text + "=" * (-len(text) % 4)))
            value = moment_of(value) if order.column in TIMES else number(value)
            return cls(value, str(UUID(key)), bool(back))
        except (ValueError, TypeError, AttributeError, OverflowError, RecursionError):
            raise ValueError("not a place in this order") from None


def moment_of(text: str) -> datetime:
    """In UTC: PostgreSQL knows no zone that is sixteen hours off or more. Raises ValueError, and OverflowError."""
    moment = datetime.fromisoformat(text)
    if moment.tzinfo is None:
        raise ValueError
    return moment.astimezone(UTC)


def number(value: Any) -> float:
    """A finite one: no other can be rounded for a column of whole numbers. Raises ValueError, and OverflowError."""
    found = float(value)
    if not isfinite(found):
        raise ValueError
    return found

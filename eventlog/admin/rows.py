"""Pages of events, by keyset: the last costs what the first does. A line needs little of an event, so only that is
read; what takes too long is given up before it is a burden to the others."""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any, Final

from django.db import OperationalError, connections, transaction
from django.db.models import Case, F, Q, When
from psycopg2 import errorcodes

from eventlog import catalog
from eventlog.models import Event, EventQuerySet
from eventlog.paging import NEWEST_FIRST, Order, Place
from eventlog.privacy.envelopes import is_envelope

PAGE_SIZE: Final = 50
PATIENCE: Final = 5  # seconds for one question; nobody waits longer for a list
LINE: Final = (
    "id",
    "timestamp",
    "event_type",
    "event_category",
    "event_name",
    "severity",
    "event_status",
    "user_id",
    "username",
    "user_role",
    "session_id",
    "ip_address",
    "request_id",
    "request_method",
    "request_path",
    "endpoint",
    "response_status",
    "response_time_ms",
    "entity_type",
    "entity_id",
    "entity_name",
    "action",
    "error_code",
    "reason",
    "server_name",
)
OF_ONE: Final = Q(action="UPDATE") & ~Q(entity_id="")  # the changes of many may be long, and no line tells them
PARTS: Final[Mapping[str, Any]] = {
    "before": Case(When(OF_ONE, then=F("previous_values"))),
    "after": Case(When(OF_ONE, then=F("new_values"))),
    "fields": Case(When(OF_ONE, then=F("changed_fields"))),
    "count": Case(When(event_category=catalog.CRUD, then=F("event_data__count"))),
}
NEWEST: Final = Order.named(NEWEST_FIRST)


class TooLong(Exception):
    """The question asks too much of the database."""


@dataclass(frozen=True, slots=True)
class Page:
    """`newer` and `older` are the places to go on from, empty where there is nothing."""

    events: list[Event]
    newer: str = ""
    older: str = ""


def page_of(events: EventQuerySet, cursor: str = "", *, size: int = PAGE_SIZE) -> Page:
    """Raises TooLong. A place that cannot be read is the first page."""
    place = place_of(cursor)
    back = place is not None and place.back
    order = NEWEST.reversed() if back else NEWEST
    rows = order.applied(events if place is None else events.filter(order.after(place)))
    with patience(events.db):
        found = lines(rows[: size + 1])
    shown = found[:size][::-1] if back else found[:size]
    more = len(found) > size
    has_newer, has_older = (more, True) if back else (place is not None, more)
    return Page(
        shown,
        newer=cursor_at(shown[0], back=True) if shown and has_newer else "",
        older=cursor_at(shown[-1], back=False) if shown and has_older else "",
    )


def place_of(cursor: str) -> Place | None:
    try:
        return Place.read(cursor, NEWEST) if cursor else None
    except ValueError:
        return None


def cursor_at(event: Event, *, back: bool) -> str:
    return Place(event.timestamp, str(event.id), back).written()


def lines(events: Any) -> list[Event]:
    """As objects that hold what a line shows, and of which nothing is read later."""
    return [line(row) for row in events.values(*LINE, **PARTS)]


def line(row: dict[str, Any]) -> Event:
    count = row.pop("count")
    before, after = (None if is_envelope(value) else value for value in (row.pop("before"), row.pop("after")))
    values = {"previous_values": before, "new_values": after, "changed_fields": row.pop("fields")}
    return Event(**row, **values, event_data={} if count is None else {"count": count})


@contextmanager
def patience(using: str) -> Iterator[None]:
    """A transaction in which each statement may take PATIENCE. Raises TooLong."""
    try:
        with transaction.atomic(using=using), connections[using].cursor() as cursor:
            cursor.execute("SELECT set_config('statement_timeout', %s, true)", [f"{PATIENCE}s"])
            yield
    except OperationalError as error:
        if getattr(error.__cause__, "pgcode", None) == errorcodes.QUERY_CANCELED:
            raise TooLong from error
        raise


def beside(events: EventQuerySet, event: Event) -> tuple[Event | None, Event | None]:
    """The one before and the one after, of these."""
    place = Place(event.timestamp, str(event.id), back=False)
    earlier, later = (order.applied(events.filter(order.after(place))) for order in (NEWEST, NEWEST.reversed()))
    return tuple(rows.only("id", "timestamp").first() for rows in (earlier, later))  # type: ignore[return-value]

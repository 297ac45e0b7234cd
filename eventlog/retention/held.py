"""What holds keep: whether one is about an event, and which events it is about.

The latter are few of many, so they are looked for by indexes: with a hold's own values as constants, from which
PostgreSQL knows how few, as far as an index can answer (`WAYS`). What it is about is said once, by ABOUT.
"""

from collections.abc import Iterator, Mapping
from datetime import datetime
from typing import Any, Final

from django.db.backends.utils import CursorWrapper

from eventlog.models import Hold
from eventlog.retention.periods import Span

# Whether the hold `h` is about the event `e`: all that is given must be true. A name counts besides the account, which
# attempts to sign in do not have. A change of several records is kept for each of them, and where it does not say which
# ones, for any: what may be meant is kept.
ABOUT: Final = """
    (h.username = '' OR e.username = h.username OR e.user_id = h.user_id)
    AND (h.entity_type = '' OR e.entity_type = h.entity_type)
    AND (h.entity_id = '' OR e.entity_id = h.entity_id
        OR e.event_data @> jsonb_build_object('keys', jsonb_build_array(h.entity_id))
        OR e.entity_id = '' AND NOT e.event_data @> jsonb_build_object('complete', true))
    AND (h.request_id = '' OR e.request_id = h.request_id)
    AND (h.begin IS NULL OR e.timestamp >= h.begin) AND (h."end" IS NULL OR e.timestamp < h."end")"""
IN_FORCE: Final = "h.lifted_at IS NULL AND (h.until IS NULL OR h.until > %(now)s)"
HELD: Final = f"EXISTS (SELECT FROM event_holds h WHERE {IN_FORCE} AND {ABOUT})"

# True of all that a hold is about to which this is given.
WAYS: Final = {
    "username": "(e.username = %(username)s OR e.user_id = %(user_id)s)",
    "entity_type": "e.entity_type = %(entity_type)s",
    "entity_id": (
        "(e.entity_id IN (%(entity_id)s, '')"
        " OR e.event_data <> '{}' AND e.event_data @> jsonb_build_object('keys', jsonb_build_array(%(entity_id)s)))"
    ),
    "request_id": "e.request_id = %(request_id)s",
    "begin": "e.timestamp >= %(begin)s",
    "end": "e.timestamp < %(end)s",
}
OF_HOLD: Final = f"FROM events e JOIN event_holds h ON h.id = %(id)s AND {ABOUT} WHERE "
OF_SPAN: Final = "e.timestamp >= %(start)s AND e.timestamp < %(finish)s"


def is_any(cursor: CursorWrapper, span: Span, now: datetime) -> bool:
    """Whether a hold is about an event of that time."""
    times = {"start": span.start, "finish": span.end}
    return any(is_about_any(cursor, hold, times) for hold in in_force(cursor, now))


def is_about_any(cursor: CursorWrapper, hold: Hold, times: Mapping[str, datetime]) -> bool:
    cursor.execute(f"SELECT EXISTS (SELECT {of_hold(cursor, hold, OF_SPAN, times)})")
    return bool(cursor.fetchone()[0])


def counts(cursor: CursorWrapper, now: datetime, condition: str, values: Mapping[str, Any]) -> dict[str, int]:
    """{category: events for which the condition holds that are kept}"""
    columns = "SELECT e.id, e.timestamp, e.event_category "
    some = [columns + of_hold(cursor, hold, condition, values) for hold in in_force(cursor, now)]
    if not some:
        return {}
    cursor.execute(f"SELECT event_category, count(*) FROM ({' UNION '.join(some)}) kept GROUP BY 1 ORDER BY 1")
    return dict(cursor.fetchall())


def by_hold(
    cursor: CursorWrapper, now: datetime, condition: str, values: Mapping[str, Any]
) -> Iterator[tuple[int, str, int]]:
    """(hold, reason, events for which the condition holds that it keeps)"""
    for hold in in_force(cursor, now):
        cursor.execute("SELECT count(*) " + of_hold(cursor, hold, condition, values))
        if number := cursor.fetchone()[0]:
            yield hold.pk, hold.reason, number


def in_force(cursor: CursorWrapper, now: datetime) -> list[Hold]:
    return list(Hold.objects.using(cursor.db.alias).in_force(now).order_by("pk"))


def of_hold(cursor: CursorWrapper, hold: Hold, condition: str, values: Mapping[str, Any]) -> str:
    """From FROM on, with all values in it."""
    own = {name: getattr(hold, name) for name in ("id", "user_id", *WAYS)}
    given = [way for name, way in WAYS.items() if own[name] not in ("", None)]
    return str(cursor.cursor.mogrify(OF_HOLD + " AND ".join([*given, condition]), {**values, **own}).decode())

"""What legal holds keep of a person."""

from collections.abc import Collection, Mapping
from typing import Any, Final

from django.db.backends.utils import CursorWrapper
from django.utils import timezone

from eventlog.retention.held import ABOUT, IN_FORCE
from eventlog.subjects.person import Person

OF_PERSON: Final = f"""
SELECT h.id FROM event_holds h WHERE {IN_FORCE} AND (
    h.user_id = %(user_id)s OR lower(h.username) = ANY(%(usernames)s)
    OR h.entity_type || E'\\n' || h.entity_id = ANY(%(pairs)s))"""
OF_ROWS: Final = f"""
SELECT DISTINCT h.id FROM event_holds h, {{table}} e
WHERE {IN_FORCE} AND {ABOUT} AND e.id = ANY(%(ids)s::uuid[]) AND e.timestamp BETWEEN %(begin)s AND %(end)s"""


class Held(OSError):
    """A hold keeps what was to be erased."""

    def __init__(self, holds: Collection[int]) -> None:
        self.holds = tuple(sorted(holds))
        named = ", ".join(map(str, self.holds))
        super().__init__(f"nothing that a legal hold keeps is erased: hold {named} is in force")


def of_person(cursor: CursorWrapper, person: Person) -> set[int]:
    """Those that are about him or his records, by their numbers."""
    about = {"user_id": person.user_id, "usernames": list(person.usernames), "pairs": person.pairs}
    return asked(cursor, OF_PERSON, about)


def of_rows(cursor: CursorWrapper, table: str, span: Mapping[str, Any]) -> set[int]:
    """Those that are about one of these events."""
    return asked(cursor, OF_ROWS.format(table=table), span)


def asked(cursor: CursorWrapper, question: str, values: Mapping[str, Any]) -> set[int]:
    cursor.execute(question, {**values, "now": timezone.now()})
    return {row[0] for row in cursor.fetchall()}


def refuse(found: Collection[int]) -> None:
    """Raises Held where there are any."""
    if found:
        raise Held(found)

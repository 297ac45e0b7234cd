"""What the ledger says was erased, erased again: from events that come out of an old copy.

The ledger has no names, so of a part from which something was struck nobody knows what that was: the part goes whole.
"""

from collections.abc import Mapping
from typing import Any, Final

from django.db.backends.utils import CursorWrapper

from eventlog.integrity import reading
from eventlog.integrity.canonical import commitment, defaults
from eventlog.integrity.ledger import Ledger
from eventlog.integrity.reading import Row
from eventlog.models.event import ACTOR_COLUMNS, SUBJECT_COLUMNS
from eventlog.models.proof import ACTOR, ERASURE, SUBJECT

PARTS: Final[Mapping[str, tuple[str, ...]]] = {ACTOR: ACTOR_COLUMNS, SUBJECT: SUBJECT_COLUMNS}
CHOSEN: Final = "id = ANY(%s::uuid[])"
ANY: Final = f"SELECT EXISTS (SELECT FROM event_removals WHERE kind = '{ERASURE}')"


def there_are_any(cursor: CursorWrapper) -> bool:
    cursor.execute(ANY)
    return bool(cursor.fetchone()[0])


def apply(cursor: CursorWrapper, table: str, where: str, values: list[Any], ledger: Ledger) -> int:
    """To the events in `table` for which `where` holds; how many parts were taken away."""
    gone: dict[str, list[str]] = {part: [] for part in PARTS}
    for row in reading.rows(cursor, where, values, table=table):
        for part in whole_parts(row, ledger):
            gone[part].append(str(row.id))
    for part, ids in gone.items():
        if ids:
            blank(cursor, table, part, ids, (where, values))
    return sum(map(len, gone.values()))


def whole_parts(row: Row, ledger: Ledger) -> list[str]:
    """Those of its parts that are as they were before they were erased."""
    erased = ledger.erased(row.id)
    _facts, actor, subject = row.groups
    known = {ACTOR: (row.actor_salt, actor), SUBJECT: (row.subject_salt, subject)}
    return [
        part for part in erased.parts if known[part][0] and commitment(*known[part]) not in erased.left.get(part, ())
    ]


def blank(cursor: CursorWrapper, table: str, part: str, ids: list[str], chosen: tuple[str, list[Any]]) -> None:
    """The words to search by are made of what the subject's part has."""
    columns = PARTS[part] + (("search_text",) if part == SUBJECT else ())
    values = {name: blank_value(defaults()[name]) for name in columns}
    sets = ", ".join(f"{name} = %s" for name in values)
    cursor.execute(
        f"UPDATE {table} SET {sets}, {part}_salt = NULL, erased_at = coalesce(erased_at, now())"
        f" WHERE {chosen[0]} AND {CHOSEN}",
        [*values.values(), *chosen[1], ids],
    )


def blank_value(default: Any) -> Any:
    return reading.as_copied(default) if isinstance(default, dict | list) else default

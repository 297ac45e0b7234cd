from typing import Any

from django.db import connections, migrations
from psycopg2.extras import execute_values

from eventlog.integrity import guards
from eventlog.integrity.merkle import Frontier

AT_ONCE = 10_000
ENTRIES = "SELECT place, leaf, nodes FROM event_log_entries WHERE place >= %s ORDER BY place LIMIT %s"
UPDATE = "UPDATE event_log_entries e SET nodes = v.nodes FROM (VALUES %s) AS v (place, nodes) WHERE e.place = v.place"


def fill(apps: Any, schema_editor: Any) -> None:
    """Of the entries of before there were nodes, some at a time, each a transaction: ended anywhere and run again, it
    only reads what it has filled."""
    frontier, begin = Frontier(), 0
    while (step := filled(schema_editor.connection.alias, frontier, begin)) is not None:
        frontier, begin = step


def filled(using: str, frontier: Frontier, begin: int) -> tuple[Frontier, int] | None:
    """The tree afterwards, and where the next step begins; None at the end."""
    with guards.allowing("UPDATE event_log_entries", using=using), connections[using].cursor() as cursor:
        cursor.execute(ENTRIES, [begin, AT_ONCE])
        if not (found := cursor.fetchall()):
            return None
        lacking = []
        for place, leaf, nodes in found:
            completed = frontier.completed(bytes(leaf))
            frontier = frontier.with_completed(completed)
            if (made := b"".join(completed[1:])) and not nodes:
                lacking.append((place, made))
        if lacking:
            execute_values(cursor.cursor, UPDATE, lacking, page_size=1000)
        return frontier, found[-1][0] + 1


class Migration(migrations.Migration):
    atomic = False  # of a million entries it takes half a minute, for which nobody has to wait

    dependencies = [
        ("eventlog", "0024_subject_requests"),
    ]

    operations = [
        migrations.RunPython(fill, migrations.RunPython.noop),
    ]
